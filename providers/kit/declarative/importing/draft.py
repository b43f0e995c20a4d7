"""Requests that were seen, made into a draft: address, sign-in, operations with inputs, samples and outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from providers.kit.declarative.document import Document, Expectation, Identify, PermissionNote, ServiceTest
from providers.kit.declarative.document_calls import (
    ApiKeyAuth,
    Auth,
    BasicAuth,
    BearerAuth,
    ByOffset,
    ByPage,
    NoAuth,
    Operation,
    Pagination,
)
from providers.kit.declarative.document_fields import InputField
from providers.kit.declarative.importing.answers import response_of, sample_of
from providers.kit.declarative.importing.bodies import body_of
from providers.kit.declarative.importing.names import identifier, label_of, literal, name_of, unique

MAX_OPERATIONS = 300
MAX_SAMPLES = 500_000
"""Letters of all samples together, so that a draft stays a document that can be read."""
USE = PermissionNote(label="Use the service", reason="To do what the operations of this integration do.")
_KEY_HEADER = re.compile(
    r"(?i)(api|access|auth|app|subscription|private)[-_]?(key|token)$|^x-[a-z-]*(key|token)$|^token$"
)
_KEY_QUERY = re.compile(r"(?i)^(api_?key|key|token|access_?token|app_?id|appid|auth|secret)$")
_ID_PART = re.compile(r"[0-9]+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[0-9a-f]{16,}|[a-z]{2,6}_[A-Za-z0-9]{8,}")
_PREFIX = re.compile(r"(?i)api|rest|v[0-9]+(\.[0-9]+)?")
_DROPPED = frozenset(
    {"accept", "accept-encoding", "accept-language", "authorization", "cache-control", "connection", "content-length"}
    | {
        "content-type",
        "cookie",
        "dnt",
        "host",
        "origin",
        "pragma",
        "priority",
        "referer",
        "te",
        "upgrade",
        "user-agent",
    }
)


class NotImportable(Exception):
    """What was pasted can't be made into a draft. The message says why, in plain words."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """`understood` and `not_understood` are sentences for people."""

    document: Document
    understood: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SeenRequest:
    """One request, and its answer where there was one (`status` None: none)."""

    method: str
    url: str
    name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: str = field(default="", repr=False)
    content_type: str = ""
    form: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    user: str = field(default="", repr=False)
    status: int | None = None
    answer: str = field(default="", repr=False)
    answer_type: str = ""


def draft_of(requests: Sequence[SeenRequest], name: str = "") -> Draft:
    """A draft of requests to one service. Raises NotImportable."""
    usable = [one for one in requests if urlsplit(one.url).scheme in ("http", "https") and urlsplit(one.url).hostname]
    if not usable:
        raise NotImportable("There is no request to an address that begins with https:// in it.")
    host = urlsplit(usable[0].url).netloc.rpartition("@")[2]
    own = [one for one in usable if urlsplit(one.url).netloc.rpartition("@")[2] == host]
    others = sorted({urlsplit(one.url).hostname or "" for one in usable} - {urlsplit(own[0].url).hostname or ""})
    missed = [f"Requests to {other} were left out: one integration calls one service." for other in others[:10]]
    auth, fields, secrets, words = sign_in(own)
    prefix = _prefix([urlsplit(one.url).path for one in own])
    operations: list[Operation] = []
    for one in own:
        made = _operation(one, prefix, auth, secrets, missed)
        if not any((made.method, made.path) == (each.method, each.path) for each in operations):
            operations.append(replace(made, id=unique(made.id, {each.id for each in operations})))
    missed += _too_many(len(operations))
    title = name or host.removeprefix("api.").removeprefix("www.").split(".")[0].replace("-", " ").title()
    document = completed(
        Document(
            id=identifier(title).replace("_", "-"),
            name=title,
            website=f"https://{host}",
            base_url=f"https://{host}{prefix}",
            auth=auth,
            fields=fields,
            operations=tuple(operations[:MAX_OPERATIONS]),
        )
    )
    understood = [f"All calls begin with https://{host}{prefix}.", words]
    understood += [f"{one.method} {one.path}: “{one.label}”." for one in operations[:30]]
    return Draft(document=document, understood=tuple(understood), not_understood=tuple(missed))


