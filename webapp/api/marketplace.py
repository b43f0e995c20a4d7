"""/api/integrations/marketplace: what can be connected, and all that is known of one provider."""

from __future__ import annotations

from providers.kit.contract import Manifest
from webapp.api import presenting, requests, schemas
from webapp.api.operations import Answer, operation
from webapp.catalog import queries
from webapp.connection_tests.queries import available
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
            categories=[
                schemas.CategoryCount.of(id=one.category, name=one.label, count=one.count) for one in page.facets
            ],
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
        description=manifest.description,
        website=manifest.website,
        documentation=manifest.documentation,
        capabilities=[one.words for one in found.capabilities],
        fields=[presenting.field(one) for one in manifest.asked_fields],
        environment_variables=_variables(manifest),
        permissions=[schemas.ProviderPermission.model_validate(one) for one in manifest.permissions],
        webhook=schemas.Webhook.model_validate(manifest.webhook) if manifest.webhook else None,
        oauth=schemas.OAuth.model_validate(manifest.oauth) if manifest.oauth else None,
        setup_instructions=_instructions(manifest),
        pricing=schemas.Pricing.model_validate(manifest.pricing),
        templates=[schemas.Template.model_validate(one) for one in manifest.templates],
        api_versions=[schemas.ApiVersion.model_validate(one) for one in manifest.api_versions],
        tests=[presenting.available_test(one) for one in available(manifest.id)],
    )
    return Answer(document=schemas.ProviderAnswer(provider=detail))


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
        for one in manifest.asked_fields
        if one.env
    ]


def _instructions(manifest: Manifest) -> list[schemas.SetupInstruction]:
    return [
        schemas.SetupInstruction(
            step=number, title=one.title, text=one.text, url=one.url, url_label=one.url_label, field=one.field
        )
        for number, one in enumerate(manifest.setup_steps, start=1)
    ]
