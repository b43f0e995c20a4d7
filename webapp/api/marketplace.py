"""/api/integrations/marketplace: what can be connected, and all that is known of one provider."""

from __future__ import annotations

from providers.kit.contract import Manifest, OAuthSettings, WebhookSettings
from webapp.api import examples, presenting, requests, schemas
from webapp.api.operations import Answer, operation
from webapp.catalog import queries
from webapp.core.permissions import actor
from webapp.extensions import db

TAG = "Marketplace"


@operation(
    "GET",
    "/marketplace",
    tag=TAG,
    action="catalog.view",
    query=requests.MarketplaceQuery,
    answers={200: (schemas.Marketplace, "Providers that fit, in order.")},
)
def browse_marketplace(query: requests.MarketplaceQuery) -> Answer:
    """Browse the marketplace

    What can't be connected now is listed too, with the reason and who can mend it.
    """
    page = queries.search(
        db.session(),
        workspace_id=actor().workspace_id,
        text=query.search,
        category=query.category or "",
        verified=query.verified,
        connected=query.connected,
        sort=query.sort,
        cursor=query.cursor,
        limit=query.limit,
    )
    return Answer(
        document=schemas.Marketplace(
            providers=[presenting.provider(card) for card in page.cards],
            categories=[schemas.CategoryCount(id=one.category, name=one.label, count=one.count) for one in page.facets],
            total=page.total,
            next_cursor=page.next_cursor or None,
        )
    )


@operation(
    "POST",
    "/marketplace",
    tag=TAG,
    action="catalog.view",
    body=requests.ProviderChoice,
    answers={200: (schemas.ProviderAnswer, "All that is known of the provider.")},
    problems={404: "There is no such provider."},
    examples=examples.PROVIDER_CHOICE,
)
def show_provider(body: requests.ProviderChoice) -> Answer:
    """Show a provider

    Its fields with their environment variables, the permissions it needs and why, webhook and OAuth settings,
    step-by-step setup, pricing, templates and tests. Changes nothing.
    """
    found = queries.detail(db.session(), workspace_id=actor().workspace_id, provider_id=body.provider_id)
    card, manifest = presenting.provider(found.card), found.manifest
    detail = schemas.ProviderDetail(
        **card.model_dump(),
        **_texts(manifest),
        capabilities=[one.words for one in found.capabilities],
        fields=[presenting.field(one) for one in manifest.fields],
        environment_variables=_variables(manifest),
        webhook=_webhook(manifest.webhook),
        oauth=_oauth(manifest.oauth),
        setup_instructions=_instructions(manifest),
        pricing=_pricing(manifest),
        tests=[presenting.available_test(manifest.id, one) for one in manifest.tests],
    )
    return Answer(document=schemas.ProviderAnswer(provider=detail))


def _texts(manifest: Manifest) -> dict[str, object]:
    return {
        "description": manifest.description,
        "website": manifest.website,
        "documentation": manifest.documentation,
        "permissions": [
            schemas.ProviderPermission(scope=one.scope, label=one.label, reason=one.reason, required=one.required)
            for one in manifest.permissions
        ],
        "templates": [
            schemas.Template(
                id=one.id,
                name=one.name,
                description=one.description,
                configuration=dict(one.configuration),
                events=list(one.events),
                permissions=list(one.permissions),
            )
            for one in manifest.templates
        ],
        "api_versions": [
            schemas.ApiVersion(name=one.name, status=one.status, note=one.note) for one in manifest.api_versions
        ],
    }


def _variables(manifest: Manifest) -> list[schemas.EnvironmentVariable]:
    return [
        schemas.EnvironmentVariable(
            name=one.env,
            field=one.name,
            required=one.required,
            secret=one.secret,
            description=one.help or one.label,
            example=one.example,
        )
        for one in manifest.fields
        if one.env
    ]


def _instructions(manifest: Manifest) -> list[schemas.SetupInstruction]:
    return [
        schemas.SetupInstruction(
            step=number, title=one.title, text=one.text, url=one.url, url_label=one.url_label, field=one.field
        )
        for number, one in enumerate(manifest.setup_steps, start=1)
    ]


def _pricing(manifest: Manifest) -> schemas.Pricing:
    pricing = manifest.pricing
    tiers = [schemas.PricingTier(name=one.name, price=one.price, detail=one.detail) for one in pricing.tiers]
    return schemas.Pricing(model=pricing.model, tiers=tiers, as_of=pricing.as_of, url=pricing.url)


def _webhook(settings: WebhookSettings | None) -> schemas.Webhook | None:
    if settings is None:
        return None
    return schemas.Webhook(
        events=[
            schemas.WebhookEventType(type=one.type, label=one.label, default=one.default) for one in settings.events
        ],
        signature=settings.signature,
        secret_field=settings.secret_field,
        tolerance_seconds=settings.tolerance_seconds,
        console_url=settings.console_url,
        steps=list(settings.steps),
    )


def _oauth(settings: OAuthSettings | None) -> schemas.OAuth | None:
    if settings is None:
        return None
    return schemas.OAuth(
        authorize_url=settings.authorize_url,
        token_url=settings.token_url,
        revoke_url=settings.revoke_url,
        scopes=list(settings.scopes),
        pkce=settings.pkce,
    )
