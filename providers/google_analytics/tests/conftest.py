"""Google Analytics on its own stand-in, with every request and answer held against the published description."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from providers.kit.contract import Environment, StepOutcome
from providers.kit.http import DoorPolicy
from providers.kit.registry import Registered, Registry
from providers.kit.steps import run_steps
from providers.kit.testing import Bench, vendor_json

from .. import service_account
from ..fields import ENV
from ..manifest import ID
from ..provider import GoogleAnalytics
from .exercise import undescribed

SETTINGS = {f"{ENV}_CLIENT_ID": "1-app.apps.googleusercontent.com", f"{ENV}_CLIENT_SECRET": "GOCSPX-sandbox"}
_import_key = cache(RSAKey.import_key)
EVENTS_ONLY = {"service_account": "", "property_id": ""}


@pytest.fixture(scope="session")
def entry() -> Registered:
    return Registry.discover().entry(ID)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own ceiling of calls has tests of its own, and reading a key takes its time: once is enough here."""
    monkeypatch.setattr("providers.kit.http.bucket_for", lambda *named: None)
    monkeypatch.setattr(service_account, "RSAKey", SimpleNamespace(import_key=_import_key))


@pytest.fixture
def bench(entry: Registered) -> Bench:
    return Bench(entry, undescribed)


@pytest.fixture
def analytics(bench: Bench) -> GoogleAnalytics:
    provider = bench.open()
    assert isinstance(provider, GoogleAnalytics)
    return provider


@pytest.fixture
def published() -> Callable[[str], Any]:
    """A file of the vendors' data, or the test is skipped with the reason."""

    def read(path: str) -> Any:
        try:
            return vendor_json(path)
        except FileNotFoundError:
            pytest.skip(f"the vendors' data ({path}) is not here; set VENDOR_DATA to its folder")

    return read


def as_person(bench: Bench, who: str, *, access: str = "", tokens: Any = None) -> GoogleAnalytics:
    """The provider as after a sign-in by one of the stand-in's people, with the server's OAuth app."""
    provider = Registry({ID: bench.entry}).open(
        ID,
        configuration={
            **(bench.entry.sandbox.credentials() if bench.entry.sandbox else {}),
            "service_account": "",
            "access_token": access or f"ya29.sandbox-{who}",
            "refresh_token": f"1//sandbox-{who}",
        },
        environment=Environment.SANDBOX,
        policy=DoorPolicy(),
        on_call=bench.records.append,
        now=bench.now,
        transport=bench.transport,
        settings=SETTINGS,
        tokens=tokens,
    )
    assert isinstance(provider, GoogleAnalytics)
    return provider


def lines(provider: GoogleAnalytics, test: str = "connection", **inputs: Any) -> dict[str, StepOutcome]:
    """The outcomes of a test by the name of the line."""
    return {step.name: outcome for step, outcome in run_steps(provider.steps(f"{ID}-{test}", inputs))}
