"""What went wrong in comparable products and shall not here. The table: docs/operate/security-checks.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from packaging.version import Version
from pytest_httpserver import HTTPServer
from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit.errors import RefusedByPolicy
from providers.kit.http import Door, DoorPolicy
from providers.kit.policy import check_url
from tests.conftest import People
from tests.webapp.accounts.steps import post
from webapp.accounts.models import User
from webapp.config import SettingsError, load_settings
from webapp.core.limits import limiter
from webapp.instances.models import Instance
from webapp.workspaces.models import Invitation, Workspace

ROOT = Path(__file__).resolve().parents[2]
REACHES_OUT = {"socket", "http.client", "urllib.request", "urllib3", "httpx", "aiohttp", "ftplib", "smtplib",
               "telnetlib", "xmlrpc", "websocket"}  # fmt: skip
MAY_REACH_OUT = {
    "providers/kit/guard.py": "the one socket",
    "providers/kit/transport.py": "the one transport, on that socket",
    "providers/kit/deadline.py": "shuts that socket",
    "webapp/mail/smtp.py": "the operator's mail server",
    "webapp/runtime/valkey.py": "the queue of this machine",
    "webapp/runtime/web.py": "asks whether our own port is free",
    "webapp/runtime/supervisor.py": "asks our own pages whether they are up",
    "webapp/health/surroundings.py": "asks our own address whether it answers",
}
SENDS = re.compile(r"\brequests\.(get|post|put|patch|delete|head|options|request|Session|session)\(")


def ours() -> Iterator[tuple[str, ast.Module, str]]:
    for folder in ("webapp", "jobs", "providers"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "tests" in path.parts:
                continue
            text = path.read_text(encoding="utf-8")
            yield str(path.relative_to(ROOT)), ast.parse(text), text


def imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_there_is_one_way_out_and_nobody_has_another() -> None:
    """NocoDB CVE-2026-24767, NocoBase CVE-2026-40346: the check stood beside the call instead of under it."""
    looked = 0
    for name, tree, text in ours():
        looked += 1
        reaching = {
            one for one in imported(tree) if any(one == out or one.startswith(out + ".") for out in REACHES_OUT)
        }
        assert not reaching or name in MAY_REACH_OUT, f"{name} imports {reaching}"
        assert not SENDS.search(text), f"{name} sends without the door"
    assert looked > 500


def test_nothing_that_people_write_is_ever_run() -> None:
    """n8n CVE-2025-68613 and CVE-2026-1470, Langflow CVE-2025-3248: expressions or checks run in the process."""
    for name, tree, _text in ours():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                plain = isinstance(node.func, ast.Name)
                assert not (plain and called in ("eval", "exec", "compile", "__import__")), f"{name}: {called}"
                assert called not in ("render_template_string", "from_string", "unsafe_load", "full_load"), (
                    f"{name}: {called}"
                )
                if called == "loads" and "pickle" in ast.unparse(node.func):
                    assert name == "webapp/runtime/supervisor.py", name  # a pipe from our own fork
    for template in (ROOT / "templates").rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        assert "|safe" not in text.replace(" ", ""), template
        assert "autoescape false" not in text, template


@pytest.mark.parametrize("text", ["", " ", ",", ", ,"])
def test_an_empty_setting_opens_nothing(text: str) -> None:
    """Budibase CVE-2026-31818, n8n #28035: without a list there was no guard."""
    for policy in (DoorPolicy(), DoorPolicy.from_egress_allow(text)):
        for url in ("http://127.0.0.1/", "http://169.254.169.254/", "http://[::1]/", "http://10.0.0.1/"):
            with pytest.raises(RefusedByPolicy):
                check_url(url, policy)


def test_a_body_of_another_kind_than_the_route_takes_is_not_read(
    client: FlaskClient, api: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """n8n CVE-2026-21858: JSON where a form was meant set what only the server may set."""
    monkeypatch.setattr(limiter, "enabled", False)
    assert client.post("/settings/members/invite", json={"role": "owner", "email": ""}).status_code == 422
    assert session.scalars(select(Invitation)).all() == []
    session.rollback()
    for content_type in (
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "text/plain",
        "text/xml",
    ):
        answer = api.post(
            "/api/integrations/test", data=b'{"testId": "stripe-connection"}', content_type=content_type
        )
        assert answer.status_code in (400, 415, 422), content_type


@pytest.mark.parametrize(
    "extra", ["id", "workspaceId", "workspace_id", "status", "health", "isAdmin", "role", "secrets"]
)
def test_what_the_server_decides_is_not_taken_from_a_body(
    api: FlaskClient, session: Session, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """n8n CVE-2026-56350, Flowise CVE-2026-41277 and CVE-2026-42862: the body was copied onto the record."""
    monkeypatch.setattr(limiter, "enabled", False)
    body = {"providerId": "stripe", "name": "Shop", "environment": "sandbox", extra: "wsp_of_somebody_else"}
    assert api.post("/api/integrations", json=body).status_code == 422
    assert session.scalars(select(Instance)).all() == []


def test_what_a_form_does_not_ask_for_changes_nothing(client: FlaskClient, session: Session, owner: User) -> None:
    """The same of forms: a profile with rights in it."""
    page = client.get("/settings/profile")
    assert page.status_code == 200
    extras = {"is_admin": "1", "role": "owner", "password_hash": "x", "id": "usr_x", "epoch": "9"}
    answer = client.post("/settings/profile", data={"name": "Ada", "locale": "en", "theme": "auto", **extras})
    assert answer.status_code < 500
    session.refresh(owner)
    assert owner.is_admin is False
    assert owner.password_hash != "x"


def test_no_link_is_made_with_a_name_from_the_request(app: Flask, owner: User, session: Session) -> None:
    """Appsmith CVE-2026-22794: the link in the mail led where the Origin header said."""
    from dataclasses import replace

    from jobs import accounts as jobs
    from tests.webapp.accounts.test_links import outbox
    from webapp.accounts.models import ResetRequest
    from webapp.config import MailSettings

    mail = MailSettings(host="127.0.0.1", port=1, username="", password="", security="none", sender="hub@example.com")
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], mail=mail, public_url="http://localhost:9999")
    client = app.test_client()
    client.environ_base["HTTP_HOST"] = "127.0.0.1"
    client.environ_base["HTTP_X_FORWARDED_HOST"] = "evil.example"
    assert post(client, "/forgot", "/forgot", email=owner.email).status_code in (200, 303)
    for request_id in session.scalars(select(ResetRequest.id)).all():
        session.commit()
        jobs.answer_reset(request_id)
    [(_to, _subject, text)] = outbox(app, session)
    assert re.findall(r"https?://[^/\s]+", text) == ["http://localhost:9999"]


