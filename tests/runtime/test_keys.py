"""Key files, their rotation, backups and logs."""

from __future__ import annotations

import io
import json
import logging
import stat
import tarfile
from pathlib import Path

import pytest
import structlog
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.conftest import People, settings_for
from webapp import create_app
from webapp.accounts.models import User
from webapp.audit import service as audit
from webapp.config import SettingsError, embedded_queue_socket, load_settings
from webapp.core.crypto import Keyring
from webapp.extensions import db
from webapp.runtime import archive, keys, logs
from webapp.runtime.preparation import check_keys
from webapp.runtime.rotation import rotate
from webapp.workspaces.models import WorkspaceKey
from webapp.workspaces.service import data_key


def test_keys_are_made_once_and_never_replaced(tmp_path: Path) -> None:
    made = keys.make_missing(tmp_path, {})
    assert [stat.S_IMODE(path.stat().st_mode) for path in made] == [0o600, 0o600]
    assert keys.make_missing(tmp_path, {}) == []
    assert keys.make_missing(tmp_path / "elsewhere", {"SECRET_KEY": "x", "ENCRYPTION_KEYS_FILE": "y"}) == []
    (tmp_path / "toolkit.db").touch()
    (tmp_path / "secret_key").unlink()
    with pytest.raises(SettingsError, match="but not its secret_key"):
        keys.make_missing(tmp_path, {})


@pytest.fixture
def filed(app: Flask, session: Session, people: People, owner: User) -> Flask:
    """Three workspaces under a key that lives in a file."""
    owner_id = owner.id
    session.rollback()
    folder = app.config["SETTINGS"].data_dir
    environ = {"DATA_DIR": str(folder), "SECRET_KEY": "s" * 40, "REDIS_URL": "redis://127.0.0.1:1/0"}
    keys.write_key_file(folder / "encryption_keys", "the first key which is long enough for us")
    made = create_app(load_settings(environ))
    with made.app_context():
        people = People(session=db.session())
        person = db.session.get(User, owner_id)
        assert person is not None
        for name in ("One", "Two", "Three"):
            people.workspace(person, name)
        check_keys(made)
    return made


def test_rotation_reseals_every_workspace_and_running_processes_follow(filed: Flask) -> None:
    with filed.app_context():
        before: Keyring = filed.extensions["keyring"]
        ids = list(db.session.scalars(select(WorkspaceKey.workspace_id)))
        sealed = data_key(db.session(), ids[0]).seal("a secret", "somewhere")
        done = rotate(filed)
        assert done.made_key
        assert done.workspaces == len(ids) == 3
        db.session.expire_all()
        filed.extensions["keyring"] = before
        assert done.primary_id not in before.ids
        assert data_key(db.session(), ids[0]).open(sealed, "somewhere") == "a secret"
        assert done.primary_id in before.ids
        fresh = create_app(load_settings(filed.config["SETTINGS"].environ))
        assert list(audit.verify(db.session(), fresh.extensions["keyring"])) == []


def test_a_rotation_that_was_broken_off_is_finished_without_another_key(filed: Flask) -> None:
    with filed.app_context():
        first = rotate(filed)
        old = Keyring(filed.config["SETTINGS"].encryption_keys)
        row = db.session.scalars(select(WorkspaceKey)).first()
        assert row is not None
        row.wrapped = old.new_data_key(row.workspace_id)
        db.session.commit()
        again_app = create_app(load_settings(filed.config["SETTINGS"].environ))
    with again_app.app_context():
        again = rotate(again_app)
    assert (again.made_key, again.workspaces, again.primary_id) == (False, 1, first.primary_id)


def test_keys_of_the_environment_are_the_operators_to_change(app: Flask, session: Session) -> None:
    with pytest.raises(SettingsError, match="put a new key before the others"):
        rotate(app)


def test_a_damaged_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("a key")
    kept = tmp_path / "kept.tar"
    assert archive.write(kept, folder=tmp_path, sqlite_file=None).files.keys() == {"secret_key"}
    kept.write_bytes(kept.read_bytes().replace(b"a key", b"b key"))
    with pytest.raises(SettingsError, match="does not fit its checksum"):
        archive.read(kept)


def test_a_backup_can_only_hold_what_belongs_there(tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.tar"
    with tarfile.open(hostile, "w") as tar:
        manifest = json.dumps({"format": 1, "created_at": "now", "files": {"../evil": "0"}}).encode()
        for name, body in (("manifest.json", manifest), ("../evil", b"x")):
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    with pytest.raises(SettingsError, match="another version"):
        archive.read(hostile)


def test_a_backup_taken_during_a_write_is_whole(app: Flask, session: Session, tmp_path: Path) -> None:
    database = tmp_path / "toolkit.db"
    session.execute(text("INSERT INTO installation_facts VALUES ('half', 'done')"))
    kept = tmp_path / "kept.tar"
    archive.write(kept, folder=tmp_path, sqlite_file=database)
    session.commit()
    there = tmp_path / "there"
    there.mkdir()
    archive.unpack(kept, archive.read(kept), there)
    restored = create_app(settings_for(there))
    with restored.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM installation_facts WHERE name = 'half'")) == 0
        db.engine.dispose()


def test_logs_hide_what_looks_like_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    root, kept = logging.getLogger(), logging.getLogger().handlers[:]
    stream = io.StringIO()
    try:
        logs.configure(stream)
        structlog.get_logger("webapp.test").info("paid", key="sk_live_0123456789abcdef", amount=3)
        try:
            raise ValueError("whsec_0123456789abcdef")
        except ValueError:
            logging.getLogger("webapp.other").exception("went wrong with %s", "Bearer abcdef0123456789")
    finally:
        root.handlers[:] = kept
        root.setLevel(logging.WARNING)
        structlog.reset_defaults()
    first, second = stream.getvalue().splitlines()
    assert json.loads(first)["amount"] == 3
    assert "ValueError" in json.loads(second)["exception"]
    for secret in ("0123456789abcdef", "abcdef0123456789"):
        assert secret not in stream.getvalue()


def test_a_long_data_dir_gets_a_short_socket(tmp_path: Path) -> None:
    short = embedded_queue_socket(tmp_path)
    assert short == tmp_path / "valkey.sock"
    long = embedded_queue_socket(tmp_path / ("x" * 100))
    assert len(str(long)) <= 106
    assert long != embedded_queue_socket(tmp_path / ("y" * 100))
