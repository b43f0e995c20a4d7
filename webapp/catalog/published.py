"""Published documents beside the folders: what a process serves follows the database within two seconds.

One cheap query says whether anything was decided since; only then documents are read, their seals checked and their
providers built. A document that was changed in the database after it was approved is not served.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import structlog
from flask import Flask, current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from providers.kit.registry import Registered, Registry
from webapp.core.database import reading
from webapp.custom.models import RUNNING, CustomVersion
from webapp.custom.seals import is_untouched
from webapp.extensions import db

STALE_SECONDS = 2.0
log = structlog.get_logger(__name__)


class Published:
    """The published documents of one application, built once each.

    `numbers`: the version that new connections get, by provider id. `retired`: what to use instead ("" where nobody
    said), of providers that nothing new is connected to. `refused`: ids of versions whose document was changed.
    """

    def __init__(self, builtin: Registry) -> None:
        self.builtin = builtin
        self.registry = builtin
        self.refused: frozenset[str] = frozenset()
        self.numbers: Mapping[str, int] = {}
        self.retired: Mapping[str, str] = {}
        self._versions: dict[tuple[str, int], Registered] = {}
        self._digests: dict[tuple[str, int], str] = {}
        self._mark: object = (None, 0)
        self._looked = float("-inf")
        self._lock = threading.Lock()

    @cached_property
    def _folder(self) -> Path:
        """Where logos and guides of documents lie: made when the first is published, gone with this object."""
        made = tempfile.mkdtemp(prefix="custom-providers-")
        weakref.finalize(self, shutil.rmtree, made, ignore_errors=True)
        return Path(made)

    def current(self) -> Registry:
        """The registry as it is now, or was two seconds ago."""
        if time.monotonic() - self._looked > STALE_SECONDS:
            with self._lock:
                if time.monotonic() - self._looked > STALE_SECONDS:
                    self._look()
        return self.registry

    def forget(self) -> None:
        """The next look asks the database: called after a decision of this process was committed."""
        self._looked = float("-inf")

    def version(self, provider_id: str, number: int) -> Registered:
        """Raises KeyError: there is none, it was withdrawn, or it was changed after it was approved."""
        self.current()
        return self._versions[provider_id, number]

    def _look(self) -> None:
        """Reads on a connection of its own: whoever asks may be in the middle of a transaction, or want none."""
        with reading(), Session(db.engine) as session:
            mark = session.execute(
                select(func.max(CustomVersion.changed_at), func.count()).where(
                    CustomVersion.state.in_((*RUNNING, "withdrawn"))
                )
            ).one()
            if tuple(mark) != self._mark:
                self._read(session)
                self._mark = tuple(mark)
        self._looked = time.monotonic()

    def _read(self, session: Session) -> None:
        versions: dict[tuple[str, int], Registered] = {}
        newest: dict[str, Registered] = {}
        refused: set[str] = set()
        numbers: dict[str, int] = {}
        retired: dict[str, str] = {}
        for row in session.scalars(select(CustomVersion).where(CustomVersion.state.in_(RUNNING))):
            key = (row.provider_id, row.number)
            built = self._built(session, row)
            if built is None:
                refused.add(row.id)
                continue
            versions[key] = built
            if row.state in ("published", "deprecated"):
                newest[row.provider_id] = built
                numbers[row.provider_id] = row.number
            if row.state == "deprecated":
                retired[row.provider_id] = row.replacement
        self._versions, self.refused = versions, frozenset(refused)
        self.numbers, self.retired = numbers, retired
        self.registry = _joined(self.builtin, newest) if newest else self.builtin

    def _built(self, session: Session, row: CustomVersion) -> Registered | None:
        from providers.kit.declarative import DocumentError, from_plain, registered  # 20 MB that most never need

        key = (row.provider_id, row.number)
        if not is_untouched(session, row):
            log.error("custom.modified", version=row.id, provider=row.provider_id)
            return None
        if self._digests.get(key) == row.digest and key in self._versions:
            return self._versions[key]
        try:
            built = registered(from_plain(row.document), self._folder / f"{row.provider_id}-{row.number}")
        except DocumentError as error:
            log.error("custom.unreadable", version=row.id, provider=row.provider_id, reason=str(error))
            return None
        self._digests[key] = row.digest
        return built


def _joined(builtin: Registry, more: Mapping[str, Registered]) -> Registry:
    return Registry({**more, **{one.id: one for one in builtin}})


def of_app(builtin: Registry) -> Published:
    """This application's own. A registry that a test brings is the built-in one there."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    found: Published | None = app.extensions.get("published")
    if found is None or found.builtin is not builtin:
        found = app.extensions["published"] = Published(builtin)
    return found
