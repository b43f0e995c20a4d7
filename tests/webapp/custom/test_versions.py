"""Approval: nobody decides about their own work, what was approved is what runs, and a kill switch stops it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from providers.kit.contract import Environment
from tests.conftest import People
from tests.webapp.custom.conftest import document
from webapp.accounts.models import User
from webapp.audit.models import AuditEntry
from webapp.catalog import publishing, service
from webapp.catalog.queries import search
from webapp.connection_tests import runner
from webapp.connection_tests.models import ConnectionTest
from webapp.connection_tests.service import request_test
from webapp.core.clock import now
from webapp.core.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.custom import drafts, versions
from webapp.custom.models import CustomIntegration, CustomVersion
from webapp.custom.seals import digest_of
from webapp.instances import service as instances
from webapp.instances.models import Instance
from webapp.notices.models import Notice
from webapp.usage.models import UsageRecord
from webapp.webhooks import samples
from webapp.webhooks.models import WebhookEvent
from webapp.webhooks.processing import drain
from webapp.workspaces.models import Workspace


@pytest.fixture
def submitted(session: Session, draft: CustomIntegration, owner: User, admin: User) -> CustomVersion:
    row = versions.submit(session, draft, user_id=owner.id, note="For the shop")
    session.commit()
    return row


@pytest.fixture
def live(session: Session, submitted: CustomVersion, admin: User) -> CustomVersion:
    versions.approve(session, submitted, user_id=admin.id)
    publishing.publish(session, submitted, user_id=admin.id, audience="all")
    session.commit()
    return submitted


def next_version(
    session: Session, draft: CustomIntegration, owner: User, admin: User, **changes: Any
) -> CustomVersion:
    content = drafts.document_of(session, draft) | changes
    drafts.save(session, draft, document=content, seen=draft.revision, user_id=owner.id, what="More")
    row = versions.submit(session, draft, user_id=owner.id)
    versions.approve(session, row, user_id=admin.id)
    publishing.publish(session, row, user_id=admin.id, audience="all")
    session.commit()
    return row


def names_shown(session: Session, workspace: Workspace) -> set[str]:
    return {one.id for one in search(session, workspace_id=workspace.id, text="northwind").cards}


def test_admins_are_told_of_what_was_submitted(session: Session, submitted: CustomVersion, admin: User) -> None:
    notice = session.scalars(select(Notice).where(Notice.user_id == admin.id)).one()
    assert notice.title == "“Northwind Orders” waits for your review"
    assert notice.href == f"/admin/custom/{submitted.id}"


def test_what_cannot_run_cannot_be_submitted(session: Session, draft: CustomIntegration, owner: User) -> None:
    broken = document() | {"base_url": "ftp://example.com"}
    drafts.save(session, draft, document=broken, seen=1, user_id=owner.id, what="Broken")
    with pytest.raises(Invalid) as refused:
        versions.submit(session, draft, user_id=owner.id)
    assert "/base_url" in refused.value.fields


def test_nobody_approves_their_own_work(session: Session, workspace: Workspace, people: People) -> None:
    boss = people.user("boss@example.com", admin=True)
    mine = drafts.create(session, workspace_id=workspace.id, user_id=boss.id, name="Mine", document=document())
    row = versions.submit(session, mine, user_id=boss.id)
    with pytest.raises(Forbidden, match="own work"):
        versions.approve(session, row, user_id=boss.id)
    assert row.state == "submitted"


def test_the_author_learns_what_is_asked_for_and_submits_anew(
    session: Session, draft: CustomIntegration, submitted: CustomVersion, owner: User, admin: User
) -> None:
    with pytest.raises(Invalid, match="Say why"):
        versions.request_changes(session, submitted, user_id=admin.id, note=" ")
    versions.request_changes(session, submitted, user_id=admin.id, note="Name the permission.")
    told = session.scalars(select(Notice).where(Notice.user_id == owner.id)).one()
    assert "Name the permission." in told.text
    again = versions.submit(session, draft, user_id=owner.id)
    assert (again.number, submitted.state, again.state) == (2, "superseded", "submitted")


def test_every_decision_is_in_the_audit_log(session: Session, live: CustomVersion, admin: User) -> None:
    publishing.withdraw(session, live, user_id=admin.id, note="A leak")
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("custom."))).all()
    assert actions == [
        "custom.started",
        "custom.submitted",
        "custom.approved",
        "custom.published",
        "custom.withdrawn",
    ]


def test_a_document_changed_in_the_database_is_neither_approved_nor_served(
    session: Session, submitted: CustomVersion, admin: User
) -> None:
    stolen = submitted.document | {"base_url": "https://evil.example.com"}
    session.execute(update(CustomVersion).values(document=stolen, digest=digest_of(stolen)))
    session.commit()
    with pytest.raises(Conflict, match="changed in the database"):
        versions.approve(session, submitted, user_id=admin.id)


def test_a_published_document_changed_afterwards_is_not_served(session: Session, live: CustomVersion) -> None:
    assert live.provider_id in service.registry()
    stolen = live.document | {"base_url": "https://evil.example.com"}
    session.execute(update(CustomVersion).values(document=stolen, changed_at=now()))
    session.commit()
    service.published_documents().forget()
    assert live.provider_id not in service.registry()
    assert service.published_documents().refused == {live.id}


def test_one_workspace_first_then_all(
    session: Session, submitted: CustomVersion, workspace: Workspace, admin: User, people: People
) -> None:
    other = people.workspace(people.user("eve@example.com"), "Elsewhere")
    versions.approve(session, submitted, user_id=admin.id)
    publishing.publish(session, submitted, user_id=admin.id, audience="workspace")
    session.commit()
    assert names_shown(session, workspace) == {submitted.provider_id}
    assert names_shown(session, other) == set()
    with pytest.raises(NotFound):
        instances.start_draft(session, workspace_id=other.id, provider_id=submitted.provider_id)
    publishing.publish(session, submitted, user_id=admin.id, audience="all")
    session.commit()
    assert names_shown(session, other) == {submitted.provider_id}


def test_connections_stay_on_their_version_until_they_are_moved(
    session: Session, draft: CustomIntegration, live: CustomVersion, workspace: Workspace, owner: User, admin: User
) -> None:
    old = instances.start_draft(
        session, workspace_id=workspace.id, provider_id=live.provider_id, environment="sandbox"
    )
    session.commit()
    next_version(session, draft, owner, admin, name="Northwind Plus")
    assert service.manifest_of(live.provider_id).name == "Northwind Plus"
    assert service.manifest_for(old).name == "Northwind Orders"
    new = instances.start_draft(
        session, workspace_id=workspace.id, provider_id=live.provider_id, environment="sandbox"
    )
    assert (old.provider_version, new.provider_version) == (1, 2)


def test_going_back_to_an_earlier_version_makes_it_the_one_that_is_offered(
    session: Session, draft: CustomIntegration, live: CustomVersion, owner: User, admin: User
) -> None:
    second = next_version(session, draft, owner, admin, name="Northwind Plus")
    publishing.publish(session, live, user_id=admin.id, audience="all")
    session.commit()
    assert (live.state, second.state) == ("published", "replaced")
    assert service.manifest_of(live.provider_id).name == "Northwind Orders"


def test_what_is_being_retired_takes_no_new_connections_and_says_what_to_use(
    session: Session, live: CustomVersion, workspace: Workspace, admin: User
) -> None:
    publishing.deprecate(session, live, user_id=admin.id, replacement="hubspot")
    session.commit()
    with pytest.raises(Forbidden, match="being retired") as refused:
        instances.start_draft(session, workspace_id=workspace.id, provider_id=live.provider_id)
    assert "hubspot" in refused.value.fix


def test_the_kill_switch_stops_every_version(
    session: Session, live: CustomVersion, workspace: Workspace, admin: User
) -> None:
    row = instances.start_draft(
        session, workspace_id=workspace.id, provider_id=live.provider_id, environment="sandbox"
    )
    publishing.withdraw(session, live, user_id=admin.id, note="It leaked")
    session.commit()
    assert names_shown(session, workspace) == set()
    with pytest.raises(NotFound):
        instances.open_provider(session, row, meter=lambda _: None)


@pytest.mark.parametrize("name", ["orders", "forms"])
def test_a_published_document_connects_tests_receives_and_is_counted(
    session: Session, workspace: Workspace, owner: User, admin: User, name: str
) -> None:
    mine = drafts.create(session, workspace_id=workspace.id, user_id=owner.id, name=name, document=document(name))
    version = versions.submit(session, mine, user_id=owner.id)
    versions.approve(session, version, user_id=admin.id)
    publishing.publish(session, version, user_id=admin.id, audience="workspace")
    session.commit()
    provider_id = version.provider_id
    row = instances.create(
        session, workspace_id=workspace.id, provider_id=provider_id, name="Shop", configuration={},
        environment=Environment.SANDBOX.value,
    )  # fmt: skip
    session.commit()
    test = request_test(
        session, workspace_id=workspace.id, test_id=f"{provider_id}-connection", instance=row, trigger="person",
        requested_by=owner.id,
    )  # fmt: skip
    session.commit()
    test_id, instance_id = test.id, row.id
    runner.run(test_id)
    ran = session.get_one(ConnectionTest, test_id)
    assert ran.status == "passed", ran.steps
    row = session.get_one(Instance, instance_id)
    if samples.can_send(row):
        kind = samples.event_types(row)[0][0]
        samples.send(session, row, event_type=kind)
        drain(session)
        assert session.scalars(select(WebhookEvent.status).where(WebhookEvent.instance_id == instance_id)).all() == [
            "processed"
        ]
    assert session.scalars(select(UsageRecord).where(UsageRecord.instance_id == instance_id)).first() is not None
