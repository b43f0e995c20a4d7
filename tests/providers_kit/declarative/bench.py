"""Documents of these tests, and providers made of them: on their own stand-in, or on a server that the test runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from providers.kit.contract import Environment
from providers.kit.declarative import Document, provider_class, read, stand_in_class
from providers.kit.declarative.document_calls import Operation
from providers.kit.http import DoorPolicy
from providers.kit.registry import Registered, Registry
from providers.kit.transport import Limits, Transport, with_body

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FOLDER = Path(__file__).parent / "documents"
ORDERS_TOKEN = "nwo_0123456789abcdef"
NAMES = tuple(sorted(one.stem for one in FOLDER.glob("*.yaml")))


def document(name: str) -> Document:
    return read((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def with_operation(one: Document, operation: Operation) -> Document:
    """The document with an operation put in the place of the one with its id, or added."""
    others = tuple(each for each in one.operations if each.id != operation.id)
    return replace(one, operations=(*others, operation))


class Answers(Transport):
    """Answers each request by a function, and keeps the requests."""

    def __init__(self, answer: Callable[[requests.PreparedRequest], tuple[int, dict[str, str], bytes]]) -> None:
        super().__init__()
        self._answer = answer
        self.requests: list[requests.PreparedRequest] = []

    def exchange(self, request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        self.requests.append(request)
        status, headers, body = self._answer(request)
        response = requests.Response()
        response.status_code = status
        response.headers = requests.structures.CaseInsensitiveDict(headers)
        response.url, response.request = request.url or "", request
        return with_body(response, body)


def opened(one: Document, configuration: dict[str, str] | None = None, **options: Any) -> Any:
    """The provider with the stand-in's credentials, changed by `configuration`."""
    stand_in = stand_in_class(one)
    entry = Registered(id=one.id, provider=provider_class(one), sandbox=stand_in, folder=FOLDER)
    return Registry({one.id: entry}).open(
        one.id,
        configuration={**stand_in.credentials(), **(configuration or {})},
        environment=options.pop("environment", Environment.SANDBOX),
        policy=options.pop("policy", DoorPolicy()),
        on_call=lambda record: None,
        now=lambda: NOW,
        **options,
    )


def answering(one: Document, content: Any, status: int = 200, **options: Any) -> tuple[Any, Answers]:
    """A provider whose service answers everything with this."""
    import json

    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    transport = Answers(lambda request: (status, {}, body))
    return opened(one, transport=transport, **options), transport
