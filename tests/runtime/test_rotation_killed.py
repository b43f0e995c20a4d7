"""`toolkit keys rotate` as a process of its own, ended by SIGKILL at every commit, while somebody adds secrets."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import People
from tests.postgres import postgres_server as postgres_server
from tests.postgres import postgres_url as postgres_url
from tests.runtime.product import ROOT, environment, toolkit
from webapp import create_app
from webapp.accounts import authenticator
from webapp.accounts.models import AuthenticatorApp, User
from webapp.config import load_settings
from webapp.core import canary
from webapp.core.crypto import Keyring
from webapp.core.identifiers import new_id
from webapp.core.migrations import upgrade
from webapp.extensions import db
from webapp.instances.models import Instance, SecretVersion
from webapp.mail import service as mail
from webapp.mail.models import OutgoingMail
from webapp.runtime import keys
from webapp.runtime.preparation import check_keys
from webapp.workspaces.models import Workspace, WorkspaceKey
from webapp.workspaces.service import data_key

WORKSPACES = 450
"""Three batches of the rotation."""

KILLED = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.orm import Session
import webapp.runtime.rotation as rotation
point, left = sys.argv[1], int(sys.argv[2])
def die(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
if point == "key file":
    write = rotation.prepend_key
    rotation.prepend_key = lambda *a: (write(*a), die())
else:
    event.listen(Session, point, die)
sys.argv = ["toolkit", "keys", "rotate"]
from webapp.cli import main
main()
"""
POINTS = [
    ("key file", 1),
    ("before_commit", 1),
    ("after_commit", 1),
    ("before_commit", 2),
    ("after_commit", 2),
    ("after_commit", 3),
    ("after_commit", 4),
    ("after_commit", 5),
    ("before_commit", 6),
    ("after_commit", 6),
]
"""Commits 1 to 3 are of workspaces, 4 of authenticator apps, 5 of mails, 6 of the canary and the audit entry."""

ALSO_ON_POSTGRESQL = (("key file", 1), ("before_commit", 2), ("after_commit", 6))
CASES = [
    (database, *point)
    for database in ("sqlite", "postgresql")
    for point in POINTS
    if database == "sqlite" or point in ALSO_ON_POSTGRESQL or "TEST_EVERY_POINT" in os.environ
]
"""Every point on PostgreSQL, too, with TEST_EVERY_POINT=1: before a release."""


class Writer:
    """What a web process does meanwhile: adds secrets, and workspaces with secrets, with keys read at its start."""

    def __init__(self, app: Flask, instance_id: str, owner_id: str) -> None:
        self._app, self._instance_id, self._owner_id = app, instance_id, owner_id
        self._stop = threading.Event()
        self.acknowledged: dict[str, str] = {}
        self.workspaces: list[str] = []
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stop.wait(0.02):
                with self._app.app_context():
                    self._write()
        except BaseException as error:  # shown by the test: a thread has nobody to raise to
            self.failure = error

    def _write(self) -> None:
        session, number = db.session(), len(self.acknowledged) + 1
        instance = session.get_one(Instance, self._instance_id)
        value = f"sk_written_{number}_{new_id('x')}"
        place = ("integration_secrets", instance.id, "key", str(number))
        sealed = data_key(session, instance.workspace_id).seal(value, *place)
        session.add(
            SecretVersion(instance_id=instance.id, field="key", version=number, sealed=sealed, fingerprint="")
        )
        made = None
        if number % 5 == 0:
            owner = session.get_one(User, self._owner_id)
            made = People(session=session).workspace(owner, f"Made meanwhile {number}").id
        session.commit()
        self.acknowledged[str(number)] = value
        if made:
            self.workspaces.append(made)


