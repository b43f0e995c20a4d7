"""Every provider against what its vendor publishes: all its verbs, each request and answer held against it."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from providers.kit.registry import Registered, Registry
from providers.kit.testing import VENDOR_DATA, Bench, description_of

ROOT = Path(__file__).resolve().parents[2]
PROVIDERS = tuple(Registry.discover())


def script_of(entry: Registered) -> ModuleType:
    """A provider's `tests/exercise.py`."""
    file = entry.folder / "tests" / "exercise.py"
    assert file.is_file(), f"{entry.id} has no tests/exercise.py, which runs every verb it has"
    return importlib.import_module(f"providers.{entry.folder.name}.tests.exercise")


@pytest.mark.parametrize("entry", PROVIDERS, ids=lambda entry: entry.id)
def test_every_verb_agrees_with_the_vendors_description(entry: Registered) -> None:
    if description_of(entry.folder.name) is None:
        pytest.skip(f"the vendors' data is not at {VENDOR_DATA.name}; set VENDOR_DATA to its folder")
    script = script_of(entry)
    bench = Bench(entry, script.undescribed)
    script.exercise(bench)
    assert bench.transport.operations, "nothing was held against the description"


def test_the_pages_about_providers_are_as_the_code_is() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "provider_docs.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"run scripts/provider_docs.py: {done.stdout}{done.stderr}"
