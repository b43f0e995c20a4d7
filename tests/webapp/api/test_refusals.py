"""What can't be read or done is answered by a problem document with the right status, and changes nothing."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.conftest import People
from webapp.core.clock import now
from webapp.core.limits import limiter
from webapp.instances.models import Instance
from webapp.workspaces.models import ApiToken

GOOD = {"providerId": "stripe", "name": "A", "environment": "sandbox", "configuration": {}}


def assert_problem(answer: TestResponse, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["title"]
    assert answer.json["detail"]
    return answer.json


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b" ", "empty"),
        (b"{", "line 1, column"),
        (b'{"a": NaN}', "line 1, column"),
        (b'{"a": 1,}', "line 1, column"),
        (b'{"a": Infinity}', "line 1, column"),
        (b'{"a": "\\ud800"}', "column"),
        (b'{"a": "\xff"}', "column"),
        (b'\xef\xbb\xbf{"a": 1}', "column"),
        (b'{"name": "a", "name": "b"}', "twice"),
        (b'{"configuration": {"api_key": "a", "api_key": "b"}}', "twice"),
        (b"[" * 5000 + b"]" * 5000, ""),
        (b'{"a":' * 50 + b"1" + b"}" * 50, "nested too deeply"),
        (b'{"a": "\\u0000"}', "NUL"),
        (b'{"a\\u0000": 1}', "NUL"),
        (b"[]", "object"),
        (b'"text"', "object"),
        (b"null", "object"),
        (b"1" * 6000, ""),
    ],
)
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_body_that_can_not_be_read_is_refused_with_where(
    api: FlaskClient, method: str, body: bytes, words: str
) -> None:
    answer = getattr(api, method)("/api/integrations", data=body, content_type="application/json")
    assert words in assert_problem(answer, 400)["detail"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_body_that_is_not_json_is_refused(api: FlaskClient, session: Session, content_type: str) -> None:
    answer = api.post("/api/integrations", data=json.dumps(GOOD), content_type=content_type)
    assert_problem(answer, 415)
    assert session.scalars(select(Instance)).all() == []


def test_a_json_body_may_name_its_charset(api: FlaskClient) -> None:
    answer = api.post("/api/integrations", data=json.dumps(GOOD), content_type="application/json; charset=utf-8")
    assert answer.status_code == 201


@pytest.mark.parametrize("size", [300_000, 3_000_000])
def test_a_body_that_is_too_large_is_refused(api: FlaskClient, size: int) -> None:
    assert_problem(api.post("/api/integrations", json=GOOD | {"description": "x" * size}), 413)


def test_a_method_that_is_not_there_names_those_that_are(api: FlaskClient) -> None:
    answer = api.patch("/api/integrations")
    assert_problem(answer, 405)
    assert {"GET", "POST", "PUT", "DELETE"} <= set(answer.headers["Allow"].split(", "))


def test_an_address_that_is_not_there_is_a_problem_document(api: FlaskClient) -> None:
    assert_problem(api.get("/api/nothing"), 404)


def test_without_a_token_the_answer_says_how_to_sign_in(app: Flask) -> None:
    answer = app.test_client().get("/api/integrations")
    assert_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer", "Basic YTpi", "nonsense", "Bearer \x80é"])
def test_a_bad_token_is_refused_also_where_none_is_needed(app: Flask, header: str) -> None:
    for path in ("/api/integrations", "/api/openapi.json"):
        answer = app.test_client().get(path, headers={"Authorization": header})
        assert_problem(answer, 401)
        assert "invalid_token" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("change", ["revoked_at", "expires_at"])
def test_a_token_that_ended_is_refused(api: FlaskClient, session: Session, change: str) -> None:
    token = session.scalars(select(ApiToken)).one()
    setattr(token, change, now())
    session.commit()
    assert_problem(api.get("/api/integrations"), 401)


def test_a_missing_scope_is_named(app: Flask, people: People, workspace, owner) -> None:
    token = people.token(workspace, owner, "events:read")
    answer = app.test_client().get("/api/integrations", headers={"Authorization": f"Bearer {token}"})
    assert "integrations:read" in assert_problem(answer, 403)["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=201", "limit=x", "limit=-1", "limit=1.5", "limit=%20", "limit=٣", "limit=1&limit=2",
        "cursor=nonsense", "cursor=e30", "cursor=W10", "cursor=ZZZZ%00", "category=cars", "status=gone", "page=2",
        "search=%00", "search=" + "x" * 101,
    ],
)  # fmt: skip
def test_a_parameter_that_is_wrong_is_named(api: FlaskClient, query: str) -> None:
    answer = assert_problem(api.get(f"/api/integrations?{query}"), 400)
    if "cursor" not in query:
        assert answer["errors"][0]["parameter"] == query.split("=")[0]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("startDate=yesterday", "2026-11-01"),
        ("startDate=2024-02-30", "2026-11-01"),
        ("startDate=2024-01-01T00:00:00", "zone"),
        ("startDate=0001-01-01", "between"),
        ("startDate=9999-12-31", "between"),
        ("startDate=2024-01-31&endDate=2024-01-01", "before endDate"),
        ("startDate=2000-01-01&endDate=2024-01-01", "731 days"),
        ("startDate=2999-01-01T00:00:00Z", "between"),
        ("startDate=2024-01-01T25:00:00Z", "read"),
        ("startDate=2024-01-01T00:00:00%2B99:00", "read"),
        ("startDate=%F0%9F%98%80", "read"),
        ("environment=moon", "live"),
    ],
)
def test_a_range_that_can_not_be_is_refused_with_what_to_do(api: FlaskClient, query: str, words: str) -> None:
    assert words in assert_problem(api.get(f"/api/integrations/analytics?{query}"), 400)["detail"]


MISSING = {
    "PUT": ("/api/integrations", {"id": "{instance}", "name": "Mine now"}),
    "DELETE": ("/api/integrations?id={instance}", None),
    "POST": ("/api/integrations/test", {"testId": "stripe-connection", "instanceId": "{instance}"}),
    "GET": ("/api/integrations/analytics?instanceId={instance}", None),
}


@pytest.mark.parametrize("method", MISSING)
def test_what_is_a_strangers_is_missing_to_the_byte(
    app: Flask, api: FlaskClient, people: People, session: Session, method: str
) -> None:
    made = api.post("/api/integrations", json=GOOD).json["instance"]["id"]
    stranger = people.user("mallory@example.com")
    other = people.workspace(stranger, "Other")
    headers = {"Authorization": f"Bearer {people.token(other, stranger)}"}
    answers = []
    for one in (made, made[:-4] + "zzzz"):
        path, body = json.loads(json.dumps(MISSING[method]).replace("{instance}", one))
        answers.append(app.test_client().open(path, method=method, json=body, headers=headers))
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].data == answers[1].data
    row = session.get_one(Instance, made)
    assert (row.name, row.deleted_at) == ("A", None)


def test_more_than_the_limit_is_refused_with_when_to_go_on(api: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter, "enabled", True)
    answers = [api.get("/api/integrations/test?providerId=stripe") for _ in range(121)]
    assert {one.status_code for one in answers[:120]} == {200}
    assert answers[0].headers["RateLimit-Policy"].startswith('"120-60";q=120;w=60')
    assert answers[0].headers["RateLimit"].startswith('"120-60";r=119;t=')
    assert_problem(answers[120], 429)
    assert 0 < int(answers[120].headers["Retry-After"]) <= 60
    assert api.get("/api/integrations/events").status_code == 429, "the limit is one for all calls together"
