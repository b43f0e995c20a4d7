"""/api/integrations: what can be connected, and what is."""

from __future__ import annotations

from sqlalchemy.orm import Session

from providers.kit.contract import Environment
from webapp.accounts.proof import require_recent_proof
from webapp.api import presenting, requests, schemas
from webapp.api.errors import Unreadable, at_pointers
from webapp.api.operations import Answer, operation
from webapp.catalog import queries as catalog_queries
from webapp.catalog import service as catalog
from webapp.connection_tests import service as tests
from webapp.connection_tests.queries import latest, latest_of
from webapp.core.errors import Conflict, Invalid, NotFound, TooMany
from webapp.core.permissions import actor, enforce
from webapp.extensions import db
from webapp.instances import configuration as configurations
from webapp.instances import queries, service
from webapp.instances.drafts import pointer
from webapp.instances.lifecycle import RECOVERABLE
from webapp.instances.models import Instance

TAG = "Integrations"
PROVIDERS_SHOWN = 200


@operation(
    "GET",
    "",
    tag=TAG,
    action="instances.view",
    query=requests.InstanceQuery,
    answers={200: (schemas.Integrations, "Providers and connections, newest connections first.")},
)
def list_integrations(query: requests.InstanceQuery) -> Answer:
    """List providers and connections

    `category` and `search` narrow both lists; the other filters only the connections. The cursor pages through the
    connections; at most 200 providers are listed (the marketplace pages through all of them).
    """
    session, workspace_id = db.session(), actor().workspace_id
    page = queries.listing(
        session,
        workspace_id=workspace_id,
        category=query.category or "",
        status=query.status or "",
        health=query.health or "",
        provider_id=query.provider_id or "",
        environment=query.environment or "",
        text=query.search,
        cursor=query.cursor,
        limit=query.limit,
    )
    found = catalog_queries.search(
        session,
        workspace_id=workspace_id,
        text=query.search,
        category=query.category or "",
        limit=PROVIDERS_SHOWN,
    )
    ids = [card.id for card in page.cards]
    rows = {row.id: row for row in queries.with_secrets(session, ids)}
    last = latest_of(session, ids)
    return Answer(
        document=schemas.Integrations(
            providers=[presenting.provider(card) for card in found.cards],
            instances=[presenting.instance(rows[one], last.get(one)) for one in ids],
            total=page.total,
            next_cursor=page.next_cursor or None,
        )
    )


@operation(
    "POST",
    "",
    tag=TAG,
    action="instances.create",
    body=requests.NewInstance,
    answers={201: (schemas.InstanceAnswer, "It is connected; its first test is on its way.")},
    problems={409: "The same account or key is connected already; `link` leads to it."},
)
def create_integration(body: requests.NewInstance) -> Answer:
    """Connect an account

    The connection is active at once, with health `unknown`, and a connection test of it is asked for: `lastTest`
    tells how it went. Secrets are stored encrypted and never given back. When `environment` is left out, what the
    keys say themselves decides (`sk_test_…` is test), else it is `live`.
    """
    session, who = db.session(), actor()
    try:
        row = service.create(
            session,
            workspace_id=who.workspace_id,
            provider_id=body.provider_id,
            name=body.name,
            description=body.description,
            environment=body.environment or "",
            template_id=body.template_id,
            configuration=body.configuration,
            created_by=who.user_id,
        )
    except Invalid as error:
        raise at_pointers(error, {"template_id": "/templateId"}) from error
    except NotFound as error:
        raise _unknown_provider() from error
    _ask_for_first_test(session, row)
    session.commit()
    return Answer(document=_answer(session, row), status=201)


def _unknown_provider() -> Invalid:
    said = "There is no such provider here. GET /api/integrations/marketplace lists those there are."
    return Invalid("One value needs your attention.", fields={"/providerId": said})


def _ask_for_first_test(session: Session, row: Instance) -> None:
    who = actor()
    try:
        tests.request_test(
            session,
            workspace_id=row.workspace_id,
            test_id=f"{row.provider_id}-connection",
            instance=row,
            trigger=who.kind,
            requested_by=who.user_id,
        )
    except TooMany:
        row.next_check_at = row.created_at  # the regular checks take it up instead


@operation(
    "PUT",
    "",
    tag=TAG,
    action="instances.edit",
    body=requests.InstanceChange,
    answers={200: (schemas.InstanceAnswer, "The connection as it is now.")},
    problems={
        404: "This workspace has no such connection.",
        409: "The key is in use in another connection; `link` leads to it.",
    },
)
def change_integration(body: requests.InstanceChange) -> Answer:
    """Change a connection

    Send its `id` and what changes. A secret that is left out, or sent back as it was shown
    (`{"set": true, "last4": "…"}`), stays as it was. To replace a secret of an active connection the role manager is
    needed. When an address or account name changes, send the secrets again: a stored key never goes elsewhere.
    """
    session, who = db.session(), actor()
    row = service.instance_of(session, workspace_id=who.workspace_id, instance_id=body.id)
    if row.provider_id not in catalog.registry():
        raise Conflict("The provider of this connection is no longer installed, so it can only be removed.")
    service.update(session, row, name=body.name, description=body.description, environment=body.environment)
    if body.configuration is not None:
        _configure(session, row, body)
    if body.status is not None:
        _switch(session, row, body.status)
    session.commit()
    return Answer(document=_answer(session, row))


def _configure(session: Session, row: Instance, body: requests.InstanceChange) -> None:
    values = body.configuration or {}
    where = Environment(row.environment)
    if row.status != "draft" and configurations.parse(catalog.manifest_for(row), values, where).secret:
        enforce("instances.secrets")
        require_recent_proof()
    try:
        service.set_configuration(session, row, values, actor_id=actor().user_id)
    except Invalid as error:
        raise at_pointers(error, {name: pointer(name) for name in error.fields}) from error


def _switch(session: Session, row: Instance, status: str) -> None:
    if status == "paused":
        service.pause(session, row)
    elif row.status == "draft":
        service.finish(session, row, actor_id=actor().user_id)
        _ask_for_first_test(session, row)
    else:
        service.resume(session, row)


@operation(
    "DELETE",
    "",
    tag=TAG,
    action="instances.delete",
    query=requests.RemovalQuery,
    body=requests.Removal,
    body_needed=False,
    answers={200: (schemas.RemovalAnswer, "It is removed, and can be brought back for 30 days.")},
    problems={404: "This workspace has no such connection."},
)
def remove_integration(query: requests.RemovalQuery, body: requests.Removal | None) -> Answer:
    """Remove a connection

    Name it by `?id=` or by a body `{"id": …}`. Deliveries and checks stop at once. For 30 days it can be brought back
    on the page of connections.
    """
    session = db.session()
    named = {one for one in (query.id, body.id if body else None) if one}
    if len(named) != 1:
        said = 'Name one connection: ?id=… or a body {"id": …}.'
        raise Unreadable(said, problems=[{"parameter": "id", "detail": said}])
    row = service.instance_of(session, workspace_id=actor().workspace_id, instance_id=named.pop())
    service.request_webhook_removal(session, row)
    service.delete(session, row)
    session.commit()
    assert row.deleted_at is not None, "it was deleted in this request"
    document = schemas.RemovalAnswer(
        instance=_answer(session, row).instance, recoverable_until=row.deleted_at + RECOVERABLE
    )
    return Answer(document=document)


def _answer(session: Session, row: Instance) -> schemas.InstanceAnswer:
    return schemas.InstanceAnswer(instance=presenting.instance(row, latest(session, row.id)))
