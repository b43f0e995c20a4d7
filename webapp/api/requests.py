"""What the JSON API takes: parameters of addresses and bodies, in camelCase, strictly."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from webapp.api.schemas import CategoryName, EnvironmentName, EventStatus, HealthState, InstanceStatus

PLAIN_TEXT = r"^[^\x00-\x1f\x7f]*$"
"""One line: no control characters."""


class Request(BaseModel):
    """A body: names that are not listed are refused, and nothing is converted."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)


class Query(BaseModel):
    """Parameters of an address."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


# ------------------------------------------------------------------------------------------------- parameters


def _whole_number(value: object) -> object:
    if isinstance(value, str) and not (
        value.isascii() and value.isdigit() and len(value) <= 3 and 0 < int(value) <= 200
    ):
        raise ValueError("This must be a whole number from 1 to 200.")
    return value


def _truth(value: object) -> object:
    if isinstance(value, str) and value not in ("true", "false"):
        raise ValueError("This must be true or false.")
    return value


Limit = Annotated[int, Field(ge=1, le=200, description="How many at most, 1 to 200."), BeforeValidator(_whole_number)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Cursor = Annotated[str, Field(max_length=500, description="`nextCursor` of the page before.")]
Id = Annotated[str, Field(max_length=60, pattern=PLAIN_TEXT)]
Search = Annotated[str, Field(max_length=100, pattern=PLAIN_TEXT)]


class InstanceQuery(Query):
    category: CategoryName | None = Field(None, description="Only providers and connections of this kind.")
    status: InstanceStatus | None = Field(
        None, description="Only connections in this state. Removed ones are listed only for `deleted`."
    )
    health: HealthState | None = Field(None, description="Only connections that are this well.")
    environment: EnvironmentName | None = Field(None, description="Only connections of this environment.")
    provider_id: Id | None = Field(None, description="Only connections of this provider.")
    search: Search = Field(
        "", description="Words in a name, a description or an account. Typing errors are forgiven for providers."
    )
    limit: Limit = 50
    cursor: Cursor = ""


class MarketplaceQuery(Query):
    search: Search = Field("", description="Words; typing errors are forgiven.")
    category: CategoryName | None = Field(None, description="Only providers of this kind.")
    verified: Truth | None = Field(None, description="`true`: only verified providers, `false`: only others.")
    connected: Truth | None = Field(None, description="`true`: only providers that this workspace has connected.")
    sort: Literal["connected", "popularity", "name"] = Field(
        "connected", description="`connected`: connected ones first, then by popularity, then by name."
    )
    limit: Limit = 50
    cursor: Cursor = ""


class TestQuery(Query):
    provider_id: Id | None = Field(None, description="Only tests of this provider.")


class AnalyticsQuery(Query):
    start_date: str | None = Field(
        None,
        max_length=40,
        description="A date (`2026-11-01`, in the workspace's time zone) or an RFC 3339 moment "
        "(`2026-11-01T00:00:00Z`). Without it: 30 days before the end.",
        examples=["2024-01-01"],
    )
    end_date: str | None = Field(
        None,
        max_length=40,
        description="A date, that day included, or an RFC 3339 moment, not included. Without it: now.",
        examples=["2024-01-31"],
    )
    provider_id: Id | None = Field(None, description="Only figures of this provider.")
    instance_id: Id | None = Field(None, description="Only figures of this connection.")
    environment: EnvironmentName | None = Field(
        None,
        description="Without it: live and test together, or the sandbox while there is nothing else. "
        "Sandbox figures are never mixed with others.",
    )


class EventQuery(Query):
    instance_id: Id | None = Field(None, description="Only deliveries to this connection.")
    status: EventStatus | None = Field(None, description="Only deliveries in this state.")
    limit: Limit = 50
    cursor: Cursor = ""


class RemovalQuery(Query):
    id: Id | None = Field(None, description='The connection. Or send `{"id": …}` as the body.')


# ------------------------------------------------------------------------------------------------- bodies

Name = Annotated[str, Field(min_length=1, max_length=120, description="How people tell it from others.")]
Description = Annotated[str, Field(max_length=500)]
Configuration = Annotated[
    dict[str, Any],
    Field(
        max_length=100,
        description="Values by a field's own name (`api_key`) or its environment name (`…_SECRET_KEY`). "
        "`POST /api/integrations/marketplace` lists the fields of a provider.",
    ),
]


class NewInstance(Request):
    provider_id: Annotated[str, Field(max_length=60)]
    name: Name
    description: Description = ""
    environment: EnvironmentName | None = Field(
        None,
        description="Which of the vendor's environments the keys are for. When left out: what the keys say "
        "themselves (`sk_test_…` is test), else `live`.",
    )
    template_id: Annotated[str, Field(max_length=60)] = Field(
        "", description="A ready-made configuration to start from."
    )
    configuration: Configuration


class InstanceChange(Request):
    id: Annotated[str, Field(max_length=60)]
    name: Name | None = None
    description: Description | None = None
    environment: EnvironmentName | None = Field(None, description="Can only change while the connection is a draft.")
    configuration: Configuration | None = Field(
        None, description="What changes. A secret that is left out, or sent back masked, stays as it was."
    )
    status: Literal["active", "paused"] | None = Field(
        None,
        description="`paused`: no calls and no checks; deliveries are kept and wait. `active` also ends a draft.",
    )


class Removal(Request):
    id: Annotated[str, Field(max_length=60)]


class NewTest(Request):
    test_id: Annotated[str, Field(max_length=100)]
    instance_id: Annotated[str, Field(max_length=60)] | None = Field(
        None, description="The connection to test. Without it `configuration` is tested and then forgotten."
    )
    configuration: Configuration | None = Field(
        None,
        description="Without `instanceId`: the values to test. What the test asks for besides (`to`, `subject`, "
        "`text`, `contact` …) may stand in the same object.",
    )
    inputs: Annotated[dict[str, Any], Field(max_length=100)] | None = Field(
        None, description="What the test asks for besides, if you would rather keep it apart."
    )
    environment: EnvironmentName | None = Field(
        None, description="As for a new connection: when left out, what the keys say themselves, else `live`."
    )


class ProviderChoice(Request):
    provider_id: Annotated[str, Field(max_length=60)]
