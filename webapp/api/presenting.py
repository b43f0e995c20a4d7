"""From rows and cards to documents. Of secrets only what `configuration_view` gives: whether set, and the last four."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit.contract import Field, TestDefinition
from webapp.api import schemas
from webapp.catalog import service as catalog
from webapp.catalog.queries import ProviderCard
from webapp.connection_tests.models import ConnectionTest
from webapp.instances.models import Instance
from webapp.instances.queries import card_of, configuration_view


def provider(card: ProviderCard) -> schemas.Provider:
    return schemas.Provider(
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


def instance(row: Instance, last_test: ConnectionTest | None) -> schemas.Instance:
    """Also of a connection whose provider's folder is gone: nothing of its configuration can be told then."""
    card = card_of(row)
    known = row.provider_id in catalog.registry()
    return schemas.Instance(
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


def test(row: ConnectionTest) -> schemas.Test:
    return schemas.Test(
        id=row.id,
        test_id=row.test_id,
        provider_id=row.provider_id,
        instance_id=row.instance_id,
        environment=row.environment,
        status=row.status,
        message=row.message,
        steps=[
            schemas.Step(
                name=one["name"],
                label=one.get("label") or one["name"],
                status=one["status"],
                message=one.get("message", ""),
                fix=one.get("fix") or None,
                fix_url=one.get("fixUrl") or None,
                duration_ms=one.get("durationMs"),
            )
            for one in row.steps
        ],
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def last_tests(session: Session, ids: Sequence[str]) -> Mapping[str, ConnectionTest]:
    """The newest test of each of these connections, by connection: one statement, one step in an index for each."""
    newest = (
        select(ConnectionTest.id)
        .where(ConnectionTest.instance_id == Instance.id)
        .order_by(ConnectionTest.created_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    wanted = select(newest).where(Instance.id.in_(ids))
    rows = session.scalars(select(ConnectionTest).where(ConnectionTest.id.in_(wanted)))
    return {row.instance_id: row for row in rows if row.instance_id}


def available_test(provider_id: str, one: TestDefinition) -> schemas.AvailableTest:
    return schemas.AvailableTest(
        id=one.id,
        provider_id=provider_id,
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
        choices=[schemas.Choice(value=each.value, label=each.label, hint=each.hint) for each in one.choices],
    )
