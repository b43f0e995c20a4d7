"""What vendors publish of themselves, read in place: descriptions, samples, signature cases.

The folder is `VENDOR_DATA`, by default `shared/vendors` beside the project, and not a part of it: without the folder
`description_of` gives None and the others raise FileNotFoundError, and tests say that they were skipped.
"""

from __future__ import annotations

import importlib.util
import json
import os
from functools import cache
from pathlib import Path
from typing import Any, Protocol

PROJECT = Path(__file__).resolve().parents[3]
VENDOR_DATA = Path(os.environ.get("VENDOR_DATA") or PROJECT.parent / "shared" / "vendors")


class Description(Protocol):
    """A vendor's description of its API: each check gives what is wrong, in words; empty when nothing is."""

    def check_request(self, method: str, url: str, headers: Any = None, body: Any = None) -> list[str]: ...

    def check_response(self, method: str, url: str, status: int, body: Any) -> list[str]: ...

    def match(self, method: str, path: str) -> Any: ...

    def sample(self, method: str, url: str, status: int | None = None) -> tuple[int, Any]: ...


def vendor_json(path: str) -> Any:
    """A file of the folder, e.g. `fixtures/acme/webhook_payloads.json`. Raises FileNotFoundError."""
    return json.loads((VENDOR_DATA / path).read_text(encoding="utf-8"))


def signature_cases(scheme_prefix: str) -> list[dict[str, Any]]:
    """The published signature cases whose scheme or provider begins so. Raises FileNotFoundError."""
    cases = vendor_json("vectors.json")["vectors"]
    return [
        one
        for one in cases
        if str(one.get("provider", one.get("scheme", ""))).lower().startswith(scheme_prefix.lower())
    ]


@cache
def description_of(folder: str) -> Description | None:
    """The description of a provider's vendor by the provider's folder name; None where there is none."""
    tool, file = VENDOR_DATA / "tools" / "contract_check.py", VENDOR_DATA / "specs" / f"{folder}.json"
    if not (tool.is_file() and file.is_file()):
        return None
    spec = importlib.util.spec_from_file_location("contract_check", tool)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    contract: Description = module.Contract(file)
    return contract
