"""Which property and data stream this connection is about, and whether its API secret belongs there."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from providers.kit.contract import Account, Connection
from providers.kit.errors import AuthenticationFailed, InvalidConfiguration, PermissionMissing
from providers.kit.vocabulary.analytics import AnalyticsProperty

from .client import Client
from .fields import ADMIN_URL, API_SECRET, MEASUREMENT_ID, PROPERTY_ID
from .shapes import mapping, objects, text

MAX_SEARCHED = 50
"""Properties whose data streams are looked at: each is a call of its own."""


@dataclass(frozen=True, kw_only=True)
class Property:
    """A property as the list of accounts shows it. `id` is the number alone."""

    id: str
    name: str
    account: Account


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A website's data stream. `name` is Google's `properties/1/dataStreams/2`."""

    name: str
    label: str
    measurement_id: str


class Place:
    """What Google was asked is kept: one run of a test asks no question twice. All of it raises ProviderError."""

    def __init__(self, connection: Connection, client: Client) -> None:
        values = connection.configuration
        self.client = client
        self.measurement_id = values.get(MEASUREMENT_ID.name, "")
        self.property_id = values.get(PROPERTY_ID.name, "").strip()
        self._api_secret = values.get(API_SECRET.name, "")

    @cached_property
    def listed(self) -> tuple[Property, ...]:
        """All properties that we may see."""
        return tuple(_properties(self.client))

    def all(self) -> tuple[AnalyticsProperty, ...]:
        """All properties with their data streams; beyond MAX_SEARCHED without them."""
        return tuple(
            AnalyticsProperty(
                id=one.id,
                name=one.name,
                account=one.account,
                streams=tuple(stream.measurement_id or stream.label for stream in self.streams_of(one.id))
                if place < MAX_SEARCHED
                else (),
            )
            for place, one in enumerate(self.listed)
        )

    def streams_of(self, property_id: str) -> tuple[Stream, ...]:
        return tuple(
            Stream(
                name=text(one.get("name")),
                label=text(one.get("displayName")) or text(one.get("name")),
                measurement_id=text(mapping(one.get("webStreamData")).get("measurementId")),
            )
            for one in self.client.streams(property_id)
        )

    @cached_property
    def report_id(self) -> str:
        """The id that reports are asked for: the configured one, else that of the measurement ID's property."""
        return self.property_id or self.property.id

    @cached_property
    def property(self) -> Property:
        if self.property_id:
            for one in self.listed:
                if one.id == self.property_id:
                    return one
            raise PermissionMissing(
                f"We cannot see the property {self.property_id}.",
                permission="property_viewer",
                fix="Compare the property ID, and add the person or service account that we read with as a “Viewer” "
                "under “Property access management”.",
                fix_url=ADMIN_URL,
                code="property_not_listed",
            )
        return self._searched[0]

    @cached_property
    def stream(self) -> Stream:
        """The data stream with the measurement ID."""
        if not self.property_id:
            return self._searched[1]
        streams = self.streams_of(self.property.id)
        for one in streams:
            if one.measurement_id == self.measurement_id:
                return one
        known = ", ".join(one.measurement_id for one in streams if one.measurement_id)
        has = f"It has {known}." if known else "It has no website."
        raise InvalidConfiguration(
            f"The property {self.property.name} has no data stream {self.measurement_id}. {has}",
            field=MEASUREMENT_ID.name,
            fix="Enter a measurement ID of this property, or the property ID that the measurement ID belongs to.",
            fix_url=ADMIN_URL,
            code="stream_not_found",
        )

    @cached_property
    def _searched(self) -> tuple[Property, Stream]:
        for one in self.listed[:MAX_SEARCHED]:
            for stream in self.streams_of(one.id):
                if stream.measurement_id and stream.measurement_id == self.measurement_id:
                    return one, stream
        raise InvalidConfiguration(
            f"None of the properties that we can see has the data stream {self.measurement_id}.",
            field=PROPERTY_ID.name,
            fix="Compare the measurement ID, let the person or service account that we read with into its property, "
            "or enter the property ID.",
            fix_url=ADMIN_URL,
            code="property_not_found",
        )

    def secret_fits(self) -> bool | None:
        """Whether the API secret is one of the stream's; None where we may not look."""
        try:
            known = [text(one.get("secretValue")) for one in self.client.secrets(self.stream.name)]
        except PermissionMissing:
            return None
        if not any(known) and known:
            return None  # listed without their values
        return any(hmac.compare_digest(one.encode(), self._api_secret.encode()) for one in known)

    def account(self) -> Account:
        """The property stands for the account: events go to it, and reports come from it."""
        found = self.property
        return Account(
            id=f"properties/{found.id}",
            name=found.name,
            detail=f"{found.account.name}, {self.measurement_id}",
            url=f"https://analytics.google.com/analytics/web/#/p{found.id}/reports",
        )


def secret_refused() -> AuthenticationFailed:
    return AuthenticationFailed(
        "The API secret is not one of this data stream's: Google would drop every event without a word.",
        fix="Open the data stream, “Measurement Protocol API secrets”, and copy the “Secret value” again.",
        fix_url=ADMIN_URL,
        code=f"wrong_{API_SECRET.name}",
    )


def _properties(client: Client) -> Iterator[Property]:
    for summary in client.account_summaries():
        account_id = text(summary.get("account"))
        account = Account(id=account_id, name=text(summary.get("displayName")) or account_id)
        for one in objects(summary.get("propertySummaries")):
            property_id = text(one.get("property")).rpartition("/")[2]
            if property_id:
                name = text(one.get("displayName")) or property_id
                yield Property(id=property_id, name=name, account=account)
