"""The stand-in as others see it: the vendor's own library talks to it over HTTP, and it remembers and refuses."""

from __future__ import annotations

import importlib
import json
import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from providers.kit.faults import Fault, set_fault
from providers.kit.registry import Registered, Registry
from providers.kit.sandbox import MemoryState, SandboxRequest
from providers.kit.sandbox_http import SandboxApplication
from providers.kit.testing import NOW, Bench

from ..sandbox import EU_KEY, FULL_ACCESS_KEY, SENDING_ONLY_KEY, Sandbox
from ..sandbox_keys import public_key
from .exercise import message


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        """Tests print nothing."""


@pytest.fixture
def address(entry: Registered) -> Iterator[str]:
    application = SandboxApplication(Registry({entry.id: entry}), lambda: NOW)
    server = make_server("127.0.0.1", 0, application, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{entry.id}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_vendors_own_library_sends_and_looks_after_everything(address: str) -> None:
    library = importlib.import_module("sendgrid")
    mail = importlib.import_module("sendgrid.helpers.mail")
    account = library.SendGridAPIClient(FULL_ACCESS_KEY, host=address)
    client = account.client

    letter = mail.Mail("hello@example.com", "ada@example.org", "Hello", "Good day.", "<p>Good day.</p>")
    letter.add_attachment(mail.Attachment("aGVsbG8=", "a.txt", "text/plain"))
    letter.add_category(mail.Category("receipts"))
    sent = account.send(letter)
    assert sent.status_code == 202
    assert sent.headers["X-Message-Id"]

    letter.mail_settings = mail.MailSettings(sandbox_mode=mail.SandBoxMode(True))
    assert account.send(letter).status_code == 200

    made = client.templates.post(request_body={"name": "T", "generation": "dynamic"})
    template_id = json.loads(made.body)["id"]
    body = {"name": "v", "subject": "Hi {{name}}", "html_content": "<p>{{name}}</p>", "active": 1}
    assert client.templates._(template_id).versions.post(request_body=body).status_code == 201
    dynamic = mail.Mail("hello@example.com", "ada@example.org")
    dynamic.template_id = template_id
    dynamic.dynamic_template_data = {"name": "Ada"}
    assert account.send(dynamic).status_code == 202
    listed = client.templates.get(query_params={"generations": "dynamic", "page_size": 2})
    assert json.loads(listed.body)["_metadata"]["next"]

    batch_id = json.loads(client.mail.batch.post().body)["batch_id"]
    held = client.user.scheduled_sends.post(request_body={"batch_id": batch_id, "status": "pause"})
    assert held.status_code == 201
    assert client.user.scheduled_sends._(batch_id).delete().status_code == 204

    assert len(json.loads(client.suppression.bounces.get(query_params={"limit": 2}).body)) == 2
    assert (
        client.asm.suppressions._("global").post(request_body={"recipient_emails": ["x@y.example"]}).status_code
        == 201
    )
    days = json.loads(client.stats.get(query_params={"start_date": "2026-11-20"}).body)
    assert days[-1]["date"] == "2026-11-23"
    settings = client.user.webhooks.event.settings
    hook = json.loads(settings.post(request_body={"url": "https://a.example/x", "enabled": True}).body)
    signed = settings.signed._(hook["id"]).patch(request_body={"enabled": True})
    assert json.loads(signed.body)["public_key"] == public_key()


def test_the_vendors_own_library_is_refused_as_the_vendor_refuses(address: str) -> None:
    library = importlib.import_module("sendgrid")
    failures = importlib.import_module("python_http_client.exceptions")
    with pytest.raises(failures.UnauthorizedError):
        library.SendGridAPIClient("SG.nobody.nobody-at-all-here", host=address).client.scopes.get()
    with pytest.raises(failures.ForbiddenError) as caught:
        library.SendGridAPIClient(SENDING_ONLY_KEY, host=address).client.templates.get()
    assert caught.value.to_dict["errors"][0]["message"] == "access forbidden"
    assert library.SendGridAPIClient(EU_KEY, host=address).client.scopes.get().status_code == 200


# --------------------------------------------------------------------------------------- what it remembers


def ask(
    state: MemoryState, method: str, path: str, body: Any = None, key: str = FULL_ACCESS_KEY, **query: str
) -> Any:
    request = SandboxRequest(
        method=method,
        path=path,
        query={name: [value] for name, value in query.items()},
        headers={"authorization": f"Bearer {key}"},
        body=b"" if body is None else json.dumps(body).encode(),
    )
    answer = Sandbox(state.read(), lambda: NOW).respond(request)
    return answer.status, json.loads(answer.body) if answer.body else None


def test_a_fault_that_is_set_first_does_not_keep_it_from_being_furnished() -> None:
    state = MemoryState()
    set_fault(state.read(), Fault.RATE_LIMIT, 1)
    assert ask(state, "GET", "/v3/templates", generations="dynamic", page_size="5")[0] == 429
    assert len(ask(state, "GET", "/v3/templates", generations="dynamic", page_size="5")[1]["result"]) == 3


def test_the_same_calls_make_the_same_numbers() -> None:
    bodies = [ask(MemoryState(), "POST", "/v3/templates", {"name": "T", "generation": "dynamic"}) for _ in range(2)]
    assert bodies[0] == bodies[1]


def test_without_generations_there_are_no_dynamic_templates() -> None:
    assert ask(MemoryState(), "GET", "/v3/templates", page_size="5")[1]["result"] == []
    assert ask(MemoryState(), "GET", "/v3/templates", generations="dynamic")[0] == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v3/nowhere", 404),
        ("PUT", "/v3/mail/send", 405),
        ("GET", "/v3/templates/none", 404),
        ("DELETE", "/v3/suppression/bounces/nobody@example.org", 404),
        ("POST", "/v3/mail/send", 400),
        ("GET", "/v3/stats", 400),
        ("GET", "/v3/suppression/nothing", 404),
    ],
)
def test_it_refuses_in_the_vendors_shape(method: str, path: str, status: int) -> None:
    found, body = ask(MemoryState(), method, path)
    assert found == status
    assert body["errors"][0].keys() == {"message", "field", "help"}


