"""bandit finds nothing in our code that its line does not explain."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOT_ASKED = {
    "B101": "asserts tell the type checker and the reader what holds; nothing is guarded by one",
    "B105": "takes every name with 'token' or 'password' for one; real secrets are looked for by the canary tests",
    "B106": "as B105",
    "B107": "as B105",
    "B311": "samples, sandboxes and spread-out start times; keys and tokens come from `secrets`",
    "B403": "importing is harmless: uses are findings of their own (B301)",
    "B405": "as B403 (B314)",
    "B406": "as B403; what is imported writes XML and reads none",
}


@pytest.mark.slow
def test_every_finding_of_bandit_is_explained_in_its_line() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-r", "webapp", "jobs", "providers", "-f", "json",
         "--exclude", "*/tests/*", "--skip", ",".join(NOT_ASKED)],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    report = json.loads(run.stdout)
    assert not report["errors"]
    assert report["metrics"]["_totals"]["loc"] > 20_000, "bandit looked at almost nothing"
    for found in report["results"]:
        lines = (ROOT / found["filename"]).read_text(encoding="utf-8").splitlines()
        number = found["test_id"].removeprefix("B")
        where = lines[min(found["line_range"]) - 1 : max(found["line_range"])]
        explained = re.compile(rf"# noqa: [^#]*\bS{number}\b.*[a-z]{{3}}")
        assert any(explained.search(line) for line in where), (
            f"{found['filename']}:{found['line_number']}: {found['issue_text']}"
        )


def test_nothing_is_guarded_by_an_assert_on_what_a_request_says() -> None:
    """Asserts vanish under `python -O`: none may look at a request, a form or a permission of the asking person."""
    telling = re.compile(r"^\s*assert .*\b(request\.|form\.|\.may\(|csrf|is_admin|verify)")
    for folder in ("webapp", "jobs"):
        for path in (ROOT / folder).rglob("*.py"):
            for line in path.read_text(encoding="utf-8").splitlines():
                assert not telling.match(line), f"{path}: {line.strip()}"
