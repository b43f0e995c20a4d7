"""What the JSON API answers, in camelCase. The OpenAPI description is written from these models."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

CategoryName = Literal["payment", "email", "crm", "analytics", "social", "custom"]
EnvironmentName = Literal["live", "test", "sandbox"]
InstanceStatus = Literal["draft", "active", "paused", "deleted"]
HealthState = Literal["healthy", "degraded", "needs_reconnect", "unknown"]
EventStatus = Literal["waiting", "held", "processed", "failed", "dead"]
TestStatus = Literal["queued", "running", "passed", "failed", "error"]
StepState = Literal["pending", "running", "passed", "warning", "failed", "skipped", "error"]


def _absent(value: object) -> bool:
    return value is None


class Document(BaseModel):
    """A part of an answer; `model_validate` takes any object that has its attributes."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)

    @classmethod
    def of(cls, **values: Any) -> Self:
        """Checked when it runs: rows have plain text where documents have one of a few words."""
        return cls.model_validate(values)


# ------------------------------------------------------------------------------------------------- tests


class Step(Document):
    name: str
    label: str
    status: StepState
    message: str
    fix: str | None = Field(None, exclude_if=_absent, description="What to do about it.")
    fix_url: str | None = Field(None, exclude_if=_absent, description="The page to do it on.")
    duration_ms: int | None


class Test(Document):
    __test__ = False  # not a pytest class

    id: str
    test_id: str
    provider_id: str
    instance_id: str | None
    environment: EnvironmentName
    status: TestStatus
    message: str
    steps: list[Step]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class TestAnswer(Document):
    test: Test


# ------------------------------------------------------------------------------------------------- connections


class Secret(Document):
    """All that is ever shown of a secret."""

    set: bool
    last4: str


class Instance(Document):
    id: str
    provider_id: str
    name: str
    description: str
    environment: EnvironmentName
    status: InstanceStatus
    health: HealthState
    health_reason: str
    account_name: str
    webhook_url: str
    configuration: dict[str, Secret | str]
    created_at: datetime
    updated_at: datetime
    last_test: Test | None


class InstanceAnswer(Document):
    instance: Instance


class RemovalAnswer(Document):
    instance: Instance
    recoverable_until: datetime


# ------------------------------------------------------------------------------------------------- providers


class Provider(Document):
    id: str
    name: str
    category: CategoryName
    tagline: str
    verified: bool
    popularity: int
    connections: int = Field(description="How many this workspace has.")
    usable: bool
    unusable_reason: str = Field(description="Why it can't be connected now, and `whoCanFix` says who can help.")
    who_can_fix: str
    logo_url: str
    setup_minutes: int
    environments: list[EnvironmentName]


class Choice(Document):
    value: str
    label: str
    hint: str


class ProviderField(Document):
    name: str
    label: str
    environment_variable: str
    kind: Literal["text", "secret", "choice", "switch", "url", "email", "number", "json"]
    required: bool
    secret: bool
    pattern: str
    example: str
    default: str
    help: str
    how_to: str
    console_url: str
    choices: list[Choice]


class EnvironmentVariable(Document):
    name: str
    field: str
    required: bool
    secret: bool
    description: str
    example: str


class ProviderPermission(Document):
    scope: str
    label: str
    reason: str
    required: bool


class WebhookEventType(Document):
    type: str
    label: str
    default: bool


class Webhook(Document):
    events: list[WebhookEventType]
    signature: str
    secret_field: str
    tolerance_seconds: int
    console_url: str
    steps: list[str]


class OAuth(Document):
    authorize_url: str
    token_url: str
    revoke_url: str
    scopes: list[str]
    pkce: bool


class SetupInstruction(Document):
    step: int
    title: str
    text: str
    url: str
    url_label: str
    field: str


class PricingTier(Document):
    name: str
    price: str
    detail: str


