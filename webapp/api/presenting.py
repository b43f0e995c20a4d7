"""From rows and cards to documents. Of secrets only what `configuration_view` gives: is it set, its last four."""

from __future__ import annotations

from providers.kit.contract import Field
from webapp.api import schemas
from webapp.catalog import service as catalog
from webapp.catalog.views import ProviderCard
from webapp.connection_tests.queries import AvailableTest, TestView
from webapp.instances.models import Instance
from webapp.instances.queries import card_of, configuration_view


def provider(card: ProviderCard) -> schemas.Provider:
    return schemas.Provider.of(
        id=card.id,
        name=card.name,
        category=card.category,
        tagline=card.tagline,
        verified=card.verified,
        popularity=card.popularity,
        connections=card.connections,
        usable=card.usable,
        unusable_reason=card.unusable_reason,
        who_can_fix=card.who_can_fix,
        logo_url=card.logo,
        setup_minutes=card.setup_minutes,
        environments=list(card.environments),
    )


def instance(row: Instance, last_test: TestView | None) -> schemas.Instance:
    """Also of a connection whose provider's folder is gone: nothing of its configuration can be told then."""
    card = card_of(row)
    known = row.provider_id in catalog.registry()
    return schemas.Instance.of(
        id=row.id,
        provider_id=row.provider_id,
        name=row.name,
        description=row.description,
        environment=row.environment,
        status=card.status,
        health=row.health,
        health_reason=row.health_reason,
        account_name=row.account_name,
        webhook_url=card.webhook_url,
        configuration=configuration_view(row) if known else {},
        created_at=row.created_at,
        updated_at=row.updated_at,
        last_test=test(last_test) if last_test else None,
    )


def test(one: TestView) -> schemas.Test:
    return schemas.Test.of(
        id=one.id,
        test_id=one.test_id,
        provider_id=one.provider_id,
        instance_id=one.instance_id,
        environment=one.environment,
        status=one.status,
        message=one.message,
        steps=[
            schemas.Step.of(
                name=line.name,
                label=line.label,
                status=line.status,
                message=line.message,
                fix=line.fix or None,
                fix_url=line.fix_url or None,
                duration_ms=line.duration_ms,
            )
            for line in one.steps
        ],
        created_at=one.created_at,
        started_at=one.started_at,
        finished_at=one.finished_at,
    )


def available_test(one: AvailableTest) -> schemas.AvailableTest:
    return schemas.AvailableTest(
        id=one.id,
        provider_id=one.provider_id,
        name=one.name,
        description=one.description,
        inputs=[field(each) for each in one.inputs],
        changes_data=one.changes_data,
    )


def field(one: Field) -> schemas.ProviderField:
    return schemas.ProviderField(
        name=one.name,
        label=one.label,
        environment_variable=one.env,
        kind=one.kind.value,
        required=one.required,
        secret=one.secret,
        pattern=one.pattern,
        example=one.example,
        default=one.default,
        help=one.help,
        how_to=one.how_to,
        console_url=one.console_url,
        choices=[schemas.Choice.model_validate(each) for each in one.choices],
    )
