"""The ground: keys, permissions, the audit chain."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from webapp.audit import service as audit
from webapp.core.crypto import CannotDecrypt, Keyring
from webapp.core.pagination import decode_cursor, encode_cursor
from webapp.core.permissions import ACTIONS, permission_of
from webapp.workspaces.models import Workspace
from webapp.workspaces.service import data_key


def test_a_sealed_value_opens_only_in_its_own_place(session: Session, workspace: Workspace) -> None:
    key = data_key(session, workspace.id)
    sealed = key.seal("sk_test_secret", "integration_secrets", "ins_1", "api_key", "1")
    assert key.open(sealed, "integration_secrets", "ins_1", "api_key", "1") == "sk_test_secret"
    with pytest.raises(CannotDecrypt):
        key.open(sealed, "integration_secrets", "ins_2", "api_key", "1")


def test_short_and_long_secrets_of_one_step_look_alike(session: Session, workspace: Workspace) -> None:
    key = data_key(session, workspace.id)
    assert len(key.seal("a", "p")) == len(key.seal("a" * 50, "p"))


def test_a_new_root_key_opens_what_the_old_one_wrapped_and_rewraps_it() -> None:
    old, new = "the old key, which is long enough!", "the new key, which is long enough!"
    wrapped = Keyring([old]).new_data_key("wsp_1")
    both = Keyring([new, old])
    again = both.rewrap(wrapped, "wsp_1")
    assert Keyring([new]).unwrap(again, "wsp_1").raw == both.unwrap(wrapped, "wsp_1").raw
    with pytest.raises(CannotDecrypt, match="not among ENCRYPTION_KEYS"):
        Keyring([new]).unwrap(wrapped, "wsp_1")


def test_an_equal_secret_is_recognised_after_a_key_rotation() -> None:
    old, new = "the old key, which is long enough!", "the new key, which is long enough!"
    wrapped = Keyring([old]).new_data_key("wsp_1")
    before = Keyring([old]).unwrap(wrapped, "wsp_1").fingerprint("sk_test_secret")
    after = Keyring([new]).unwrap(Keyring([new, old]).rewrap(wrapped, "wsp_1"), "wsp_1")
    assert (after.fingerprint("sk_test_secret"), after.fingerprint("another") == before) == (before, False)


def test_a_changed_audit_entry_is_found(app: Flask, session: Session, workspace: Workspace) -> None:
    keyring = app.extensions["keyring"]
    assert list(audit.verify(session, keyring)) == []
    session.execute(text("UPDATE audit_log SET action = 'nothing.happened' WHERE sequence = 1"))
    assert [fault.sequence for fault in audit.verify(session, keyring)] == [1]


def test_a_removed_audit_entry_is_found(app: Flask, session: Session, workspace: Workspace) -> None:
    audit.record(session, "test.done")
    session.execute(text("DELETE FROM audit_log WHERE sequence = 1"))
    assert "missing" in next(audit.verify(session, app.extensions["keyring"])).what


def test_every_route_states_its_permission(app: Flask) -> None:
    for name, view in app.view_functions.items():
        permission = permission_of(view)
        assert permission in ("public", "signed-in") or permission in ACTIONS, name


def test_cursors_come_back_as_they_went() -> None:
    assert decode_cursor(encode_cursor("a", 3), (str, int)) == ("a", 3)
