"""A vendor that repeats our credentials in its answers: they are found in no answer, row, log or message of ours."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from pytest_httpserver import HTTPServer
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug import Request, Response

from providers.kit.conformance_behaviour import another
from providers.kit.contract import Environment, Field
from providers.kit.registry import Registered, Registry
from webapp.config import Settings
from webapp.instances.values import problem_of
from webapp.runtime.logs import OURS

PROVIDERS = tuple(Registry.discover())


def parrot(status: int, kind: str) -> Callable[[Request], Response]:
    """Says everything that it was told, headers and all."""

    def answer(request: Request) -> Response:
        told = f"{request.url} {dict(request.headers)} {request.get_data(as_text=True)}"
        if kind == "html":
            return Response(f"<!doctype html><h1>Oh no</h1><pre>{told}</pre>", status, content_type="text/html")
        said = dict.fromkeys(("message", "error", "error_description", "detail", "title", "name", "id"), told)
        said["errors"] = [dict(said)]  # type: ignore[assignment]  # any shape
        return Response(json.dumps(said), status, content_type="application/json")

    return answer


ANSWERS = {
    "400": parrot(400, "json"),
    "401": parrot(401, "json"),
    "403": parrot(403, "html"),
    "200": parrot(200, "json"),
    "page": parrot(200, "html"),
}


@pytest.fixture
def vendor(httpserver: HTTPServer) -> Iterator[HTTPServer]:
    """Everything that a provider asks is answered by the one answer that is set."""
    yield httpserver
    httpserver.clear()


@pytest.fixture
def settings(settings: Settings, httpserver: HTTPServer) -> Settings:
    bases = {f"{entry.manifest.api_base_setting}": httpserver.url_for("").rstrip("/") for entry in PROVIDERS}
    settings.environ.update(bases)  # type: ignore[attr-defined]  # a dict in tests
    object.__setattr__(settings, "egress_allow", (f"{httpserver.host}:{httpserver.port}",))
    return settings


LETTERS = "Qw3Er5Ty7Ui9Op1As2Df4Gh6Jk8Lz0Xc3Vb5Nm7Qw9Er1Ty2Ui4Op6As8Df0"


def invented(field: Field, known: str) -> Iterator[str]:
    """Values that may have the form of this secret."""
    for value in (field.example, known):
        yield from (another(value), value[::-1], value)
    for prefix in (*field.prefixes, *re.findall(r"[a-zA-Z]{2,5}[._-]", field.pattern)):
        yield from (f"{prefix}{LETTERS[:32]}", f"{prefix}{LETTERS[:22]}.{LETTERS[-43:]}")


def canaries(entry: Registered, environment: Environment) -> dict[str, str]:
    """Values of the right form for every field; those of secrets are known to nobody."""
    assert entry.sandbox is not None
    stand_in = entry.sandbox.credentials()
    found = {}
    for one in entry.manifest.asked_fields:
        known = stand_in.get(one.name) or one.default
        tried = invented(one, known) if one.secret else iter((known, one.example))
        found[one.name] = next((each for each in tried if each and not problem_of(one, each, environment)), "")
    return {name: value for name, value in found.items() if value}


def everything_stored(session: Session) -> str:
    tables = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
    found = [repr(session.execute(text(f'SELECT * FROM "{name}"')).all()) for name in tables]
    session.rollback()
    return "\n".join(found)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("entry", PROVIDERS, ids=lambda entry: entry.id)
def test_what_a_vendor_repeats_is_repeated_by_nobody(
    entry: Registered,
    api: FlaskClient,
    session: Session,
    vendor: HTTPServer,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name in OURS:  # as much as we ever say; libraries are heard from warnings on (webapp/runtime/logs.py)
        caplog.set_level(logging.DEBUG, logger=name)
    environment = next(one for one in entry.manifest.environments if one is not Environment.SANDBOX)
    values = canaries(entry, environment)
    names = [one.name for one in entry.manifest.asked_fields if one.secret]
    secrets = [values[name] for name in names if len(values.get(name, "")) > 7]
    answers, asked = [], 0
    for answer in ANSWERS.values():
        vendor.clear()
        vendor.expect_request(re.compile(".*")).respond_with_handler(answer)
        body = {"testId": f"{entry.id}-connection", "environment": environment, "configuration": values}
        said = api.post("/api/integrations/test", json=body, headers={"Prefer": "wait=20"})
        assert said.status_code == 200, said.text
        answers.append(said.text)
        asked += len(vendor.log)
    assert asked > len(ANSWERS) // 2, f"the vendor was hardly asked: {answers[0]}"
    told = capfd.readouterr()
    logged = "\n".join(one.getMessage() for one in caplog.records if one.name != "werkzeug")  # the vendor's own log
    for place in [*answers, logged, told.out, told.err, everything_stored(session)]:
        for secret in secrets:
            assert secret not in place, f"{secret[:4]}… of {entry.id} can be read in {place[:3000]}"
