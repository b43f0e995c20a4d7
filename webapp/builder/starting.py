"""Where a draft begins: a kind of service, or something people have at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from providers.kit.declarative import plain
from providers.kit.declarative.importing import (
    Draft,
    NotImportable,
    from_curl,
    from_har,
    from_openapi,
    from_page,
    from_postman,
    from_sample,
)
from webapp.core.errors import Invalid

MAX_UPLOAD = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Start:
    """A kind of service to begin with; `document` is its plain document without a name."""

    id: str
    name: str
    text: str
    icon: str
    document: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Source:
    """What people have at hand, and how it is read."""

    id: str
    name: str
    text: str
    icon: str
    read: Callable[[str], Draft]


_KEY = {"name": "api_key", "label": "API key", "kind": "secret", "help": "The key that the service gave you.",
        "example": "sandbox-api-key-0123456789"}  # fmt: skip
_USE = {"label": "Use the service", "reason": "To do what the operations of this integration do."}
_EVENT = {"type": "order.created", "label": "An order was made", "sentence": "A new order came in.",
          "sample": {"id": "evt_1", "type": "order.created"}}  # fmt: skip


def _read(path: str, **more: Any) -> dict[str, Any]:
    return {"id": "read", "label": "Read the account", "path": path, "response": {"kind": "json"}, **more}


STARTS: tuple[Start, ...] = (
    Start(
        id="rest",
        name="REST API",
        text="The service has addresses that answer with JSON, and gives you a key. Most do.",
        icon="api",
        document={
            "fields": [_KEY],
            "auth": {"kind": "bearer", "token": "{{ configuration.api_key }}"},
            "operations": [_read("/account")],
            "identify": {"operation": "read"},
            "permissions": [_USE],
        },
    ),
    Start(
        id="webhook",
        name="Webhook service",
        text="The service calls us when something happens, and nothing is asked of it.",
        icon="webhook",
        document={
            "fields": [{"name": "webhook_secret", "label": "Signing secret", "kind": "secret",
                        "example": "sandbox-webhook-secret-0123456789"}],
            "webhook": {"scheme": {"kind": "hmac", "header": "X-Signature"}, "secret_field": "webhook_secret",
                        "event_id": "id", "event_type": "type", "events": [_EVENT],
                        "steps": ["Put the address below into the service's webhook settings."]},
            "permissions": [{"label": "Send events", "reason": "To tell us what happened."}],
        },
    ),
    Start(
        id="oauth",
        name="OAuth service",
        text="People sign in at the service and allow the access; nobody copies a key.",
        icon="login",
        document={
            "auth": {"kind": "oauth_code", "scopes": []},
            "operations": [_read("/me")],
            "identify": {"operation": "read"},
            "permissions": [_USE],
        },
    ),
    Start(
        id="graphql",
        name="GraphQL",
        text="One address takes queries and answers with exactly what was asked for.",
        icon="braces",
        document={
            "fields": [_KEY],
            "auth": {"kind": "bearer", "token": "{{ configuration.api_key }}"},
            "operations": [
                _read("/graphql", method="POST", body={"kind": "graphql", "query": "query { viewer { id name } }"})
                | {"response": {"kind": "json", "select": "data.viewer"}}
            ],
            "identify": {"operation": "read"},
            "permissions": [_USE],
        },
    ),
    Start(
        id="xml",
        name="XML or SOAP",
        text="The service talks in XML, as many banks, shops and older systems do.",
        icon="code",
        document={
            "fields": [{"name": "username", "label": "User name", "example": "hub"},
                       {"name": "password", "label": "Password", "kind": "secret",
                        "example": "sandbox-password-0123456789"}],
            "auth": {"kind": "basic", "username": "{{ configuration.username }}",
                     "password": "{{ configuration.password }}"},
            "operations": [_read("/status", response={"kind": "xml"})],
            "identify": {"operation": "read"},
            "permissions": [_USE],
        },
    ),
    Start(
        id="csv",
        name="File or CSV feed",
        text="A file at a fixed address is read again and again: prices, stock, addresses.",
        icon="table",
        document={
            "operations": [{"id": "read", "label": "Read the file", "path": "/feed.csv",
                            "response": {"kind": "csv"}}],
            "identify": {"operation": "read"},
            "permissions": [{"label": "Read the file", "reason": "To bring its lines here."}],
        },
    ),
)  # fmt: skip

SOURCES: tuple[Source, ...] = (
    Source(id="openapi", name="An OpenAPI file", text="JSON or YAML that describes the whole service.",
           icon="file-text", read=from_openapi),
    Source(id="curl", name="A cURL command", text="An example from the service's documentation.", icon="code",
           read=from_curl),
    Source(id="postman", name="A Postman collection", text="Exported as “Collection v2.1”.", icon="package",
           read=from_postman),
    Source(id="har", name="A HAR recording", text="Saved from the network tab of a browser.", icon="activity",
           read=from_har),
    Source(id="sample", name="One sample answer", text="What the service answers: JSON, XML or CSV.", icon="braces",
           read=from_sample),
    Source(id="documentation", name="A documentation page", text="Its text, copied from a browser.",
           icon="clipboard",
           read=from_page),
)  # fmt: skip


def start_of(start_id: str) -> Start:
    """Raises Invalid."""
    for one in STARTS:
        if one.id == start_id:
            return one
    raise Invalid("Choose what to begin with.", fields={"start": "Choose one of these."})


def draft_from(source_id: str, text: str) -> Draft:
    """Raises Invalid: nothing was given, or it can't be read as what it is said to be."""
    source = next((one for one in SOURCES if one.id == source_id), None)
    if source is None:
        raise Invalid("Choose what you have.", fields={"source": "Choose one of these."})
    if not text.strip():
        raise Invalid("There is nothing to read yet.", fields={"text": "Paste it here, or choose a file."})
    try:
        return source.read(text)
    except NotImportable as error:
        raise Invalid("It could not be read.", fields={"text": str(error)}) from None


def document_of(draft: Draft) -> dict[str, Any]:
    found: dict[str, Any] = plain(draft.document)
    return found


def secret_of(kind: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What a kind of sign-in begins with: its own members, and the fields that people fill in for it."""
    key = "{{ configuration.api_key }}"
    secret = {"kind": "secret", "example": "sandbox-secret-0123456789"}
    match kind:
        case "api_key":
            return {"name": "X-Api-Key", "value": key}, [_KEY]
        case "bearer":
            return {"token": key}, [_KEY]
        case "basic":
            return (
                {"username": "{{ configuration.username }}", "password": "{{ configuration.password }}"},
                [{"name": "username", "label": "User name", "example": "hub"},
                 {"name": "password", "label": "Password", **secret}],
            )  # fmt: skip
        case "client_credentials":
            return (
                {"client_id": "{{ configuration.client_id }}", "client_secret": "{{ configuration.client_secret }}"},
                [{"name": "client_id", "label": "Application’s id", "example": "app-1"},
                 {"name": "client_secret", "label": "Application’s secret", **secret}],
            )  # fmt: skip
        case "signed":
            return (
                {"secret": "{{ configuration.signing_secret }}"},
                [{"name": "signing_secret", "label": "Signing secret", **secret}],
            )
    return {}, []
