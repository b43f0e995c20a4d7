"""A new encryption key for the whole installation, while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts import authenticator
from webapp.accounts.models import AuthenticatorApp
from webapp.audit.service import record
from webapp.config import KEY_FILES, Settings, SettingsError
from webapp.core import canary
from webapp.core.crypto import Keyring
from webapp.extensions import db
from webapp.runtime.keys import new_key, prepend_key
from webapp.workspaces.models import WorkspaceKey

_BATCH = 200


@dataclass(frozen=True, kw_only=True)
class Rotated:
    """`made_key`: a new key was made (False: an earlier rotation was finished, or the operator had put one first)."""

    workspaces: int
    primary_id: str
    made_key: bool


def rotate(app: Flask) -> Rotated:
    """Wraps every workspace's data key anew under the first key; sealed values stay as they are.

    Makes that first key when all is under the present one already. Can be broken off and called again. Running
    processes read the key file when they meet the new key. Raises SettingsError, CannotDecrypt.
    """
    settings: Settings = app.config["SETTINGS"]
    keyring = Keyring(settings.encryption_keys)
    session = db.session()
    made = not _old_keys(session, keyring)
    if made:
        keyring = _with_new_key(settings)
    app.extensions["keyring"] = keyring
    done = 0
    while batch := _old_keys(session, keyring):
        for row in batch:
            row.wrapped = keyring.rewrap(row.wrapped, row.workspace_id)
        done += len(batch)
        session.commit()
    _rewrap_apps(session, keyring)
    canary.rewrap(session, keyring)
    details = {"workspaces": done, "key": keyring.primary_id, "older_keys": list(keyring.ids[1:])}
    record(session, "keys.rotated", object_kind="installation", details=details)
    session.commit()
    return Rotated(workspaces=done, primary_id=keyring.primary_id, made_key=made)


def _rewrap_apps(session: Session, keyring: Keyring) -> None:
    """The secrets of authenticator apps. Mails in the outbox live for a day and stay under the key they have."""
    old = AuthenticatorApp.wrapped.not_like(f"w1.{keyring.primary_id}.%")
    while batch := session.scalars(select(AuthenticatorApp).where(old).limit(_BATCH)).all():
        for row in batch:
            authenticator.rewrap(keyring, row)
        session.commit()


def _old_keys(session: Session, keyring: Keyring) -> list[WorkspaceKey]:
    current = f"w1.{keyring.primary_id}."
    query = select(WorkspaceKey).where(WorkspaceKey.wrapped.not_like(current + "%")).limit(_BATCH)
    return list(session.scalars(query))


def _with_new_key(settings: Settings) -> Keyring:
    path = settings.data_dir / KEY_FILES["ENCRYPTION_KEYS"]
    if settings.value("ENCRYPTION_KEYS") or not path.is_file():
        raise SettingsError(
            "Everything is under the first of ENCRYPTION_KEYS already. That setting is yours, not a file of ours: "
            "put a new key before the others (keep those), restart every process, then call this again."
        )
    prepend_key(path, new_key())
    return Keyring(settings.encryption_keys_now())