def test_it_does_not_start_with_keys_that_are_missing_short_or_open_to_others(tmp_path: Path) -> None:
    """Superset CVE-2023-27524, Airflow CVE-2020-17526: a key that everybody knows."""
    good = {"DATA_DIR": str(tmp_path), "SECRET_KEY": "s" * 32, "ENCRYPTION_KEYS": "e" * 32}
    assert load_settings(good).secret_key
    for name in ("SECRET_KEY", "ENCRYPTION_KEYS"):
        for wrong in ("", "short", "s" * 31):
            with pytest.raises(SettingsError, match=name):
                load_settings(good | {name: wrong})
    file = tmp_path / "secret_key"
    file.write_text("k" * 40)
    file.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        load_settings({name: value for name, value in good.items() if name != "SECRET_KEY"})
    file.chmod(0o600)
    assert load_settings({name: value for name, value in good.items() if name != "SECRET_KEY"}).secret_key == "k" * 40
    assert not (ROOT / ".env").exists()


MINIMUM = {
    "Flask": "3.1.3",
    "Werkzeug": "3.1.6",
    "Authlib": "1.6.11",
    "urllib3": "2.7.0",
    "requests": "2.32.4",
    "Jinja2": "3.1.6",
    "cryptography": "44.0.1",
}


@pytest.mark.parametrize("name", MINIMUM)
def test_no_library_is_older_than_its_last_known_hole(name: str) -> None:
    """Authlib CVE-2025-68158, CVE-2026-28802, CVE-2026-28498, CVE-2026-41425; Flask CVE-2026-27205; urllib3
    CVE-2025-66471, CVE-2026-21441, CVE-2026-44432. What is installed, and what the lock file would install."""
    assert Version(version(name)) >= Version(MINIMUM[name])
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = re.search(rf"^{name}==([^\s;\\]+)", lock, re.MULTILINE | re.IGNORECASE)
    assert locked, f"{name} is not in the lock file"
    assert Version(locked[1]) >= Version(MINIMUM[name])


def test_what_one_person_sees_no_cache_gives_to_another(client: FlaskClient, api: FlaskClient) -> None:
    """Flask CVE-2026-27205: `Vary: Cookie` was missing."""
    for answer in (client.get("/"), client.get("/settings/members"), api.get("/api/integrations")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Cookie" in answer.headers["Vary"]


def test_nothing_of_an_answers_headers_is_kept_or_passed_on(httpserver: HTTPServer) -> None:
    """ToolJet #16223: a connector passed the service's Set-Cookie on to the person's browser."""
    httpserver.expect_request("/").respond_with_data("{}", headers={"Set-Cookie": "session=theirs; Path=/"})
    door = Door(
        DoorPolicy(allow_hosts=frozenset({(httpserver.host, httpserver.port)})), httpserver.url_for("").rstrip("/")
    )
    for _ in range(2):
        door.request("GET", "/", operation="look")
        door.session().get(httpserver.url_for("/"))
    assert all("Cookie" not in request.headers for request, _answer in httpserver.log)


def test_an_address_with_a_secret_in_it_is_told_to_no_other_site(client: FlaskClient) -> None:
    """ToolJet CVE-2022-23067: a token in Referer."""
    for path in ("/reset/some-token", "/join/some-token", "/confirm-email/some-token", "/login"):
        assert client.get(path).headers["Referrer-Policy"] == "same-origin"


def test_a_stored_key_is_found_only_through_its_own_workspace(
    client: FlaskClient, session: Session, people: People, workspace: Workspace
) -> None:
    """n8n CVE-2026-42226, inkeep's `key.includes(tenant)`: ownership is a foreign key, not a text in an id."""
    stranger = people.user("eve@example.com")
    other = people.workspace(stranger, "Elsewhere")
    row = Instance(workspace_id=other.id, provider_id="stripe", name="Theirs", status="active", environment="test")
    session.add(row)
    session.commit()
    row_id = row.id
    for address in (f"/integrations/{row_id}", f"/integrations/{row_id}x", f"/integrations/{workspace.id}{row_id}"):
        missing, answer = client.get("/integrations/ins_nothing"), client.get(address)
        assert answer.status_code == missing.status_code == 404, address
        assert "Theirs" not in answer.text


def test_every_test_that_the_table_names_is_there() -> None:
    table = (ROOT / "docs/operate/security-checks.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:tests|providers)/[\w/]+\.py)(?:::(test_\w+))?`", table)
    assert len(named) > 50
    for file, test in named:
        path = ROOT / file
        assert path.is_file(), file
        if test:
            assert f"def {test}(" in path.read_text(encoding="utf-8"), f"{file} has no {test}"
