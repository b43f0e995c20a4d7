"""Which part of a document a place belongs to, and the controls it is edited with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from webapp.builder.controls import Control
from webapp.builder.editing import part_of, steps_of
from webapp.core.errors import NotFound

KINDS = (
    ("text", "Text"),
    ("secret", "Secret"),
    ("choice", "Choice"),
    ("switch", "Switch"),
    ("region", "Region"),
    ("url", "Web address"),
    ("email", "E-mail address"),
    ("number", "Number"),
    ("json", "JSON"),
)
PALETTE_ICONS = {"text": "forms", "secret": "key", "choice": "list-check", "switch": "checks", "region": "world",
                 "url": "link", "email": "mail", "number": "hash", "json": "braces"}  # fmt: skip
CATEGORIES = (
    ("custom", "Something else"),
    ("payment", "Payments"),
    ("email", "E-mail"),
    ("crm", "Customers and contacts"),
    ("analytics", "Analytics"),
    ("social", "Social media"),
)
PATTERNS = (
    ("Letters and digits only", "[A-Za-z0-9]+", "Only letters and digits."),
    ("Digits only", "[0-9]+", "Only digits."),
    ("Begins with sk_", "sk_[A-Za-z0-9_]+", "It begins with sk_."),
    (
        "A UUID",
        "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        "Five groups of letters and digits with dashes.",
    ),
    ("A name of a site: my-shop", "[a-z0-9][a-z0-9-]{0,60}", "Small letters, digits and dashes."),
    ("A date: 2026-11-24", "[0-9]{4}-[0-9]{2}-[0-9]{2}", "Year, month and day with dashes."),
)
_DIGEST = (("sha256", "SHA-256"), ("sha1", "SHA-1"), ("sha512", "SHA-512"))
_ENCODING = (("hex", "Hexadecimal"), ("base64", "Base64"))
_PLACE = (("header", "In a header"), ("query", "In the address"))


@dataclass(frozen=True, kw_only=True)
class PartView:
    """A part on a page of its own. `step` is the wizard's step it belongs to; `kinds` are what it may be instead."""

    pointer: str
    title: str
    step: str
    controls: tuple[Control, ...]
    kinds: tuple[tuple[str, str], ...] = ()
    note: str = ""


