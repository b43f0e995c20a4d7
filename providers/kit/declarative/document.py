"""A custom integration as data: the one versioned document that the builder writes and `provider_class` runs.

Shapes only. Nearly everything may be left out, so that a draft is a document too; `validation.validate` says what is
still missing. Texts with `{{ … }}` are templates (`expressions`), `select` and the like are JMESPath (`selecting`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field as Rule
from pydantic import JsonValue

from providers.kit.declarative.document_calls import Auth, ErrorRule, NoAuth, Operation
from providers.kit.declarative.document_fields import InputField
from providers.kit.declarative.document_parts import Identifier, Line, Name, Part, Text
from providers.kit.declarative.document_webhook import Webhook

VERSION = 1
"""Of the document's own format: a reader refuses a document of a later one."""


@dataclass(frozen=True, kw_only=True)
class PermissionNote(Part):
    """What the key must be allowed to do: `scope` as the service names it, `reason` in words."""

    scope: Line = ""
    label: Line = ""
    reason: Text = ""


@dataclass(frozen=True, kw_only=True)
class Instruction(Part):
    """One thing to do at the service before connecting."""

    title: Line = ""
    text: Text = ""
    url: Line = ""
    url_label: Line = ""
    field: Name = ""


@dataclass(frozen=True, kw_only=True)
class PricingNote(Part):
    """`as_of` is the day it was looked up (2026-11-23)."""

    model: Line = ""
    detail: Text = ""
    as_of: Annotated[str, Rule(max_length=10)] = ""
    url: Line = ""


@dataclass(frozen=True, kw_only=True)
class Pace(Part):
    """Our own ceiling of calls for one account, below the service's published one."""

    requests: Annotated[int, Rule(ge=1, le=100_000)] = 5
    per_seconds: Annotated[float, Rule(gt=0, le=86_400)] = 1.0
    note: Text = ""


@dataclass(frozen=True, kw_only=True)
class Identify(Part):
    """The operation that proves a connection, and where its answer says whose account it is (JMESPath)."""

    operation: Identifier = ""
    account_id: Text = ""
    account_name: Text = ""


@dataclass(frozen=True, kw_only=True)
class Expectation(Part):
    """One sentence about an answer: what `select` (JMESPath; "" is the whole answer) finds.

    `status` compares the status of the answer; `value` is what `is`, `contains`, `at_least` and `at_most` compare to.
    """

    says: Line = ""
    select: Text = ""
    test: Literal["status", "exists", "is", "is_not", "contains", "at_least", "at_most", "not_empty"] = "exists"
    value: JsonValue = None


@dataclass(frozen=True, kw_only=True)
class ServiceTest(Part):
    """A test people can run: calls an operation with `inputs` and holds the answer to what is expected."""

    id: Identifier = ""
    name: Line = ""
    operation: Identifier = ""
    inputs: Mapping[str, JsonValue] = field(default_factory=dict)
    expect: tuple[Expectation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Document(Part):
    """The whole integration. `base_url` may hold `{{ configuration.… }}`; operations' paths are below it."""

    version: Annotated[int, Rule(ge=1)] = VERSION
    id: Annotated[str, Rule(max_length=60)] = ""
    name: Line = ""
    category: Literal["payment", "email", "crm", "analytics", "social", "custom"] = "custom"
    tagline: Line = ""
    description: Text = ""
    website: Line = ""
    documentation: Line = ""
    keywords: tuple[Line, ...] = ()
    fields: Annotated[tuple[InputField, ...], Rule(max_length=40)] = ()
    auth: Auth = field(default_factory=NoAuth)
    base_url: Text = ""
    headers: Mapping[str, Text] = field(default_factory=dict)
    operations: Annotated[tuple[Operation, ...], Rule(max_length=300)] = ()
    identify: Identify = field(default_factory=Identify)
    errors: Annotated[tuple[ErrorRule, ...], Rule(max_length=60)] = ()
    pace: Pace | None = None
    webhook: Webhook | None = None
    tests: Annotated[tuple[ServiceTest, ...], Rule(max_length=300)] = ()
    permissions: tuple[PermissionNote, ...] = ()
    setup: tuple[Instruction, ...] = ()
    pricing: PricingNote = field(default_factory=PricingNote)

    def operation(self, operation_id: str) -> Operation:
        """Raises KeyError."""
        for one in self.operations:
            if one.id == operation_id:
                return one
        raise KeyError(operation_id)

    @property
    def secret_names(self) -> frozenset[str]:
        return frozenset(one.name for one in self.fields if one.kind == "secret")
