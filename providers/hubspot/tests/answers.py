"""HubSpot with answers of our choice instead of a stand-in: for refusals, odd shapes, and no answer at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import requests
from requests.structures import CaseInsensitiveDict

from providers.kit.contract import Connection, Environment
from providers.kit.http import Door, DoorPolicy
from providers.kit.testing import NOW
from providers.kit.tokens import MemoryTokens, Token
from providers.kit.transport import Limits, Transport, with_body

from ..provider import HubSpot
from ..sandbox_access import FULL_TOKEN

Reply = tuple[int, Any] | Exception


class Scripted(Transport):
    """Answers each request with `reply(request)`; bytes and texts go out as they are, anything else as JSON."""

    host_label = "scripted"

    def __init__(self, reply: Callable[[requests.PreparedRequest], Reply], headers: dict[str, str]) -> None:
        super().__init__()
        self.reply = reply
        self.headers = headers
        self.calls: list[requests.PreparedRequest] = []

    def exchange(self, request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        self.calls.append(request)
        answer = self.reply(request)
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        response = requests.Response()
        response.status_code, response.headers = status, CaseInsensitiveDict(self.headers)
        response.url, response.request = request.url or "", request
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        return with_body(response, content)


def answering(
    reply: Callable[[requests.PreparedRequest], Reply], headers: dict[str, str] | None = None
) -> tuple[HubSpot, Scripted]:
    transport = Scripted(reply, headers or {"content-type": "application/json"})
    door = Door(policy=DoorPolicy(), base_url="https://api.hubapi.com", provider_id="hubspot", transport=transport)
    connection = Connection(
        configuration={"access_token": FULL_TOKEN},
        environment=Environment.LIVE,
        http=door,
        api_base="https://api.hubapi.com",
        now=lambda: NOW,
        tokens=MemoryTokens(Token(access_token=FULL_TOKEN)),
    )
    return HubSpot(connection), transport


def always(status: int, body: Any, headers: dict[str, str] | None = None) -> tuple[HubSpot, Scripted]:
    return answering(lambda request: (status, body), headers)
