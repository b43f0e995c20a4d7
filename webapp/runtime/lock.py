"""One supervisor per DATA_DIR.

Every child inherits the open lock file, so the lock is held until the last of them is gone, even after a
`kill -9` of the supervisor: a second queue server must never write the files of a first.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import IO

from webapp.config import SettingsError

_NAME = "up.lock"
_PATIENCE = 10.0


def acquire(folder: Path) -> IO[str]:
    """The locked file; closing it (in every process) frees DATA_DIR. Raises SettingsError when it is in use."""
    file = (folder / _NAME).open("a+", encoding="utf-8")
    until = time.monotonic() + _PATIENCE
    while not _try(file):
        holder = _holder(file)
        if _alive(holder) or time.monotonic() > until:
            file.close()
            raise SettingsError(
                f"The product is already running on {folder}"
                + (f" (process {holder})." if holder else ".")
                + " Stop it first, or give this one its own folder with --data."
            )
        time.sleep(0.1)
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def in_use(folder: Path) -> bool:
    """Whether a supervisor, or a child one left behind, works on this DATA_DIR."""
    if not (folder / _NAME).exists():
        return False
    with (folder / _NAME).open("a+", encoding="utf-8") as file:
        return not _try(file)


def _try(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(file: IO[str]) -> int:
    file.seek(0)
    text = file.read().strip()
    return int(text) if text.isdigit() else 0


def _alive(pid: int) -> bool:
    if not pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
