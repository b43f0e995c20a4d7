"""docs/architecture.md, held by tests: who imports whom, who may name a vendor, and that job paths lead somewhere."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.schedule import SCHEDULE

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("webapp", "jobs", "templates", "static/js", "providers/kit")
SUFFIXES = {".py", ".html", ".js", ".txt", ".md", ".json", ".svg"}


def sources() -> Iterator[Path]:
    for folder in PRODUCT:
        yield from (path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in SUFFIXES)


def provider_names() -> list[str]:
    return sorted(path.parent.name for path in ROOT.glob("providers/*/provider.py") if path.parent.name != "kit")


@pytest.mark.slow
def test_the_import_contracts_hold(capsys: pytest.CaptureFixture[str]) -> None:
    from importlinter.cli import lint_imports

    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None)
    assert status == 0, capsys.readouterr().out


def test_no_vendor_is_named_outside_its_own_folder() -> None:
    names = [re.escape(name).replace("_", "[-_ ]?") for name in provider_names()]
    if not names:
        return
    pattern = re.compile(rf"(?<![a-z])(?:{'|'.join(names)})(?![a-z])", re.IGNORECASE)
    hits = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in sources()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert hits == []


def resolves(path: str) -> bool:
    module, _, name = path.rpartition(".")
    try:
        return hasattr(getattr(importlib.import_module(module), name), "job_name")
    except (ImportError, AttributeError):
        return False


def test_every_periodic_job_is_there() -> None:
    assert [one.job for one in SCHEDULE if not resolves(one.job)] == []


def test_every_job_that_is_rung_for_is_there() -> None:
    rung = {
        (str(path.relative_to(ROOT)), name)
        for path in sorted((ROOT / "webapp").rglob("*.py"))
        for name in re.findall(r"[\"'](jobs\.[a-z_]+\.[a-z_]+)[\"']", path.read_text(encoding="utf-8"))
    }
    assert [(where, name) for where, name in sorted(rung) if not resolves(name)] == []


def test_periodic_jobs_have_names_of_their_own_that_may_be_job_ids() -> None:
    names = [one.name for one in SCHEDULE]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in names)