def completed(document: Document) -> Document:
    """With words where there were none, the operation that proves a connection chosen, and a test for each sample."""
    document = replace(document, operations=_within_size(document.operations))
    free = [
        one for one in document.operations if one.effect == "read" and not any(_asked(each) for each in one.inputs)
    ]
    likely = [
        one for one in free if re.search(r"(^|[-_/])(me|account|self|whoami|user|profile|status|ping)s?$", one.path)
    ]
    chosen = (likely or free)[:1]
    tests = tuple(
        ServiceTest(
            id=one.id,
            name=one.label,
            operation=one.id,
            inputs={each.name: each.example for each in one.inputs if _asked(each) and each.example},
            expect=(
                Expectation(
                    test="status", value=one.samples[0].status, says=f"the answer is {one.samples[0].status}"
                ),
            ),
        )
        for one in document.operations
        if one.samples and one.effect == "read"
    )
    return replace(
        document,
        tagline=document.tagline or f"Calls {document.name}",
        identify=Identify(operation=chosen[0].id if chosen else ""),
        tests=tests,
        permissions=document.permissions or (USE,),
    )


def sign_in(requests: Iterable[SeenRequest]) -> tuple[Auth, tuple[InputField, ...], tuple[str, ...], str]:
    """How the requests prove who they are: sign-in, its fields, the keys that were seen, and words."""
    for one in requests:
        headers = {name.lower(): (name, value) for name, value in one.headers.items()}
        given = headers.get("authorization", ("", ""))[1]
        scheme, _, rest = given.partition(" ")
        user = one.user or ("x:x" if scheme.lower() == "basic" else "")
        if user:
            fields = (
                InputField(name="username", label="User name", example="hub"),
                secret_field("password", "Password"),
            )
            basic = BasicAuth(username="{{ configuration.username }}", password="{{ configuration.password }}")
            return (
                basic,
                fields,
                tuple(each for each in (given, rest, *user.split(":", 1)) if len(each) > 2),
                "It signs in with user name and password.",
            )
        if given:
            bearer = BearerAuth(token="{{ configuration.api_token }}", scheme=scheme if rest else "")
            return bearer, (secret_field("api_token", "API token"),), (rest or given,), "It signs in with a token."
        for name, value in headers.values():
            if _KEY_HEADER.search(name):
                key = ApiKeyAuth(name=name, value="{{ configuration.api_key }}")
                return (
                    key,
                    (secret_field("api_key", "API key"),),
                    (value,),
                    f"It signs in with a key in the header {name}.",
                )
        for name, value in one.query:
            if _KEY_QUERY.search(name):
                key = ApiKeyAuth(place="query", name=name, value="{{ configuration.api_key }}")
                return (
                    key,
                    (secret_field("api_key", "API key"),),
                    (value,),
                    f"It signs in with a key in the query ({name}).",
                )
    return NoAuth(), (), (), "It does not sign in."


def secret_field(name: str, label: str) -> InputField:
    return InputField(name=name, label=label, kind="secret", example=f"sandbox-{name.replace('_', '-')}-0123456789")


def pages_of(names: Iterable[str]) -> Pagination | None:
    """The pagination that names of a query's parameters tell of."""
    known = {name.lower(): name for name in names}
    size = next((known[one] for one in ("per_page", "page_size", "pagesize", "limit", "count") if one in known), "")
    if "page" in known:
        return ByPage(parameter=known["page"], size_parameter=size, size=50 if size else 0)
    if "offset" in known:
        return ByOffset(parameter=known["offset"], size_parameter=size, size=50)
    return None


def input_for(name: str, example: str = "", *, required: bool = False) -> InputField:
    kind: Any = "number" if re.fullmatch(r"-?[0-9]{1,15}", example) else "text"
    return InputField(name=name, label=label_of(name), kind=kind, required=required, example=example[:200])