@pytest.fixture
def environ(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    more = {"SECRET_KEY": "s" * 40, "REDIS_URL": "redis://127.0.0.1:1/0"}
    more |= {"SMTP_HOST": "127.0.0.1", "MAIL_FROM": "hub@example.com"}
    if request.param == "postgresql":
        more["DATABASE_URL"] = request.getfixturevalue("postgres_url").replace(
            "postgresql://", "postgresql+psycopg://"
        )
    return environment(tmp_path, **more)


@pytest.fixture
def filled(environ: dict[str, str], tmp_path: Path) -> Iterator[tuple[Flask, str, str]]:
    """450 workspaces, a connection, an authenticator app and a waiting mail, under a key that lives in a file."""
    keys.write_key_file(tmp_path / "encryption_keys", keys.new_key())
    app = create_app(load_settings(environ))
    with app.app_context():
        upgrade(app)
        session, keyring = db.session(), app.extensions["keyring"]
        owner = People(session=session).user()
        first = People(session=session).workspace(owner)
        ids = [new_id("wsp") for _ in range(WORKSPACES - 1)]
        session.add_all(Workspace(id=one, name=one, slug=one.lower().replace("_", "-")) for one in ids)
        session.flush()
        session.add_all(WorkspaceKey(workspace_id=one, wrapped=keyring.new_data_key(one)) for one in ids)
        instance = Instance(
            workspace_id=first.id, provider_id="acme", name="Acme", environment="sandbox", created_by=owner.id
        )
        session.add(instance)
        authenticator.begin(session, owner)
        mail.send(session, to=owner.email, purpose="test", subject="A link", text="https://example.com/reset/planted")
        instance_id, owner_id = instance.id, owner.id
        session.commit()
        instance_id, owner_id = instance.id, owner.id
        check_keys(app)
        db.session.remove()
    yield app, instance_id, owner_id
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(("environ", "point", "times"), CASES, indirect=["environ"])
def test_a_rotation_that_is_killed_loses_nothing_and_is_finished_by_the_next(
    filled: tuple[Flask, str, str], environ: dict[str, str], tmp_path: Path, point: str, times: int
) -> None:
    app, instance_id, owner_id = filled
    old = (tmp_path / "encryption_keys").read_text().strip()
    with Writer(app, instance_id, owner_id) as writer:
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, point, str(times)], cwd=ROOT, env=environ, capture_output=True, timeout=120
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
        again = toolkit(tmp_path, "keys", "rotate", **environ)
    assert again.returncode == 0, again.stderr
    assert writer.failure is None
    assert len(writer.acknowledged) >= 5
    present = (tmp_path / "encryption_keys").read_text().strip().split(",")
    finished_before = (point, times) == ("after_commit", 6)
    assert len(present) == (3 if finished_before else 2)  # only a rotation that had ended is followed by another key
    with app.app_context():
        assert everything_opens(Keyring([present[0]]), instance_id) == writer.acknowledged
    assert present[-1] == old


def everything_opens(newest_only: Keyring, instance_id: str) -> dict[str, str]:
    """The connection's secrets by version; raises CannotDecrypt where an older key would be needed."""
    session = db.session()
    data_keys = {
        row.workspace_id: newest_only.unwrap(row.wrapped, row.workspace_id)
        for row in session.scalars(select(WorkspaceKey))
    }
    assert len(data_keys) >= WORKSPACES
    for row in session.scalars(select(AuthenticatorApp)):
        key = newest_only.unwrap(row.wrapped, authenticator.place(row.user_id))
        assert len(key.open(row.sealed, "authenticator_apps", row.user_id)) == 32
    mails = session.scalars(select(OutgoingMail)).all()
    assert len(mails) == 1
    assert "planted" in newest_only.unwrap(mails[0].wrapped, mails[0].id).open(
        mails[0].sealed, "outgoing_mails", mails[0].id
    )
    assert canary.check(session, newest_only)
    own = data_keys[session.get_one(Instance, instance_id).workspace_id]
    rows = session.scalars(select(SecretVersion).where(SecretVersion.instance_id == instance_id))
    return {
        str(row.version): own.open(row.sealed, "integration_secrets", instance_id, "key", str(row.version))
        for row in rows
    }