@pytest.mark.parametrize(
    ("local", "kept_on"), [("bounced", "bounces"), ("blocked", "blocks"), ("spam", "spam_reports")]
)
def test_telling_addresses_land_on_their_list_and_are_dropped_the_next_time(
    bench: Bench, local: str, kept_on: str
) -> None:
    provider: Any = bench.open()
    email = f"{local}@example.net"
    provider.send(message(to=(email,)), idempotency_key="1")
    assert email in bench.state.read()["lists"][kept_on]
    provider.send(message(to=(email,)), idempotency_key="2")
    counts = [one["counts"] for one in bench.state.read()["mail"].values()]
    assert counts[0][kept_on] == 1
    assert counts[1]["processed"] == (1 if kept_on == "blocks" else 0)


def test_other_objects_of_the_account_can_be_made_and_removed() -> None:
    state = MemoryState()
    _, domain = ask(state, "POST", "/v3/whitelabel/domains", {"domain": "new.example.com"})
    assert ask(state, "POST", "/v3/whitelabel/domains", {"domain": "new.example.com"})[0] == 400
    assert ask(state, "DELETE", f"/v3/whitelabel/domains/{domain['id']}")[0] == 204
    _, group = ask(state, "POST", "/v3/asm/groups", {"name": "New"})
    path = f"/v3/asm/groups/{group['id']}/suppressions"
    assert ask(state, "POST", path, {"recipient_emails": ["a@b.example"]})[0] == 201
    assert ask(state, "GET", path)[1] == ["a@b.example"]
    _, key = ask(state, "POST", "/v3/api_keys", {"name": "k"})
    assert ask(state, "GET", "/v3/scopes", key=key["api_key"])[0] == 200
    assert ask(state, "DELETE", f"/v3/api_keys/{key['api_key_id']}")[0] == 204
    assert ask(state, "GET", "/v3/scopes", key=key["api_key"])[0] == 401
    assert ask(state, "GET", "/v3/categories")[1][0] == {"category": "account"}
