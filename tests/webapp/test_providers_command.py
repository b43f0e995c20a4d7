"""`toolkit providers check` and `toolkit providers generate` on documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from providers.kit.declarative import to_json
from tests.providers_kit.declarative.bench import FOLDER, document
from webapp.cli.providers import providers

ORDERS = FOLDER / "orders.yaml"


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_a_good_document_is_said_to_run(kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"orders.{kind}"
    file.write_text(to_json(document("orders")) if kind == "json" else ORDERS.read_text(encoding="utf-8"))
    answer = CliRunner().invoke(providers, ["check", str(file)])
    assert answer.exit_code == 0, answer.output
    assert "it can run" in answer.output


def test_errors_are_told_in_plain_words_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text(ORDERS.read_text(encoding="utf-8").replace("operation: account,", "operation: nothing,"))
    answer = CliRunner().invoke(providers, ["check", str(file)])
    assert answer.exit_code == 1
    assert "/identify" in answer.output
    assert "to mend" in answer.output


def test_a_file_that_is_no_document_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    for text in ("a: [", "&a [*a]", "just words", "\x00"):
        file.write_text(text)
        answer = CliRunner().invoke(providers, ["check", str(file)])
        assert answer.exit_code == 1, text
        assert "Traceback" not in answer.output


def test_a_package_is_written_and_never_written_over_unasked(tmp_path: Path) -> None:
    into = tmp_path / "northwind_orders"
    first = CliRunner().invoke(providers, ["generate", str(ORDERS), "--into", str(into)])
    assert first.exit_code == 0, first.output
    assert (into / "provider.py").is_file()
    (into / "README.md").write_text("mine")
    again = CliRunner().invoke(providers, ["generate", str(ORDERS), "--into", str(into)])
    assert again.exit_code == 1
    assert "--force" in again.output
    assert (into / "README.md").read_text() == "mine"
    forced = CliRunner().invoke(providers, ["generate", str(ORDERS), "--into", str(into), "--force"])
    assert forced.exit_code == 0, forced.output
    assert (into / "README.md").read_text() != "mine"


@pytest.mark.parametrize("name", ["check", "generate"])
def test_help_has_an_example(name: str) -> None:
    assert "Example: toolkit providers" in CliRunner().invoke(providers, [name, "--help"]).output
