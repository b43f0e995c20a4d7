"""The checks of `webapp.health.service`, in the order in which to mend what they find."""

from __future__ import annotations

import ipaddress
import os
import shutil
from datetime import timedelta

from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from providers.kit.errors import RefusedByPolicy
from providers.kit.policy import DoorPolicy, check_address
from webapp.config import KEY_FILES, Settings
from webapp.core import canary, queue
from webapp.core.clock import now
from webapp.core.crypto import CannotDecrypt, Keyring
from webapp.core.migrations import current_revision, newest_revision
from webapp.extensions import db
from webapp.health.finding import Finding
from webapp.health.heartbeat import ALIVE_SECONDS, seconds_since
from webapp.webhooks.models import WebhookEvent
from webapp.workspaces.models import WorkspaceKey

_ROOM_BYTES = 500 * 1024 * 1024
_BACKLOG = timedelta(minutes=5)
_START = "Start the product with: toolkit up (or: make run). If it is running, its log says why this one is not."


def database(settings: Settings) -> Finding:
    kind = "SQLite" if settings.sqlite else "PostgreSQL"
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        fix = "Look at DATABASE_URL, and whether the database server runs."
        if settings.sqlite:
            fix = f"Look whether {settings.data_dir} exists and belongs to the user who runs the product."
        return Finding(name="database", ok=False, says=f"The database does not answer: {reason}.", fix=fix)
    return Finding(name="database", ok=True, says=f"The database ({kind}) answers.")


def schema(settings: Settings) -> Finding:
    have, newest = current_revision(), newest_revision(current_app)
    if have == newest:
        return Finding(name="schema", ok=True, says=f"The database is at the newest schema ({have}).")
    says = f"The database is at schema {have or 'none'}, and this version needs {newest}."
    return Finding(name="schema", ok=False, says=says, fix="Type: toolkit db upgrade (toolkit up does it by itself).")


def writable(settings: Settings) -> Finding:
    """Takes the write lock and lets it go: a full disk or a read-only file shows here."""
    try:
        with db.engine.connect() as connection:
            if settings.sqlite:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.execute(text("UPDATE installation_facts SET value = value WHERE name = ''"))
            connection.rollback()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        fix = "Make room on the disk, and look whether the database may be written by the user who runs the product."
        return Finding(name="writable", ok=False, says=f"The database can't be written to: {reason}.", fix=fix)
    return Finding(name="writable", ok=True, says="The database can be written to.")


def keys(settings: Settings) -> Finding:
    """The canary opens, and every workspace's key names a root key we have."""
    keyring: Keyring = current_app.extensions["keyring"]
    fix = "Put the right ENCRYPTION_KEYS back (the file encryption_keys in DATA_DIR, or the setting). Keep old ones."
    try:
        planted = canary.check(db.session(), keyring)
    except CannotDecrypt as error:
        return Finding(name="keys", ok=False, says=f"The encryption keys do not fit the data: {error}.", fix=fix)
    wanted = {wrapped.split(".")[1] for wrapped in db.session.scalars(select(WorkspaceKey.wrapped))}
    missing = sorted(wanted - set(keyring.ids))
    if missing:
        says = f"Some workspaces were sealed with the encryption key {', '.join(missing)}, which is missing."
        return Finding(name="keys", ok=False, says=says, fix=fix)
    old = sorted(wanted - {keyring.primary_id})
    if old:
        says = f"The encryption keys fit; some workspaces still use the older key {', '.join(old)}."
        return Finding(name="keys", ok=True, says=says, fix="To finish the change of keys, type: toolkit keys rotate")
    return Finding(
        name="keys",
        ok=True,
        says="The encryption keys fit the data." if planted or wanted else "The encryption keys are ready for use.",
    )


def key_files(settings: Settings) -> Finding:
    open_ones = [
        path
        for path in (settings.data_dir / name for name in KEY_FILES.values())
        if path.is_file() and path.stat().st_mode & 0o077
    ]
    if settings.data_dir.is_dir() and settings.data_dir.stat().st_mode & 0o002:
        open_ones.append(settings.data_dir)
    if open_ones:
        names = " ".join(str(path) for path in open_ones)
        says = f"Other users of this machine can reach: {names}."
        return Finding(name="key files", ok=False, says=says, fix=f"Type: chmod go= {names}")
    return Finding(name="key files", ok=True, says="Only the user who runs the product can read the key files.")


