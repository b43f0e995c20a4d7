"""Google's Admin and Data APIs in calls of ours. All of them only read, so that repeating is safe.

Admin: https://developers.google.com/analytics/devguides/config/admin/v1/rest
Data: https://developers.google.com/analytics/devguides/reporting/data/v1/rest
Funnels are in v1alpha only: https://developers.google.com/analytics/devguides/reporting/data/v1/funnels

All methods raise ProviderError (see `errors.py` for what becomes of which answer).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from providers.kit.errors import RateLimited
from providers.kit.http import Answer, Retry

from .access import Access
from .errors import error_from, error_from_limit
from .manifest import ADMIN_HOST, DATA_HOST
from .shapes import object_of, objects, text

PAGE_SIZE = 200
_MAX_PAGES = 50

Body = Mapping[str, Any]


class Client:
    def __init__(self, access: Access) -> None:
        self._access = access

    # ------------------------------------------------------------------------------------------ Admin

    def account_summaries(self) -> Iterator[Body]:
        """Accounts, each with the properties that we may see: {account, displayName, propertySummaries}."""
        return self._listed("/v1beta/accountSummaries", "accountSummaries", "list accounts")

    def streams(self, property_id: str) -> Iterator[Body]:
        """Data streams of a property: {name, displayName, type, webStreamData: {measurementId}}."""
        return self._listed(
            f"/v1beta/properties/{_part(property_id)}/dataStreams", "dataStreams", "list data streams"
        )

    def secrets(self, stream_name: str) -> Iterator[Body]:
        """Measurement Protocol secrets of a stream, by its name `properties/1/dataStreams/2`."""
        path = "/".join(_part(one) for one in stream_name.split("/"))
        key = "measurementProtocolSecrets"
        return self._listed(f"/v1beta/{path}/{key}", key, "list API secrets")

    # ------------------------------------------------------------------------------------------- Data

    def metadata(self, property_id: str) -> Body:
        """Dimensions and metrics that reports of this property may have. Costs no quota."""
        path = f"/v1beta/properties/{_part(property_id)}/metadata"
        return object_of(self._ask(DATA_HOST, "GET", path, operation="read metadata"))

    def report(self, property_id: str, body: Body) -> Body:
        return self._run(property_id, "v1beta", "runReport", body)

    def realtime(self, property_id: str, body: Body) -> Body:
        return self._run(property_id, "v1beta", "runRealtimeReport", body)

    def funnel(self, property_id: str, body: Body) -> Body:
        return self._run(property_id, "v1alpha", "runFunnelReport", body)

    def _run(self, property_id: str, version: str, method: str, body: Body) -> Body:
        path = f"/{version}/properties/{_part(property_id)}:{method}"
        return object_of(self._ask(DATA_HOST, "POST", path, operation=method, json=body))

    def _listed(self, path: str, key: str, operation: str) -> Iterator[Body]:
        params: dict[str, Any] = {"pageSize": PAGE_SIZE}
        for _ in range(_MAX_PAGES):
            page = object_of(self._ask(ADMIN_HOST, "GET", path, operation=operation, params=params))
            yield from objects(page.get(key))
            following = text(page.get("nextPageToken"))
            if not following or following == params.get("pageToken"):
                return
            params["pageToken"] = following

    def _ask(self, host: str, method: str, path: str, *, operation: str, **options: Any) -> Answer:
        try:
            answer = self._access.door(host).request(method, path, operation=operation, retry=Retry.SAFE, **options)
        except RateLimited as error:
            raise error_from_limit(error) from error
        if not answer.ok:
            raise error_from(answer)
        return answer


def _part(value: str) -> str:
    """One path segment, whatever it holds."""
    return quote(value, safe="")
