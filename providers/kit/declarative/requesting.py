"""An operation and its inputs become one request: every value goes in escaped for the place it goes to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

from providers.kit.declarative.document import Document
from providers.kit.declarative.document_calls import (
    Body,
    FormBody,
    GraphqlBody,
    JsonBody,
    MultipartBody,
    Operation,
    XmlBody,
)
from providers.kit.declarative.expressions import TemplateError, evaluate, fill, parse
from providers.kit.declarative.values_text import text_of
from providers.kit.errors import InvalidConfiguration, InvalidRequest

Scope = Mapping[str, Any]

_HOST_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9-]{1,63}){0,6}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
ACCEPT = {"json": "application/json", "xml": "application/xml, text/xml", "csv": "text/csv, */*", "text": "*/*"}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, before credentials. `url` is a path below the base address, or a page's whole address."""

    method: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    files: Mapping[str, tuple[str, str, str]] | None = field(default=None, repr=False)

    def options(self) -> dict[str, Any]:
        """As `Door.request` takes them."""
        return {
            "params": dict(self.query) or None,
            "headers": dict(self.headers),
            "data": self.content,
            "form": self.form,
            "files": self.files,
        }


def base_address(document: Document, configuration: Mapping[str, Any]) -> str:
    """The base address for one connection. Raises InvalidConfiguration.

    A value may be the whole beginning (an address that was asked for), or a part of the host's name, and then it has
    only what names of hosts have.
    """
    text = document.base_url
    try:
        first = parse(text).parts[0] if text else ""
        whole = not isinstance(first, str)
        base = fill(text, {"configuration": configuration}, each=(lambda one: one) if whole else host_part)
    except TemplateError as error:
        raise InvalidConfiguration(f"The service's address cannot be made: {error}", fix=_FIX_ADDRESS) from None
    return complete_address(base)


def complete_address(base: str) -> str:
    """A whole base address, without the slash at its end. Raises InvalidConfiguration."""
    parts = urlsplit(base)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise InvalidConfiguration("The service's address is not complete.", fix=_FIX_ADDRESS)
    return base.rstrip("/")


def request_for(document: Document, operation: Operation, scope: Scope) -> Call:
    """The first request of an operation. Raises InvalidRequest."""
    try:
        headers = {"Accept": ACCEPT[operation.response.kind]}
        for name, template in {**document.headers, **operation.headers}.items():
            value = evaluate(template, scope)
            if value is not None:
                headers[name] = header_text(text_of(value), name)
        call = Call(
            method=operation.method,
            url="/" + fill(operation.path, scope, each=path_part).lstrip("/"),
            query=_texts(operation.query, scope),
            headers=headers,
        )
        return call if operation.body is None else _with_body(call, operation.body, scope)
    except TemplateError as error:
        raise InvalidRequest(f"The request cannot be made: {error}", fix="Check the values and try again.") from None


def filled(content: Any, scope: Scope) -> Any:
    """JSON with its texts filled in; what was not given is left out. Raises TemplateError."""
    if isinstance(content, str):
        value = evaluate(content, scope)
        return value if value is None or isinstance(value, str | int | float | list | dict) else text_of(value)
    if isinstance(content, Mapping):
        pairs = ((name, inner, filled(inner, scope)) for name, inner in content.items())
        return {name: value for name, inner, value in pairs if value is not None or inner is None}
    if isinstance(content, list | tuple):
        return [filled(inner, scope) for inner in content]
    return content


def _with_body(call: Call, body: Body, scope: Scope) -> Call:
    if isinstance(body, JsonBody):
        return _sending(call, json.dumps(filled(body.content, scope), ensure_ascii=False), "application/json")
    if isinstance(body, GraphqlBody):
        content = {"query": body.query, "variables": filled(body.variables, scope)}
        return _sending(call, json.dumps(content, ensure_ascii=False), "application/json")
    if isinstance(body, XmlBody):
        text = fill(body.content, scope, each=xml_text)
        return _sending(call, text, body.content_type)
    if isinstance(body, FormBody):
        return replace(call, form=_texts(body.fields, scope))
    assert isinstance(body, MultipartBody)
    files = {
        name: (
            header_text(fill(one.filename, scope), "filename").replace("/", "_").replace("\\", "_"),
            fill(one.content, scope),
            one.content_type,
        )
        for name, one in body.files.items()
    }
    return replace(call, form=_texts(body.fields, scope), files=files)


def _sending(call: Call, text: str, content_type: str) -> Call:
    headers = {"Content-Type": content_type, **call.headers}
    return replace(call, content=text.encode("utf-8", "replace"), headers=headers)


def _texts(templates: Mapping[str, str], scope: Scope) -> dict[str, str]:
    values = ((name, evaluate(template, scope)) for name, template in templates.items())
    return {name: text_of(value) for name, value in values if value is not None}


def path_part(value: str) -> str:
    # Also inside: some servers take %2F for a slash before they look where a path leads.
    if not value or any(part in (".", "..") for part in re.split(r"[/\\]", value)):
        raise InvalidRequest(
            "A value that is part of the address is missing, or leads elsewhere by dots.",
            fix="Check the values and try again.",
        )
    return quote(value, safe="")


def host_part(value: str) -> str:
    if not _HOST_VALUE.fullmatch(value):
        raise InvalidConfiguration(
            "A value that is part of the service's address may only have letters, digits and hyphens.",
            fix=_FIX_ADDRESS,
        )
    return value


def header_text(value: str, name: str) -> str:
    if _CONTROL.search(value) or not value.isascii():
        raise InvalidRequest(
            f"The value for {name} has a line break or a letter that cannot be sent there.",
            fix="Check the values and try again.",
        )
    return value


def xml_text(value: str) -> str:
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f￾￿]", value):
        raise InvalidRequest("A value has a character that XML cannot hold.", fix="Remove it and try again.")
    return escape(value, {'"': "&quot;", "'": "&apos;"})


_FIX_ADDRESS = "Check the fields that the address is made of in the connection's settings."
