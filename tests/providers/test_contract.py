"""Every provider keeps the contract; a copy of its folder under another name keeps it too."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from providers.kit.conformance import RULES, check
from providers.kit.registry import Registered, Registry

PROVIDERS = tuple(Registry.discover())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("entry", PROVIDERS, ids=lambda entry: entry.id)
def test_a_provider_keeps_the_contract(entry: Registered, rule: object) -> None:
    findings = [str(one) for one in rule(entry)]  # type: ignore[operator]  # ids need the function itself
    assert not findings, "\n".join(findings)


@pytest.mark.parametrize("entry", PROVIDERS, ids=lambda entry: entry.id)
def test_a_copied_folder_is_a_complete_provider_of_its_own(
    entry: Registered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = f"copies_of_{entry.folder.name}"
    root = tmp_path / package
    shutil.copytree(entry.folder, root / "copied_one", ignore=shutil.ignore_patterns("__pycache__", "tests"))
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        copy = Registry.discover(root, package).entry("copied-one")
        assert copy.provider is not entry.provider
        assert copy.manifest.id == "copied-one"
        assert all(test.id.startswith("copied-one-") for test in copy.manifest.tests)
        findings = [str(one) for one in check(copy)]
        assert not findings, "\n".join(findings)
    finally:
        for name in [one for one in sys.modules if one.partition(".")[0] == package]:
            del sys.modules[name]