def _operation(one: SeenRequest, prefix: str, auth: Auth, secrets: tuple[str, ...], missed: list[str]) -> Operation:
    path, inputs = _path(urlsplit(one.url).path.removeprefix(prefix))
    method: Any = one.method.upper()
    if method not in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
        missed.append(f"{one.method[:20]} is not a way to call that documents know; POST stands for it.")
        method = "POST"
    key = auth.name if isinstance(auth, ApiKeyAuth) else ""
    names = {name for name, _ in one.query if name != key}
    pages = pages_of(names) if method == "GET" else None
    paging = {getattr(pages, "parameter", ""), getattr(pages, "size_parameter", "")}
    query = {}
    for name, value in one.query:
        if name != key and name not in paging and name not in query:
            field_name = unique(name_of(name), {each.name for each in inputs})
            inputs.append(input_for(field_name, value))
            query[name] = f"{{{{ input.{field_name} }}}}"
    headers = {
        name: literal(value)
        for name, value in one.headers.items()
        if name.lower() not in _DROPPED
        and not name.startswith(":")
        and name != key
        and not name.lower().startswith("sec-")
    }
    body = None
    if one.body or one.form:
        body, more = body_of(one.body, one.content_type, one.form, {each.name for each in inputs})
        inputs += more
    if method in ("GET", "HEAD") and body is not None:
        missed.append(f"The body of {method} {path} was left out.")
        body = None
    response = response_of(one.answer, one.answer_type)
    label = one.name or label_of(_words(method, path))
    return Operation(
        id=identifier(one.name or _words(method, path)),
        label=label[:200],
        effect="read" if method in ("GET", "HEAD") or _is_query(one.body) else "write",
        method=method,
        path=path,
        inputs=tuple(inputs),
        query=query,
        headers=headers,
        body=body,
        response=response,
        pagination=pages,
        samples=(sample_of(one.status, one.answer, response, secrets),) if one.status is not None else (),
    )


def _path(path: str) -> tuple[str, list[InputField]]:
    """The path with an input for each part that looks like an id."""
    inputs: list[InputField] = []
    parts = []
    before = ""
    for part in (unquote(one) for one in path.split("/") if one not in ("", ".", "..")):
        if _ID_PART.fullmatch(part):
            name = unique(name_of(f"{before.removesuffix('s')}_id" if before else "id"), {one.name for one in inputs})
            inputs.append(replace(input_for(name, part, required=True), kind="text"))
            parts.append(f"{{{{ input.{name} }}}}")
        else:
            parts.append(literal(re.sub(r"[\x00-\x20?#\\]", "-", part)))
        before = part
    return "/" + "/".join(parts), inputs


def _prefix(paths: Sequence[str]) -> str:
    """Leading parts such as /api/v2 that all paths share."""
    shared = ""
    for part in paths[0].split("/")[1:]:
        longer = f"{shared}/{part}"
        if not _PREFIX.fullmatch(part) or not all(path.startswith(longer + "/") for path in paths):
            break
        shared = longer
    return shared


def _words(method: str, path: str) -> str:
    verb = {"GET": "read", "POST": "create", "PUT": "replace", "PATCH": "change", "DELETE": "delete"}.get(
        method, "call"
    )
    nouns = [part for part in path.split("/") if part and "{{" not in part]
    return " ".join([verb, *nouns[-2:]])


def _is_query(body: str) -> bool:
    return bool(re.match(r'\s*\{\s*"query"\s*:\s*"\s*(query|\{)', body))


def _within_size(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Without the samples that are too much, the later ones first."""
    kept, size = [], 0
    for one in operations:
        size += sum(len(json.dumps(each.json)) + len(each.text) for each in one.samples)
        kept.append(one if size <= MAX_SAMPLES else replace(one, samples=()))
    return tuple(kept)


def _asked(one: InputField) -> bool:
    return one.required and not one.default


def _too_many(count: int) -> list[str]:
    return [f"{count - MAX_OPERATIONS} operations were left out."] if count > MAX_OPERATIONS else []
