"""The part of a document that says how the service is called: who we are, what is asked, how answers are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field as Rule
from pydantic import JsonValue

from providers.kit.declarative.document_fields import InputField
from providers.kit.declarative.document_parts import Identifier, Line, LongText, Part, Text

Digest = Literal["sha1", "sha256", "sha512"]
Encoding = Literal["hex", "base64"]

# ------------------------------------------------------------------------------------------------------- who we are


@dataclass(frozen=True, kw_only=True)
class NoAuth(Part):
    kind: Literal["none"] = "none"


@dataclass(frozen=True, kw_only=True)
class ApiKeyAuth(Part):
    """A key in a header or in the query, under `name`."""

    kind: Literal["api_key"] = "api_key"
    place: Literal["header", "query"] = "header"
    name: Line = "X-Api-Key"
    value: Text = ""


@dataclass(frozen=True, kw_only=True)
class BasicAuth(Part):
    kind: Literal["basic"] = "basic"
    username: Text = ""
    password: Text = ""


@dataclass(frozen=True, kw_only=True)
class BearerAuth(Part):
    """`Authorization: Bearer …`; some services write another `scheme`."""

    kind: Literal["bearer"] = "bearer"
    token: Text = ""
    scheme: Line = "Bearer"


@dataclass(frozen=True, kw_only=True)
class OAuthCode(Part):
    """OAuth 2 authorization code: people sign in at the service. The application's id and secret are settings."""

    kind: Literal["oauth_code"] = "oauth_code"
    authorize_url: Line = ""
    token_url: Line = ""
    revoke_url: Line = ""
    scopes: tuple[Line, ...] = ()
    scope_separator: Annotated[str, Rule(max_length=3)] = " "
    pkce: bool = True
    client_authentication: Literal["client_secret_post", "client_secret_basic"] = "client_secret_post"
    extra_authorize: Mapping[str, Line] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ClientCredentials(Part):
    """OAuth 2 client credentials: id and secret are fields of the connection."""

    kind: Literal["client_credentials"] = "client_credentials"
    token_url: Line = ""
    client_id: Text = ""
    client_secret: Text = ""
    scopes: tuple[Line, ...] = ()
    client_authentication: Literal["client_secret_post", "client_secret_basic"] = "client_secret_basic"


@dataclass(frozen=True, kw_only=True)
class SignedRequests(Part):
    """Each request carries an HMAC of `signed`: a template that may use `request.method`, `request.path`,
    `request.query`, `request.body`, `request.url`, `configuration.…`, `now`."""

    kind: Literal["signed"] = "signed"
    signed: Text = "{{ request.method }}\n{{ request.path }}\n{{ now | unix_time }}\n{{ request.body }}"
    secret: Text = ""
    digest: Digest = "sha256"
    encoding: Encoding = "hex"
    header: Line = "X-Signature"
    prefix: Line = ""
    headers: Mapping[str, Text] = field(default_factory=dict)


Auth = Annotated[
    NoAuth | ApiKeyAuth | BasicAuth | BearerAuth | OAuthCode | ClientCredentials | SignedRequests,
    Rule(discriminator="kind"),
]

# ----------------------------------------------------------------------------------------------------- what is sent


@dataclass(frozen=True, kw_only=True)
class JsonBody(Part):
    """Any JSON; its texts are templates. A text that is one placeholder keeps the value's own type."""

    kind: Literal["json"] = "json"
    content: JsonValue = None


@dataclass(frozen=True, kw_only=True)
class FormBody(Part):
    kind: Literal["form"] = "form"
    fields: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FilePart(Part):
    filename: Line = "file"
    content: Text = ""
    content_type: Line = "application/octet-stream"


@dataclass(frozen=True, kw_only=True)
class MultipartBody(Part):
    kind: Literal["multipart"] = "multipart"
    fields: Mapping[str, Text] = field(default_factory=dict)
    files: Mapping[str, FilePart] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class XmlBody(Part):
    """`content` is XML with placeholders; what they give is escaped, so that it stays text."""

    kind: Literal["xml"] = "xml"
    content: LongText = ""
    content_type: Line = "application/xml"


@dataclass(frozen=True, kw_only=True)
class GraphqlBody(Part):
    """`query` is sent as it is: inputs go into `variables`, never into the query's text."""

    kind: Literal["graphql"] = "graphql"
    query: LongText = ""
    variables: Mapping[str, JsonValue] = field(default_factory=dict)


Body = Annotated[JsonBody | FormBody | MultipartBody | XmlBody | GraphqlBody, Rule(discriminator="kind")]

# ----------------------------------------------------------------------------------------------------- what is read


@dataclass(frozen=True, kw_only=True)
class Csv(Part):
    delimiter: Annotated[str, Rule(min_length=1, max_length=1)] = ","
    header: bool = True


