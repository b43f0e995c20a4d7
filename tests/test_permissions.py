"""Every route for every role, from the URL map: no route is exempt."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.conftest import People
from webapp.accounts.models import User
from webapp.core.permissions import ACTIONS, PUBLIC, SCOPES, SIGNED_IN, Role, permission_of
from webapp.workspaces.models import Workspace

REFUSED = {403, 404}


def calls(app: Flask) -> Iterator[tuple[str, str, str]]:
    """(method, path, permission) with made-up ids for what an address asks for."""
    for rule in app.url_map.iter_rules():
        permission = permission_of(app.view_functions[rule.endpoint])
        assert permission, rule.endpoint
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, path_of(app, rule), permission


def path_of(app: Flask, rule: Rule) -> str:
    values: dict[str, object] = {}
    for name, converter in rule._converters.items():
        kind = type(converter).__name__
        values[name] = {"IntegerConverter": 1, "AnyConverter": min(getattr(converter, "items", "-"))}.get(
            kind, "nothing"
        )
    return app.url_map.bind("localhost").build(rule.endpoint, values, method=sorted(rule.methods or {"GET"})[-1])


def may(role: Role, permission: str) -> bool:
    least = ACTIONS[permission].role
    return least is not None and role >= least


def protected(app: Flask) -> list[tuple[str, str, str]]:
    return [call for call in calls(app) if call[2] not in (PUBLIC, SIGNED_IN)]


def test_nobody_signed_in_gets_nowhere(app: Flask, workspace: Workspace) -> None:
    client = app.test_client()
    for method, path, permission in calls(app):
        if permission == PUBLIC:
            continue
        answer = client.open(path, method=method)
        if method != "GET" and not path.startswith("/api/"):
            assert answer.status_code == 403, (method, path)  # no page of ours, no CSRF token
        elif path.startswith("/api/"):
            assert answer.status_code in (401, 403), (method, path)
        else:
            assert (answer.status_code, answer.location.split("?")[0]) == (303, "/login"), (method, path)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_do_what_the_table_says_and_nothing_else(
    role: Role, app: Flask, people: People, workspace: Workspace, sign_in: Callable[[User], FlaskClient]
) -> None:
    client = sign_in(people.member(workspace, role))
    # What is refused comes first: what is allowed may lead into a workspace where the role is another.
    for method, path, permission in sorted(protected(app), key=lambda call: may(role, call[2])):
        rule = ACTIONS[permission]
        status = client.open(path, method=method).status_code
        assert status < 500, (method, path, status)
        if rule.role is None:
            assert status == 404, (method, path, status)
        elif role < rule.role:
            assert status == 403, (method, path, status)
        else:
            assert status not in (401, 403), (method, path, status)


def test_an_admin_has_the_admin_pages_and_no_power_in_workspaces(
    app: Flask, people: People, workspace: Workspace, sign_in: Callable[[User], FlaskClient]
) -> None:
    client = sign_in(people.user("root@example.com", admin=True))
    for method, path, permission in protected(app):
        status = client.open(path, method=method).status_code
        assert status < 500, (method, path, status)
        if ACTIONS[permission].role is None:
            assert status not in (401, 403), (method, path, status)
        else:
            assert status == 403, (method, path, status)


def test_a_token_does_only_what_its_scope_says(app: Flask, people: People, owner: User, workspace: Workspace) -> None:
    token = people.token(workspace, owner, "events:read")
    headers = {"Authorization": f"Bearer {token}"}
    for method, path, permission in protected(app):
        if not path.startswith("/api/"):
            continue
        status = app.test_client().open(path, method=method, headers=headers).status_code
        assert status < 500, (method, path, status)
        if ACTIONS[permission].scope == "events:read":
            assert status not in (401, 403), (method, path, status)
        else:
            assert status in REFUSED, (method, path, status)


def test_a_token_opens_no_page(app: Flask, people: People, owner: User, workspace: Workspace) -> None:
    headers = {"Authorization": f"Bearer {people.token(workspace, owner)}"}
    answer = app.test_client().get("/settings/members", headers=headers)
    assert answer.status_code == 303


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_a_token_of_each_scope_does_what_it_says_and_nothing_else(
    scope: str, app: Flask, people: People, owner: User, workspace: Workspace
) -> None:
    headers = {"Authorization": f"Bearer {people.token(workspace, owner, scope)}"}
    client = app.test_client()
    for method, path, permission in protected(app):
        if not path.startswith("/api/"):
            continue
        status = client.open(path, method=method, headers=headers).status_code
        assert status < 500, (method, path, status)
        assert (status in REFUSED and status != 404) == (ACTIONS[permission].scope != scope) or (
            ACTIONS[permission].role is None and status == 404
        ), (method, path, status)


@pytest.mark.parametrize("role", list(Role))
def test_no_role_in_one_workspace_reaches_a_connection_of_another(
    role: Role, app: Flask, api: FlaskClient, people: People, sign_in: Callable[[User], FlaskClient]
) -> None:
    body = {"providerId": "stripe", "name": "Zanzibar", "environment": "sandbox", "configuration": {}}
    theirs = api.post("/api/integrations", json=body).json["instance"]["id"]
    other = people.workspace(people.user("eve@example.com"), "Elsewhere")
    client = sign_in(people.member(other, role))
    asked = 0
    for rule in app.url_map.iter_rules():
        permission = permission_of(app.view_functions[rule.endpoint])
        if "instance_id" not in rule.arguments or permission in (PUBLIC, SIGNED_IN):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            path = path_of(app, rule).replace("nothing", theirs)
            answer = client.open(path, method=method)
            assert answer.status_code in REFUSED, (method, path, answer.status_code)
            assert "Zanzibar" not in answer.text
            assert (answer.status_code == 403) <= (not may(role, permission or "")), (method, path)
            asked += 1
    assert asked > 30


SIGNING_IN = "this is how one signs in or proves who one is: nobody is signed in yet"
MACHINES = "machines ask, and the answer tells nothing of any workspace"
CLIENT = "a client without an account: the address’s token, then the visit’s own cookie, stands for permission"
OPEN_TO_ALL = {
    "connect.check_field": CLIENT,
    "connect.consent": CLIENT,
    "connect.consented": CLIENT,
    "connect.done": CLIENT,
    "connect.end": CLIENT,
    "connect.go_on": CLIENT,
    "connect.keys": CLIENT,
    "connect.keys_submitted": CLIENT,
    "connect.show": CLIENT,
    "connect.sign_in": CLIENT,
    "connect.start": CLIENT,
    "connect.steps": CLIENT,
    "connect.test": CLIENT,
    "connect.test_again": CLIENT,
    "connect.test_live": CLIENT,
    "health.security_txt": "whom to tell of a weakness (RFC 9116), for anybody who found one",
    "accounts.confirm_email": SIGNING_IN,
    "accounts.confirm_email_submitted": SIGNING_IN,
    "accounts.forgot": SIGNING_IN,
    "accounts.forgot_submitted": SIGNING_IN,
    "accounts.passkey_options": SIGNING_IN,
    "accounts.reset": SIGNING_IN,
    "accounts.reset_submitted": SIGNING_IN,
    "accounts.second_step": SIGNING_IN,
    "accounts.second_step_by_passkey": SIGNING_IN,
    "accounts.second_step_options": SIGNING_IN,
    "accounts.second_step_submitted": SIGNING_IN,
    "accounts.set_up": SIGNING_IN,
    "accounts.set_up_submitted": SIGNING_IN,
    "accounts.sign_in": SIGNING_IN,
    "accounts.sign_in_by_passkey": SIGNING_IN,
    "accounts.sign_in_submitted": SIGNING_IN,
    "api.docs": MACHINES,
    "api.openapi": MACHINES,
    "connections.sign_in_callback": "a vendor sends the browser here; bound to the session that began",
    "health.alive": MACHINES,
    "health.prometheus": "numbers for machines that name no workspace and no person",
    "health.ready": MACHINES,
    "home.index": "strangers are shown the door here",
    "marketplace.logo": "a picture that comes with the product",
    "social_sign_in.begin": SIGNING_IN,
    "social_sign_in.callback": SIGNING_IN,
    "social_sign_in.finish": SIGNING_IN,
    "social_sign_in.finish_submitted": SIGNING_IN,
    "static": "files that come with the product",
    "workspaces.accept_invitation": "the link itself is what lets in",
    "workspaces.invitation": "the link itself is what lets in",
}


def test_what_needs_nobody_signed_in_is_listed_here_with_its_reason(app: Flask, people: People, owner: User) -> None:
    workspace = people.workspace(owner, "Zanzibar")
    found = {rule.endpoint for rule in app.url_map.iter_rules()
             if permission_of(app.view_functions[rule.endpoint]) == PUBLIC}  # fmt: skip
    assert found == set(OPEN_TO_ALL)
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in OPEN_TO_ALL or "GET" not in (rule.methods or set()):
            continue
        path = path_of(app, rule)
        answer = client.get(path)
        assert answer.status_code < 500 or path == "/readyz", path  # no queue answers in tests
        assert workspace.name not in answer.text, path
