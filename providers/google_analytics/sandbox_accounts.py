"""The stand-in's accounts, properties, data streams and API secrets, and the Admin API's lists of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_store import Refusal, State, page

MEASUREMENT_ID = "G-SANDBOX001"
API_SECRET = "sandboxMeasurement001"  # of the stand-in only
PROPERTY_ID = "300100200"
_SECRETS = ("sandboxMeasurement002", "sandboxMeasurement007", API_SECRET)
QUOTA_USED_UP_ID = "300100400"

_CREATED = "2026-01-05T09:00:00Z"

ACCOUNTS: tuple[dict[str, Any], ...] = (
    {
        "id": "100100",
        "name": "Example Studio",
        "properties": (
            {
                "id": PROPERTY_ID,
                "name": "Example Shop",
                "streams": (
                    ("400100201", "Shop website", MEASUREMENT_ID, _SECRETS),
                    ("400100202", "Shop in English", "G-SANDBOX002", ("sandboxMeasurement003",)),
                    ("400100203", "Shop app", "", ()),
                ),
            },
            {
                "id": "300100201",
                "name": "Example Blog",
                "streams": (("400100204", "Blog", "G-SANDBOX003", ("sandboxMeasurement004",)),),
            },
        ),
    },
    {
        "id": "100200",
        "name": "Client: Miller's Bakery",
        "properties": (
            {
                "id": "300100300",
                "name": "Bakery website",
                "streams": (("400100301", "Bakery", "G-SANDBOX004", ("sandboxMeasurement005",)),),
            },
        ),
    },
    {
        "id": "100300",
        "name": "Client: Busy News",
        "properties": (
            {
                "id": QUOTA_USED_UP_ID,
                "name": "News (quota used up)",
                "streams": (("400100401", "News", "G-SANDBOX005", ("sandboxMeasurement006",)),),
            },
        ),
    },
)


def properties() -> Iterator[dict[str, Any]]:
    for account in ACCOUNTS:
        yield from account["properties"]


def require_property(property_id: str, who: str) -> dict[str, Any]:
    """Raises Refusal 403: Google does not tell an unknown property from one that we may not see."""
    for one in properties():
        if one["id"] == property_id and who != "stranger":
            return one
    raise Refusal(
        403,
        "PERMISSION_DENIED",
        "User does not have sufficient permissions for this property. To learn more about Property ID, see "
        "https://developers.google.com/analytics/devguides/reporting/data/v1/property-id.",
    )


def stream_for(measurement_id: str, api_secret: str) -> tuple[str, str] | None:
    """(property id, stream id) of a stream that takes events with this secret."""
    for one in properties():
        for stream_id, _, its_measurement_id, secrets in one["streams"]:
            if its_measurement_id == measurement_id and measurement_id and api_secret in secrets:
                return one["id"], stream_id
    return None


# ------------------------------------------------------------------------------------------- Admin API


def account_summaries(state: State, request: SandboxRequest, who: str) -> dict[str, Any]:
    listed = [
        {
            "name": f"accountSummaries/{account['id']}",
            "account": f"accounts/{account['id']}",
            "displayName": account["name"],
            "propertySummaries": [
                {
                    "property": f"properties/{one['id']}",
                    "displayName": one["name"],
                    "propertyType": "PROPERTY_TYPE_ORDINARY",
                    "parent": f"accounts/{account['id']}",
                }
                for one in account["properties"]
            ],
        }
        for account in ACCOUNTS
        if who != "stranger"
    ]
    return page(listed, request.query, "accountSummaries")


def data_streams(state: State, request: SandboxRequest, who: str, property_id: str) -> dict[str, Any]:
    found = require_property(property_id, who)
    return page([_stream(property_id, *one) for one in found["streams"]], request.query, "dataStreams")


def secrets(state: State, request: SandboxRequest, who: str, property_id: str, stream_id: str) -> dict[str, Any]:
    found = require_property(property_id, who)
    if who == "viewer":
        raise Refusal(403, "PERMISSION_DENIED", "The caller does not have permission")
    for its_id, _, _, values in found["streams"]:
        if its_id == stream_id:
            base = f"properties/{property_id}/dataStreams/{stream_id}/measurementProtocolSecrets"
            listed = [
                {"name": f"{base}/{number}", "displayName": f"Secret {number}", "secretValue": value}
                for number, value in enumerate(values, start=1)
            ]
            return page(listed, request.query, "measurementProtocolSecrets")
    raise Refusal(404, "NOT_FOUND", "Requested entity was not found.")


def _stream(
    property_id: str, stream_id: str, name: str, measurement_id: str, values: tuple[str, ...]
) -> dict[str, Any]:
    stream: dict[str, Any] = {
        "name": f"properties/{property_id}/dataStreams/{stream_id}",
        "type": "WEB_DATA_STREAM" if measurement_id else "ANDROID_APP_DATA_STREAM",
        "displayName": name,
        "createTime": _CREATED,
        "updateTime": _CREATED,
    }
    if measurement_id:
        stream["webStreamData"] = {"measurementId": measurement_id, "defaultUri": "https://shop.example.com"}
    else:
        stream["androidAppStreamData"] = {"packageName": "com.example.shop"}
    return stream
