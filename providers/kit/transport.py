"""How bytes leave: one guarded, pooled transport for each policy, shared by all doors of a process.

A transport is also a requests adapter. It never carries credentials, cookies, proxies or an unread body from one
call to the next: only open connections are shared.
"""

from __future__ import annotations

import io
import os
import ssl
import threading
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.exceptions import HTTPError

from providers.kit.deadline import Call, watched
from providers.kit.errors import ProviderError, RefusedByPolicy, Unavailable, UnexpectedResponse
from providers.kit.guard import pool_classes
from providers.kit.policy import DoorPolicy, check_url

MAX_BYTES = 32 * 1024 * 1024
_CHUNK = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of one attempt: seconds in all, and the largest body that is read."""

    seconds: float
    max_bytes: int


class NoAnswer(Unavailable):
    """The connection stood, then nothing usable came back: the vendor may have acted on what we sent."""


class Transport(BaseAdapter):
    """One exchange of a prepared request for a response whose body is already read.

    `host_label` stands in the metering instead of the host ("" = the real one).
    """

    host_label = ""

    def exchange(self, request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        """Raises RefusedByPolicy, Unavailable (nothing was sent), NoAnswer, UnexpectedResponse."""
        raise NotImplementedError

    def close(self) -> None:
        """Drops idle connections."""


class GuardedTransport(HTTPAdapter, Transport):
    """The real network, held to a policy."""

    def __init__(self, policy: DoorPolicy) -> None:
        self.policy = policy
        super().__init__(pool_connections=64, pool_maxsize=128, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = pool_classes(self.policy)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        raise RefusedByPolicy("Calls never go through a proxy of the environment. Nothing was sent.", code="proxy")

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """As any requests adapter; the policy's limits and TLS verification hold whatever the caller passes."""
        return self.exchange(request, Limits(seconds=self.policy.total_seconds, max_bytes=self.policy.max_bytes))

    def exchange(self, request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        check_url(request.url or "", self.policy)
        request.headers["Accept-Encoding"] = "identity"
        with watched(limits.seconds) as call:
            try:
                response = super().send(
                    request,
                    stream=True,
                    timeout=(min(self.policy.connect_seconds, limits.seconds), limits.seconds),
                    verify=self.policy.ca_bundle or True,
                )
                body = _read(response.raw, limits.max_bytes)
            except ProviderError:
                raise
            except (requests.RequestException, HTTPError, OSError, ValueError) as error:
                # Not chained: the library's own words hold the address with its query.
                raise _in_words(error, call) from None
            if call.expired:
                raise _in_words(TimeoutError("cut off by the total time limit"), call)
        return with_body(response, body)


def with_body(response: requests.Response, body: bytes) -> requests.Response:
    """The response with its whole body read: nothing below can be asked for more."""
    response._content = body
    response._content_consumed = True  # type: ignore[attr-defined]  # requests' own flag, not in its stubs
    response.raw = io.BytesIO(body)
    return response


def too_large(limit: int) -> UnexpectedResponse:
    return UnexpectedResponse(
        "The service sent a larger answer than expected.",
        fix="Ask for fewer items at a time.",
        code="too_large",
        detail=f"more than {limit} bytes",
    )


def _read(raw: Any, limit: int) -> bytes:
    """The whole body, at most `limit` bytes of it, never decompressed."""
    try:
        encoding = raw.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            raise UnexpectedResponse(
                "The service sent a compressed answer, which was not asked for.",
                fix="Try again. If it lasts, tell the person who runs this installation.",
                code="encoding",
                detail=encoding[:40],
            )
        declared = raw.headers.get("Content-Length", "")
        if declared.isdecimal() and int(declared) > limit and raw._original_response.length:
            raise too_large(limit)
        chunks, size = [], 0
        while chunk := raw.read(_CHUNK, decode_content=False):
            size += len(chunk)
            if size > limit:
                raise too_large(limit)
            chunks.append(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)
    except BaseException:
        raw.close()  # a half-read connection is never used again
        raise


def _in_words(error: Exception, call: Call) -> ProviderError:
    kind: type[Unavailable] = NoAnswer if call.connected else Unavailable
    detail = f"{type(error).__name__}: {error}"
    if isinstance(_certificate_problem(error), ssl.SSLError) and not call.connected:
        return Unavailable(
            "The service's certificate could not be verified, so nothing was sent.",
            fix="Check the address. If it is right, the service has to renew its certificate.",
            code="certificate",
            detail=detail,
        )
    if call.expired or isinstance(error, TimeoutError | requests.Timeout) or "timed out" in str(error):
        return kind(
            "The service did not answer in time.",
            fix="Try again in a few minutes. If it lasts, look at the service's status page.",
            code="timeout",
            detail=detail,
        )
    return kind(
        "The connection to the service broke off." if call.connected else "The service did not answer.",
        fix="Try again in a few minutes. If it lasts, look at the service's status page.",
        code="no_connection",
        detail=detail,
    )


def _certificate_problem(error: BaseException | None) -> BaseException | None:
    """The TLS error that the HTTP libraries wrapped, if there is one."""
    seen = 0
    while error is not None and seen < 8:
        if isinstance(error, ssl.SSLError):
            return error
        inner = error.args[0] if error.args and isinstance(error.args[0], BaseException) else None
        error = (
            getattr(error, "reason", None)
            if isinstance(getattr(error, "reason", None), BaseException)
            else (inner or error.__cause__ or error.__context__)
        )
        seen += 1
    return None


_shared: dict[DoorPolicy, GuardedTransport] = {}
_lock = threading.Lock()


def shared_transport(policy: DoorPolicy) -> GuardedTransport:
    """The process's transport for a policy. Ask for it at each call: after a fork it is a new one."""
    found = _shared.get(policy)
    if found is None:
        with _lock:
            found = _shared.setdefault(policy, GuardedTransport(policy))
    return found


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    _shared.clear()


os.register_at_fork(after_in_child=_after_fork)
