"""The Measurement Protocol: two calls, to send events and to have them checked without sending.

https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference
Sending always answers 2xx with an empty body, a wrong secret included; the checking address does not look at the
secret either. A call is never repeated: an event that is sent twice counts twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.kit.contract import Connection
from providers.kit.errors import RateLimited, UnexpectedResponse
from providers.kit.http import Answer, Retry

from .errors import error_from, error_from_limit
from .fields import API_SECRET, MEASUREMENT_ID, REGION
from .shapes import object_of, objects, text

HOSTS = {"global": "https://www.google-analytics.com", "eu": "https://region1.google-analytics.com"}


@dataclass(frozen=True, kw_only=True)
class Objection:
    """What Google's checker says about a payload."""

    field: str
    message: str
    code: str


class Collection:
    """Where one data stream's events go."""

    def __init__(self, connection: Connection) -> None:
        values = connection.configuration
        self.host = HOSTS.get(values.get(REGION.name, ""), HOSTS["global"])
        self._address = connection.address
        self._api_secret = values.get(API_SECRET.name, "")
        self._measurement_id = values.get(MEASUREMENT_ID.name, "")
        self._door = connection.http.bound(secrets=(self._api_secret,) if self._api_secret else ())

    def send(self, payload: Mapping[str, Any]) -> None:
        """Hands a payload over. Raises OutcomeUnknown when no answer came, Unavailable, UnexpectedResponse."""
        answer = self._post("/mp/collect", payload, operation="send events", retry=Retry.NONE)
        if answer.content.lstrip()[:1] == b"<":
            raise UnexpectedResponse(
                "A web page came back where Google answers nothing: the events may not have reached Google.",
                fix="Look whether a proxy or firewall stands between this server and Google.",
                code="not_the_vendor",
                status=answer.status,
            )

    def check(self, payload: Mapping[str, Any]) -> tuple[Objection, ...]:
        """What Google's checker objects to; nothing is counted. Raises ProviderError."""
        body = object_of(self._post("/debug/mp/collect", payload, operation="check events", retry=Retry.SAFE))
        if not isinstance(body.get("validationMessages"), list):
            raise UnexpectedResponse(
                "Google's checker gave an answer that could not be read.",
                fix="Try again in a few minutes.",
                code="shape",
            )
        return tuple(
            Objection(
                field=text(one.get("fieldPath")),
                message=text(one.get("description"))[:300],
                code=text(one.get("validationCode")),
            )
            for one in objects(body["validationMessages"])
        )

    def _post(self, path: str, payload: Mapping[str, Any], *, operation: str, retry: Retry) -> Answer:
        params = {"measurement_id": self._measurement_id, "api_secret": self._api_secret}
        try:
            answer: Answer = self._door.request(
                "POST",
                self._address(self.host + path),
                operation=operation,
                params=params,
                json=payload,
                retry=retry,
            )
        except RateLimited as error:
            raise error_from_limit(error) from error
        if not answer.ok:
            raise error_from(answer)
        return answer
