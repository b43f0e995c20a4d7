"""The part of a document that says how the service tells us of events, and how it proves that it is the sender."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field as Rule
from pydantic import JsonValue

from providers.kit.declarative.document_calls import Digest, Encoding
from providers.kit.declarative.document_parts import Line, Name, Part, Text

Tolerance = Annotated[int, Rule(ge=0, le=86_400)]


@dataclass(frozen=True, kw_only=True)
class HmacScheme(Part):
    """An HMAC in `header`. `signed` is made of `{{ body }}`, `{{ timestamp }}`, `{{ id }}`, `{{ url }}` and text.

    `timestamp_header` and `id_header` say where those are; `tolerance` (seconds) holds the timestamp to the clock.
    """

    kind: Literal["hmac"] = "hmac"
    header: Line = "X-Signature"
    digest: Digest = "sha256"
    encoding: Encoding = "hex"
    prefix: Line = ""
    signed: Text = "{{ body }}"
    timestamp_header: Line = ""
    milliseconds: bool = False
    id_header: Line = ""
    tolerance: Tolerance = 0


@dataclass(frozen=True, kw_only=True)
class TimestampedScheme(Part):
    """`t=<unix>,v1=<hex>` in one header, over `<t>.<body>` with SHA-256."""

    kind: Literal["timestamped"] = "timestamped"
    header: Line = "X-Signature"
    scheme: Annotated[str, Rule(max_length=8, pattern=r"^[a-z0-9]{1,8}$")] = "v1"
    tolerance: Tolerance = 300


@dataclass(frozen=True, kw_only=True)
class StandardScheme(Part):
    """https://www.standardwebhooks.com: webhook-id, webhook-timestamp and webhook-signature (or another prefix)."""

    kind: Literal["standard"] = "standard"
    header_prefix: Line = "webhook"
    tolerance: Tolerance = 300


@dataclass(frozen=True, kw_only=True)
class BasicScheme(Part):
    """The service calls with a user name and, as its password, the secret. The body is not signed."""

    kind: Literal["basic"] = "basic"
    username: Line = "hub"


@dataclass(frozen=True, kw_only=True)
class TokenScheme(Part):
    """The service sends the secret itself, in a header or in the query. The body is not signed."""

    kind: Literal["token"] = "token"
    place: Literal["header", "query"] = "header"
    name: Line = "X-Webhook-Token"
    prefix: Line = ""


Scheme = Annotated[
    HmacScheme | TimestampedScheme | StandardScheme | BasicScheme | TokenScheme, Rule(discriminator="kind")
]


@dataclass(frozen=True, kw_only=True)
class EventType(Part):
    """`sentence` tells people what happened; it may use `{{ event.… }}` of the payload. `kind` is in our words:
    `<object>.<what happened>`. `sample` is the body of one delivery."""

    type: Line = ""
    label: Line = ""
    sentence: Text = ""
    kind: Line = ""
    tone: Literal["good", "bad", "neutral", "attention"] = "neutral"
    default: bool = True
    sample: JsonValue = None


@dataclass(frozen=True, kw_only=True)
class Webhook(Part):
    """`items` (JMESPath) finds the events of a delivery ("": it is one); `event_id` and the others are of one.

    `id_header` and `type_header` are for services that say these in a header.
    """

    scheme: Scheme = field(default_factory=HmacScheme)
    secret_field: Name = "webhook_secret"
    body: Literal["json", "form"] = "json"
    items: Text = ""
    event_id: Text = ""
    id_header: Line = ""
    event_type: Text = ""
    type_header: Line = ""
    created_at: Text = ""
    events: Annotated[tuple[EventType, ...], Rule(max_length=200)] = ()
    steps: tuple[Text, ...] = ()
    console_url: Line = ""
    sample_headers: Mapping[str, Line] = field(default_factory=dict)
