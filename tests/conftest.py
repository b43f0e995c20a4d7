"""Shared fixtures: a fresh migrated database per test (copied, not re-migrated), people, workspaces, clients."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from tests.clients import IsolatedClient, signed_in_client
from webapp import create_app
from webapp.accounts.models import User
from webapp.accounts.passwords import hash_password
from webapp.config import Settings
from webapp.core.migrations import upgrade
from webapp.core.permissions import SCOPES, Role
from webapp.extensions import db
from webapp.workspaces import service as workspaces
from webapp.workspaces.models import Membership, Workspace

VENDOR_DATA = Path(os.environ.get("VENDOR_DATA", Path(__file__).resolve().parents[1] / "../shared/vendors")).resolve()
PASSWORD = "four random words"
_HASHED = hash_password(PASSWORD)


def _compile_routes_once() -> None:
    """Let the thousands of applications of a test run share what Werkzeug compiles for a route.

    What it compiles depends on the route's text and defaults alone, takes the rule as an argument, and takes two thirds
    of the time in which an application is made.
    """
    compiled: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}
    compile_builder = Rule._compile_builder

    def shared(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (tuple(rule._trace), repr(sorted((rule.defaults or {}).items())), append_unknown)
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    Rule._compile_builder = shared  # type: ignore[method-assign, assignment]  # there is no seam for it


_compile_routes_once()


def settings_for(folder: Path, **changes: object) -> Settings:
    """Settings for a test: keys that are long enough, SQLite in `folder`, and a queue that nobody answers."""
    values: dict[str, object] = {
        "data_dir": folder,
        "database_url": f"sqlite:///{folder / 'toolkit.db'}",
        "redis_url": "redis://127.0.0.1:1/0",
        "secret_key": "a secret key for tests, long enough",
        "encryption_keys": ("an encryption key for tests long enough",),
        "public_url": "http://localhost",
    }
    values |= changes
    keys = ",".join(values["encryption_keys"])  # type: ignore[arg-type]  # a tuple of texts
    values["environ"] = {"ENCRYPTION_KEYS": keys} | dict(changes.get("environ", {}))  # type: ignore[call-overload]
    return Settings(**values)  # type: ignore[arg-type]  # keywords are checked by the dataclass


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the newest revision, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    app = create_app(settings_for(folder))
    with app.app_context():
        upgrade(app)
        db.engine.dispose()
    return folder / "toolkit.db"


@pytest.fixture
def settings(tmp_path: Path, migrated: Path) -> Settings:
    shutil.copy(migrated, tmp_path / "toolkit.db")
    return settings_for(tmp_path)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    app.testing = True
    app.test_client_class = IsolatedClient
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session in an application context, for arranging and for looking. Commit before using a client."""
    with app.app_context():
        yield db.session()


@dataclass(frozen=True, kw_only=True)
class People:
    """Makes users with known passwords, in roles."""

    session: Session

    def user(self, email: str = "ada@example.com", *, admin: bool = False) -> User:
        user = User(email=email, name=email.split("@")[0].title(), password_hash=_HASHED, is_admin=admin)
        self.session.add(user)
        self.session.commit()
        return user

    def workspace(self, owner: User, name: str = "Northwind") -> Workspace:
        made = workspaces.create_workspace(self.session, name=name, owner=owner)
        self.session.commit()
        return made

    def member(self, workspace: Workspace, role: Role, email: str = "") -> User:
        user = self.user(email or f"{role.slug}@example.com")
        self.session.add(Membership(workspace_id=workspace.id, user_id=user.id, role=role.slug))
        self.session.commit()
        return user

    def token(self, workspace: Workspace, user: User, *scopes: str) -> str:
        _, token = workspaces.create_token(
            self.session, workspace_id=workspace.id, user_id=user.id, name="Test", scopes=scopes or tuple(SCOPES)
        )
        self.session.commit()
        return token


@pytest.fixture
def people(session: Session) -> People:
    return People(session=session)


@pytest.fixture
def owner(people: People) -> User:
    return people.user()


@pytest.fixture
def workspace(people: People, owner: User) -> Workspace:
    return people.workspace(owner)


@pytest.fixture
def sign_in(app: Flask) -> Callable[[User], FlaskClient]:
    """A client with a live session of this person, without going through the sign-in form.

    The client sends a CSRF token by itself with every unsafe request.
    """
    return lambda user: signed_in_client(app, user)


@pytest.fixture
def client(sign_in: Callable[[User], FlaskClient], owner: User, workspace: Workspace) -> FlaskClient:
    """The owner of the workspace "Northwind" in a browser."""
    return sign_in(owner)


@pytest.fixture
def api(app: Flask, people: People, owner: User, workspace: Workspace) -> FlaskClient:
    """A program with every scope in the workspace "Northwind"."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {people.token(workspace, owner)}"
    return client


@pytest.fixture
def vendor_data() -> Path:
    """What the vendors publish. Without it the test is skipped, with the reason; in CI it must be there."""
    if not VENDOR_DATA.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"VENDOR_DATA ({VENDOR_DATA}) is not there, and in CI it must be")
        pytest.skip(f"VENDOR_DATA ({VENDOR_DATA}) is not there")
    return VENDOR_DATA
