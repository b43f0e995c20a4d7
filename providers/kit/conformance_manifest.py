"""The manifest says everything that pages, forms and documents are drawn from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from urllib.parse import urlsplit

from providers.kit.capabilities import ReceivesWebhooks
from providers.kit.contract import Environment, Field, FieldKind, Manifest
from providers.kit.findings import Finding
from providers.kit.registry import Registered

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_ENV = re.compile(r"[A-Z][A-Z0-9_]*")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def manifest_findings(entry: Registered) -> Iterator[Finding]:
    manifest = entry.manifest
    yield from _identity(entry, manifest)
    names = [one.name for one in manifest.fields]
    for kind, values in (("name", names), ("environment name", [one.env for one in manifest.fields])):
        if len(set(values)) != len(values):
            yield _finding(f"two fields have the same {kind}", "fields")
    if not manifest.fields and manifest.oauth is None:
        yield _finding("asks for nothing: there are neither fields nor OAuth settings", "fields")
    for field in manifest.fields:
        yield from field_findings(field)
    yield from _permissions(manifest)
    yield from _webhook(entry, manifest)
    yield from _steps(manifest)
    yield from _offer(manifest)
    yield from _tests(entry, manifest)


def _finding(message: str, where: str) -> Finding:
    return Finding(rule="manifest", message=message, where=f"manifest.{where}")


def _is_https(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and "." in parts.netloc


def _identity(entry: Registered, manifest: Manifest) -> Iterator[Finding]:
    if manifest.id != entry.id:
        yield _finding(
            f"is {manifest.id!r}, but the folder says {entry.id!r}: write id=provider_id(__name__), so that the "
            "folder's name is the only truth",
            "id",
        )
    if not _ID.fullmatch(entry.id):
        yield _finding("may only have lower-case letters, digits and single hyphens", "id")
    for name in ("name", "tagline", "description"):
        if not getattr(manifest, name).strip():
            yield _finding("is empty", name)
    for name in ("website", "documentation", "api_base"):
        if not _is_https(getattr(manifest, name)):
            yield _finding("is not an https address", name)
    if not 0 <= manifest.popularity <= 100:
        yield _finding("must be from 0 to 100", "popularity")
    if not 1 <= manifest.setup_minutes <= 120:
        yield _finding("must be from 1 to 120", "setup_minutes")
    if not manifest.api_versions:
        yield _finding("no version of the vendor's API is named", "api_versions")
    if (Environment.SANDBOX in manifest.environments) != (entry.sandbox is not None):
        yield _finding("lists the sandbox exactly when there is a sandbox.py", "environments")
    if manifest.rate_limit and (manifest.rate_limit.requests < 1 or manifest.rate_limit.per_seconds <= 0):
        yield _finding("must allow at least one call in a positive time", "rate_limit")


def field_findings(field: Field) -> Iterator[Finding]:
    """What is wrong with one field of the connect form."""
    where = f"fields.{field.name}"
    if not _NAME.fullmatch(field.name):
        yield _finding("its name may only have lower-case letters, digits and underscores", where)
    if not _ENV.fullmatch(field.env):
        yield _finding(f"its environment name {field.env!r} is not written like ACME_SECRET_KEY", where)
    if not field.label.strip():
        yield _finding("has no label", where)
    for pattern in (field.pattern, *(one.pattern for one in field.mistakes)):
        try:
            re.compile(pattern)
        except re.error as error:
            yield _finding(f"the pattern {pattern!r} cannot be read: {error}", where)
            return
    if field.kind in (FieldKind.CHOICE, FieldKind.SWITCH):
        if field.kind is FieldKind.CHOICE and not field.choices:
            yield _finding("is a choice without choices", where)
        return
    if field.required and not field.example:
        yield _finding("has no example", where)
    if field.pattern and not field.pattern_hint:
        yield _finding("has a pattern but no words for it (pattern_hint)", where)
    shortened = field.example.endswith("…")  # shows only how the value begins
    if field.example and not shortened and not field.matches(field.example):
        yield _finding("its own example does not match its pattern", where)
    if field.example and field.prefixes and not field.example.startswith(tuple(field.prefixes)):
        yield _finding("its own example begins with none of its prefixes", where)
    if field.secret and not field.how_to:
        yield _finding("is a secret without a how_to: where is it found?", where)
    if any(not one.message for one in field.mistakes):
        yield _finding("a mistake has no words", where)
    if field.console_url and not _is_https(field.console_url):
        yield _finding("its console_url is not an https address", where)


def _permissions(manifest: Manifest) -> Iterator[Finding]:
    if not manifest.permissions:
        yield _finding("none is listed: say what the key must be allowed to do", "permissions")
    for one in manifest.permissions:
        if not one.label.strip() or len(one.reason.split()) < 3:
            yield _finding("needs a label and a reason in plain words", f"permissions.{one.scope}")


def _webhook(entry: Registered, manifest: Manifest) -> Iterator[Finding]:
    receives = issubclass(entry.provider, ReceivesWebhooks)
    if receives != (manifest.webhook is not None):
        yield _finding("is given exactly when the class receives webhooks", "webhook")
    if manifest.webhook is None:
        return
    if not manifest.webhook.events or any(not one.label.strip() for one in manifest.webhook.events):
        yield _finding("lists its event types, each with words for it", "webhook.events")
    yield from _unique([one.type for one in manifest.webhook.events], "webhook.events")
    if not manifest.webhook.signature.strip():
        yield _finding("does not say how deliveries are signed", "webhook.signature")
    secret = next((one for one in manifest.fields if one.name == manifest.webhook.secret_field), None)
    if secret is None or not secret.secret:
        yield _finding("names no field that is a secret", "webhook.secret_field")
    elif not secret.webhook_secret:
        yield _finding("its field must say webhook_secret=True", "webhook.secret_field")
    if not manifest.webhook.steps:
        yield _finding("has no steps for setting the address up by hand", "webhook.steps")


def _steps(manifest: Manifest) -> Iterator[Finding]:
    if not any(step.url for step in manifest.setup_steps):
        yield _finding("no step has the address of the vendor's page", "setup_steps")
    names = {one.name for one in manifest.fields}
    for step in manifest.setup_steps:
        where = f"setup_steps.{step.title or '?'}"
        if not step.title.strip() or not step.text.strip():
            yield _finding("needs a title and a text", where)
        if step.url and not (_is_https(step.url) and step.url_label):
            yield _finding("its address must be https and have a label", where)
        if step.field and step.field not in names:
            yield _finding(f"points to a field {step.field!r} that is not there", where)


def _offer(manifest: Manifest) -> Iterator[Finding]:
    pricing = manifest.pricing
    if not pricing.model or not pricing.tiers or not _is_https(pricing.url):
        yield _finding("needs a model, tiers and an https address", "pricing")
    if not date(2020, 1, 1) < pricing.as_of < date(2100, 1, 1):
        yield _finding("needs the date it was looked up", "pricing.as_of")
    if not manifest.templates:
        yield _finding("none is offered", "templates")
    yield from _unique([one.id for one in manifest.templates], "templates")
    names = {one.name for one in manifest.fields}
    events = {one.type for one in manifest.webhook.events} if manifest.webhook else set()
    scopes = {one.scope for one in manifest.permissions}
    for one in manifest.templates:
        where = f"templates.{one.id}"
        if not one.name.strip() or not one.description.strip():
            yield _finding("needs a name and a description", where)
        for kind, unknown in (
            ("field", set(one.configuration) - names),
            ("event", set(one.events) - events),
            ("permission", set(one.permissions) - scopes),
        ):
            if unknown:
                yield _finding(f"names an unknown {kind}: {', '.join(sorted(unknown))}", where)


def _tests(entry: Registered, manifest: Manifest) -> Iterator[Finding]:
    ids = [one.id for one in manifest.tests]
    yield from _unique(ids, "tests")
    if f"{entry.id}-connection" not in ids:
        yield _finding(f"{entry.id}-connection is missing", "tests")
    for one in manifest.tests:
        where = f"tests.{one.id}"
        if not one.id.startswith(f"{entry.id}-"):
            yield _finding(f"its id must begin with {entry.id}-", where)
        if not one.name.strip() or not one.description.strip():
            yield _finding("needs a name and a description", where)
        for field in one.inputs:
            if not field.label.strip():
                yield _finding(f"its input {field.name} has no label", where)


def _unique(values: Sequence[str], where: str) -> Iterator[Finding]:
    doubles = sorted({one for one in values if values.count(one) > 1})
    if doubles:
        yield _finding(f"listed twice: {', '.join(doubles)}", where)
