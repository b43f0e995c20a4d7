"""The least that is durable: a WSGI application that proves, de-duplicates and commits with a leader, into one table.

No connections, no rotation of secrets, no kept headers, no inbox: what our own way in is held against.
`BENCH_DB` is the database's path, `BENCH_SECRET` the signing secret.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from webapp.core.database import sqlite_driver

SECRET = os.environ["BENCH_SECRET"].encode()
_guard = threading.Lock()
_waiting: list[list[Any]] = []
_led = False
_connection = sqlite_driver.connect(os.environ["BENCH_DB"], isolation_level=None, check_same_thread=False)
_connection.execute("PRAGMA journal_mode=WAL")
_connection.execute("PRAGMA synchronous=FULL")
_connection.execute("CREATE TABLE IF NOT EXISTS inbox (id TEXT PRIMARY KEY, body BLOB, at REAL) WITHOUT ROWID")


def _store(row: tuple[Any, ...]) -> None:
    global _waiting, _led
    gate = threading.Lock()
    gate.acquire()
    turn = [row, gate, False]
    with _guard:
        _waiting.append(turn)
        leads, _led = not _led, True
    if not leads:
        gate.acquire()
    if turn[2]:
        return
    with _guard:
        batch, _waiting = _waiting, []
    _connection.execute("BEGIN IMMEDIATE")
    _connection.executemany("INSERT INTO inbox VALUES (?, ?, ?) ON CONFLICT DO NOTHING", [one[0] for one in batch])
    _connection.execute("COMMIT")
    with _guard:
        following = _waiting[0] if _waiting else None
        _led = following is not None
    if following:
        following[1].release()
    for one in batch:
        one[2] = True
        one[1].release()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = environ["wsgi.input"].read(1024 * 1024)
    stamp, _, rest = environ["HTTP_STRIPE_SIGNATURE"].partition(",")
    signed = stamp[2:].encode() + b"." + body
    if not hmac.compare_digest(hmac.new(SECRET, signed, hashlib.sha256).hexdigest(), rest[3:67]):
        start_response("400 Bad Request", [("Content-Length", "0")])
        return []
    _store((orjson.loads(body)["id"], body, time.time()))
    answer = b'{"received": 1, "duplicates": 0}'
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]
