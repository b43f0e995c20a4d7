"""What must be right before anything is served: schema, keys, and a way in for the first person."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select

from webapp.accounts.service import anyone_exists, new_setup_link
from webapp.catalog import service as catalog
from webapp.config import Settings, SettingsError
from webapp.core import canary
from webapp.core.crypto import CannotDecrypt, Keyring
from webapp.core.migrations import current_revision, newest_revision, upgrade
from webapp.extensions import db
from webapp.workspaces.models import WorkspaceKey


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """`setup_link` is "" as soon as somebody can sign in."""

    setup_link: str = ""


def prepare(app: Flask) -> Prepared:
    """Migrates under the lock, checks the keys and makes the one-time set-up link. Raises SettingsError."""
    settings: Settings = app.config["SETTINGS"]
    with app.app_context():
        upgrade(app)
        check_keys(app)
        catalog.synchronise(db.session())
        db.session.commit()
        session = db.session()
        link = ""
        if not anyone_exists(session):
            link = f"{settings.public_url}/setup?token={new_setup_link(session)}"
            session.commit()
        session.rollback()
        db.session.remove()
        db.engine.dispose()
    return Prepared(setup_link=link)


def require_prepared(app: Flask) -> None:
    """For processes started one by one. Raises SettingsError when the schema is old or the keys do not fit."""
    with app.app_context():
        if current_revision() != newest_revision(app):
            raise SettingsError("The database is not at the newest schema. Type: toolkit db upgrade")
        check_keys(app)
        db.session.remove()
        db.engine.dispose()


def check_keys(app: Flask) -> None:
    """Raises SettingsError when ENCRYPTION_KEYS are not those of this database; plants the canary in a new one."""
    session = db.session()
    keyring: Keyring = app.extensions["keyring"]
    try:
        planted = canary.check(session, keyring)
        if not planted:
            for row in session.scalars(select(WorkspaceKey)):
                keyring.unwrap(row.wrapped, row.workspace_id)
            canary.plant(session, keyring)
        session.commit()
    except CannotDecrypt as error:
        session.rollback()
        raise SettingsError(
            f"These are not the keys this database was made with: {error}. Nothing was changed. "
            "Put the right ENCRYPTION_KEYS back (the file encryption_keys in DATA_DIR, or the setting)."
        ) from error
