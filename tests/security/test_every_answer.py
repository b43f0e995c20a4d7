"""What every answer carries and what none gives away: all routes of the URL map, errors, files and deliveries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.clients import IsolatedClient
from tests.test_permissions import calls
from webapp import create_app
from webapp.config import Settings, SettingsError, load_settings
from webapp.core.headers import CSP
from webapp.core.limits import limiter
from webapp.extensions import db

ALWAYS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def expected(path: str) -> dict[str, str]:
    """Of a page for clients, nothing is told to where its links lead: its address is the key to it."""
    return ALWAYS | ({"Referrer-Policy": "no-referrer"} if path.startswith("/connect/") else {})


EXTRA = ("/no/such/page", "/static/css/app.css", "/static/no-such-file.css", "/webhooks/acme/nothing", "/webhooks/")
TELLING = re.compile(r"werkzeug|flask|granian|gunicorn|python|sqlalchemy|jinja|traceback|\.py\b", re.IGNORECASE)


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter, "enabled", False)


def made(settings: Settings, **changes: object) -> Iterator[Flask]:
    app = create_app(replace(settings, **changes))  # type: ignore[arg-type]  # a dataclass checks its own names
    app.test_client_class = IsolatedClient
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def encrypted(settings: Settings) -> Iterator[Flask]:
    """The same installation with PUBLIC_URL on https."""
    yield from made(settings, public_url="https://hub.example.com")


def test_every_route_error_and_file_carries_every_header(app: Flask, client: FlaskClient) -> None:
    asked = [(method, path) for method, path, _permission in calls(app)] + [("GET", path) for path in EXTRA]
    assert len(asked) > 100
    for method, path in asked:
        answer = client.open(path, method=method)
        for name, value in expected(path).items():
            assert answer.headers.getlist(name) == [value], (method, path, name)
        assert "camera=()" in answer.headers["Permissions-Policy"], (method, path)
        assert "Strict-Transport-Security" not in answer.headers, (method, path)
        answer.close()


def test_the_same_without_anybody_signed_in_and_over_https_with_hsts(encrypted: Flask) -> None:
    client = encrypted.test_client()
    asked = [(method, path) for method, path, _permission in calls(encrypted)] + [("GET", path) for path in EXTRA]
    for method, path in asked:
        answer = client.open(path, method=method, base_url="https://hub.example.com")
        for name, value in expected(path).items():
            assert answer.headers.getlist(name) == [value], (method, path, name)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", (method, path)
        answer.close()


def test_the_policy_of_pages_allows_nothing_inline_and_nobody_elses_frame() -> None:
    directives = dict(part.strip().split(" ", 1) for part in CSP.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["frame-ancestors"] == directives["base-uri"] == "'none'"
    assert directives["form-action"] == directives["script-src"] == directives["style-src"] == "'self'"
    assert "unsafe" not in CSP
    assert "*" not in CSP
    assert "http" not in CSP


def test_no_answer_names_what_it_is_built_with(app: Flask, client: FlaskClient) -> None:
    for method, path, _permission in calls(app):
        answer = client.open(path, method=method)
        assert answer.headers["Server"] == "toolkit", (method, path)
        for name in ("X-Powered-By", "Via"):
            assert name not in answer.headers, (method, path)
        if answer.status_code >= 400:
            assert not TELLING.search(answer.text), (method, path)


def test_an_accident_shows_a_reference_and_nothing_of_what_happened(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.testing = False

    def burst(*_args: object, **_rest: object) -> None:
        raise RuntimeError("CANARY in /srv/app/secret.py")

    monkeypatch.setitem(app.view_functions, "health.alive", burst)
    burst.permission = "public"  # type: ignore[attr-defined]  # as the decorator does
    answer = client.get("/healthz")
    assert answer.status_code == 500
    assert "CANARY" not in answer.text
    assert not TELLING.search(answer.text)
    assert answer.headers["X-Request-Id"] in answer.text


@pytest.mark.usefixtures("owner")
def test_cookies_are_for_this_host_alone_and_out_of_a_scripts_reach(encrypted: Flask, app: Flask) -> None:
    answer = encrypted.test_client().get("/login", base_url="https://hub.example.com")
    found = answer.headers.getlist("Set-Cookie")
    assert found
    for cookie in found:
        name, *flags = [part.strip() for part in cookie.split(";")]
        assert name.startswith("__Host-"), cookie
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(flags), cookie
        assert not any(flag.startswith("Domain") for flag in flags), cookie
    for cookie in app.test_client().get("/login").headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


# ------------------------------------------------------------------------------------------- names and proxies

OTHERS = ["evil.example", "localhost.evil.example", "localhost:80@evil.example", "127.0.0.1.evil.example", "",
          "hub.example.com.evil.example", "local host", "[::1", "localhost:x", "10.0.0.9"]  # fmt: skip


@pytest.mark.parametrize("host", OTHERS)
def test_another_name_than_ours_is_answered_with_an_error(app: Flask, host: str) -> None:
    answer = app.test_client().get("/login", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text
    assert answer.headers.get("Location") is None


@pytest.mark.parametrize("host", ["localhost", "localhost:5000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"])
def test_every_name_of_ones_own_machine_works_on_ones_own_machine(app: Flask, host: str) -> None:
    assert app.test_client().get("/login", headers={"Host": host}).status_code in (200, 302, 303)


def test_a_public_installation_answers_to_its_name_and_to_those_the_operator_added(settings: Settings) -> None:
    for app in made(settings, public_url="https://hub.example.com", allowed_hosts=("other.example.com",)):
        client = app.test_client()
        for host, status in (
            ("hub.example.com", 200),
            ("HUB.example.com:443", 200),
            ("other.example.com", 200),
            ("localhost", 400),
            ("x.hub.example.com", 400),
        ):
            assert client.get("/healthz", headers={"Host": host}).status_code == status, host


def test_no_link_or_redirect_is_made_with_the_name_of_the_request(app: Flask, client: FlaskClient) -> None:
    for method, path, _permission in calls(app):
        answer = client.open(path, method=method, headers={"Host": "127.0.0.1:9"})
        assert "127.0.0.1:9" not in answer.headers.get("Location", ""), (method, path)
        assert "//127.0.0.1:9" not in answer.text, (method, path)


FORWARDED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "1",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "for=203.0.113.9;host=evil.example",
    "X-Real-IP": "203.0.113.9",
    "X-Original-URL": "/admin",
    "X-Rewrite-URL": "/admin",
    "X-HTTP-Method-Override": "DELETE",
}


def seen_address(app: Flask, headers: dict[str, str]) -> tuple[str, str]:
    with app.test_request_context("/login", headers=headers, environ_base={"REMOTE_ADDR": "198.51.100.7"}):
        from flask import request

        found: list[str] = []
        inner = app.wsgi_app

        def look(environ: dict[str, object], start: object) -> list[bytes]:
            found.extend((str(environ["REMOTE_ADDR"]), str(environ.get("HTTP_HOST", ""))))
            return []

        while hasattr(inner, "_inner"):  # the layer for deliveries, which does not look
            inner = inner._inner
        if type(inner).__name__ == "ProxyFix":
            inner.app = look
            inner(request.environ, lambda *_args: None)
        else:
            look(request.environ, None)
        return found[0], found[1]


def test_forwarded_headers_of_strangers_are_words_in_the_wind(app: Flask) -> None:
    assert seen_address(app, FORWARDED) == ("198.51.100.7", "localhost")
    answer = app.test_client().get("/login", headers=FORWARDED)
    assert answer.status_code in (200, 302, 303)
    assert "evil" not in answer.text
    assert "evil" not in answer.headers.get("Location", "")


@pytest.mark.parametrize(
    ("hops", "forwarded", "seen"),
    [
        (0, "203.0.113.9", "198.51.100.7"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "10.6.6.6, 203.0.113.9, 192.0.2.1", "203.0.113.9"),
        (2, "203.0.113.9", "198.51.100.7"),
    ],
)
def test_only_as_many_proxies_are_believed_as_the_operator_has(
    settings: Settings, hops: int, forwarded: str, seen: str
) -> None:
    for app in made(settings, trusted_proxies=hops):
        assert seen_address(app, {"X-Forwarded-For": forwarded})[0] == seen


def test_the_name_a_trusted_proxy_passes_on_must_be_ours_too(settings: Settings) -> None:
    for app in made(settings, trusted_proxies=1, public_url="https://hub.example.com"):
        client = app.test_client()
        good = {"Host": "10.0.0.5:8000", "X-Forwarded-Host": "hub.example.com", "X-Forwarded-Proto": "https"}
        assert client.get("/healthz", headers=good).status_code == 200
        assert client.get("/healthz", headers=good | {"X-Forwarded-Host": "evil.example"}).status_code == 400


# ----------------------------------------------------------------------------------------------- security.txt


def test_without_a_contact_there_is_no_security_txt(app: Flask) -> None:
    assert app.test_client().get("/.well-known/security.txt").status_code == 404


def test_security_txt_names_the_contact_and_a_day_within_a_year(settings: Settings) -> None:
    from datetime import timedelta

    from dateutil.parser import isoparse

    from webapp.core.clock import now

    contacts = ("mailto:security@example.com", "https://example.com/report")
    for app in made(settings, public_url="https://hub.example.com", security_contact=contacts):
        answer = app.test_client().get("/.well-known/security.txt", base_url="https://hub.example.com")
        assert answer.content_type == "text/plain; charset=utf-8"
        lines = answer.text.split("\r\n")
        fields = [tuple(line.split(": ", 1)) for line in lines if line]
        assert [value for name, value in fields if name == "Contact"] == list(contacts)
        [expires] = [isoparse(value) for name, value in fields if name == "Expires"]
        assert now() + timedelta(days=30) < expires < now() + timedelta(days=365)
        assert ("Canonical", "https://hub.example.com/.well-known/security.txt") in fields


def test_a_contact_that_is_no_address_stops_the_start(tmp_path: Path) -> None:
    keys = {"SECRET_KEY": "s" * 40, "ENCRYPTION_KEYS": "e" * 40, "DATA_DIR": str(tmp_path)}
    read = load_settings(keys | {"SECURITY_CONTACT": "security@example.com, https://example.com/report"})
    assert read.security_contact == ("mailto:security@example.com", "https://example.com/report")
    for wrong in ("http://example.com/", "javascript:alert(1)", "call us", "mailto:a b@example.com"):
        with pytest.raises(SettingsError, match="SECURITY_CONTACT"):
            load_settings(keys | {"SECURITY_CONTACT": wrong})
