"""What each part of a document asks of the person who builds it, in plain words: one table that forms are made from.

An `Ask` is one control; `path` is where its answer stands below the part. An `Editor` is the page of one part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

AskKind = Literal["line", "text", "code", "choice", "switch", "number", "json", "pairs", "lines", "options"]


@dataclass(frozen=True, kw_only=True)
class Ask:
    """`choices` are (value, words). `default` is what the document means where nothing stands. `pairs` are written
    `name = value`, one a line; `options` `value = label`; `lines` one a line."""

    path: str
    label: str
    kind: AskKind = "line"
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    default: Any = ""
    example: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    title: str
    asks: tuple[Ask, ...]
    hint: str = ""
    folded: bool = False


@dataclass(frozen=True, kw_only=True)
class Editor:
    """`title` of the part as it stands; `groups` for it as it stands (a kind that was chosen asks for its own)."""

    pattern: str
    step: str
    title: Callable[[Mapping[str, Any]], str]
    groups: Callable[[Mapping[str, Any]], tuple[Group, ...]]
    intro: str = ""


CATEGORIES = (
    ("custom", "Something else"),
    ("payment", "Payments"),
    ("email", "E-mail"),
    ("crm", "Customers (CRM)"),
    ("analytics", "Analytics"),
    ("social", "Social media"),
)
FIELD_KINDS = (
    ("text", "Text"),
    ("secret", "Secret (a key or password)"),
    ("choice", "Choice"),
    ("switch", "Switch (yes or no)"),
    ("region", "Region"),
    ("url", "Web address"),
    ("email", "E-mail address"),
    ("number", "Number"),
    ("json", "Structured data (JSON)"),
)
METHODS = (
    ("GET", "Read (GET)"),
    ("POST", "Create or ask (POST)"),
    ("PUT", "Replace (PUT)"),
    ("PATCH", "Change (PATCH)"),
    ("DELETE", "Delete (DELETE)"),
    ("HEAD", "Only look (HEAD)"),
)
DIGESTS = (("sha256", "SHA-256"), ("sha1", "SHA-1"), ("sha512", "SHA-512"))
ENCODINGS = (("hex", "Hexadecimal"), ("base64", "Base64"))
PLACES = (("header", "In a header"), ("query", "In the address"))
PLACEHOLDERS = "Write {{ configuration.name }} for what people enter when they connect, {{ input.name }} for what the action asks."  # noqa: E501

_BASICS = (
    Group(
        title="What it is",
        asks=(
            Ask(path="name", label="Name", help="What the service is called."),
            Ask(path="tagline", label="In one line", help="What it is for, in at most ten words."),
            Ask(path="description", label="Description", kind="text"),
            Ask(path="category", label="Category", kind="choice", choices=CATEGORIES, default="custom"),
            Ask(path="website", label="Website", example="https://www.example.com"),
            Ask(path="documentation", label="Its documentation for developers", example="https://docs.example.com"),
            Ask(path="keywords", label="Other words people look for", kind="lines", help="One a line."),
        ),
    ),
    Group(
        title="Where it answers",
        asks=(
            Ask(
                path="base_url",
                label="Base address",
                help="What all addresses of the service begin with. " + PLACEHOLDERS,
                example="https://api.example.com/v1",
            ),
            Ask(
                path="headers",
                label="Headers sent with every request",
                kind="pairs",
                help="One a line: name = value.",
                example="Accept = application/json",
            ),
        ),
    ),
    Group(
        title="How often it may be asked",
        folded=True,
        asks=(
            Ask(path="pace/requests", label="At most this many requests", kind="number"),
            Ask(path="pace/per_seconds", label="in this many seconds", kind="number"),
            Ask(path="pace/note", label="Where that is written"),
        ),
    ),
    Group(
        title="What it costs",
        folded=True,
        asks=(
            Ask(path="pricing/model", label="In one line", example="Free for 1,000 a month"),
            Ask(path="pricing/detail", label="More", kind="text"),
            Ask(path="pricing/as_of", label="Looked up on", example="2026-11-24"),
            Ask(path="pricing/url", label="Where"),
        ),
    ),
)

AUTH_KINDS = (
    ("none", "Nothing: it is open to everybody"),
    ("api_key", "A key, in a header or in the address"),
    ("bearer", "A token (Authorization: Bearer …)"),
    ("basic", "User name and password"),
    ("oauth_code", "People sign in at the service (OAuth 2)"),
    ("client_credentials", "An id and a secret of a program (OAuth 2)"),
    ("signed", "Each request is signed (HMAC)"),
)
_SECRET_HELP = "Which of the fields it is: {{ configuration.api_key }}."
_AUTH: dict[str, tuple[Ask, ...]] = {
    "api_key": (
        Ask(path="place", label="Where the key goes", kind="choice", choices=PLACES, default="header"),
        Ask(path="name", label="What it is called there", default="X-Api-Key"),
        Ask(path="value", label="The key", help=_SECRET_HELP),
    ),
    "bearer": (
        Ask(path="token", label="The token", help=_SECRET_HELP),
        Ask(path="scheme", label="The word before it", default="Bearer"),
    ),
    "basic": (
        Ask(path="username", label="User name", help="{{ configuration.user }}, or fixed text."),
        Ask(path="password", label="Password", help=_SECRET_HELP),
    ),
    "oauth_code": (
        Ask(path="authorize_url", label="Where people sign in", example="https://example.com/oauth/authorize"),
        Ask(path="token_url", label="Where tokens come from", example="https://example.com/oauth/token"),
        Ask(path="revoke_url", label="Where access is given back"),
        Ask(path="scopes", label="Permissions asked for", kind="lines", help="As the service names them."),
        Ask(path="pkce", label="Proof key (PKCE)", kind="switch", default=True),
        Ask(
            path="client_authentication",
            label="How our app proves itself",
            kind="choice",
            default="client_secret_post",
            choices=(("client_secret_post", "In the form"), ("client_secret_basic", "In a header")),
        ),
    ),
    "client_credentials": (
        Ask(path="token_url", label="Where tokens come from", example="https://example.com/oauth/token"),
        Ask(path="client_id", label="Id", help="{{ configuration.client_id }}"),
        Ask(path="client_secret", label="Secret", help="{{ configuration.client_secret }}"),
        Ask(path="scopes", label="Permissions asked for", kind="lines"),
        Ask(
            path="client_authentication",
            label="How they are sent",
            kind="choice",
            default="client_secret_basic",
            choices=(("client_secret_basic", "In a header"), ("client_secret_post", "In the form")),
        ),
    ),
    "signed": (
        Ask(path="secret", label="The secret", help=_SECRET_HELP),
        Ask(
            path="signed",
            label="What is signed",
            kind="code",
            default="{{ request.method }}\n{{ request.path }}\n{{ now | unix_time }}\n{{ request.body }}",
        ),
        Ask(path="digest", label="Digest", kind="choice", choices=DIGESTS, default="sha256"),
        Ask(path="encoding", label="Written as", kind="choice", choices=ENCODINGS, default="hex"),
        Ask(path="header", label="Header", default="X-Signature"),
        Ask(path="prefix", label="Text before it"),
        Ask(path="headers", label="More headers", kind="pairs"),
    ),
}


def _auth(part: Mapping[str, Any]) -> tuple[Group, ...]:
    kind = part.get("kind", "none")
    chosen = Ask(
        path="kind", label="How does the service know who asks?", kind="choice", choices=AUTH_KINDS, default="none"
    )
    own = _AUTH.get(kind, ())
    return (Group(title="Proof", asks=(chosen,)), *((Group(title=dict(AUTH_KINDS)[kind], asks=own),) if own else ()))


def _field(part: Mapping[str, Any]) -> tuple[Group, ...]:
    choices = part.get("kind") in ("choice", "region")
    return (
        Group(
            title="What people see",
            asks=(
                Ask(path="label", label="Label", help="What it is called on the page of the service."),
                Ask(path="kind", label="Kind", kind="choice", choices=FIELD_KINDS, default="text"),
                *(
                    (
                        Ask(
                            path="options",
                            label="What there is to choose",
                            kind="options",
                            help="One a line: value = words.",
                        ),
                    )
                    if choices
                    else ()
                ),
                Ask(path="help", label="Help below the label", kind="text"),
                Ask(path="example", label="Example", help="How a value looks. Never a real key."),
                Ask(path="default", label="Filled in already"),
            ),
        ),
        Group(
            title="Where they find it",
            asks=(
                Ask(path="how_to", label="The way there", kind="text", example="Open Settings, then API keys."),
                Ask(path="console_url", label="Address of that page", example="https://app.example.com/settings"),
                Ask(path="console_label", label="Words of the link", example="Open API keys"),
            ),
        ),
        Group(
            title="For templates",
            folded=True,
            asks=(
                Ask(path="name", label="Short name", help="Small letters, digits and _: {{ configuration.<name> }}."),
            ),
        ),
    )


PATTERNS = (
    ("", "None"),
    ("[A-Za-z0-9]+", "Letters and digits only"),
    ("[0-9]+", "Digits only"),
    ("[a-z0-9-]+", "Small letters, digits and hyphens"),
    ("[A-Za-z0-9_-]{16,}", "A key: at least 16 letters, digits, _ or -"),
    ("https://.+", "A secure web address"),
    (r"[^@\s]+@[^@\s]+\.[^@\s]+", "An e-mail address"),
    ("[A-Z]{3}", "A currency: three capital letters"),
)


def rules(part: Mapping[str, Any]) -> tuple[Group, ...]:
    """Of a field: what its answers must keep."""
    number = part.get("kind") == "number"
    return (
        Group(
            title="Rules",
            asks=(
                Ask(path="required", label="It must be filled in", kind="switch", default=True),
                *(
                    (
                        Ask(path="minimum", label="At least", kind="number"),
                        Ask(path="maximum", label="At most", kind="number"),
                    )
                    if number
                    else (
                        Ask(path="shortest", label="At least this many characters", kind="number", default=0),
                        Ask(
                            path="longest",
                            label="At most this many characters",
                            kind="number",
                            default=0,
                            help="0 means any number.",
                        ),
                        Ask(
                            path="pattern",
                            label="Pattern",
                            help="A regular expression that the whole value must match. Ready ones are beside it.",
                        ),
                        Ask(path="pattern_hint", label="The pattern in words", example="It begins with key_."),
                    )
                ),
            ),
        ),
        Group(
            title="Only sometimes",
            folded=not part.get("depends_on"),
            asks=(
                Ask(path="depends_on/field", label="Ask only when this field", help="Its short name."),
                Ask(path="depends_on/values", label="has one of these values", kind="lines"),
            ),
        ),
        Group(
            title="Check with the service",
            folded=not part.get("check"),
            asks=(Ask(path="check", label="Action that says whether the value is right", help="Its short name."),),
        ),
    )


BODY_KINDS = (
    ("", "Nothing"),
    ("json", "JSON"),
    ("form", "Form"),
    ("multipart", "Form with files"),
    ("xml", "XML"),
    ("graphql", "GraphQL"),
)
_BODY: dict[str, tuple[Ask, ...]] = {
    "json": (Ask(path="body/content", label="What is sent", kind="json", help=PLACEHOLDERS),),
    "form": (Ask(path="body/fields", label="What is sent", kind="pairs", help="One a line: name = value."),),
    "multipart": (
        Ask(path="body/fields", label="Fields", kind="pairs"),
        Ask(path="body/files", label="Files", kind="json", help='{"file": {"filename": "a.csv", "content": "…"}}'),
    ),
    "xml": (
        Ask(path="body/content", label="What is sent", kind="code", help=PLACEHOLDERS),
        Ask(path="body/content_type", label="Content type", default="application/xml"),
    ),
    "graphql": (
        Ask(path="body/query", label="Query", kind="code"),
        Ask(path="body/variables", label="Variables", kind="json", help='{"id": "{{ input.id }}"}'),
    ),
}
PAGING_KINDS = (
    ("", "All at once"),
    ("page", "Numbered pages"),
    ("offset", "Skip and take (offset)"),
    ("cursor", "A cursor in the answer"),
    ("link", "A Link header"),
    ("next_url", "The next address in the answer"),
)
_MOST_PAGES = Ask(path="pagination/most_pages", label="At most this many pages", kind="number", default=10)
_PAGING: dict[str, tuple[Ask, ...]] = {
    "page": (
        Ask(path="pagination/parameter", label="Name of the page number", default="page"),
        Ask(path="pagination/first", label="First page", kind="number", default=1),
        Ask(path="pagination/size_parameter", label="Name of the page size"),
        Ask(path="pagination/size", label="Page size", kind="number", default=0),
        Ask(path="pagination/more", label="Where the answer says that there is more"),
        _MOST_PAGES,
    ),
    "offset": (
        Ask(path="pagination/parameter", label="Name of the offset", default="offset"),
        Ask(path="pagination/size_parameter", label="Name of the page size", default="limit"),
        Ask(path="pagination/size", label="Page size", kind="number", default=100),
        _MOST_PAGES,
    ),
    "cursor": (
        Ask(path="pagination/select", label="Where the answer has the next cursor", example="paging.next"),
        Ask(path="pagination/parameter", label="Name it is sent as", default="cursor"),
        Ask(path="pagination/size_parameter", label="Name of the page size"),
        Ask(path="pagination/size", label="Page size", kind="number", default=0),
        _MOST_PAGES,
    ),
    "link": (_MOST_PAGES,),
    "next_url": (
        Ask(path="pagination/select", label="Where the answer has the next address", example="links.next"),
        _MOST_PAGES,
    ),
}
TYPES = (
    ("", "Leave it as it is"),
    ("contact", "A contact"),
    ("company", "A company"),
    ("lead", "A lead"),
    ("deal", "A deal"),
    ("payment", "A payment"),
    ("customer", "A customer"),
)


def _operation(part: Mapping[str, Any]) -> tuple[Group, ...]:
    body = (part.get("body") or {}).get("kind", "")
    paging = (part.get("pagination") or {}).get("kind", "")
    return (
        Group(
            title="What it does",
            asks=(
                Ask(path="label", label="In plain words", example="List orders"),
                Ask(
                    path="effect",
                    label="Does it change anything?",
                    kind="choice",
                    choices=(("read", "No, it only looks"), ("write", "Yes, it changes data")),
                    default="read",
                ),
                Ask(path="help", label="More about it", kind="text"),
            ),
        ),
        Group(
            title="Request: what we ask",
            asks=(
                Ask(path="method", label="Method", kind="choice", choices=METHODS, default="GET"),
                Ask(
                    path="path",
                    label="Path below the base address",
                    example="/orders/{{ input.order_id }}",
                    help=PLACEHOLDERS,
                ),
                Ask(
                    path="query", label="In the address, after the ?", kind="pairs", help="One a line: name = value."
                ),
                Ask(path="headers", label="Headers", kind="pairs"),
                Ask(path="body/kind", label="What is sent along", kind="choice", choices=BODY_KINDS),
                *_BODY.get(body, ()),
            ),
        ),
        Group(
            title="Response: what we get",
            asks=(
                Ask(
                    path="response/kind",
                    label="The answer is",
                    kind="choice",
                    default="json",
                    choices=(("json", "JSON"), ("xml", "XML"), ("csv", "CSV (a table)"), ("text", "Text")),
                ),
                Ask(
                    path="response/select",
                    label="Where the result stands in it",
                    example="data",
                    help="Nothing means the whole answer. Picking from a sample fills it in.",
                ),
                Ask(
                    path="response/outputs",
                    label="What is picked of each",
                    kind="pairs",
                    help="One a line: our name = where it stands.",
                ),
                Ask(path="response/type", label="Make it", kind="choice", choices=TYPES),
                Ask(path="pagination/kind", label="Long lists come", kind="choice", choices=PAGING_KINDS),
                *_PAGING.get(paging, ()),
            ),
        ),
        Group(
            title="Only what is new",
            folded=not part.get("incremental"),
            asks=(
                Ask(path="incremental/select", label="Time or number that grows", example="updated_at"),
                Ask(path="incremental/start", label="Begin with"),
            ),
        ),
        Group(
            title="Details",
            folded=True,
            asks=(
                Ask(path="id", label="Short name", help="Small letters, digits and hyphens."),
                Ask(
                    path="repeat",
                    label="Ask again when no answer comes",
                    kind="choice",
                    default="auto",
                    choices=(
                        ("auto", "Only where it can’t be done twice"),
                        ("safe", "Yes, it does no harm"),
                        ("never", "Never"),
                    ),
                ),
            ),
        ),
    )


SCHEMES = (
    ("hmac", "A signature in a header (HMAC)"),
    ("timestamped", "Time and signature in one header (t=…,v1=…)"),
    ("standard", "Standard Webhooks"),
    ("token", "The secret itself"),
    ("basic", "User name and password"),
)
_SCHEME: dict[str, tuple[Ask, ...]] = {
    "hmac": (
        Ask(path="scheme/header", label="Header with the signature", default="X-Signature"),
        Ask(path="scheme/digest", label="Digest", kind="choice", choices=DIGESTS, default="sha256"),
        Ask(path="scheme/encoding", label="Written as", kind="choice", choices=ENCODINGS, default="hex"),
        Ask(path="scheme/prefix", label="Text before the signature", example="sha256="),
        Ask(
            path="scheme/signed",
            label="What is signed",
            default="{{ body }}",
            help="{{ body }}, {{ timestamp }}, {{ id }}, {{ url }} and text.",
        ),
        Ask(path="scheme/timestamp_header", label="Header with the time"),
        Ask(path="scheme/milliseconds", label="The time is in milliseconds", kind="switch", default=False),
        Ask(path="scheme/id_header", label="Header with the id"),
        Ask(path="scheme/tolerance", label="How old a delivery may be, in seconds", kind="number", default=0),
    ),
    "timestamped": (
        Ask(path="scheme/header", label="Header", default="X-Signature"),
        Ask(path="scheme/scheme", label="Name of the signature in it", default="v1"),
        Ask(path="scheme/tolerance", label="How old a delivery may be, in seconds", kind="number", default=300),
    ),
    "standard": (
        Ask(path="scheme/header_prefix", label="Headers begin with", default="webhook"),
        Ask(path="scheme/tolerance", label="How old a delivery may be, in seconds", kind="number", default=300),
    ),
    "token": (
        Ask(path="scheme/place", label="Where the secret is", kind="choice", choices=PLACES, default="header"),
        Ask(path="scheme/name", label="What it is called there", default="X-Webhook-Token"),
        Ask(path="scheme/prefix", label="Text before it"),
    ),
    "basic": (Ask(path="scheme/username", label="User name", default="hub"),),
}


def _webhook(part: Mapping[str, Any]) -> tuple[Group, ...]:
    kind = (part.get("scheme") or {}).get("kind", "hmac")
    return (
        Group(
            title="How we know that it is really them",
            asks=(
                Ask(path="scheme/kind", label="Proof", kind="choice", choices=SCHEMES, default="hmac"),
                *_SCHEME[kind if kind in _SCHEME else "hmac"],
                Ask(
                    path="secret_field",
                    label="Field with the secret",
                    default="webhook_secret",
                    help="The short name of a secret field.",
                ),
            ),
        ),
        Group(
            title="How a message is read",
            hint="Where in the message each thing stands. Picking from a sample fills these in.",
            asks=(
                Ask(
                    path="body",
                    label="It is",
                    kind="choice",
                    choices=(("json", "JSON"), ("form", "A form")),
                    default="json",
                ),
                Ask(path="items", label="Its events stand in", help="Nothing: one message is one event."),
                Ask(path="event_id", label="Id of the event", help="The same message sent twice counts once by it."),
                Ask(path="id_header", label="or header with the id"),
                Ask(path="event_type", label="Type of the event"),
                Ask(path="type_header", label="or header with the type"),
                Ask(path="created_at", label="When it happened"),
            ),
        ),
        Group(
            title="How to switch it on",
            asks=(
                Ask(path="steps", label="Steps at the service", kind="lines", help="One a line."),
                Ask(path="console_url", label="Address of the page for it"),
            ),
        ),
    )


TONES = (("neutral", "Neutral"), ("good", "Good news"), ("bad", "Bad news"), ("attention", "Needs a look"))
COMPARISONS = (
    ("exists", "is there"),
    ("not_empty", "is not empty"),
    ("is", "is"),
    ("is_not", "is not"),
    ("contains", "contains"),
    ("at_least", "is at least"),
    ("at_most", "is at most"),
    ("status", "– the status of the answer is"),
)
ERRORS = (
    ("authentication", "The key is wrong"),
    ("permission", "The key may not do this"),
    ("configuration", "Something is set up wrongly"),
    ("invalid_request", "What was asked is not right"),
    ("not_found", "There is no such thing"),
    ("rate_limit", "Too many requests"),
    ("quota", "Used up"),
    ("unavailable", "The service is down"),
    ("unexpected", "Something unexpected"),
    ("unsupported", "It can’t do that"),
)


def _one(title: str, *asks: Ask) -> Callable[[Mapping[str, Any]], tuple[Group, ...]]:
    groups = (Group(title=title, asks=asks),)
    return lambda part: groups


def _called(word: str, *names: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda part: next((str(part[one]) for one in names if part.get(one)), word)


EDITORS: tuple[Editor, ...] = (
    Editor(pattern=r"", step="configure", title=lambda part: "The service", groups=lambda part: _BASICS),
    Editor(pattern=r"/auth", step="configure", title=lambda part: "Signing in", groups=_auth),
    Editor(
        pattern=r"/identify",
        step="configure",
        title=lambda part: "Whose account it is",
        groups=_one(
            "After connecting",
            Ask(path="operation", label="Action that proves the connection", help="Its short name."),
            Ask(path="account_id", label="Where the answer has the account’s id", example="id"),
            Ask(path="account_name", label="and its name", example="company.name"),
        ),
    ),
    Editor(pattern=r"/fields/\d+", step="configure", title=_called("Field", "label", "name"), groups=_field),
    Editor(
        pattern=r"/operations/\d+/inputs/\d+",
        step="configure",
        title=_called("Question", "label", "name"),
        groups=_field,
    ),
    Editor(pattern=r"/operations/\d+", step="configure", title=_called("Action", "label", "id"), groups=_operation),
    Editor(pattern=r"/webhook", step="configure", title=lambda part: "Messages from the service", groups=_webhook),
    Editor(
        pattern=r"/webhook/events/\d+",
        step="configure",
        title=_called("Event", "label", "type"),
        groups=_one(
            "One kind of event",
            Ask(path="type", label="As the service calls it", example="order.paid"),
            Ask(path="label", label="In plain words", example="An order was paid"),
            Ask(
                path="sentence",
                label="What people read",
                help="{{ event.… }} puts something of the message in.",
                example="{{ event.customer.name }} paid an order",
            ),
            Ask(path="kind", label="In our words", example="order.paid"),
            Ask(path="tone", label="Tone", kind="choice", choices=TONES, default="neutral"),
            Ask(path="default", label="Chosen from the start", kind="switch", default=True),
            Ask(path="sample", label="A sample message", kind="json"),
        ),
    ),
    Editor(
        pattern=r"/permissions/\d+",
        step="configure",
        title=_called("Permission", "label"),
        groups=_one(
            "What the key must be allowed to do",
            Ask(path="label", label="In plain words", example="Read orders"),
            Ask(path="scope", label="As the service names it", example="orders.read"),
            Ask(path="reason", label="What for", kind="text"),
        ),
    ),
    Editor(
        pattern=r"/setup/\d+",
        step="configure",
        title=_called("Step", "title"),
        groups=_one(
            "One thing to do before connecting",
            Ask(path="title", label="In short", example="Make a key"),
            Ask(path="text", label="What to do", kind="text"),
            Ask(path="url", label="Address of the page"),
            Ask(path="url_label", label="Words of the link"),
            Ask(path="field", label="For which field", help="Its short name."),
        ),
    ),
    Editor(
        pattern=r"/errors/\d+",
        step="configure",
        title=_called("Problem", "message"),
        groups=_one(
            "When the service says no",
            Ask(path="statuses", label="Statuses", kind="lines", help="Numbers, one a line: 401."),
            Ask(path="when", label="and only when this is true of the answer", example="error.code == 'expired'"),
            Ask(path="error", label="It means", kind="choice", choices=ERRORS, default="invalid_request"),
            Ask(path="message", label="What people read", example="The key was revoked."),
            Ask(path="fix", label="What they can do", example="Make a new one."),
            Ask(path="fix_url", label="Where"),
            Ask(path="vendor_text", label="Where the answer has the service’s own words"),
        ),
    ),
    Editor(
        pattern=r"/tests/\d+",
        step="validate",
        title=_called("Test", "name", "id"),
        groups=_one(
            "When I …",
            Ask(path="name", label="Name", example="Orders can be read"),
            Ask(path="operation", label="ask this action", help="Its short name."),
            Ask(path="inputs", label="with", kind="json", help='{"search": "ada"}'),
            Ask(path="id", label="Short name", help="Small letters, digits and hyphens."),
        ),
    ),
    Editor(
        pattern=r"/tests/\d+/expect/\d+",
        step="validate",
        title=_called("Expectation", "says", "select"),
        groups=_one(
            "… the answer",
            Ask(path="select", label="this part of the answer", example="email", help="Nothing means all of it."),
            Ask(path="test", label="", kind="choice", choices=COMPARISONS, default="exists"),
            Ask(path="value", label="this value", kind="json", help='A number, or text in quotes: 200, "paid".'),
            Ask(path="says", label="As a sentence", example="the answer has an e-mail address"),
        ),
    ),
)
