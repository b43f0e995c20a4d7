"""How the service is called: address, credentials, operations, paths into answers, pages, errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.kit.answers import Answer
from providers.kit.declarative.answers import loosely
from providers.kit.declarative.document_calls import (
    ApiKeyAuth,
    ByCursor,
    ByNextUrl,
    ByOffset,
    ByPage,
    ClientCredentials,
    ErrorRule,
    GraphqlBody,
    OAuthCode,
    Operation,
    SampleAnswer,
    SignedRequests,
    XmlBody,
)
from providers.kit.declarative.expressions import TemplateError, fill, parse
from providers.kit.declarative.manifest import example_values
from providers.kit.declarative.requesting import base_address
from providers.kit.declarative.selecting import SelectionError, select
from providers.kit.declarative.validation_identity import input_findings
from providers.kit.declarative.validation_notes import Notes, doubles
from providers.kit.declarative.vocabulary import members
from providers.kit.declarative.xml_reading import XmlError, read_xml
from providers.kit.errors import InvalidConfiguration

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,80}")
_NOT_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"})


def call_findings(notes: Notes) -> None:
    document = notes.document
    if document.operations:
        _base(notes)
        _auth(notes)
        _identify(notes)
    _headers(notes, document.headers, "headers")
    _no_secret(notes, notes.templates(document.headers, notes.roots, "headers"), ())
    for index, name in doubles(one.id for one in document.operations):
        notes.error("operations", f"Two operations have the id “{name}”.", "operations", index, "id")
    for index, operation in enumerate(document.operations):
        _operation(notes, operation, index)
    for index, rule in enumerate(document.errors):
        _error_rule(notes, rule, "errors", index)


def _base(notes: Notes) -> None:
    document = notes.document
    used = notes.templates(document.base_url, notes.roots, "base_url")
    _no_secret(notes, used, ("base_url",))
    for name in sorted(used):
        kinds = {one.name: one for one in document.fields}
        if name in kinds and kinds[name].kind not in ("choice", "region", "url") and not kinds[name].pattern:
            notes.warning(
                "address",
                f"Anything may be typed for “{kinds[name].label or name}”, and it decides which address is called.",
                "base_url",
                fix="Make it a choice, or give it a pattern.",
            )
    try:
        address = base_address(document, example_values(document))
    except InvalidConfiguration as error:
        notes.error("address", str(error), "base_url", fix="Enter the address that all calls begin with.")
        return
    notes.address(address, "base_url")


def _auth(notes: Notes) -> None:
    auth, roots = notes.document.auth, dict(notes.roots)
    if auth.kind == "none":
        notes.advice("auth", "The service is called without a key.", "auth", fix="Right for public data only.")
        return
    if isinstance(auth, OAuthCode | ClientCredentials):
        notes.address(auth.token_url, "auth", "token_url")
    if isinstance(auth, OAuthCode):
        notes.address(auth.authorize_url, "auth", "authorize_url")
        notes.address(auth.revoke_url, "auth", "revoke_url", needed=False)
        return
    if auth.kind == "signed":
        roots["request"] = ("method", "path", "query", "url", "body")
        _headers(notes, auth.headers, "auth", "headers")
    secrets: set[str] = set()
    for name in (
        "value",
        "username",
        "password",
        "token",
        "client_id",
        "client_secret",
        "secret",
        "signed",
        "headers",
    ):
        if hasattr(auth, name):
            secrets |= notes.templates(getattr(auth, name), roots, "auth", name)
    if not secrets & notes.document.secret_names:
        notes.error(
            "auth",
            "No secret field is used to prove who we are.",
            "auth",
            fix="Add a field of the kind “secret”, and choose it here.",
        )
    header = auth.header if isinstance(auth, SignedRequests) else auth.name if isinstance(auth, ApiKeyAuth) else ""
    if header and not _HEADER.fullmatch(header):
        notes.error("header", f"“{header[:60]}” is not a header's name.", "auth", "name")


def _identify(notes: Notes) -> None:
    settings, document = notes.document.identify, notes.document
    operation = next((one for one in document.operations if one.id == settings.operation), None)
    if not settings.operation or operation is None:
        notes.error(
            "identify",
            "It is not said which operation proves that a connection works.",
            "identify",
            "operation",
            fix="Choose an operation that only reads, such as the account.",
        )
        return
    if operation.effect != "read":
        notes.error("identify", "The operation that proves a connection must only read.", "identify", "operation")
    if any(one.required and not one.default for one in operation.inputs):
        notes.error("identify", "The operation that proves a connection asks for inputs.", "identify", "operation")
    for name in ("account_id", "account_name"):
        if notes.path(getattr(settings, name), "identify", name) and getattr(settings, name) and operation.samples:
            data = sample_data(operation, operation.samples[0])
            if not _find(getattr(settings, name), data):
                notes.error("identify", "The sample answer has nothing there.", "identify", name)


def _operation(notes: Notes, operation: Operation, index: int) -> None:
    where = ("operations", index)
    if not operation.id:
        notes.error("operations", "The operation has no id.", *where, "id")
    if not operation.label.strip():
        notes.error("operations", "The operation has no name that people read.", *where, "label")
    for number, name in doubles(one.name for one in operation.inputs):
        notes.error("fields", f"Two inputs have the name “{name}”.", *where, "inputs", number, "name")
    for number, one in enumerate(operation.inputs):
        input_findings(notes, one, operation.inputs, *where, "inputs", number)
    _request(notes, operation, *where)
    _response(notes, operation, *where)
    _pages(notes, operation, *where)
    for number, rule in enumerate(operation.errors):
        _error_rule(notes, rule, *where, "errors", number)
    if operation.effect == "write" and operation.method in ("GET", "HEAD"):
        notes.warning("effect", "It changes something, but is asked for with GET.", *where, "method")
    if operation.effect == "read" and operation.method in ("PUT", "PATCH", "DELETE"):
        notes.error(
            "effect", f"{operation.method} changes something.", *where, "effect", fix="Choose “changes data”."
        )
    if operation.effect == "write" and operation.repeat == "safe":
        notes.warning("repeat", "It may be done twice when no answer comes.", *where, "repeat")
    if not operation.samples:
        notes.warning(
            "samples", "There is no sample answer.", *where, "samples", fix="Run it once, and keep the answer."
        )


def _request(notes: Notes, operation: Operation, *where: str | int) -> None:
    roots = {
        **notes.roots,
        "input": [one.name for one in operation.inputs],
        "cursor": (),
        "since": (),
    }
    in_address = notes.templates(operation.path, roots, *where, "path")
    _no_secret(notes, in_address, (*where, "path"))
    _no_secret(notes, notes.templates(operation.query, roots, *where, "query"), (*where, "query"))
    if not operation.path.strip():
        notes.error(
            "path", "The operation has no path.", *where, "path", fix="Write what comes after the base address."
        )
    try:
        literal = "".join(part if isinstance(part, str) else "x" for part in parse(operation.path).parts)
    except TemplateError:
        literal = ""
    if "://" in literal or literal.startswith("//") or "?" in literal or "#" in literal or "\\" in literal:
        notes.error("path", "The path is only what comes after the base address.", *where, "path")
    if any(part in (".", "..") for part in literal.split("/")) or re.search(r"[\x00-\x20\x7f]", literal):
        notes.error("path", "The path has dots or characters that paths may not have.", *where, "path")
    _headers(notes, operation.headers, *where, "headers")
    notes.templates(operation.headers, roots, *where, "headers")
    body = operation.body
    if body is None:
        return
    if operation.method in ("GET", "HEAD"):
        notes.error(
            "body", f"{operation.method} sends no body.", *where, "body", fix="Choose POST, or use the query."
        )
    if isinstance(body, GraphqlBody):
        if "{{" in body.query:
            notes.error("body", "Inputs go into variables, not into the query.", *where, "body", "query")
        notes.templates(body.variables, roots, *where, "body", "variables")
        return
    for name in ("content", "fields", "files"):
        if hasattr(body, name):
            value = getattr(body, name)
            if name == "files":
                value = {key: [one.filename, one.content] for key, one in value.items()}
            notes.templates(value, roots, *where, "body", name)
    if isinstance(body, XmlBody):
        _xml_body(notes, body, *where)


def _xml_body(notes: Notes, body: XmlBody, *where: str | int) -> None:
    try:
        read_xml(fill(body.content, {}, each=lambda one: "x").encode())
    except XmlError:
        notes.error("body", "The body is not XML.", *where, "body", "content")
    except TemplateError:
        return


def _response(notes: Notes, operation: Operation, *where: str | int) -> None:
    response = operation.response
    good = notes.path(response.select, *where, "response", "select")
    for name, path in response.outputs.items():
        good &= notes.path(path, *where, "response", "outputs", name)
    if operation.incremental is not None:
        notes.path(operation.incremental.select, *where, "incremental", "select")
        if not operation.incremental.select:
            notes.error("incremental", "It is not said what the newest is told by.", *where, "incremental", "select")
    if response.type:
        known = members(response.type)
        for name, needed in known.items():
            if needed and name not in response.outputs:
                notes.error(
                    "mapping", f"A {response.type} needs “{name}”.", *where, "response", "outputs", fix="Map it."
                )
    if not good or not operation.samples:
        return
    data = sample_data(operation, operation.samples[0])
    found = _find(response.select, data)
    first = found[0] if isinstance(found, list) and found else found
    if response.select and found is None:
        notes.warning("mapping", "The sample answer has nothing there.", *where, "response", "select")
        return
    for name, path in response.outputs.items():
        if first is not None and _find(path, first) is None:
            notes.warning("mapping", f"The sample answer has no “{name}”.", *where, "response", "outputs", name)


def _pages(notes: Notes, operation: Operation, *where: str | int) -> None:
    pages = operation.pagination
    if pages is None:
        return
    if isinstance(pages, ByCursor | ByNextUrl):
        notes.path(pages.select, *where, "pagination", "select")
        if not pages.select:
            notes.error("pages", "It is not said where the next page is told.", *where, "pagination", "select")
    if isinstance(pages, ByPage | ByOffset | ByCursor):
        notes.path(pages.more, *where, "pagination", "more")
    if isinstance(pages, ByPage | ByOffset) and not pages.parameter:
        notes.error("pages", "It is not said how a page is asked for.", *where, "pagination", "parameter")
    if operation.effect != "read":
        notes.error("pages", "Only operations that read have pages.", *where, "pagination")


def _error_rule(notes: Notes, rule: ErrorRule, *where: str | int) -> None:
    if not rule.statuses and not rule.when:
        notes.error("errors", "It is not said when this error is meant.", *where, "statuses")
    notes.path(rule.when, *where, "when")
    notes.path(rule.vendor_text, *where, "vendor_text")
    notes.address(rule.fix_url, *where, "fix_url", needed=False)
    if rule.message and not rule.fix:
        notes.warning("errors", "It is not said what to do.", *where, "fix")


def _headers(notes: Notes, headers: Mapping[str, str], *where: str | int) -> None:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name):
            notes.error("header", f"“{name[:60]}” is not a header's name.", *where, name)
        elif name.lower() in _NOT_OURS:
            notes.error("header", f"The header {name} is not yours to set.", *where, name, fix="Remove it.")
        elif re.search(r"[\r\n\x00]", value):
            notes.error("header", "A header has a line break in it.", *where, name)
        elif name.lower() in ("authorization", "cookie"):
            notes.warning(
                "header", f"{name} belongs into “Sign-in”, where it is masked.", *where, name, fix="Move it there."
            )


def _no_secret(notes: Notes, used: set[str], where: tuple[str | int, ...]) -> None:
    for name in sorted(used & notes.document.secret_names):
        if where:
            notes.error(
                "secret-in-address",
                f"The secret “{name}” would stand in the address, where logs keep it.",
                *where,
                fix="Send it in a header. If the service only takes it in the query, choose that under “Sign-in”.",
            )


def sample_data(operation: Operation, sample: SampleAnswer) -> Any:
    """A sample as plain data, read as the answer would be; None where it cannot be."""
    if not sample.text:
        return sample.json
    answer = Answer(status=sample.status, headers={}, content=sample.text.encode(), elapsed_ms=0)
    return loosely(answer, operation.response)


def _find(path: str, data: Any) -> Any:
    try:
        return select(path, data)
    except SelectionError:
        return None
