"""The sandbox behind a check: each request and each answer is held against the vendor's own description."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
import requests

from providers.kit.sandbox import SandboxState, VendorStandIn
from providers.kit.sandbox_transport import SandboxTransport
from providers.kit.testing.published import Description
from providers.kit.transport import Limits


class Violation(AssertionError):
    """A request that the vendor's description forbids, or an answer of the stand-in that it does not know."""


class HeldTransport(SandboxTransport):
    """Raises Violation at the first finding. `calls` are the requests, `operations` what the description calls them.

    `undescribed(method, path)` is True for calls the vendor documents elsewhere than in this description: they are
    listed in `outside` instead of checked. Refusals (status 400 and up) are held to the description of the request
    only when `strict` is off: a test of a refusal sends what is not allowed.
    """

    def __init__(
        self,
        stand_in: type[VendorStandIn],
        state: SandboxState,
        now: Callable[[], datetime],
        description: Description | None,
        undescribed: Callable[[str, str], bool] = lambda method, path: False,
    ) -> None:
        super().__init__(stand_in, state, now, latency=0)
        self.description = description
        self.undescribed = undescribed
        self.strict = True
        self.calls: list[requests.PreparedRequest] = []
        self.operations: set[str] = set()
        self.outside: set[str] = set()

    def exchange(self, request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        self.calls.append(request)
        response = super().exchange(request, limits)
        method, path = request.method or "GET", request.path_url
        if self.undescribed(method, path.partition("?")[0]):
            self.outside.add(f"{method} {path.partition('?')[0]}")
        elif self.description is not None:
            self._hold(self.description, request, response)
        return response

    def _hold(self, description: Description, request: requests.PreparedRequest, response: requests.Response) -> None:
        method, path = request.method or "GET", request.path_url
        found = description.check_request(method, path, dict(request.headers), _body(request))
        if found and (response.ok or self.strict):
            raise Violation(f"{method} {path}: the request breaks the description: {found}")
        if not response.ok:
            return
        body = _json(response)
        found = description.check_response(method, path, response.status_code, body)
        if found:
            raise Violation(
                f"{method} {path}: the stand-in's answer breaks the description: {found} in {body!r:.600}"
            )
        self.operations.add(f"{method} {description.match(method, path)[0]}")


def _body(request: requests.PreparedRequest) -> Any:
    body: Any = request.body
    if body is not None and not isinstance(body, bytes | str):
        read = getattr(body, "read", None)
        body = request.body = read() if read else b"".join(body)
    if body and request.headers.get("Content-Encoding") == "gzip":
        return gzip.decompress(body)
    return body


def _json(response: requests.Response) -> Any:
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return response.text or None