@dataclass(frozen=True, kw_only=True)
class Response(Part):
    """How an answer is read. `select` finds the object or the list in it; `outputs` names what is picked of each.

    `type` turns each into a type of ours, by the outputs' names; "" leaves them as they are.
    """

    kind: Literal["json", "xml", "csv", "text"] = "json"
    select: Text = ""
    outputs: Mapping[str, Text] = field(default_factory=dict)
    type: Literal["", "contact", "company", "lead", "deal", "payment", "customer"] = ""
    csv: Csv = field(default_factory=Csv)
    most_bytes: Annotated[int, Rule(ge=1, le=8 * 1024 * 1024)] = 1024 * 1024


MostPages = Annotated[int, Rule(ge=1, le=100)]


@dataclass(frozen=True, kw_only=True)
class ByPage(Part):
    """`?page=1`, `?page=2` … until a page is empty, shorter than `size`, or `more` (JMESPath) is false."""

    kind: Literal["page"] = "page"
    parameter: Line = "page"
    first: Annotated[int, Rule(ge=0, le=1)] = 1
    size_parameter: Line = ""
    size: Annotated[int, Rule(ge=0, le=10_000)] = 0
    more: Text = ""
    most_pages: MostPages = 10


@dataclass(frozen=True, kw_only=True)
class ByOffset(Part):
    kind: Literal["offset"] = "offset"
    parameter: Line = "offset"
    size_parameter: Line = "limit"
    size: Annotated[int, Rule(ge=1, le=10_000)] = 100
    more: Text = ""
    most_pages: MostPages = 10


@dataclass(frozen=True, kw_only=True)
class ByCursor(Part):
    """`select` (JMESPath over the whole answer) gives the next cursor; null or "" is the end.

    It goes into the query as `parameter`; "" where a template places `{{ cursor }}` itself.
    """

    kind: Literal["cursor"] = "cursor"
    parameter: Line = "cursor"
    select: Text = ""
    more: Text = ""
    size_parameter: Line = ""
    size: Annotated[int, Rule(ge=0, le=10_000)] = 0
    most_pages: MostPages = 10


@dataclass(frozen=True, kw_only=True)
class ByLinkHeader(Part):
    """RFC 8288: `Link: <…>; rel="next"`. Only an address of the same service is followed."""

    kind: Literal["link"] = "link"
    most_pages: MostPages = 10


@dataclass(frozen=True, kw_only=True)
class ByNextUrl(Part):
    """`select` (JMESPath) gives the next page's address, which must be of the same service."""

    kind: Literal["next_url"] = "next_url"
    select: Text = ""
    most_pages: MostPages = 10


Pagination = Annotated[ByPage | ByOffset | ByCursor | ByLinkHeader | ByNextUrl, Rule(discriminator="kind")]


@dataclass(frozen=True, kw_only=True)
class Incremental(Part):
    """Only what is new: the greatest `select` (JMESPath over one item) is kept, and given as `since` next time."""

    select: Text = ""
    start: Text = ""


@dataclass(frozen=True, kw_only=True)
class SampleAnswer(Part):
    """An answer as the service gives it: what the sandbox answers with. `text` is for what is not JSON."""

    status: Annotated[int, Rule(ge=100, le=599)] = 200
    headers: Mapping[str, Text] = field(default_factory=dict)
    json: JsonValue = None
    text: LongText = ""


ErrorKind = Literal[
    "authentication", "permission", "configuration", "invalid_request", "not_found", "rate_limit", "quota"
]
LaterErrorKind = Literal["unavailable", "unexpected", "unsupported"]


@dataclass(frozen=True, kw_only=True)
class ErrorRule(Part):
    """When an answer means an error: its status is one of `statuses` (none: any) and `when` (JMESPath) is true.

    `message` and `fix` are what people read; `vendor_text` (JMESPath) adds the service's own words.
    """

    statuses: tuple[Annotated[int, Rule(ge=100, le=599)], ...] = ()
    when: Text = ""
    error: ErrorKind | LaterErrorKind = "invalid_request"
    message: Line = ""
    fix: Line = ""
    fix_url: Line = ""
    vendor_text: Text = ""
    sample: SampleAnswer | None = None


@dataclass(frozen=True, kw_only=True)
class Operation(Part):
    """One thing that can be asked of the service. `label` says it in plain words ("List orders").

    `repeat` says when a call without an answer is made again: "auto" only where it can't be done twice.
    `samples` are its answers in order, one for each page.
    """

    id: Identifier = ""
    label: Line = ""
    help: Text = ""
    effect: Literal["read", "write"] = "read"
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] = "GET"
    path: Text = ""
    inputs: tuple[InputField, ...] = ()
    query: Mapping[str, Text] = field(default_factory=dict)
    headers: Mapping[str, Text] = field(default_factory=dict)
    body: Body | None = None
    response: Response = field(default_factory=Response)
    pagination: Pagination | None = None
    incremental: Incremental | None = None
    errors: Annotated[tuple[ErrorRule, ...], Rule(max_length=30)] = ()
    repeat: Literal["auto", "safe", "never"] = "auto"
    samples: Annotated[tuple[SampleAnswer, ...], Rule(max_length=20)] = ()