class Pricing(Document):
    model: str
    tiers: list[PricingTier]
    as_of: date
    url: str


class Template(Document):
    id: str
    name: str
    description: str
    configuration: dict[str, str]
    events: list[str]
    permissions: list[str]


class ApiVersion(Document):
    name: str
    status: str
    note: str


class AvailableTest(Document):
    id: str
    provider_id: str
    name: str
    description: str
    inputs: list[ProviderField]
    changes_data: bool


class ProviderDetail(Provider):
    description: str
    website: str
    documentation: str
    capabilities: list[str]
    fields: list[ProviderField]
    environment_variables: list[EnvironmentVariable]
    permissions: list[ProviderPermission]
    webhook: Webhook | None
    oauth: OAuth | None
    setup_instructions: list[SetupInstruction]
    pricing: Pricing
    templates: list[Template]
    api_versions: list[ApiVersion]
    tests: list[AvailableTest]


class ProviderAnswer(Document):
    provider: ProviderDetail


class CategoryCount(Document):
    id: CategoryName
    name: str
    count: int = Field(description="How many providers this category has under the other filters.")


class Marketplace(Document):
    providers: list[Provider]
    categories: list[CategoryCount]
    total: int
    next_cursor: str | None


class Integrations(Document):
    providers: list[Provider]
    instances: list[Instance]
    total: int = Field(description="How many connections fit, on all pages together.")
    next_cursor: str | None = Field(description="For the next page of `instances`; null on the last.")


class AvailableTests(Document):
    tests: list[AvailableTest]


# ------------------------------------------------------------------------------------------------- figures


Share = Annotated[float | None, Field(description="From 0 to 1; null where nothing happened.")]
Milliseconds = Annotated[float | None, Field(description="Milliseconds; null where nothing was called.")]


class Performance(Document):
    success_rate: Share
    average_response_time: Milliseconds
    p50: Milliseconds
    p95: Milliseconds
    p99: Milliseconds
    uptime: Share


class Usage(Document):
    api_calls: int
    webhook_deliveries: int
    data_syncs: int


class ErrorCounts(Document):
    total: int
    by_category: dict[str, int]


class ProviderFigures(Document):
    provider_id: str
    name: str = ""
    usage: Usage
    errors: int
    success_rate: Share
    average_response_time: Milliseconds
    uptime: Share


class SeriesPoint(Document):
    start: datetime = Field(description="The first moment of the hour or day.")
    usage: Usage
    errors: int
    performance: Performance


class Analytics(Document):
    start: datetime
    end: datetime = Field(description="Not included.")
    environments: list[EnvironmentName]
    total_integrations: int = Field(description="Connections that are not removed, drafts included.")
    active_integrations: int
    performance: Performance
    usage: Usage
    errors: ErrorCounts
    providers: list[ProviderFigures]
    grain: Literal["hour", "day"] = Field(description="How finely the series is drawn.")
    series: list[SeriesPoint]


class AnalyticsAnswer(Document):
    analytics: Analytics


# ------------------------------------------------------------------------------------------------- deliveries


class Event(Document):
    id: str
    external_id: str
    instance_id: str
    provider_id: str
    type: str
    status: EventStatus
    summary: str = Field(description="What it says, in a sentence; empty until it is processed.")
    attempts: int
    received_at: datetime
    processed_at: datetime | None


class Events(Document):
    events: list[Event]
    next_cursor: str | None


class EventAnswer(Document):
    event: Event


# ------------------------------------------------------------------------------------------------- problems


class ProblemPart(BaseModel):
    pointer: str | None = Field(None, description="JSON pointer to the value in the body.")
    parameter: str | None = Field(None, description="Or the parameter of the address.")
    detail: str


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What happened, and what to do next.")
    errors: list[ProblemPart] = Field([], description="The values at fault, where some are.")
    link: str = Field("", description="A page that helps, where there is one.")
    reference: str = Field("", description="For whoever looks into it.")
