"""Key files in DATA_DIR: made once, never replaced, readable by their owner only."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from webapp.config import KEY_FILES, SettingsError


def new_key() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(32)


def make_missing(folder: Path, environ: Mapping[str, str]) -> list[Path]:
    """Writes the key files that no setting stands in for, and returns those it wrote.

    Raises SettingsError when a database is there already: it was made with keys that are gone, and new ones would
    only hide that.
    """
    missing = [
        folder / file
        for name, file in KEY_FILES.items()
        if not environ.get(name) and not environ.get(f"{name}_FILE") and not (folder / file).exists()
    ]
    if missing and (folder / "toolkit.db").exists():
        names = " and ".join(path.name for path in missing)
        raise SettingsError(
            f"{folder} holds a database but not its {names}. "
            f"Put the key files back from your backup ('toolkit restore'), or set their settings."
        )
    for path in missing:
        write_key_file(path, new_key())
    return missing


def write_key_file(path: Path, text: str) -> None:
    """Creates the file, mode 0600, in one step. Raises FileExistsError rather than replace one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def prepend_key(path: Path, key: str) -> None:
    """Puts a new first key into the file of ENCRYPTION_KEYS; a crash leaves either the old file or the new one."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    write_key_file(fresh, f"{key},{path.read_text(encoding='utf-8').strip()}")
    fresh.replace(path)
