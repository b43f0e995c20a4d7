"""The doors in: forgery, redirects, limits, sizes, uploads."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from tests.clients import BrowserClient
from tests.conftest import PASSWORD, People
from tests.test_permissions import calls
from webapp.accounts.models import User
from webapp.core.addresses import own_path
from webapp.core.limits import limiter
from webapp.core.permissions import Role
from webapp.workspaces.models import Workspace


def unsafe(app: Flask) -> list[tuple[str, str, str]]:
    found = [call for call in calls(app) if call[0] != "GET"]
    assert len(found) > 60
    return found


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter, "enabled", False)


# ------------------------------------------------------------------------------------------------- forgery


@pytest.mark.usefixtures("unlimited")
def test_no_route_that_changes_anything_takes_a_request_without_the_token(
    app: Flask, people: People, workspace: Workspace, sign_in: Callable[[User], BrowserClient]
) -> None:
    client = sign_in(people.member(workspace, Role.OWNER, "root@example.com"))
    for wrong in ("", "x", client.csrf_token[:-1] + "x"):
        forger = client
        forger.csrf_token = ""
        for method, path, _permission in unsafe(app):
            answer = forger.open(path, method=method, headers={"X-CSRF-Token": wrong} if wrong else None)
            assert answer.status_code in (403, 405), (method, path, answer.status_code)


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
    ],
    ids=str,
)
def test_even_the_right_token_is_no_good_in_a_form_of_another_site(
    app: Flask, client: BrowserClient, headers: dict[str, str]
) -> None:
    for method, path, _permission in unsafe(app):
        answer = client.open(path, method=method, headers=headers)
        assert answer.status_code == 403, (method, path, answer.status_code)
    assert client.get("/settings/members", headers=headers).status_code == 200, (
        "a link from elsewhere may be followed"
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost"},
        {},
    ],
    ids=str,
)
def test_our_own_pages_may_send_forms(client: BrowserClient, headers: dict[str, str]) -> None:
    assert client.post("/settings/outbound", data={"mode": "any"}, headers=headers).status_code == 303


@pytest.mark.usefixtures("unlimited")
def test_what_looks_like_an_exempt_address_is_not_one(client: BrowserClient) -> None:
    """Budibase CVE-2026-31816: an exemption by the text of the address, which the query can imitate."""
    client.csrf_token = ""
    for path in (
        "/settings/outbound?/webhooks/acme/x",
        "/settings/outbound?x=/api/integrations",
        "/settings/outbound#/webhooks/",
    ):
        assert client.post(path, data={"mode": "any"}).status_code == 403, path
    bearer = {"Authorization": "Bearer x"}
    assert client.post("/settings/outbound", data={"mode": "any"}, headers=bearer).status_code == 403


@pytest.mark.usefixtures("unlimited")
def test_asking_for_a_page_changes_nothing(app: Flask, client: FlaskClient) -> None:
    """No GET route takes the write lock: it would begin IMMEDIATE."""
    from sqlalchemy import event

    from webapp.extensions import db

    wrote: list[str] = []
    with app.app_context():
        event.listen(
            db.engine,
            "before_cursor_execute",
            lambda *a: wrote.append(a[2]) if a[2].split(" ")[0] in ("INSERT", "UPDATE", "DELETE") else None,
        )
    kept = ("INSERT INTO audit", "UPDATE user_sessions")
    for method, path, _permission in calls(app):
        if method != "GET" or path.startswith(("/logout", "/oauth", "/sign-in", "/login")):
            continue
        wrote.clear()
        client.get(path).close()
        assert [one for one in wrote if not one.startswith(kept)] == [], path


# ------------------------------------------------------------------------------------------------- redirects

ELSEWHERE = ["https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
             "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "http:evil.example",
             "http:/evil.example", "javascript:alert(1)", "data:text/html,x", "/%0d%0aSet-Cookie:x=1\r\nX: y",
             "/../\\evil.example", "https:evil.example", "//evil.example\\@localhost", "////evil.example",
             "/\\/evil.example", "/;@evil.example\\", "\x00//evil.example", "/\u2028/evil.example\\"]  # fmt: skip


def as_a_browser_goes(address: str) -> str:
    """The host that a browser would go to (WHATWG URL: tabs and line breaks vanish, a backslash is a slash)."""
    seen = address.strip("\x00\x01\x1f ").replace("\t", "").replace("\n", "").replace("\r", "").replace("\\", "/")
    return urlsplit(urljoin("http://localhost/login", seen)).netloc


@given(st.one_of(st.text(max_size=30), st.text("/\\:@.#?ahtps\t\r\n%;", max_size=20), st.sampled_from(ELSEWHERE)))
def test_next_never_leads_to_another_host(address: str) -> None:
    kept = own_path(address)
    assert kept.startswith("/")
    assert as_a_browser_goes(kept) == "localhost"


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("address", ELSEWHERE)
def test_signing_in_leads_nowhere_else(app: Flask, owner: User, workspace: Workspace, address: str) -> None:
    email = owner.email
    client = app.test_client()
    page = client.get("/login", query_string={"next": address})
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    answer = client.post(
        "/login", data={"csrf_token": token[1], "email": email, "password": PASSWORD, "next": address}
    )
    assert answer.status_code == 303, answer.text
    assert as_a_browser_goes(answer.headers["Location"]) == "localhost"
    assert "X" not in answer.headers


@pytest.mark.usefixtures("unlimited")
def test_no_route_leads_away_because_of_a_parameter(app: Flask, client: FlaskClient) -> None:
    names = ("next", "url", "return", "return_to", "redirect", "redirect_uri", "back", "to", "continue", "u", "href")
    query = dict.fromkeys(names, "https://evil.example/")
    for method, path, _permission in calls(app):
        answer = client.open(path, method=method, query_string=query, data=query if method != "GET" else None)
        for header in ("Location", "HX-Redirect", "HX-Location", "Refresh", "Link"):
            assert "evil.example" not in urlsplit(answer.headers.get(header, "")).netloc, (method, path, header)
        answer.close()


# ------------------------------------------------------------------------------------------------- limits


def test_an_answer_tells_what_is_left_and_429_when_to_come_back(app: Flask, client: FlaskClient) -> None:
    object.__setattr__(app.config["SETTINGS"], "rate_limit", 3)
    first = client.get("/settings/members")
    assert first.headers["RateLimit-Policy"] == '"3-60";q=3;w=60'
    assert first.headers["RateLimit"].startswith('"3-60";r=2;t=')
    assert [client.get("/settings/tokens").status_code for _ in range(2)] == [200, 200]
    refused = client.get("/settings/members")
    assert refused.status_code == 429
    assert refused.headers["RateLimit"].startswith('"3-60";r=0;t=')
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert "<h1" in refused.text
    problem = client.get("/api/integrations")
    assert problem.status_code == 429
    assert problem.mimetype == "application/problem+json"
    assert 0 < int(problem.headers["Retry-After"]) <= 60


def test_everybody_has_a_limit_of_their_own(
    app: Flask, people: People, workspace: Workspace, client: FlaskClient, sign_in: Callable[[User], FlaskClient]
) -> None:
    object.__setattr__(app.config["SETTINGS"], "rate_limit", 2)
    other = sign_in(people.member(workspace, Role.MEMBER))
    assert [client.get("/settings/members").status_code for _ in range(3)] == [200, 200, 429]
    assert other.get("/settings/members").status_code == 200
    stranger = app.test_client()
    here, there = {"REMOTE_ADDR": "198.51.100.1"}, {"REMOTE_ADDR": "198.51.100.2"}
    answers = [stranger.get("/login", environ_overrides=here).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    assert stranger.get("/login", environ_overrides=there).status_code == 200
    forged = {"X-Forwarded-For": "203.0.113.77"}
    assert stranger.get("/login", environ_overrides=here, headers=forged).status_code == 429, "a forged address"


def test_a_wrong_token_is_counted_for_the_address(app: Flask) -> None:
    object.__setattr__(app.config["SETTINGS"], "rate_limit", 3)
    client = app.test_client()
    headers = {"Authorization": "Bearer atk_guess"}
    answers = [client.get("/api/integrations", headers=headers).status_code for _ in range(5)]
    assert answers[0] == 401
    assert answers[-1] == 429


def test_what_watches_this_installation_is_not_counted(app: Flask) -> None:
    object.__setattr__(app.config["SETTINGS"], "rate_limit", 1)
    assert {app.test_client().get("/healthz").status_code for _ in range(4)} == {200}


def test_an_operator_can_do_without_the_general_limit(app: Flask, client: FlaskClient) -> None:
    object.__setattr__(app.config["SETTINGS"], "rate_limit", 0)
    assert {client.get("/settings/members").status_code for _ in range(4)} == {200}


# ------------------------------------------------------------------------------------------------- sizes, uploads


@pytest.mark.usefixtures("unlimited")
def test_a_body_that_is_too_large_is_refused_on_every_route(app: Flask, client: FlaskClient) -> None:
    body = b"x" * (2 * 1024 * 1024 + 1)
    for method, path, permission in unsafe(app):
        if permission == "signed-in" and path.startswith("/logout"):
            continue
        answer = client.open(path, method=method, data=body, content_type="application/json")
        assert answer.status_code < 500, (method, path)
        if path.startswith("/api/"):
            assert answer.status_code in (403, 404, 413, 401, 405, 415), (method, path, answer.status_code)


@pytest.mark.usefixtures("unlimited")
def test_a_compressed_body_is_refused_unread(app: Flask, api: FlaskClient) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    for encoding in ("gzip", "br", "deflate", "zstd", "GZIP", "gzip, gzip"):
        answer = api.post(
            "/api/integrations/test",
            data=bomb,
            headers={"Content-Encoding": encoding},
            content_type="application/json",
        )
        assert answer.status_code == 415, encoding
        assert answer.mimetype == "application/problem+json"


@pytest.mark.usefixtures("unlimited")
def test_a_form_with_thousands_of_fields_is_refused(client: FlaskClient) -> None:
    answer = client.post("/settings/outbound", data={f"f{number}": "1" for number in range(5000)})
    assert answer.status_code in (413, 422)
    fields = {f"f{number}": "1" for number in range(1500)}
    parts = client.post("/settings/outbound", data=fields, content_type="multipart/form-data")
    assert parts.status_code in (413, 422)


@pytest.mark.usefixtures("unlimited")
def test_a_file_where_none_is_asked_for_is_not_kept_and_its_name_is_used_nowhere(
    app: Flask, client: FlaskClient
) -> None:
    """GHSA-2wfh-rcwf-wh23 and CVE-2026-21858: names and paths of uploads. No route of ours reads a file."""
    from io import BytesIO

    before = sorted(app.config["SETTINGS"].data_dir.rglob("*"))
    for method, path, _permission in unsafe(app):
        if path.startswith("/logout"):
            continue
        data = {"file": (BytesIO(b"<?php"), "../../../evil.php"), "files.filepath": "/etc/passwd"}
        answer = client.open(path, method=method, data=data, content_type="multipart/form-data")
        assert answer.status_code < 500, (method, path)
        assert "root:" not in answer.text
    after = [path for path in app.config["SETTINGS"].data_dir.rglob("*") if path not in before]
    assert not any("evil" in path.name for path in after)
