"""Mixpanel's API in calls of ours. Every call goes through the door; all methods raise ProviderError.

Nothing is repeated by the door after a 429: Mixpanel names no time to wait, and a quick repeat only uses up more of
the 60 queries an hour (https://docs.mixpanel.com/reference/rate-limits). The caller's job backs off.
"""

from __future__ import annotations

import base64
import gzip
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from providers.kit.contract import Connection, Environment, RateLimit
from providers.kit.errors import InvalidConfiguration, RateLimited
from providers.kit.http import Answer, Retry
from providers.kit.limits import bucket_for

from .errors import QUERY_LIMITS, error_from, not_taken, unreadable
from .fields import SERVICE_ACCOUNTS_URL, SETTINGS_URL
from .regions import region_of
from .shapes import mapping, text

MAX_EXPORT_BYTES = 32 * 1024 * 1024
_EXPORT_SECONDS = 180.0
_IMPORT_SECONDS = 60.0
_QUERY_SECONDS = 60.0
_QUERY_BYTES = 16 * 1024 * 1024

QUERY_LIMIT = RateLimit(requests=25, per_seconds=2600)
"""25 at once and 34 more in an hour: never above the vendor's 60."""

EXPORT_LIMIT = RateLimit(requests=1, per_seconds=0.5)
"""The vendor gives 3 exports a second. Its 60 an hour are left to it: an export takes long by itself."""