def queue_answers(settings: Settings) -> Finding:
    if queue.reachable():
        return Finding(name="queue", ok=True, says="The queue answers.")
    fix = "Start the product with: toolkit up (or: make run)."
    if settings.value("REDIS_URL"):
        fix = "Look whether the Redis or Valkey server at REDIS_URL runs and can be reached from here."
    says = (
        "The queue does not answer. Pages work and deliveries are stored, but nothing is processed until it is back."
    )
    return Finding(name="queue", ok=False, says=says, fix=fix)


def worker_alive(settings: Settings) -> Finding:
    return _alive("worker", "A worker", "No tests run and no deliveries are processed.")


def scheduler_alive(settings: Settings) -> Finding:
    return _alive("scheduler", "The scheduler", "Health checks, retries and clean-up do not run.")


def _alive(kind: str, who: str, without: str) -> Finding:
    try:
        age = seconds_since(queue.redis(), kind)
    except RedisError:
        says = f"Whether {who[0].lower()}{who[1:]} runs can't be told while the queue does not answer."
        return Finding(name=kind, ok=False, says=says, fix="Mend the queue first.")
    if age is None:
        return Finding(name=kind, ok=False, says=f"{who} is not running. {without}", fix=_START)
    if age > ALIVE_SECONDS:
        says = f"{who} was last seen {_minutes(age)} ago. {without}"
        return Finding(name=kind, ok=False, says=says, fix=_START)
    return Finding(name=kind, ok=True, says=f"{who} was seen {age:.0f} seconds ago.")


def backlog(settings: Settings) -> Finding:
    """How long the oldest delivery that is due has waited."""
    oldest = db.session.scalar(
        select(WebhookEvent.due_at)
        .where(WebhookEvent.status.in_(("waiting", "failed")), WebhookEvent.due_at <= now())
        .order_by(WebhookEvent.due_at)
        .limit(1)
    )
    waited = now() - oldest if oldest else timedelta()
    if waited > _BACKLOG:
        says = f"The oldest delivery has waited {_minutes(waited.total_seconds())} to be processed."
        return Finding(
            name="backlog", ok=False, says=says, fix=_START + " If it only has too much to do, raise WORKERS."
        )
    return Finding(name="backlog", ok=True, says="No delivery waits longer than it should.")


def disk(settings: Settings) -> Finding:
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    words = f"{free / 1024**3:.1f} GB"
    if free < _ROOM_BYTES:
        says = f"Only {words} are free on the disk of DATA_DIR."
        return Finding(name="disk", ok=False, says=says, fix="Make room: with a full disk no delivery can be stored.")
    if not os.access(folder, os.W_OK):
        says = f"DATA_DIR ({settings.data_dir}) can't be written to."
        return Finding(name="disk", ok=False, says=says, fix="Give the folder to the user who runs the product.")
    return Finding(name="disk", ok=True, says=f"{words} are free on the disk of DATA_DIR.")


def outbound_guard(settings: Settings) -> Finding:
    """Asks the door's own policy about three addresses that no connection may ever reach."""
    try:
        policy = DoorPolicy.from_egress_allow(",".join(settings.egress_allow))
    except ValueError as error:
        return Finding(name="outbound guard", ok=False, says=str(error), fix="Correct EGRESS_ALLOW and start again.")
    passed = []
    for literal in ("169.254.169.254", "127.0.0.1", "10.0.0.1"):
        address = ipaddress.ip_address(literal)
        try:
            check_address(address, literal, 80, policy)
        except RefusedByPolicy:
            continue
        passed.append(literal)
    if passed:
        says = f"Calls to the private address {', '.join(passed)} are let through, because EGRESS_ALLOW says so."
        fix = "If you did not mean to, take that network out of EGRESS_ALLOW and start again."
        return Finding(name="outbound guard", ok=False, says=says, fix=fix)
    says = "Calls to private addresses are refused"
    says += f", but for EGRESS_ALLOW: {', '.join(settings.egress_allow)}." if settings.egress_allow else "."
    return Finding(name="outbound guard", ok=True, says=says)


def _minutes(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
