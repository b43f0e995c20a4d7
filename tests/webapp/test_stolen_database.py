"""Whoever has the database file, but not the keys, can recover and use nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import PASSWORD, People
from webapp.accounts import authenticator
from webapp.accounts.models import AuthenticatorApp, User, UserSession
from webapp.accounts.service import session_of, start_session
from webapp.core.crypto import CannotDecrypt, DataKey, Keyring
from webapp.core.identifiers import new_id
from webapp.extensions import Model
from webapp.instances.models import Instance, SecretVersion
from webapp.workspaces.models import ApiToken, Workspace, WorkspaceKey
from webapp.workspaces.service import data_key

SEALED = {
    "integration_secrets.sealed",
    "integration_tests.sealed_input",
    "oauth_sign_ins.sealed_verifier",
    "authenticator_apps.sealed",
    "outgoing_mails.sealed",
}
"""Every column that holds something sealed."""

SUSPICIOUS = re.compile(r"sealed|secret|password|token|private|cipher|seed|wrapped|recovery|verifier")
EXPLAINED = {
    "api_tokens.token_digest": "a digest",
    "user_sessions.token_digest": "a digest",
    "account_links.token_digest": "a digest",
    "invitations.token_digest": "a digest",
    "connect_links.token_digest": "a digest",
    "users.password_hash": "argon2id",
    "workspace_keys.wrapped": "a data key under a root key",
    "authenticator_apps.wrapped": "a data key under a root key",
    "outgoing_mails.wrapped": "a data key under a root key",
    "integration_instances.token_lease": "a random mark of who refreshes, good for nothing else",
    "integration_instances.token_lease_until": "a time",
}


def test_every_column_named_like_a_secret_is_sealed_a_digest_or_explained(app: Flask) -> None:
    named = {
        f"{table.name}.{column.name}"
        for table in Model.metadata.tables.values()
        for column in table.columns
        if SUSPICIOUS.search(column.name)
    }
    assert named - SEALED == set(EXPLAINED)
    assert named >= SEALED


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("integration_tests", "ins_1", "api_key", "1"),
        ("integration_secrets", "ins_2", "api_key", "1"),
        ("integration_secrets", "ins_1", "webhook_secret", "1"),
        ("integration_secrets", "ins_1", "api_key", "2"),
        ("integration_secrets", "ins_1a", "pi_key", "1"),
    ],
)
def test_a_sealed_value_does_not_open_in_another_table_row_field_or_version(elsewhere: tuple[str, ...]) -> None:
    keyring = Keyring(["a root key that is long enough for a test"])
    key = keyring.unwrap(keyring.new_data_key("wsp_1"), "wsp_1")
    sealed = key.seal("sk_live_planted", "integration_secrets", "ins_1", "api_key", "1")
    with pytest.raises(CannotDecrypt):
        key.open(sealed, *elsewhere)


def test_two_workspaces_cannot_swap_keys_or_secrets(session: Session, people: People, owner: User) -> None:
    one, two = people.workspace(owner, "One"), people.workspace(owner, "Two")
    sealed = data_key(session, one.id).seal("planted", "integration_secrets", "ins_1", "api_key", "1")
    with pytest.raises(CannotDecrypt):
        data_key(session, two.id).open(sealed, "integration_secrets", "ins_1", "api_key", "1")
    rows = [session.get_one(WorkspaceKey, each.id) for each in (one, two)]
    rows[0].wrapped, rows[1].wrapped = rows[1].wrapped, rows[0].wrapped
    with pytest.raises(CannotDecrypt, match="belongs to another workspace"):
        data_key(session, one.id)


def test_the_files_of_the_database_hold_no_planted_secret(
    app: Flask, session: Session, people: People, owner: User, workspace: Workspace, tmp_path: Path
) -> None:
    planted = f"sk_live_{new_id('planted')}"
    instance = Instance(workspace_id=workspace.id, provider_id="acme", name="Acme", created_by=owner.id)
    session.add(instance)
    session.flush()
    sealed = data_key(session, workspace.id).seal(planted, "integration_secrets", instance.id, "api_key", "1")
    session.add(SecretVersion(instance_id=instance.id, field="api_key", version=1, sealed=sealed, fingerprint=""))
    authenticator.begin(session, owner)
    enrolled = authenticator.enrolment(session, owner)
    assert enrolled is not None
    cookie = start_session(session, owner, ip="", user_agent="", workspace_id=workspace.id)
    session.commit()
    token = people.token(workspace, owner)
    secrets = [planted, enrolled.secret, cookie, token, PASSWORD]
    files = [path for path in tmp_path.glob("toolkit.db*") if path.stat().st_size]
    assert files
    found = b"".join(path.read_bytes() for path in files)
    assert sealed.encode() in found, "the search looks where the rows are"
    assert [secret for secret in secrets if secret.encode() in found] == []


def test_a_digest_from_the_database_is_no_session_and_no_api_token(
    app: Flask, session: Session, people: People, owner: User, workspace: Workspace
) -> None:
    token = people.token(workspace, owner)
    digest = session.scalars(select(ApiToken.token_digest)).one()
    client = app.test_client()
    genuine = client.get("/api/integrations", headers={"Authorization": f"Bearer {token}"})
    stolen = client.get("/api/integrations", headers={"Authorization": f"Bearer {digest}"})
    assert (genuine.status_code, stolen.status_code) == (200, 401)
    cookie = start_session(session, owner, ip="", user_agent="", workspace_id=workspace.id)
    kept = session.scalars(select(UserSession.token_digest)).one()
    assert session_of(session, cookie) is not None
    assert session_of(session, kept) is None


def test_passwords_are_argon2id_at_the_cost_owasp_asks_for(owner: User) -> None:
    assert owner.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_without_the_root_key_neither_secrets_nor_authenticator_apps_open(session: Session, owner: User) -> None:
    authenticator.begin(session, owner)
    row = session.get_one(AuthenticatorApp, owner.id)
    thief = Keyring(["a root key that is not the one of this place"])
    with pytest.raises(CannotDecrypt, match="is not among ENCRYPTION_KEYS"):
        thief.unwrap(row.wrapped, authenticator.place(owner.id))
    with pytest.raises(CannotDecrypt):
        DataKey(bytes(32)).open(row.sealed, "authenticator_apps", owner.id)
