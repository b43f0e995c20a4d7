"""The one door out. Every call to a vendor leaves through here: guarded, bounded, metered, redacted.

    door.request("GET", "/domains", operation="list domains").json()

Answers that are not 2xx are returned: each provider knows its vendor's error shape (`error_for_status` is the
fallback). What raises: see `Door.request`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
import requests

from providers.kit.answers import Answer, error_for_status, kit_error, outcome_unknown, rate_limited, to_answer
from providers.kit.contract import RateLimit
from providers.kit.errors import ProviderError, RateLimited, RefusedByPolicy, UnexpectedResponse
from providers.kit.limits import TokenBucket, bucket_for
from providers.kit.metering import CallRecord, category_of_status, host_of, operation_of, size_of
from providers.kit.policy import DoorPolicy, check_url, refused, unsendable
from providers.kit.redaction import redact
from providers.kit.redirects import MAX_REDIRECTS, REDIRECTS, next_hop
from providers.kit.retries import Retry, repeat
from providers.kit.sandbox_transport import SandboxTransport
from providers.kit.session import GuardedSession
from providers.kit.transport import MAX_BYTES, Limits, NoAnswer, Transport, shared_transport

__all__ = [
    "Answer",
    "CallRecord",
    "Door",
    "DoorPolicy",
    "Retry",
    "SandboxTransport",
    "Transport",
    "error_for_status",
    "guarded_session",
    "kit_error",
]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
IDEMPOTENCY_HEADER = "Idempotency-Key"

Auth = Callable[[requests.PreparedRequest], requests.PreparedRequest]


def _ignore(record: CallRecord) -> None:
    """For doors that nobody meters (tests, one-off checks)."""


class Door:
    """The way out for one account. Cheap to make; safe to use from several threads.

    `headers` and `auth` are given only to the host of `base_url`. `secrets` are live values kept out of every
    error detail. `on_call` gets a CallRecord for every attempt.
    """

    def __init__(
        self,
        policy: DoorPolicy,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        auth: Auth | None = None,
        on_call: Callable[[CallRecord], None] = _ignore,
        provider_id: str = "",
        account_key: str = "",
        rate_limit: RateLimit | None = None,
        transport: Transport | None = None,
        user_agent: str = "agency-toolkit",
        secrets: Iterable[str] = (),
    ) -> None:
        self.policy = policy
        self.base_url = base_url.rstrip("/")
        self.provider_id = provider_id
        self.account_key = account_key
        self.rate_limit = rate_limit
        self.user_agent = user_agent
        self._headers = dict(headers or {})
        self._auth = auth
        self._on_call = on_call
        self._transport = transport
        self._secrets = tuple(secrets)
        self._bucket: TokenBucket | None = bucket_for(provider_id, account_key, rate_limit) if rate_limit else None

    def __repr__(self) -> str:
        return f"Door({self.provider_id or 'unnamed'})"

    def bound(
        self,
        *,
        headers: Mapping[str, str] | None = None,
        auth: Auth | None = None,
        base_url: str | None = None,
        secrets: Iterable[str] = (),
    ) -> Door:
        """The same door with credentials (and, if given, another base address)."""
        return Door(
            policy=self.policy,
            base_url=self.base_url if base_url is None else base_url,
            headers={**self._headers, **(headers or {})},
            auth=auth or self._auth,
            on_call=self._on_call,
            provider_id=self.provider_id,
            account_key=self.account_key,
            rate_limit=self.rate_limit,
            transport=self._transport,
            user_agent=self.user_agent,
            secrets=(*self._secrets, *secrets),
        )

    def request(
        self,
        method: str,
        url: str,
        *,
        operation: str,
        params: Any = None,
        json: Any = None,
        form: Any = None,
        data: bytes | str | None = None,
        files: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        retry: Retry = Retry.AUTO,
        idempotency_key: str | None = None,
        expect: tuple[int, ...] = (),
        max_bytes: int | None = None,
        follow_redirects: bool = False,
    ) -> Answer:
        """Calls the vendor. `url` is a path below `base_url` or a whole address; `operation` names it in monitoring.

        `timeout` is for all attempts together, in seconds (the policy's total by default). `idempotency_key` is sent
        as Idempotency-Key and makes repeating safe. Statuses in `expect` are returned as they are: neither repeated
        nor raised. `max_bytes` raises the answer's limit up to 32 MiB. Redirects are followed for GET only, three at
        most, each checked anew, without credentials to another host.

        Raises RefusedByPolicy; Unavailable (nothing was changed); OutcomeUnknown (a write was sent, no answer came);
        RateLimited (429 at the end; its `answer` holds the vendor's words); UnexpectedResponse (too large, encoded).
        """
        all_headers = dict(headers or {})
        if idempotency_key:
            all_headers[IDEMPOTENCY_HEADER] = idempotency_key
        if json is not None:
            data = orjson.dumps(json)
            all_headers.setdefault("Content-Type", "application/json")
        with self._noting_refusal(operation, method, url):
            prepared = self._prepare(
                method, self.absolute(url), params, form if data is None else data, files, all_headers
            )
        limit = self.policy.max_bytes if max_bytes is None else min(max_bytes, MAX_BYTES)
        response, elapsed = self.send(
            prepared,
            operation=operation,
            seconds=timeout or self.policy.total_seconds,
            max_bytes=limit,
            retry=retry,
            expect=expect,
            follow_redirects=follow_redirects,
        )
        answer = to_answer(response, elapsed)
        if answer.status == 429 and 429 not in expect:
            raise rate_limited(answer)
        return answer

    def absolute(self, url: str) -> str:
        """The whole address of a path below the base address. Raises RefusedByPolicy."""
        full = url if "://" in url else f"{self.base_url}/{url.lstrip('/')}"
        check_url(full, self.policy)
        return full

    def session(self, operation: Callable[[requests.PreparedRequest], str] = operation_of) -> requests.Session:
        """A requests session for an SDK that insists on one: same guard, limits, retries where safe, and metering.

        Turn the SDK's own retries off. Kit errors arrive as the cause of the SDK's error: see `kit_error`.
        The door's own headers and auth are not added: the SDK brings its credentials.
        """
        return GuardedSession(self, operation)

    def send(
        self,
        prepared: requests.PreparedRequest,
        *,
        operation: str,
        seconds: float,
        max_bytes: int,
        retry: Retry = Retry.AUTO,
        expect: tuple[int, ...] = (),
        follow_redirects: bool = False,
    ) -> tuple[requests.Response, float]:
        """Sends a prepared request; returns the response and the last attempt's milliseconds. Raises as `request`."""
        with self._noting_refusal(operation, prepared.method or "", prepared.url or ""):
            check_url(prepared.url or "", self.policy)
            if not all(value.isascii() for value in prepared.headers.values()):
                raise unsendable()
        ends = time.monotonic() + seconds
        repeatable = retry is Retry.SAFE or (
            retry is Retry.AUTO and (prepared.method in SAFE_METHODS or IDEMPOTENCY_HEADER in prepared.headers)
        )
        elapsed = 0.0

        def attempt(number: int) -> requests.Response:
            nonlocal elapsed
            response, elapsed = self._attempt(prepared, operation, number, ends, max_bytes)
            return response

        try:
            response = repeat(attempt, ends, expect) if repeatable else attempt(1)
            if follow_redirects and prepared.method == "GET":
                response, elapsed = self._follow(response, prepared, operation, ends, max_bytes, elapsed)
        except NoAnswer as error:
            if repeatable:
                raise
            raise outcome_unknown(error) from error
        return response, elapsed

    def _prepare(
        self, method: str, url: str, params: Any, data: Any, files: Any, headers: Mapping[str, str]
    ) -> requests.PreparedRequest:
        own: Mapping[str, str] = {}
        auth = None
        if self.base_url and check_url(url, self.policy).origin == check_url(self.base_url, self.policy).origin:
            own, auth = self._headers, self._auth
        prepared = requests.PreparedRequest()
        try:
            prepared.prepare(
                method=method.upper(),
                url=url,
                headers={"User-Agent": self.user_agent, "Accept": "application/json", **own, **headers},
                params=params,
                data=data,
                files=files,
                auth=auth,
            )
        except (requests.exceptions.InvalidHeader, UnicodeError):
            # Not chained: the library's own words hold the value.
            raise unsendable() from None
        except requests.exceptions.RequestException as error:
            raise refused("The address is not complete.", code="address_syntax") from error
        return prepared

    def _attempt(
        self, prepared: requests.PreparedRequest, operation: str, number: int, ends: float, max_bytes: int
    ) -> tuple[requests.Response, float]:
        transport = self._transport or shared_transport(self.policy.of_all)
        target = check_url(prepared.url or "", self.policy)
        self._wait_for_place(ends)
        started_at, began = datetime.now(UTC), time.perf_counter()
        status, category, bytes_in = None, "", 0
        refused, refusal = "", ""
        try:
            limits = Limits(seconds=max(ends - time.monotonic(), 0.05), max_bytes=max_bytes)
            response = transport.exchange(prepared, limits)
            status, bytes_in = response.status_code, len(response.content)
            category = category_of_status(status)
        except ProviderError as error:
            error.detail = redact(error.detail, self._secrets)
            category = error.category
            if isinstance(error, RefusedByPolicy):
                refused, refusal = error.code, str(error)
            raise
        finally:
            latency = (time.perf_counter() - began) * 1000
            self._on_call(
                CallRecord(
                    provider_id=self.provider_id,
                    account_key=self.account_key,
                    operation=operation,
                    method=prepared.method or "",
                    host=transport.host_label or target.host,
                    status=status,
                    ok=status is not None and not category,
                    error_category=category,
                    started_at=started_at,
                    latency_ms=latency,
                    attempt=number,
                    bytes_out=size_of(prepared.body),
                    bytes_in=bytes_in,
                    refused=refused,
                    refusal=refusal,
                )
            )
        return response, latency

    @contextmanager
    def _noting_refusal(self, operation: str, method: str, url: str) -> Iterator[None]:
        """Writes down what is refused before there is an attempt that would be."""
        try:
            yield
        except RefusedByPolicy as error:
            self._on_call(
                CallRecord(
                    provider_id=self.provider_id,
                    account_key=self.account_key,
                    operation=operation,
                    method=method.upper(),
                    host=host_of(url if "://" in url else self.base_url),
                    status=None,
                    ok=False,
                    error_category=error.category,
                    started_at=datetime.now(UTC),
                    latency_ms=0.0,
                    attempt=1,
                    bytes_out=0,
                    bytes_in=0,
                    refused=error.code,
                    refusal=str(error),
                )
            )
            raise

    def _wait_for_place(self, ends: float) -> None:
        if self._bucket is None:
            return
        left = ends - time.monotonic()
        wait = self._bucket.reserve(left)
        if wait > left:
            raise RateLimited(
                "Too many calls to this account at the moment.",
                fix="Wait a little, then try again.",
                code="own_limit",
                retry_after=wait,
            )
        if wait > 0:
            time.sleep(wait)

    def _follow(
        self,
        response: requests.Response,
        prepared: requests.PreparedRequest,
        operation: str,
        ends: float,
        max_bytes: int,
        elapsed: float,
    ) -> tuple[requests.Response, float]:
        """Follows up to three redirects of a GET, each held to the policy again."""
        for _hop in range(MAX_REDIRECTS):
            location = response.headers.get("Location", "")
            if response.status_code not in REDIRECTS or not location:
                return response, elapsed
            with self._noting_refusal(operation, "GET", location if "://" in location else prepared.url or ""):
                prepared = next_hop(prepared, location, self.policy)
            response, elapsed = self._attempt(prepared, operation, 1, ends, max_bytes)
        if response.status_code in REDIRECTS:
            raise UnexpectedResponse(
                "The service sent us from one address to another too many times.",
                fix="Check the address: use the one that answers directly.",
                code="too_many_redirects",
            )
        return response, elapsed


def guarded_session(
    policy: DoorPolicy,
    on_call: Callable[[CallRecord], None] = _ignore,
    *,
    provider_id: str = "",
    account_key: str = "",
    rate_limit: RateLimit | None = None,
    transport: Transport | None = None,
    operation: Callable[[requests.PreparedRequest], str] = operation_of,
) -> requests.Session:
    """A requests session that goes through the one door, for SDKs and OAuth clients without a base address."""
    door = Door(
        policy,
        "",
        on_call=on_call,
        provider_id=provider_id,
        account_key=account_key,
        rate_limit=rate_limit,
        transport=transport,
    )
    return door.session(operation)
