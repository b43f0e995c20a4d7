"""The guide's page of permissions is the table in the code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_page_in_the_guide_is_current() -> None:
    ran = subprocess.run(
        [sys.executable, "scripts/permission_docs.py", "--check"],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
