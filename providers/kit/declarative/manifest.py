"""A document as a manifest: what pages, forms, docs and the API are drawn from, as for any other provider."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from providers.kit.contract import (
    ApiVersion,
    Category,
    Choice,
    Environment,
    Field,
    FieldKind,
    Manifest,
    Permission,
    Pricing,
    PricingTier,
    RateLimit,
    SetupStep,
    Template,
    TestDefinition,
    WebhookEventType,
    WebhookSettings,
)
from providers.kit.declarative.authentication import oauth_settings
from providers.kit.declarative.document import Document
from providers.kit.declarative.document_calls import OAuthCode
from providers.kit.declarative.document_fields import InputField
from providers.kit.declarative.document_webhook import BasicScheme, HmacScheme, TokenScheme, Webhook
from providers.kit.declarative.patterns import bounded_pattern
from providers.kit.declarative.requesting import base_address
from providers.kit.errors import InvalidConfiguration

_KINDS = {
    "text": FieldKind.TEXT,
    "secret": FieldKind.SECRET,
    "choice": FieldKind.CHOICE,
    "region": FieldKind.CHOICE,
    "switch": FieldKind.SWITCH,
    "url": FieldKind.URL,
    "email": FieldKind.EMAIL,
    "number": FieldKind.NUMBER,
    "json": FieldKind.JSON,
}
_EMPTY_DAY = date(2026, 1, 1)


def manifest_of(document: Document) -> Manifest:
    """The manifest of a document that validates."""
    return Manifest(
        id=document.id,
        name=document.name,
        category=Category(document.category),
        tagline=document.tagline,
        description=document.description or document.tagline,
        website=document.website,
        documentation=document.documentation or document.website,
        fields=_fields(document),
        permissions=tuple(
            Permission(
                scope=one.scope or one.label,
                label=one.label,
                reason=one.reason,
                untested="The test asks what its author wrote down, which need not be one question a permission.",
            )
            for one in document.permissions
        ),
        setup_steps=_setup_steps(document),
        pricing=_pricing(document),
        templates=(
            Template(
                id="standard",
                name="Standard",
                description=document.tagline,
                events=tuple(one.type for one in document.webhook.events if one.default) if document.webhook else (),
            ),
        ),
        api_versions=(ApiVersion(name=f"document {document.version}"),),
        tests=_tests(document),
        api_base=example_base(document),
        environments=(Environment.LIVE, Environment.SANDBOX),
        webhook=_webhook(document.webhook, document.name) if document.webhook else None,
        oauth=oauth_settings(document),
        rate_limit=RateLimit(
            requests=document.pace.requests, per_seconds=document.pace.per_seconds, note=document.pace.note
        )
        if document.pace
        else None,
        verified=False,
        keywords=document.keywords,
        unsupported={} if document.identify.operation else {"ChecksConnection": NO_CALLS.format(document.name)},
    )


NO_CALLS = "{} only sends events; there is nothing that could be called to check the connection."


def example_values(document: Document) -> dict[str, str]:
    """A value for each field: its example, default or first choice."""
    return {one.name: example_of(one) for one in document.fields}


def example_of(field: InputField) -> str:
    return field.example or field.default or (field.options[0].value if field.options else "")


def example_base(document: Document) -> str:
    """The base address with the fields' examples; the website's where there are no calls."""
    try:
        return base_address(document, example_values(document))
    except InvalidConfiguration:
        return document.website


def contract_field(field: InputField, prefix: str) -> Field:
    """A document's field as the connect form takes it."""
    kind = _KINDS[field.kind]
    if field.options and kind in (FieldKind.TEXT, FieldKind.NUMBER):
        kind = FieldKind.CHOICE
    pattern, hint = _pattern(field)
    return Field(
        name=field.name,
        label=field.label or field.name,
        env=f"{prefix}_{field.name}".upper().replace("-", "_"),
        kind=kind,
        required=field.required and field.depends_on is None,
        pattern=pattern,
        pattern_hint=hint,
        example=field.example,
        help=field.help,
        how_to=field.how_to or field.help or "Copy it from the service's settings.",
        console_url=field.console_url,
        console_label=field.console_label,
        choices=tuple(Choice(value=one.value, label=one.label or one.value, hint=one.hint) for one in field.options),
        default=field.default,
    )


