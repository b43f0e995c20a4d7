"""Generated requests, good and bad, find no crash and no answer that the description does not have."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks

from providers.kit.registry import Registry
from tests.conftest import People, settings_for
from webapp import create_app
from webapp.api import waiting
from webapp.api.openapi import describe
from webapp.catalog.service import synchronise
from webapp.connection_tests import service as tests
from webapp.core.limits import limiter
from webapp.extensions import db

EXAMPLES = int(os.environ.get("TEST_EXAMPLES", "10"))
load_all_checks()
CHECKS = [
    schemathesis.checks.CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    )
]
quietly = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def served(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, str]]:
    """An application with a workspace of one connection, and a token for all of it."""
    folder = tmp_path_factory.mktemp("schemathesis")
    (folder / "toolkit.db").write_bytes(migrated.read_bytes())
    app = create_app(settings_for(folder))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limiter, "enabled", False)
        patch.setattr(waiting, "DEFAULT", 0)
        patch.setattr(waiting, "LONGEST", 0)
        patch.setattr(tests, "PER_WORKSPACE", 100_000)
        patch.setattr(tests, "PER_INSTANCE", 100_000)
        with app.app_context():
            people = People(session=db.session())
            synchronise(db.session())
            owner = people.user()
            token = people.token(people.workspace(owner), owner)
        yield app, token
    with app.app_context():
        db.engine.dispose()


SCHEMA = schemathesis.openapi.from_dict(describe("http://localhost", Registry.discover()))
OPERATIONS = {one.ok().label: one.ok() for one in SCHEMA.get_all_operations()}
MODES = {"good": GenerationMode.POSITIVE, "bad": GenerationMode.NEGATIVE}


def send(case: schemathesis.Case, app: Flask, token: str = "") -> schemathesis.Response:
    case.headers = {name: value for name, value in (case.headers or {}).items() if name.lower() != "authorization"}
    case.cookies = {}
    sent = {"Accept-Encoding": "identity"}  # the client in the process does not inflate
    return case.call(app=app, headers=sent | ({"Authorization": f"Bearer {token}"} if token else {}))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("label", OPERATIONS)
def test_generated_requests_with_a_token_get_described_answers(
    label: str, mode: str, served: tuple[Flask, str]
) -> None:
    app, token = served

    @quietly
    @given(OPERATIONS[label].as_strategy(generation_mode=MODES[mode]))
    def check(case: schemathesis.Case) -> None:
        case.validate_response(send(case, app, token), checks=CHECKS)

    check()


@pytest.mark.parametrize("label", OPERATIONS)
def test_generated_requests_without_a_token_are_refused_as_described(label: str, served: tuple[Flask, str]) -> None:
    @settings(quietly, max_examples=5)
    @given(OPERATIONS[label].as_strategy())
    def check(case: schemathesis.Case) -> None:
        answer = send(case, served[0])
        assert answer.status_code == 401
        case.validate_response(answer, checks=CHECKS[:5])

    check()
