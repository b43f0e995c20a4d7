"""A Facebook that is bound to its sandbox, with every request and answer held against the description."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from providers.kit.registry import Registered
from providers.kit.testing import Bench, HeldTransport, vendor_json
from providers.kit.transport import Limits, with_body

from ..provider import Facebook
from ..sandbox import Sandbox
from .exercise import undescribed

ENTRY = Registered(
    id=Facebook.manifest.id, provider=Facebook, sandbox=Sandbox, folder=Path(__file__).resolve().parents[1]
)

Alter = Callable[[requests.PreparedRequest, requests.Response], requests.Response | None]


class AlteringTransport(HeldTransport):
    """`alter` may give another answer, or raise, after the stand-in has answered."""

    alter: Alter = staticmethod(lambda request, response: None)

    def exchange(self, request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        response = super().exchange(request, limits)
        altered = self.alter(request, response)
        return response if altered is None else altered  # a refusal is falsy


class FacebookBench(Bench):
    """`open` gives a Facebook; `answer` and `alter` make its vendor misbehave."""

    transport: AlteringTransport

    def __init__(self) -> None:
        super().__init__(ENTRY, undescribed)
        self.transport = AlteringTransport(Sandbox, self.state, self.now, self.transport.description, undescribed)

    def open(self, configuration: Any = None, **options: Any) -> Facebook:
        provider = super().open(configuration, **options)
        assert isinstance(provider, Facebook)
        return provider

    def alter(self, alter: Alter) -> None:
        self.transport.alter = alter  # type: ignore[method-assign]

    def answer(self, part: str, status: int, body: Any, **headers: str) -> None:
        """From now on, addresses that contain `part` are answered so."""

        def alter(request: requests.PreparedRequest, response: requests.Response) -> requests.Response | None:
            return answer(request, status, body, **headers) if part in (request.url or "") else None

        self.alter(alter)

    def sent(self, method: str, part: str) -> list[requests.PreparedRequest]:
        return [one for one in self.transport.calls if one.method == method and part in (one.url or "")]


def answer(request: requests.PreparedRequest, status: int, body: Any, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.url, made.request = request.url or "", request
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return with_body(made, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own limit counts all tests as one account, so that they would wait for each other; repeats wait too."""
    monkeypatch.setattr("providers.kit.http.bucket_for", lambda *names: None)
    monkeypatch.setattr("providers.kit.retries._jitter", lambda state: 0.0)


@pytest.fixture
def bench() -> FacebookBench:
    return FacebookBench()


def published(path: str) -> Any:
    """The vendors' data, or a skip with the reason."""
    try:
        return vendor_json(path)
    except FileNotFoundError:
        pytest.skip(f"the vendors' data ({path}) is not here; set VENDOR_DATA to its folder")
