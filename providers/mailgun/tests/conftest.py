"""A bench with the provider on its stand-in; nothing waits."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from providers.kit.registry import Registered
from providers.kit.testing import Bench

from ..provider import Mailgun
from ..sandbox import Sandbox
from .exercise import undescribed

FOLDER = Path(__file__).resolve().parents[1]
ENTRY = Registered(id=Mailgun.manifest.id, provider=Mailgun, sandbox=Sandbox, folder=FOLDER)


@pytest.fixture(autouse=True)
def nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause between repeats, no limit of our own."""
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=lambda seconds: None))
    monkeypatch.setattr("providers.kit.http.bucket_for", lambda *account: None)


@pytest.fixture
def bench() -> Bench:
    return Bench(ENTRY, undescribed)
