"""Where a draft begins: a template for each kind of service, or what people have already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.kit.declarative import importing, plain
from providers.kit.declarative.importing import Draft, NotImportable
from webapp.core.errors import Invalid

_KEY = {"name": "api_key", "label": "API key", "kind": "secret"}
_ACCOUNT = {"id": "account", "label": "Read the account", "path": "/account"}
_LIST = {"id": "list-items", "label": "List items", "path": "/items"}
_EVENTS = {
    "scheme": {"kind": "hmac"},
    "secret_field": "webhook_secret",
    "event_id": "id",
    "event_type": "type",
    "events": [
        {
            "type": "item.created",
            "label": "An item was made",
            "sentence": "A new item was made",
            "sample": {"id": "evt_1", "type": "item.created"},
        }
    ],
}
_EVENT_SECRET = {"name": "webhook_secret", "label": "Signing secret", "kind": "secret"}


@dataclass(frozen=True, kw_only=True)
class Template:
    """`fits` says in plain words for which services."""

    id: str
    name: str
    fits: str
    icon: str
    document: Mapping[str, Any] = field(default_factory=dict)


TEMPLATES: tuple[Template, ...] = (
    Template(
        id="rest",
        name="Ask a service",
        fits="It has an address and a key, and answers with JSON. Most services do.",
        icon="braces",
        document={
            "fields": [_KEY],
            "auth": {"kind": "bearer", "token": "{{ configuration.api_key }}"},
            "operations": [_ACCOUNT, _LIST],
            "identify": {"operation": "account", "account_id": "id", "account_name": "name"},
        },
    ),
    Template(
        id="webhook",
        name="Be told by a service",
        fits="It sends a message here when something happens (a webhook).",
        icon="webhook",
        document={"fields": [_EVENT_SECRET], "webhook": _EVENTS},
    ),
    Template(
        id="oauth",
        name="Sign in at a service",
        fits="People press “Connect” and sign in there, instead of copying a key (OAuth).",
        icon="login",
        document={
            "auth": {"kind": "oauth_code", "pkce": True},
            "operations": [_ACCOUNT, _LIST],
            "identify": {"operation": "account", "account_id": "id", "account_name": "name"},
        },
    ),
    Template(
        id="graphql",
        name="GraphQL",
        fits="All questions go to one address, as a query.",
        icon="share",
        document={
            "fields": [_KEY],
            "auth": {"kind": "bearer", "token": "{{ configuration.api_key }}"},
            "operations": [
                {
                    "id": "account",
                    "label": "Read the account",
                    "method": "POST",
                    "path": "/graphql",
                    "repeat": "safe",
                    "body": {"kind": "graphql", "query": "query { viewer { id name } }"},
                    "response": {"select": "data.viewer", "outputs": {"id": "id", "name": "name"}},
                }
            ],
            "identify": {"operation": "account", "account_id": "data.viewer.id", "account_name": "data.viewer.name"},
        },
    ),
    Template(
        id="xml",
        name="XML or SOAP",
        fits="It takes and gives XML.",
        icon="code",
        document={
            "fields": [
                {"name": "user", "label": "User name"},
                {"name": "password", "label": "Password", "kind": "secret"},
            ],
            "auth": {
                "kind": "basic",
                "username": "{{ configuration.user }}",
                "password": "{{ configuration.password }}",
            },
            "operations": [
                {"id": "list-items", "label": "List items", "path": "/items.xml", "response": {"kind": "xml"}}
            ],
        },
    ),
    Template(
        id="feed",
        name="A file or CSV feed",
        fits="A table that can be fetched from an address.",
        icon="table",
        document={
            "fields": [{"name": "address", "label": "Address of the file", "kind": "url"}],
            "operations": [
                {"id": "rows", "label": "Read the rows", "path": "/export.csv", "response": {"kind": "csv"}}
            ],
        },
    ),
)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Something people have: `read` makes a draft of its text, and raises NotImportable."""

    id: str
    name: str
    hint: str
    icon: str
    read: Callable[[str], Draft]


SOURCES: tuple[Source, ...] = (
    Source(id="openapi", name="An OpenAPI file", hint="The service’s description for developers: YAML or JSON.",
           icon="file-text", read=importing.from_openapi),
    Source(id="curl", name="A cURL command", hint="Copied from documentation, or from the browser’s network tab.",
           icon="code", read=importing.from_curl),
    Source(id="postman", name="A Postman collection", hint="Exported as JSON (version 2).", icon="package",
           read=importing.from_postman),
    Source(id="har", name="A recording (HAR)", hint="Saved from the browser’s network tab.", icon="history",
           read=importing.from_har),
    Source(id="sample", name="One sample answer", hint="JSON, XML or CSV, as the service gives it.", icon="braces",
           read=importing.from_sample),
)  # fmt: skip
MAX_BYTES = 8 * 1024 * 1024


def from_template(template_id: str) -> dict[str, Any]:
    """Raises Invalid."""
    for one in TEMPLATES:
        if one.id == template_id:
            return {"version": 1, **one.document}
    raise Invalid("Choose how to begin.", fields={"start": "Choose one of them."})


def from_source(source_id: str, text: str) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """(document, notes: what was understood, and what was not). Raises Invalid."""
    source = next((one for one in SOURCES if one.id == source_id), None)
    if source is None:
        raise Invalid("Choose how to begin.", fields={"start": "Choose one of them."})
    if not text.strip():
        raise Invalid("There is nothing in it.", fields={"text": "Paste it here, or choose a file."})
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise Invalid("It is too large.", fields={"text": "At most 8 MiB are read."})
    try:
        draft = source.read(text)
    except NotImportable as error:
        raise Invalid("We could not read that.", fields={"text": str(error)}) from error
    notes = {"understood": list(draft.understood), "not_understood": list(draft.not_understood)}
    return plain(draft.document), notes
