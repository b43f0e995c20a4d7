"""Brings the schema up to date, one process at a time."""

from __future__ import annotations

import fcntl
from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade as alembic_upgrade

from webapp.config import Settings
from webapp.extensions import db


def newest_revision(app: Flask) -> str:
    config = Config()
    config.set_main_option("script_location", str(Path(app.root_path).parent / "migrations"))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def current_revision() -> str:
    """Of the connected database; "" for an empty one."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def upgrade(app: Flask) -> str:
    """Runs what is missing under a lock on this machine, and returns the revision reached."""
    settings: Settings = app.config["SETTINGS"]
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.data_dir / "migration.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if current_revision() != newest_revision(app):
            alembic_upgrade()
    return current_revision()
