"""Drafts, configurations, secrets, conflicts and the life of a connection."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit.contract import Account
from tests.webapp.fakes import acme
from webapp.accounts.models import User
from webapp.audit.models import AuditEntry
from webapp.catalog import service as catalog
from webapp.catalog.models import IntegrationProvider
from webapp.core.clock import now
from webapp.core.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.instances import queries, secrets, service
from webapp.instances.models import Instance, SecretVersion
from webapp.workspaces.models import Workspace


def create(session: Session, workspace: Workspace, **values: object) -> Instance:
    configuration = values.pop("configuration", {"ACME_SECRET_KEY": acme.GOOD_KEY})
    return service.create(
        session, workspace_id=workspace.id, provider_id="acme", name="Shop", configuration=configuration, **values
    )  # type: ignore[arg-type]  # keywords of the call


def test_a_sandbox_draft_is_filled_with_the_values_its_stand_in_accepts(
    sandboxed: Instance, session: Session
) -> None:
    assert queries.configuration_view(sandboxed)["api_key"] == {"set": True, "last4": "GOOD"}
    assert sandboxed.status == "active"
    assert session.get(IntegrationProvider, "acme").connections == 1  # type: ignore[union-attr]  # it is there


def test_a_template_fills_in_its_values_and_events(session: Session, workspace: Workspace) -> None:
    row = service.start_draft(session, workspace_id=workspace.id, provider_id="acme", template_id="shop")
    assert row.configuration == {"sender": "shop@example.com"}
    assert row.webhook_events == ["payment.paid"]


def test_a_second_draft_gets_another_name(session: Session, workspace: Workspace, draft: Instance) -> None:
    again = service.start_draft(session, workspace_id=workspace.id, provider_id="acme", environment="test")
    assert (draft.name, again.name) == ("Acme Pay (test)", "Acme Pay (test) 2")


def test_every_problem_is_told_at_once_by_the_names_that_were_sent(draft: Instance, session: Session) -> None:
    with pytest.raises(Invalid) as caught:
        service.set_configuration(
            session,
            draft,
            {
                "secret_key": "pk_test_abcdef",
                "NEXT_PUBLIC_ACME_KEY": "pk_live_abcdef",
                "region": "mars",
                "ACME_FROM": "not an address",
                "colour": "blue",
                "webhook_secret": "whs_\x00bad",
            },
        )
    fields = caught.value.fields
    assert set(fields) == {"secret_key", "NEXT_PUBLIC_ACME_KEY", "region", "ACME_FROM", "colour", "webhook_secret"}
    assert fields["secret_key"] == "This is the publishable key."
    assert "live key" in fields["NEXT_PUBLIC_ACME_KEY"]
    assert draft.configuration == {}
    assert not draft.secrets


def test_quotes_and_spaces_around_a_key_are_trimmed(draft: Instance, session: Session) -> None:
    service.set_configuration(session, draft, {"api_key": f'  "{acme.GOOD_KEY}"\n'})
    assert secrets.open_current(session, draft)["api_key"] == acme.GOOD_KEY


@pytest.mark.parametrize("sent", ["", None, "••••GOOD", "••••", {"set": True, "last4": "GOOD"}])
def test_a_secret_left_out_empty_or_sent_back_masked_stays(draft: Instance, session: Session, sent: object) -> None:
    service.set_configuration(session, draft, {"api_key": acme.GOOD_KEY})
    change = service.set_configuration(session, draft, {"api_key": sent, "sender": "a@example.com"})
    assert change.changed == ("sender",)
    assert secrets.open_current(session, draft)["api_key"] == acme.GOOD_KEY
    assert len(draft.secrets) == 1


def test_a_value_of_more_than_8_kilobytes_is_refused(draft: Instance, session: Session) -> None:
    with pytest.raises(Invalid) as caught:
        service.set_configuration(session, draft, {"api_key": "ak_test_" + "a" * 9000})
    assert "too long" in caught.value.fields["api_key"]


@pytest.mark.parametrize("sent", [["a"], {"a": 1}, 1.5, True, "\ud800", "a\u2028b"])
def test_odd_values_are_problems_and_never_crashes(draft: Instance, session: Session, sent: object) -> None:
    with pytest.raises(Invalid):
        service.set_configuration(session, draft, {"api_key": sent})


def test_a_program_creates_a_whole_connection_and_the_keys_say_the_environment(
    session: Session, workspace: Workspace
) -> None:
    row = create(session, workspace)
    assert (row.status, row.environment) == ("active", "test")


def test_documentations_sample_keys_may_be_saved_twice(session: Session, workspace: Workspace) -> None:
    for _ in range(2):
        assert create(session, workspace, configuration={"ACME_SECRET_KEY": "ak_test_..."}).status == "active"


def test_a_program_hears_of_all_problems_with_their_place_in_its_document(
    session: Session, workspace: Workspace
) -> None:
    with pytest.raises(Invalid) as caught:
        service.create(
            session,
            workspace_id=workspace.id,
            provider_id="acme",
            name=" ",
            environment="space",
            configuration={"ACME_FROM": "?"},
        )
    assert set(caught.value.fields) == {
        "name",
        "environment",
        "/configuration/ACME_FROM",
        "/configuration/api_key",
    }


def test_the_same_key_twice_is_refused_with_a_link_to_the_first(session: Session, workspace: Workspace) -> None:
    first = create(session, workspace)
    with pytest.raises(Conflict) as caught:
        create(session, workspace)
    assert caught.value.link == f"/integrations/{first.id}"


def test_the_same_key_in_another_workspace_is_no_conflict(
    session: Session, workspace: Workspace, people: object, owner: User
) -> None:
    create(session, workspace)
    assert create(session, people.workspace(owner, "Elsewhere")).status == "active"  # type: ignore[attr-defined]  # a fixture


def test_the_same_account_by_another_key_is_found(session: Session, workspace: Workspace) -> None:
    first = create(session, workspace)
    first.account_id = "acct_1"
    second = create(session, workspace, configuration={"api_key": "ak_test_another0123456789"})
    assert service.account_conflict(session, second, Account(id="acct_1", name="")) is first
    assert service.account_conflict(session, first, Account(id="acct_1", name="")) is None


def test_a_draft_finishes_only_when_it_is_complete(draft: Instance, session: Session) -> None:
    with pytest.raises(Invalid) as caught:
        service.finish(session, draft)
    assert caught.value.fields == {"api_key": "Secret key is needed."}


def test_another_region_must_get_its_key_again(session: Session, workspace: Workspace, draft: Instance) -> None:
    service.set_configuration(session, draft, {"api_key": acme.GOOD_KEY})
    change = service.set_configuration(session, draft, {"region": "us"})
    assert change.dropped == ("api_key",)
    assert secrets.open_current(session, draft) == {}
    row = create(session, workspace, configuration={"api_key": "ak_test_another0123456789"})
    with pytest.raises(Invalid) as caught:
        service.set_configuration(session, row, {"region": "us"})
    assert caught.value.fields == {"api_key": "Enter it again: the address has changed."}
    service.set_configuration(session, row, {"region": "us", "api_key": "ak_test_another0123456789"})
    assert row.configuration["region"] == "us"


def test_a_replaced_webhook_secret_stays_valid_for_a_day_and_a_key_does_not(
    session: Session, sandboxed: Instance
) -> None:
    for value in ("whs_first123", "whs_second123"):
        service.set_configuration(session, sandboxed, {"webhook_secret": value})
    service.set_configuration(session, sandboxed, {"api_key": "ak_test_fresh0123456789abcd"})
    assert service.webhook_secrets(session, sandboxed.id) == ("whs_second123", "whs_first123")
    states = {(one.field, one.version): one.state for one in service.secret_history(session, sandboxed)}
    assert states == {
        ("webhook_secret", 1): "overlap",
        ("webhook_secret", 2): "current",
        ("api_key", 1): "retired",
        ("api_key", 2): "current",
    }
    assert service.retire_now(session, sandboxed, field_name="webhook_secret", version=1) == 1
    assert service.webhook_secrets(session, sandboxed.id) == ("whs_second123",)
    with pytest.raises(Invalid):
        service.retire_now(session, sandboxed, field_name="api_key")


def test_a_retired_secret_is_forgotten(session: Session, sandboxed: Instance) -> None:
    service.set_configuration(session, sandboxed, {"api_key": "ak_test_fresh0123456789abcd"})
    assert secrets.forget_retired(session) == 1
    sealed = session.scalars(select(SecretVersion.sealed).order_by(SecretVersion.version)).all()
    assert sealed[0] == ""
    assert sealed[1] != ""


def test_a_short_secret_shows_no_last_four(session: Session, sandboxed: Instance) -> None:
    service.set_configuration(session, sandboxed, {"webhook_secret": "whs_short12"})
    assert queries.configuration_view(sandboxed)["webhook_secret"] == {"set": True, "last4": ""}


@pytest.mark.parametrize(
    ("value", "last4"),
    [
        ('{"private_key": "not a key", "type": "service_account"}', ""),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", ""),
        ("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8w==", "8w=="),
        ("sk_test_0123456789abcdef", "cdef"),
    ],
)
def test_four_characters_are_shown_where_they_tell_one_from_another(value: str, last4: str) -> None:
    assert secrets.last4_of(value) == last4


def test_a_secret_is_in_no_repr_no_audit_entry_and_no_file_of_the_database(
    session: Session, sandboxed: Instance, app: Flask
) -> None:
    value = "ak_test_veryprivate0123456789"
    service.set_configuration(session, sandboxed, {"api_key": value})
    session.commit()
    shown = [repr(one) for one in (sandboxed, sandboxed.secrets, queries.configuration_view(sandboxed))]
    shown += [repr(queries.detail(session, workspace_id=sandboxed.workspace_id, instance_id=sandboxed.id))]
    shown += [repr(service.sort_paste("acme", f"ACME_SECRET_KEY={value}"))]
    shown += [f"{one.action} {one.details} {one.object_name}" for one in session.scalars(select(AuditEntry))]
    assert not [one for one in shown if "veryprivate" in one]
    folder: Path = app.config["SETTINGS"].data_dir
    assert not [file for file in folder.glob("toolkit.db*") if b"veryprivate" in file.read_bytes()]


def test_a_removed_connection_can_come_back_for_30_days(session: Session, sandboxed: Instance) -> None:
    service.delete(session, sandboxed)
    with pytest.raises(NotFound):
        service.instance_of(session, workspace_id=sandboxed.workspace_id, instance_id=sandboxed.id)
    assert session.get(IntegrationProvider, "acme").connections == 0  # type: ignore[union-attr]  # it is there
    service.restore(session, sandboxed)
    assert sandboxed.deleted_at is None
    service.delete(session, sandboxed)
    sandboxed.deleted_at = now() - timedelta(days=31)
    with pytest.raises(Conflict):
        service.restore(session, sandboxed)
    service.purge(session, sandboxed)
    assert session.get(Instance, sandboxed.id) is None


def test_a_connection_does_not_come_back_beside_its_successor(session: Session, workspace: Workspace) -> None:
    first = create(session, workspace)
    service.delete(session, first)
    second = create(session, workspace)
    with pytest.raises(Conflict) as caught:
        service.restore(session, first)
    assert caught.value.link.endswith(second.id)


def test_what_is_still_there_is_not_purged(session: Session, sandboxed: Instance) -> None:
    with pytest.raises(Conflict):
        service.purge(session, sandboxed)


def test_pausing_and_resuming(session: Session, sandboxed: Instance, draft: Instance) -> None:
    service.pause(session, sandboxed)
    assert (sandboxed.status, sandboxed.next_check_at) == ("paused", None)
    service.resume(session, sandboxed)
    assert sandboxed.status == "active"
    with pytest.raises(Conflict):
        service.pause(session, draft)


def test_a_draft_moves_to_the_sandbox_and_leaves_its_keys_behind(session: Session, draft: Instance) -> None:
    service.set_configuration(session, draft, {"api_key": "ak_test_mine0123456789abcdef"})
    service.update(session, draft, environment="sandbox", wizard_step="credentials")
    assert secrets.open_current(session, draft) == {"api_key": acme.GOOD_KEY}
    service.finish(session, draft)
    with pytest.raises(Invalid) as caught:
        service.update(session, draft, environment="live", name="", webhook_events=["no.such"], wizard_step="moon")
    assert set(caught.value.fields) == {"environment", "name", "webhook_events", "wizard_step"}


def test_the_servers_credentials_are_used_only_when_an_admin_offers_them(
    app: Flask, session: Session, draft: Instance
) -> None:
    with pytest.raises(Forbidden):
        service.use_server_credentials(session, draft)
    with pytest.raises(Invalid):
        catalog.offer_server_credentials(session, provider_id="acme", offered=True)
    app.config["SETTINGS"].environ["ACME_SECRET_KEY"] = acme.LIVE_KEY
    catalog.offer_server_credentials(session, provider_id="acme", offered=True)
    with pytest.raises(Invalid) as caught:
        service.use_server_credentials(session, draft)
    assert "live key" in caught.value.fields["api_key"]
    app.config["SETTINGS"].environ["ACME_SECRET_KEY"] = acme.GOOD_KEY
    service.use_server_credentials(session, draft)
    service.finish(session, draft)
    provider = service.open_provider(session, draft, meter=lambda record: None)
    assert provider.configuration["api_key"] == acme.GOOD_KEY
    assert queries.configuration_view(draft)["api_key"] == {"set": False, "last4": ""}


def test_lists_filter_page_and_hide_what_was_removed(
    session: Session, workspace: Workspace, sandboxed: Instance, draft: Instance
) -> None:
    def ids(**asked: object) -> list[str]:
        return [one.id for one in queries.listing(session, workspace_id=workspace.id, **asked).cards]  # type: ignore[arg-type]  # keywords of the call

    assert set(ids()) == {sandboxed.id, draft.id}
    assert ids(status="draft") == [draft.id]
    assert ids(category="email") == []
    assert ids(text="SANDBOX") == [sandboxed.id]
    first = queries.listing(session, workspace_id=workspace.id, limit=1)
    rest = queries.listing(session, workspace_id=workspace.id, limit=1, cursor=first.next_cursor)
    assert {first.cards[0].id, rest.cards[0].id} == {sandboxed.id, draft.id}
    assert rest.next_cursor == ""
    service.delete(session, draft)
    assert ids() == [sandboxed.id]
    assert ids(status="deleted") == [draft.id]