ABOUT = (
    Control(name="name", label="Name", help="As the service calls itself."),
    Control(name="tagline", label="What it is for, in one line", help="Such as: Orders and customers of a web shop."),
    Control(name="description", label="More about it", kind="text"),
    Control(name="category", label="Category", kind="choice", choices=CATEGORIES, default="custom"),
    Control(name="website", label="Website", help="Begins with https://."),
    Control(name="documentation", label="The service’s documentation", help="Where its developers explain it."),
    Control(name="keywords", label="Words people search for", kind="lines", help="One on each line."),
    Control(name="base_url", label="Base address",
            help="What all calls begin with, such as https://api.example.com/v1."),
    Control(name="headers", label="Headers of every call", kind="pairs", help="One on each line: Name = value."),
)  # fmt: skip
_IDENTIFY = (
    Control(name="operation", label="The call that proves the connection", kind="choice"),
    Control(name="account_id", label="Where its answer has the account’s id"),
    Control(name="account_name", label="Where its answer has the account’s name"),
)
_FIELD = (
    Control(name="label", label="Label", help="What people read above the field."),
    Control(name="name", label="Short name", help="Small letters and underscores; how the parts below refer to it."),
    Control(name="kind", label="Kind", kind="choice", choices=KINDS, default="text"),
    Control(name="help", label="Help", kind="text", help="One sentence below the label."),
    Control(name="example", label="Example"),
    Control(name="default", label="Filled in already with"),
    Control(name="how_to", label="Where people find it", kind="text"),
    Control(name="console_url", label="The page where they find it", help="Begins with https://."),
    Control(name="console_label", label="What the link says"),
)
_RULES = (
    Control(name="required", label="Must be filled in", kind="switch", default=True),
    Control(name="options", label="One of these", kind="options",
            help="One on each line: value | what people read | hint."),
    Control(name="pattern", label="Pattern", examples=PATTERNS,
            help="What the whole value must look like. Take a ready-made one, or leave it empty."),
    Control(name="pattern_hint", label="The pattern in words", help="What people read when theirs does not fit."),
    Control(name="shortest", label="At least this many letters", kind="whole", default=0),
    Control(name="longest", label="At most this many letters", kind="whole", default=0, help="0 is no limit."),
    Control(name="minimum", label="Smallest number", kind="number"),
    Control(name="maximum", label="Greatest number", kind="number"),
    Control(name="depends_on/field", label="Only asked for when this field", kind="choice"),
    Control(name="depends_on/values", label="… has one of these values", kind="lines", help="One on each line."),
    Control(name="check", label="Check the value with the service by", kind="choice"),
)  # fmt: skip
_OPERATION = (
    Control(name="label", label="What it does", help="In plain words: List orders."),
    Control(name="id", label="Short name", help="Small letters and dashes."),
    Control(name="help", label="More about it", kind="text"),
    Control(name="effect", label="Does it change something?", kind="choice", default="read",
            choices=(("read", "No, it only reads"), ("write", "Yes, it changes something"))),
    Control(name="method", label="Method", kind="choice", default="GET",
            choices=tuple((one, one) for one in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"))),
    Control(name="path", label="Path", help="After the base address: /orders. {{ input.id }} puts an input in."),
    Control(name="query", label="After the question mark", kind="pairs", help="One on each line: name = value."),
    Control(name="headers", label="Headers", kind="pairs", help="One on each line: Name = value."),
    Control(name="repeat", label="When no answer comes", kind="choice", default="auto",
            choices=(("auto", "Ask again where that is safe"), ("safe", "Ask again"), ("never", "Never ask again"))),
)  # fmt: skip
_RESPONSE = (
    Control(name="kind", label="The answer is", kind="choice", default="json",
            choices=(("json", "JSON"), ("xml", "XML"), ("csv", "A table (CSV)"), ("text", "Text"))),
    Control(name="type", label="Each entry is a", kind="choice", default="",
            choices=(("", "Something of its own"), ("contact", "Contact"), ("company", "Company"), ("lead", "Lead"),
                     ("deal", "Deal"), ("payment", "Payment"), ("customer", "Customer"))),
    Control(name="select", label="Where the list or object is",
            help="Set by “Use as the list” in the sample; empty is the whole answer."),
    Control(name="outputs", label="What is picked", kind="pairs", help="Set by “Use this” in the sample."),
)  # fmt: skip
_SAMPLE = (
    Control(name="status", label="Status of the answer", kind="whole", default=200),
    Control(name="json", label="Sample answer (JSON)", kind="json",
            help="A real answer with made-up people. The mapping is picked from it; the sandbox uses it."),
    Control(name="text", label="Sample answer (XML, CSV or text)", kind="code"),
    Control(name="headers", label="Headers", kind="pairs", help="One on each line: Name = value."),
)  # fmt: skip
_TEST = (
    Control(name="name", label="What is tested", help="In plain words: I can list orders."),
    Control(name="id", label="Short name", help="Small letters and dashes."),
    Control(name="operation", label="When I ask for", kind="choice"),
    Control(name="inputs", label="With", kind="json", help='Such as {"search": "ada"}.'),
)
_EXPECTATION = (
    Control(name="test", label="Then", kind="choice", default="exists", choices=(
        ("status", "the status is"), ("exists", "there is"), ("not_empty", "is not empty"), ("is", "is exactly"),
        ("is_not", "is not"), ("contains", "contains"), ("at_least", "is at least"), ("at_most", "is at most"))),
    Control(name="select", label="Of", help="Where in the answer; pick it from the sample."),
    Control(name="value", label="Value", kind="json", help='A number, or a text in quotes: 200 or "paid".'),
    Control(name="says", label="In words", help="Such as: the answer has an e-mail."),
)  # fmt: skip
_SETUP = (
    Control(name="title", label="What to do"),
    Control(name="text", label="How", kind="text"),
    Control(name="url", label="Page", help="Begins with https://."),
    Control(name="url_label", label="What the link says"),
    Control(name="field", label="For the field", kind="choice"),
)
_PERMISSION = (
    Control(name="label", label="What it allows", help="In plain words: Read orders."),
    Control(name="reason", label="Why it is needed", kind="text"),
    Control(name="scope", label="What the service calls it"),
)
_PRICING = (
    Control(name="model", label="What it costs", help="Such as: Free up to 1,000 calls a month."),
    Control(name="detail", label="More about it", kind="text"),
    Control(name="as_of", label="Looked up on", help="2026-11-24"),
    Control(name="url", label="The service’s page of prices"),
)
_PACE = (
    Control(name="requests", label="At most this many calls", kind="whole", default=5),
    Control(name="per_seconds", label="in this many seconds", kind="number", default=1.0),
    Control(name="note", label="What the service says about it", kind="text"),
)
_ERROR = (
    Control(name="statuses", label="When the status is", kind="codes", help="Such as 401, 403; empty is any."),
    Control(name="when", label="and this is true of the answer"),
    Control(name="error", label="It means", kind="choice", default="invalid_request", choices=(
        ("authentication", "The key is wrong"), ("permission", "Not allowed"), ("configuration", "Wrong settings"),
        ("invalid_request", "What was asked is wrong"), ("not_found", "It is not there"),
        ("rate_limit", "Too fast"), ("quota", "Used up"), ("unavailable", "The service is down"),
        ("unexpected", "Something unexpected"), ("unsupported", "The service can’t do that"))),
    Control(name="message", label="What people read"),
    Control(name="fix", label="What they can do"),
)  # fmt: skip
_WEBHOOK = (
    Control(name="secret_field", label="The field with the secret", kind="choice", default="webhook_secret"),
    Control(name="body", label="What is sent", kind="choice", default="json",
            choices=(("json", "JSON"), ("form", "A form"))),
    Control(name="items", label="Where the events are", help="Empty: each delivery is one event."),
    Control(name="event_id", label="Where an event has its id"),
    Control(name="id_header", label="Header with the id"),
    Control(name="event_type", label="Where an event says its type"),
    Control(name="type_header", label="Header with the type"),
    Control(name="created_at", label="Where it says when"),
    Control(name="steps", label="How it is set up at the service", kind="lines", help="One step on each line."),
    Control(name="console_url", label="The page where it is set up", help="Begins with https://."),
)  # fmt: skip
_EVENT = (
    Control(name="type", label="Type", help="As the service writes it: order.created."),
    Control(name="label", label="In words"),
    Control(name="sentence", label="What people read when it happens", kind="text",
            help="{{ event.… }} puts something of the event in."),
    Control(name="kind", label="In our words", help="Such as payment.succeeded."),
    Control(name="tone", label="It is", kind="choice", default="neutral", choices=(
        ("neutral", "Neither good nor bad"), ("good", "Good"), ("bad", "Bad"), ("attention", "To look at"))),
    Control(name="sample", label="One delivery", kind="json"),
)  # fmt: skip

AUTH_KINDS = (
    ("none", "None: everybody may ask"),
    ("api_key", "A key in a header or in the address"),
    ("bearer", "A token (Bearer)"),
    ("basic", "User name and password"),
    ("oauth_code", "Sign-in at the service (OAuth 2)"),
    ("client_credentials", "Id and secret of an application (OAuth 2)"),
    ("signed", "Each request is signed (HMAC)"),
)
_SCOPES = Control(name="scopes", label="Permissions asked for (scopes)", kind="lines", help="One on each line.")
_CLIENT = Control(name="client_authentication", label="Where id and secret go", kind="choice",
                  default="client_secret_post",
                  choices=(("client_secret_post", "In the form"), ("client_secret_basic", "In a header"))
                  )  # fmt: skip
_AUTH: dict[str, tuple[Control, ...]] = {
    "none": (),
    "api_key": (
        Control(name="place", label="Where the key goes", kind="choice", choices=_PLACE, default="header"),
        Control(name="name", label="Name of the header or of the word", default="X-Api-Key"),
        Control(name="value", label="The key", help="{{ configuration.api_key }} is the field “api_key”."),
    ),
    "bearer": (
        Control(name="token", label="The token", help="{{ configuration.api_key }} is the field “api_key”."),
        Control(name="scheme", label="Word before it", default="Bearer"),
    ),
    "basic": (Control(name="username", label="User name"), Control(name="password", label="Password")),
    "oauth_code": (
        Control(name="authorize_url", label="Where people sign in", help="Begins with https://."),
        Control(name="token_url", label="Where the token is fetched", help="Begins with https://."),
        Control(name="revoke_url", label="Where it is given back"),
        _SCOPES,
        _CLIENT,
        Control(name="pkce", label="Protect the sign-in (PKCE)", kind="switch", default=True),
    ),
    "client_credentials": (
        Control(name="token_url", label="Where the token is fetched", help="Begins with https://."),
        Control(name="client_id", label="Application’s id"),
        Control(name="client_secret", label="Application’s secret"),
        _SCOPES,
        replace(_CLIENT, default="client_secret_basic"),
    ),
    "signed": (
        Control(name="secret", label="The secret"),
        Control(name="signed", label="What is signed", kind="code"),
        Control(name="digest", label="Method", kind="choice", choices=_DIGEST, default="sha256"),
        Control(name="encoding", label="Written as", kind="choice", choices=_ENCODING, default="hex"),
        Control(name="header", label="Header", default="X-Signature"),
        Control(name="prefix", label="Before it"),
    ),
}
BODY_KINDS = (("json", "JSON"), ("form", "A form"), ("multipart", "A form with files"), ("xml", "XML"),
              ("graphql", "GraphQL"))  # fmt: skip
_BODY = {
    "json": (Control(name="content", label="Content", kind="json",
                     help="Texts may hold {{ input.… }}."),),
    "form": (Control(name="fields", label="Fields", kind="pairs", help="One on each line: name = value."),),
    "multipart": (Control(name="fields", label="Fields", kind="pairs", help="One on each line: name = value."),
                  Control(name="files", label="Files", kind="json")),
    "xml": (Control(name="content", label="XML", kind="code", help="{{ input.… }} is escaped by itself."),),
    "graphql": (Control(name="query", label="Query", kind="code"),
                Control(name="variables", label="Variables", kind="json", help="Texts may hold {{ input.… }}.")),
}  # fmt: skip
PAGE_KINDS = (("page", "By page number"), ("offset", "By how many to skip"), ("cursor", "By a cursor in the answer"),
              ("link", "By a Link header"), ("next_url", "By the next page’s address"))  # fmt: skip
_MOST = Control(name="most_pages", label="At most this many pages", kind="whole", default=10)
_SIZE = (Control(name="size_parameter", label="Word for how many"),
         Control(name="size", label="How many at once", kind="whole", default=0))  # fmt: skip
_PAGES = {
    "page": (Control(name="parameter", label="Word for the page", default="page"),
             Control(name="first", label="The first page is", kind="whole", default=1), *_SIZE, _MOST),
    "offset": (Control(name="parameter", label="Word for how many to skip", default="offset"),
               Control(name="size_parameter", label="Word for how many", default="limit"),
               Control(name="size", label="How many at once", kind="whole", default=100), _MOST),
    "cursor": (Control(name="parameter", label="Word for the cursor", default="cursor"),
               Control(name="select", label="Where the answer has the next cursor",
                       help="Set by “Use as the next page” in the sample."), *_SIZE, _MOST),
    "link": (_MOST,),
    "next_url": (Control(name="select", label="Where the answer has the next address",
                         help="Set by “Use as the next page” in the sample."), _MOST),
}  # fmt: skip
SCHEME_KINDS = (("hmac", "A signature (HMAC) in a header"), ("timestamped", "A signature with a time"),
                ("standard", "Standard Webhooks"), ("basic", "User name and password"), ("token", "The secret"),
                )  # fmt: skip
_TOLERANCE = Control(name="tolerance", label="How old it may be, in seconds", kind="whole", default=300)
_SCHEME = {
    "hmac": (Control(name="header", label="Header", default="X-Signature"),
             Control(name="digest", label="Method", kind="choice", choices=_DIGEST, default="sha256"),
             Control(name="encoding", label="Written as", kind="choice", choices=_ENCODING, default="hex"),
             Control(name="prefix", label="Before it", help="Such as sha256=."),
             Control(name="signed", label="What is signed", default="{{ body }}"),
             Control(name="timestamp_header", label="Header with the time"),
             Control(name="id_header", label="Header with the id"),
             replace(_TOLERANCE, default=0)),
    "timestamped": (Control(name="header", label="Header", default="X-Signature"),
                    Control(name="scheme", label="Name of the signature", default="v1"), _TOLERANCE),
    "standard": (Control(name="header_prefix", label="Beginning of the headers", default="webhook"), _TOLERANCE),
    "basic": (Control(name="username", label="User name", default="hub"),),
    "token": (Control(name="place", label="Where it is", kind="choice", choices=_PLACE, default="header"),
              Control(name="name", label="Name", default="X-Webhook-Token"),
              Control(name="prefix", label="Before it")),
}  # fmt: skip

_N = r"/[0-9]+"
_PLAIN_PARTS: tuple[tuple[str, str, str, tuple[Control, ...]], ...] = (
    (f"/operations{_N}/inputs{_N}", "Input", "configure", (*_FIELD, *_RULES)),
    (f"/operations{_N}/samples{_N}", "Sample answer", "configure", _SAMPLE),
    (f"/operations{_N}/errors{_N}", "Error", "configure", _ERROR),
    (f"/operations{_N}/response", "How the answer is read", "configure", _RESPONSE),
    (f"/operations{_N}", "Operation", "configure", _OPERATION),
    (f"/fields{_N}", "Field", "configure", _FIELD),
    (f"/tests{_N}/expect{_N}", "Expectation", "rules", _EXPECTATION),
    (f"/tests{_N}", "Test", "rules", _TEST),
    (f"/setup{_N}", "Setup step", "configure", _SETUP),
    (f"/permissions{_N}", "Permission", "configure", _PERMISSION),
    (f"/errors{_N}", "Error", "configure", _ERROR),
    (f"/webhook/events{_N}", "Event", "configure", _EVENT),
    ("/webhook", "Events from the service", "configure", _WEBHOOK),
    ("/identify", "Whose account it is", "configure", _IDENTIFY),
    ("/pricing", "Price", "configure", _PRICING),
    ("/pace", "Pace", "configure", _PACE),
)
_KIND_PARTS = (
    ("/auth", "Sign-in", AUTH_KINDS, _AUTH, "none"),
    (f"/operations{_N}/body", "What is sent along", BODY_KINDS, _BODY, "json"),
    (f"/operations{_N}/pagination", "Pages", PAGE_KINDS, _PAGES, "page"),
    ("/webhook/scheme", "How a delivery proves its sender", SCHEME_KINDS, _SCHEME, "hmac"),
)
OPTIONAL = re.compile(
    rf"/operations{_N}/(body|pagination|response)|/webhook|/webhook/scheme|/pace|/pricing|/identify|/auth"
)
RULES_OF = re.compile(rf"/fields{_N}")
_RULE_NAMES = frozenset(one.name.split("/")[0] for one in _RULES)


def view_of(document: Mapping[str, Any], pointer: str, *, rules: bool = False) -> PartView:
    """The part that stands exactly there. Raises NotFound."""
    if pointer in ("", "/"):
        return PartView(pointer="", title="About the service", step="configure", controls=ABOUT)
    _check_there(document, pointer)
    if rules and RULES_OF.fullmatch(pointer):
        return PartView(pointer=pointer, title="Rules", step="rules", controls=_offered(_RULES, document, pointer))
    for shape, title, kinds, by_kind, default in _KIND_PARTS:
        if re.fullmatch(shape, pointer):
            part = _part(document, pointer)
            kind = part.get("kind", default)
            return PartView(pointer=pointer, title=title, step="configure", kinds=kinds,
                            controls=by_kind.get(kind, ()))  # fmt: skip
    for shape, title, step, controls in _PLAIN_PARTS:
        if re.fullmatch(shape, pointer):
            return PartView(pointer=pointer, title=title, step=step, controls=_offered(controls, document, pointer))
    raise NotFound


def place_of(document: Mapping[str, Any], pointer: str) -> tuple[str, str, bool]:
    """The nearest part that can be edited, the control in it ("" for none), and whether it is a rule."""
    steps = steps_of(pointer)
    for length in range(len(steps), -1, -1):
        here = "".join("/" + one.replace("~", "~0").replace("/", "~1") for one in steps[:length])
        rest = steps[length:]
        rule = bool(rest) and bool(RULES_OF.fullmatch(here)) and rest[0] in _RULE_NAMES
        try:
            view = view_of(document, here, rules=rule)
        except NotFound:
            continue
        path = "/".join(rest)
        control = next((one for one in view.controls if path == one.name or path.startswith(one.name + "/")), None)
        if control is None and rest:
            control = next((one for one in view.controls if one.name.split("/")[0] == rest[0]), None)
        return here, control.id if control else "", rule
    return "", "", False


def _check_there(document: Mapping[str, Any], pointer: str) -> None:
    try:
        part_of(document, pointer)
    except NotFound:
        if not OPTIONAL.fullmatch(pointer):
            raise
        part_of(document, pointer.rpartition("/")[0] if pointer != "/webhook/scheme" else "")


def _part(document: Mapping[str, Any], pointer: str) -> Mapping[str, Any]:
    try:
        found = part_of(document, pointer)
    except NotFound:
        return {}
    return found if isinstance(found, Mapping) else {}


def current(document: Mapping[str, Any], pointer: str) -> Mapping[str, Any]:
    """The part's plain data; {} where it is not there yet."""
    return _part(document, pointer) if pointer else document


def _offered(controls: tuple[Control, ...], document: Mapping[str, Any], pointer: str) -> tuple[Control, ...]:
    """Controls that choose an operation or a field get those that there are."""
    operations = [("", "None"), *((one["id"], one.get("label") or one["id"]) for one in _dicts(document, "operations")
                                  if one.get("id"))]  # fmt: skip
    fields = [("", "None"), *((one["name"], one.get("label") or one["name"]) for one in _dicts(document, "fields")
                              if one.get("name"))]  # fmt: skip
    made = []
    for one in controls:
        if one.kind == "choice" and not one.choices:
            choices = operations if one.name in ("operation", "check") else fields
            value: Any = _part(document, pointer)
            for step in one.name.split("/"):
                value = value.get(step, "") if isinstance(value, Mapping) else ""
            if isinstance(value, str) and value not in dict(choices):
                choices = [*choices, (value, f"{value} (not there)")]
            one = replace(one, choices=tuple(choices))
        made.append(one)
    return tuple(made)


def _dicts(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = document.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
