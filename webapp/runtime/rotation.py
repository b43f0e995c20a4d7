"""A new encryption key for the whole installation, while it runs."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.accounts import authenticator
from webapp.accounts.models import AuthenticatorApp
from webapp.audit.service import record
from webapp.config import KEY_FILES, Settings, SettingsError
from webapp.core import canary
from webapp.core.crypto import Keyring
from webapp.extensions import db
from webapp.mail.models import OutgoingMail
from webapp.runtime.keys import new_key, prepend_key
from webapp.workspaces.models import WorkspaceKey

_BATCH = 200
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class _Wrapped:
    """A table whose rows hold a data key of their own, and the place that key is bound to."""

    model: type[Any]
    key: InstrumentedAttribute[str]
    wrapped: InstrumentedAttribute[str]
    place: Callable[[str], str] = str


_WORKSPACES = _Wrapped(model=WorkspaceKey, key=WorkspaceKey.workspace_id, wrapped=WorkspaceKey.wrapped)
_WRAPPED = (
    _WORKSPACES,
    _Wrapped(
        model=AuthenticatorApp,
        key=AuthenticatorApp.user_id,
        wrapped=AuthenticatorApp.wrapped,
        place=authenticator.place,
    ),
    _Wrapped(model=OutgoingMail, key=OutgoingMail.id, wrapped=OutgoingMail.wrapped),
)


@dataclass(frozen=True, kw_only=True)
class Rotated:
    """`made_key`: a new key was made (False: an earlier rotation was finished, or the operator had put one first)."""

    workspaces: int
    primary_id: str
    made_key: bool


def rotate(app: Flask, progress: Progress = lambda done, total: None) -> Rotated:
    """Wraps every data key (workspaces, authenticator apps, waiting mails) anew under the first key; sealed values
    stay as they are. `progress` is told (done, all) after each batch.

    Makes that first key when all is under the present one already. Can be killed anywhere and called again. Running
    processes read the key file when they meet the new key. Raises SettingsError (also when another rotation runs),
    CannotDecrypt.
    """
    settings: Settings = app.config["SETTINGS"]
    with _alone(settings):
        keyring = Keyring(settings.encryption_keys_now())
        session = db.session()
        made = not _unfinished(session, keyring)
        if made:
            keyring = _with_new_key(settings)
        app.extensions["keyring"] = keyring
        done = _rewrap_all(session, keyring, progress)
        details = {"workspaces": done, "key": keyring.primary_id, "older_keys": list(keyring.ids[1:])}
        # With the canary in one transaction: a rotation that was killed before is unfinished, and is told of once.
        canary.rewrap(session, keyring)
        record(session, "keys.rotated", object_kind="installation", details=details)
        session.commit()
    return Rotated(workspaces=done, primary_id=keyring.primary_id, made_key=made)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Two at once would each wrap under a first key of their own. The lock goes with its process, also by a kill."""
    with (settings.data_dir / "rotation.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SettingsError("Another rotation is running. Wait until it has ended.") from error
        yield


def _rewrap_all(session: Session, keyring: Keyring, progress: Progress) -> int:
    """How many workspaces were wrapped anew."""
    total = sum(_how_many(session, one, keyring) for one in _WRAPPED)
    done = workspaces = 0
    for one in _WRAPPED:
        while count := _rewrap_batch(session, one, keyring):
            session.commit()
            done += count
            workspaces += count if one is _WORKSPACES else 0
            progress(done, max(done, total))
    return workspaces


def _rewrap_batch(session: Session, one: _Wrapped, keyring: Keyring) -> int:
    rows = session.execute(select(one.key, one.wrapped).where(*_old(one, keyring)).limit(_BATCH)).all()
    for key, wrapped in rows:
        # A row may have gone or changed since it was read: only what was read is replaced.
        session.execute(
            update(one.model)
            .where(one.key == key, one.wrapped == wrapped)
            .values(wrapped=keyring.rewrap(wrapped, one.place(key)))
            .execution_options(synchronize_session=False)
        )
    return len(rows)


def _old(one: _Wrapped, keyring: Keyring) -> tuple[ColumnElement[bool], ...]:
    return one.wrapped.not_like(f"w1.{keyring.primary_id}.%"), one.wrapped != ""


def _how_many(session: Session, one: _Wrapped, keyring: Keyring) -> int:
    return session.scalar(select(func.count()).select_from(one.model).where(*_old(one, keyring))) or 0


def _unfinished(session: Session, keyring: Keyring) -> bool:
    """Whether anything is not under the first key yet."""
    return not canary.is_under(session, keyring) or any(_how_many(session, one, keyring) for one in _WRAPPED)


def _with_new_key(settings: Settings) -> Keyring:
    path = settings.data_dir / KEY_FILES["ENCRYPTION_KEYS"]
    if settings.value("ENCRYPTION_KEYS") or not path.is_file():
        raise SettingsError(
            "Everything is under the first of ENCRYPTION_KEYS already. That setting is yours, not a file of ours: "
            "put a new key before the others (keep those), restart every process, then call this again."
        )
    prepend_key(path, new_key())
    return Keyring(settings.encryption_keys_now())