def _pattern(field: InputField) -> tuple[str, str]:
    """Pattern and words for it, with the rule for the length in them."""
    name = field.label or field.name
    if field.pattern:
        return bounded_pattern(field.pattern), field.pattern_hint or f"{name} is not written as expected."
    if field.shortest or field.longest:
        most = str(field.longest) if field.longest else ""
        words = f"at least {field.shortest}" + (f" and at most {field.longest}" if field.longest else "")
        return rf"[\s\S]{{{field.shortest},{most}}}", field.pattern_hint or f"{name} has {words} letters."
    return "", field.pattern_hint


def _fields(document: Document) -> tuple[Field, ...]:
    secret = document.webhook.secret_field if document.webhook else ""
    fields = []
    for one in document.fields:
        made = contract_field(one, document.id)
        fields.append(replace(made, webhook_secret=one.name == secret))
    if isinstance(document.auth, OAuthCode):
        known = {one.name for one in fields}
        fields += [one for one in _token_fields(document) if one.name not in known]
    return tuple(fields)


def _token_fields(document: Document) -> tuple[Field, ...]:
    prefix = document.id.upper().replace("-", "_")
    return (
        Field(
            name="access_token",
            label="Access token",
            env=f"{prefix}_ACCESS_TOKEN",
            kind=FieldKind.SECRET,
            example="sandbox-access-token",
            how_to="Filled in by “Connect”.",
        ),
        Field(
            name="refresh_token",
            label="Refresh token",
            env=f"{prefix}_REFRESH_TOKEN",
            kind=FieldKind.SECRET,
            required=False,
            how_to="Filled in by “Connect”.",
        ),
        Field(
            name="token_expires_at",
            label="Access token ends",
            env=f"{prefix}_TOKEN_EXPIRES_AT",
            required=False,
            hidden=True,
        ),
    )


def _setup_steps(document: Document) -> tuple[SetupStep, ...]:
    steps = tuple(
        SetupStep(
            title=one.title,
            text=one.text,
            url=one.url,
            url_label=one.url_label or ("Open the page" if one.url else ""),
            field=one.field,
        )
        for one in document.setup
    )
    if any(one.url for one in steps):
        return steps
    first = SetupStep(
        title=f"Open {document.name}",
        text="Sign in, and keep the page open: what is asked for here is found there.",
        url=document.website,
        url_label=f"Open {document.name}",
    )
    return (first, *steps)


def _pricing(document: Document) -> Pricing:
    note = document.pricing
    model = note.model or "See the service's own price list"
    try:
        day = date.fromisoformat(note.as_of)
    except ValueError:
        day = _EMPTY_DAY
    tier = PricingTier(name=note.model or "Price list", price=note.detail or model)
    return Pricing(model=model, tiers=(tier,), as_of=day, url=note.url or document.website)


def _tests(document: Document) -> tuple[TestDefinition, ...]:
    found = [
        TestDefinition(
            id=f"{document.id}-connection",
            name="Connection",
            description=f"Whether {document.name} accepts what was entered, line by line.",
        )
    ]
    effects = {one.id: one.effect for one in document.operations}
    found += [
        TestDefinition(
            id=f"{document.id}-{one.id}",
            name=one.name or one.id,
            description="; ".join(each.says for each in one.expect if each.says) or f"Calls “{one.operation}”.",
            changes_data=effects.get(one.operation) == "write",
        )
        for one in document.tests
    ]
    return tuple(found)


def _webhook(webhook: Webhook, service: str) -> WebhookSettings:
    scheme = webhook.scheme
    unsigned = isinstance(scheme, BasicScheme | TokenScheme)
    return WebhookSettings(
        events=tuple(
            WebhookEventType(type=one.type, label=one.label or one.type, default=one.default)
            for one in webhook.events
        ),
        signature=_SIGNATURES[scheme.kind],
        secret_field=webhook.secret_field,
        tolerance_seconds=getattr(scheme, "tolerance", 0),
        signs_body=not unsigned and not (isinstance(scheme, HmacScheme) and "body" not in scheme.signed),
        console_url=webhook.console_url,
        steps=webhook.steps or (f"Enter this connection's address where {service} asks for a webhook.",),
    )


_SIGNATURES = {
    "hmac": "HMAC in a header",
    "timestamped": "HMAC-SHA256 with a timestamp, in one header",
    "standard": "Standard Webhooks",
    "basic": "User name and password",
    "token": "A secret in the request",
}
