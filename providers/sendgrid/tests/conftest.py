"""SendGrid on its sandbox, with every request and answer held against the vendor's published description."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from providers.kit.limits import TokenBucket
from providers.kit.registry import Registered, Registry
from providers.kit.testing import Bench, Description, vendor_json

from .exercise import undescribed

HERE = Path(__file__).resolve().parents[1]


class WithSandboxMode:
    """The description, and what it leaves out: with `sandbox_mode` a sending is answered 200 in place of 202
    (https://www.twilio.com/docs/sendgrid/for-developers/sending-email/sandbox-mode)."""

    def __init__(self, description: Description) -> None:
        self._description = description

    def __getattr__(self, name: str) -> Any:
        return getattr(self._description, name)

    def check_response(self, method: str, url: str, status: int, body: Any) -> list[str]:
        if (method, url, status) == ("POST", "/v3/mail/send", 200):
            status = 202
        return self._description.check_response(method, url, status, body)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own ceiling of calls is proven in the kit; here thousands of calls are made at once."""
    monkeypatch.setattr(TokenBucket, "reserve", lambda bucket, longest: 0.0)


@pytest.fixture(scope="session")
def entry() -> Registered:
    return Registry.discover().entry(HERE.name.replace("_", "-"))


@pytest.fixture
def bench(entry: Registered) -> Bench:
    made = Bench(entry, undescribed)
    if made.transport.description is not None:
        made.transport.description = WithSandboxMode(made.transport.description)
    return made


@pytest.fixture
def published() -> Callable[[str], Any]:
    """A file of the vendors' data; the test is skipped where the folder is missing."""

    def read(path: str) -> Any:
        try:
            return vendor_json(path)
        except FileNotFoundError:
            pytest.skip(f"the vendors' data ({path}) is not here; set VENDOR_DATA to its folder")

    return read


def own_fixture(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "fixtures" / name).read_text(encoding="utf-8"))
    return found
