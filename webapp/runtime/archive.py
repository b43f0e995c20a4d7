"""Backups: one tar file with the database, the keys and a manifest of checksums."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from webapp.audit.anchor import FILE as ANCHOR
from webapp.config import KEY_FILES, SettingsError
from webapp.core.clock import now
from webapp.core.database import engine_options

DATABASE = "toolkit.db"
MANIFEST = "manifest.json"
MEMBERS = (DATABASE, *KEY_FILES.values(), ANCHOR)
"""All that may be in a backup; nothing else is ever unpacked."""

_FORMAT = 1
_CHUNK = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Backup:
    """`files` maps a member's name to its SHA-256 in hex."""

    created_at: str
    files: dict[str, str]

    @property
    def whole(self) -> bool:
        return DATABASE in self.files


def write(target: Path, *, folder: Path, sqlite_file: Path | None) -> Backup:
    """Writes `target` (mode 0600) from DATA_DIR; the database is copied while it is in use. Raises SettingsError.

    `sqlite_file` is None with PostgreSQL: then only keys and anchor are kept.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix=".backup-") as scratch:
        sources = {name: folder / name for name in MEMBERS if name != DATABASE and (folder / name).is_file()}
        if sqlite_file is not None:
            sources[DATABASE] = Path(scratch) / DATABASE
            _copy_database(sqlite_file, sources[DATABASE])
        backup = Backup(
            created_at=now().isoformat(timespec="seconds"),
            files={name: _checksum(path) for name, path in sources.items()},
        )
        partial = target.with_name(target.name + ".part")
        try:
            _pack(partial, sources, backup)
            partial.replace(target)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise SettingsError(f"{target} can't be written: {error.strerror}.") from error
    return backup


def read(source: Path) -> Backup:
    """The manifest of a backup whose every checksum holds. Raises SettingsError."""
    try:
        with tarfile.open(source) as tar:
            manifest = json.loads(_member(tar, MANIFEST).read())
            backup = Backup(created_at=manifest["created_at"], files=dict(manifest["files"]))
            if manifest["format"] != _FORMAT or not set(backup.files) <= set(MEMBERS):
                raise SettingsError(f"{source} was made by another version of this product.")
            for name, expected in backup.files.items():
                if _digest(_member(tar, name)) != expected:
                    raise SettingsError(
                        f"{source} is damaged: {name} does not fit its checksum. Nothing was changed."
                    )
    except FileNotFoundError as error:
        raise SettingsError(f"There is no file {source}.") from error
    except (OSError, tarfile.TarError, KeyError, TypeError, ValueError) as error:
        raise SettingsError(f"{source} is not a backup of this product, or is damaged.") from error
    return backup


def unpack(source: Path, backup: Backup, folder: Path) -> None:
    """Puts the files of a checked backup into `folder`, each complete or not at all, mode 0600."""
    with tarfile.open(source) as tar:
        for name in backup.files:
            fresh = folder / f".{name}.restored"
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                for chunk in _chunks(_member(tar, name)):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(folder / name)


def set_aside(folder: Path) -> Path | None:
    """Moves what a restore would replace into a folder of its own, and returns that; None when there is nothing."""
    names = [*MEMBERS, f"{DATABASE}-wal", f"{DATABASE}-shm", "queue"]
    present = [folder / name for name in names if (folder / name).exists()]
    if not present:
        return None
    aside = folder / f"before-restore-{now():%Y%m%d-%H%M%S-%f}"
    aside.mkdir(mode=0o700)
    for path in present:
        path.rename(aside / path.name)
    return aside


def _copy_database(source: Path, target: Path) -> None:
    """By SQLite's own online copy, with the driver that the product uses. Raises SettingsError."""
    options: dict[str, Any] = {"poolclass": NullPool, "module": engine_options("sqlite://")["module"]}
    live, copy = (create_engine(f"sqlite:///{path}", **options) for path in (source, target))
    try:
        with live.connect() as reads, copy.connect() as writes:
            _driver(reads).backup(_driver(writes))
            verdict = writes.exec_driver_sql("PRAGMA integrity_check").scalar()
    except (DBAPIError, options["module"].Error) as error:
        raise SettingsError(f"The database could not be copied: {getattr(error, 'orig', error)}.") from error
    if verdict != "ok":
        raise SettingsError(f"The copy of the database is not sound: {verdict}.")


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _pack(target: Path, sources: dict[str, Path], backup: Backup) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
        text = json.dumps(
            {"format": _FORMAT, "created_at": backup.created_at, "files": backup.files}, indent=1
        ).encode()
        about = tarfile.TarInfo(MANIFEST)
        about.size, about.mode = len(text), 0o600
        tar.addfile(about, io.BytesIO(text))
        for name, path in sources.items():
            tar.add(path, arcname=name, filter=_private)


def _private(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mode, member.uid, member.gid, member.uname, member.gname = 0o600, 0, 0, "", ""
    return member


def _member(tar: tarfile.TarFile, name: str) -> io.BufferedIOBase:
    file = tar.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file  # type: ignore[return-value]  # typeshed says IO[bytes]


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return _digest(file)


def _digest(file: io.BufferedIOBase) -> str:
    total = hashlib.sha256()
    for chunk in _chunks(file):
        total.update(chunk)
    return total.hexdigest()


def _chunks(file: io.BufferedIOBase) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk
