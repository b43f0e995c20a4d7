"""Brings the schema up to date, one process at a time.

Alembic is imported only when there is something to do: it costs every process 11 MB and a tenth of a second.
"""

from __future__ import annotations

import fcntl
import re
from pathlib import Path

from flask import Flask
from sqlalchemy import inspect, text

from webapp.config import Settings
from webapp.extensions import db

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
_REVISION = re.compile(r"^revision(?:: str)? = (.+)$", re.MULTILINE)
_FOLLOWS = re.compile(r"^down_revision(?:: [^=]+)? = (.+)$", re.MULTILINE)
_QUOTED = re.compile(r"[\"']([^\"']+)[\"']")


def newest_revision(app: Flask) -> str:
    """The one revision that no other follows. Raises RuntimeError when two migrations follow the same one."""
    known: set[str] = set()
    followed: set[str] = set()
    for file in (FOLDER / "versions").glob("*.py"):
        source = file.read_text(encoding="utf-8")
        known.update(name for line in _REVISION.findall(source) for name in _QUOTED.findall(line))
        followed.update(name for line in _FOLLOWS.findall(source) for name in _QUOTED.findall(line))
    heads = sorted(known - followed)
    if len(heads) > 1:
        raise RuntimeError(f"these migrations need one that joins them: {', '.join(heads)}")
    return heads[0] if heads else ""


def current_revision() -> str:
    """Of the connected database; "" for an empty one."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        return connection.scalar(text("SELECT version_num FROM alembic_version")) or ""


def upgrade(app: Flask) -> str:
    """Runs what is missing under a lock on this machine, and returns the revision reached."""
    settings: Settings = app.config["SETTINGS"]
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.data_dir / "migration.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if current_revision() != newest_revision(app):
            from flask_migrate import upgrade as alembic_upgrade

            bind(app)
            alembic_upgrade()
    return current_revision()


def write_revision(app: Flask, message: str) -> None:
    """Compares the models with the database and writes the migration that is missing."""
    from flask_migrate import migrate

    bind(app)
    migrate(message=message)


def bind(app: Flask) -> None:
    from flask_migrate import Migrate

    if "migrate" not in app.extensions:
        Migrate(app, db, directory=str(FOLDER), compare_type=True, render_as_batch=True)