class Client:
    """One project's API. `configuration` decides what can be called: a token, a service account, or both."""

    def __init__(self, connection: Connection) -> None:
        values = {name: value.strip() for name, value in connection.configuration.items()}
        self.connection = connection
        self.region = region_of(values.get("region", ""))
        self.token = values.get("project_token", "")
        self.project_id = values.get("project_id", "")
        self.username = values.get("service_account_username", "")
        self._secret = values.get("service_account_secret", "")
        pair = base64.b64encode(f"{self.username}:{self._secret}".encode()).decode()
        self._authorization = f"Basic {pair}"
        secrets = (self.token, self._secret, pair if self._secret else "")
        self._door = connection.http.bound(secrets=tuple(filter(None, secrets)))

    @property
    def has_service_account(self) -> bool:
        return bool(self.username and self._secret)

    @property
    def token_only(self) -> bool:
        """Nothing but a token is set: it can send, and there is nothing that could be asked."""
        return bool(self.token) and not self.username and not self._secret

    # ------------------------------------------------------------------------------------------ what is set

    def need_token(self) -> str:
        """The project token. Raises InvalidConfiguration without one."""
        if not self.token:
            raise InvalidConfiguration(
                "Sending events needs the project token, and none is set.",
                field="project_token",
                fix="Copy the “Project Token” from the project's settings in Mixpanel.",
                fix_url=SETTINGS_URL,
            )
        return self.token

    def need_service_account(self) -> Mapping[str, str]:
        """The header that a service account signs with. Raises InvalidConfiguration for a half one or none."""
        for field, value, label in (
            ("service_account_username", self.username, "user name"),
            ("service_account_secret", self._secret, "secret"),
        ):
            if not value:
                raise InvalidConfiguration(
                    f"This needs a service account, and its {label} is not set.",
                    field=field,
                    fix="Make a service account in Mixpanel and enter its user name and secret.",
                    fix_url=SERVICE_ACCOUNTS_URL,
                )
        return {"Authorization": self._authorization}

    def need_project(self) -> str:
        """The project's number. Raises InvalidConfiguration without one."""
        if not self.project_id:
            raise InvalidConfiguration(
                "This needs the project ID, and none is set.",
                field="project_id",
                fix="Copy the “Project ID”, a number, from the project's settings in Mixpanel.",
                fix_url=SETTINGS_URL,
            )
        return self.project_id

    # ------------------------------------------------------------------------------------------------ calls

    def look(self) -> Answer:
        """GET /api/app/me as it was answered: refusals are returned, not raised."""
        return self._call(
            "GET",
            self.region.app + "/api/app/me",
            operation="read service account",
            headers=self.need_service_account(),
        )

    def me(self, answer: Answer | None = None) -> Mapping[str, Any]:
        """Organisations and projects that the service account opens: the `results` of the answer."""
        found = answer or self.look()
        if not found.ok:
            raise error_from(found)
        results = mapping(found.json()).get("results")
        if not isinstance(results, dict):
            raise unreadable(found, detail="no results")
        return results

    def track(self, rows: Sequence[bytes], *, retry: Retry = Retry.SAFE) -> None:
        """Sends up to 2,000 events. Each carries its $insert_id: a repeat counts once. A token is never checked."""
        answer = self._call(
            "POST",
            self.region.ingest + "/track",
            operation="send events",
            params={"verbose": 1, "ip": 0},
            data=b"[" + b",".join(rows) + b"]",
            headers={"Content-Type": "application/json"},
            retry=retry,
        )
        self._taken(answer)

    def update(self, path: str, updates: Sequence[Mapping[str, Any]], *, repeatable: bool) -> None:
        """Sends up to 2,000 profile updates to /engage or /groups, as a form: the batch with mixed operations."""
        answer = self._call(
            "POST",
            self.region.ingest + path,
            operation="update profiles",
            form={"data": orjson.dumps(list(updates)).decode(), "verbose": "1", "ip": "0"},
            retry=Retry.SAFE if repeatable else Retry.NONE,
        )
        self._taken(answer)

    def import_batch(self, rows: Sequence[bytes]) -> Answer:
        """POST /import?strict=1 of up to 2,000 events; the 200, and the 400 that tells failed rows, are returned."""
        headers = self.need_service_account()
        answer = self._call(
            "POST",
            self.region.ingest + "/import",
            operation="import events",
            params={"strict": 1, "project_id": self.need_project()},
            data=gzip.compress(b"[" + b",".join(rows) + b"]", compresslevel=6, mtime=0),
            headers={**headers, "Content-Type": "application/json", "Content-Encoding": "gzip"},
            retry=Retry.SAFE,
            timeout=_IMPORT_SECONDS,
        )
        if not answer.ok and answer.status != 400:
            raise error_from(answer, permission="import")
        return answer

    def query(self, path: str, params: Mapping[str, Any] | None = None, *, operation: str) -> Any:
        """GET /api/query/<path> of the project, as JSON. Counts towards the 60 an hour."""
        headers = self.need_service_account()
        asked = {"project_id": self.need_project(), **(params or {})}
        self._hold_back_query()
        answer = self._call(
            "GET",
            f"{self.region.app}/api/query/{path}",
            operation=operation,
            params=asked,
            headers=headers,
            timeout=_QUERY_SECONDS,
            max_bytes=_QUERY_BYTES,
        )
        if not answer.ok:
            raise error_from(answer, permission="query")
        return answer.json()

    def export(self, *, start: date, end: date, event: str = "") -> Answer:
        """Raw events of some days as lines of JSON. Raises UnexpectedResponse `too_large` above 32 MiB."""
        params = {
            "project_id": self.need_project(),
            "from_date": start.isoformat(),
            "to_date": end.isoformat(),
            "time_in_ms": "true",
        }
        if event:
            params["event"] = orjson.dumps([event]).decode()
        time.sleep(self._reserve(EXPORT_LIMIT, "export", longest=60.0))
        answer = self._call(
            "GET",
            self.region.export + "/api/2.0/export",
            operation="export events",
            params=params,
            headers={**self.need_service_account(), "Accept": "text/plain"},
            timeout=_EXPORT_SECONDS,
            max_bytes=MAX_EXPORT_BYTES,
        )
        if not answer.ok:
            raise error_from(answer, permission="query")
        return answer

    # ---------------------------------------------------------------------------------------------- private

    def _call(self, method: str, url: str, **options: Any) -> Answer:
        address = self.connection.address(url)
        answer: Answer = self._door.request(method, address, expect=(429,), **options)
        return answer

    def _reserve(self, limit: RateLimit, kind: str, *, longest: float) -> float:
        """Seconds until the next call of this kind has its place. The stand-in has no such limits."""
        if self.connection.environment is Environment.SANDBOX:
            return 0.0
        return bucket_for(self._door.provider_id, f"{self._door.account_key}-{kind}", limit).reserve(longest)

    def _hold_back_query(self) -> None:
        """Raises RateLimited instead of asking what would go beyond the vendor's hour."""
        wait = self._reserve(QUERY_LIMIT, "query", longest=0.0)
        if wait > 0:
            minutes = max(1, round(wait / 60))
            raise RateLimited(
                "This project has asked Mixpanel for many reports in the last hour.",
                fix=f"Try again in about {minutes} minute{'' if minutes == 1 else 's'}. {QUERY_LIMITS}",
                code="own_limit",
                retry_after=wait,
            )

    @staticmethod
    def _taken(answer: Answer) -> None:
        """Reads the `1` or `0` of the addresses without credentials, as text or (verbose) as an object."""
        if not answer.ok:
            raise error_from(answer)
        body = answer.json()
        status = mapping(body).get("status") if isinstance(body, dict) else body
        if isinstance(status, bool) or status not in (0, 1):
            raise unreadable(answer, detail="neither 1 nor 0")
        if status == 0:
            raise not_taken(text(mapping(body).get("error")))
