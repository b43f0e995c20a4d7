"""The stand-in, asked directly: keys, limits, and objects that stay as they were left."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from providers.kit.sandbox import SandboxRequest

from ..sandbox import FULL_ACCESS_KEY, KEYS, SENDING_ONLY_KEY, Sandbox
from .conftest import NOW

EMAIL = {"from": "Studio <hello@example.com>", "to": "ada@example.com", "subject": "Hi", "text": "Hello"}
HOOK = {"endpoint": "https://hub.example.com/hook", "events": ["email.sent"]}


class Talk:
    """Speaks to one stand-in; answers are held against the vendor's description where it is at hand."""

    def __init__(self, description: Any) -> None:
        self.description = description
        self.state: dict[str, Any] = {}
        self.now: datetime = NOW
        self.headers: dict[str, str] = {}

    def __call__(
        self, method: str, path: str, body: Any = None, key: str = FULL_ACCESS_KEY, **headers: str
    ) -> tuple[int, Any]:
        bare, _, query = path.partition("?")
        given = {"authorization": f"Bearer {key}", "user-agent": "tests"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        raw = body if isinstance(body, bytes) else (b"" if body is None else json.dumps(body).encode())
        pairs = dict(part.partition("=")[::2] for part in query.split("&") if part)
        answer = Sandbox(self.state, lambda: self.now).handle(
            SandboxRequest(
                method=method, path=bare, query={k: [v] for k, v in pairs.items()}, headers=given, body=raw
            )
        )
        json.dumps(self.state)  # it must stay fit to be stored
        parsed, self.headers = json.loads(answer.body), dict(answer.headers)
        if answer.status < 300 and self.description:
            assert self.description.check_response(method, bare, answer.status, parsed) == []
        if answer.status >= 300:
            assert parsed["statusCode"] == answer.status
        return answer.status, parsed


@pytest.fixture
def talk(description: Any) -> Talk:
    return Talk(description)


def test_a_missing_key_a_wrong_key_and_a_missing_user_agent_are_refused(talk: Talk) -> None:
    assert talk("GET", "/domains", authorization="")[1]["name"] == "missing_api_key"
    assert talk("GET", "/domains", key="re_wrong")[0] == 401
    assert talk("GET", "/domains", user_agent="")[0] == 403


def test_a_sending_only_key_sends_and_does_nothing_else(talk: Talk) -> None:
    assert talk("POST", "/emails", EMAIL, key=SENDING_ONLY_KEY)[0] == 200
    for method, path in (("GET", "/domains"), ("GET", "/emails"), ("POST", "/webhooks"), ("GET", "/contacts")):
        status, body = talk(method, path, {}, key=SENDING_ONLY_KEY)
        assert (status, body["name"]) == (401, "restricted_api_key")


def test_every_key_is_one_that_the_form_takes() -> None:
    assert all(key.startswith("re_sandbox_") for key in KEYS)


def test_an_unknown_path_and_a_wrong_method_are_told_apart(talk: Talk) -> None:
    assert talk("GET", "/nonsense")[0] == 404
    assert talk("DELETE", "/emails")[0] == 405


def test_limits_are_reported_on_every_answer_and_begin_anew_each_second(talk: Talk) -> None:
    talk("GET", "/domains")
    talk("GET", "/domains")
    assert (talk.headers["ratelimit-limit"], talk.headers["ratelimit-remaining"]) == ("5", "3")
    talk.now += timedelta(seconds=1)
    talk("GET", "/domains")
    assert talk.headers["ratelimit-remaining"] == "4"


def test_used_emails_are_counted_by_recipient_for_the_day_and_the_month(talk: Talk) -> None:
    talk("POST", "/emails", EMAIL | {"cc": ["b@example.com"]})
    talk.now += timedelta(days=1)
    talk("POST", "/emails", EMAIL)
    assert (talk.headers["x-resend-daily-quota"], talk.headers["x-resend-monthly-quota"]) == ("1", "3")


def test_an_idempotency_key_sends_once_for_a_day(talk: Talk) -> None:
    first = talk("POST", "/emails", EMAIL, idempotency_key="k")
    assert talk("POST", "/emails", EMAIL, idempotency_key="k") == first
    status, body = talk("POST", "/emails", EMAIL | {"subject": "Other"}, idempotency_key="k")
    assert (status, body["name"]) == (409, "invalid_idempotent_request")
    assert talk("POST", "/emails", EMAIL, idempotency_key="x" * 257)[1]["name"] == "invalid_idempotency_key"
    talk.now += timedelta(hours=25)
    assert talk("POST", "/emails", EMAIL, idempotency_key="k")[1] != first[1]


def test_a_refused_email_does_not_use_up_its_idempotency_key(talk: Talk) -> None:
    assert talk("POST", "/emails", EMAIL | {"to": "x"}, idempotency_key="k")[0] == 422
    assert talk("POST", "/emails", EMAIL, idempotency_key="k")[0] == 200


@pytest.mark.parametrize(
    ("change", "status", "name"),
    [
        ({"to": []}, 422, "missing_required_field"),
        ({"subject": None}, 422, "missing_required_field"),
        ({"text": ""}, 422, "missing_required_field"),
        ({"to": "nobody"}, 422, "validation_error"),
        ({"to": ["a@example.com"] * 51}, 422, "validation_error"),
        ({"from": "nobody"}, 422, "invalid_from_address"),
        ({"from": "a@news.example.com"}, 403, "validation_error"),
        ({"scheduled_at": "2027-12-01T00:00:00Z"}, 422, "validation_error"),
        ({"template": {"id": "none"}, "text": ""}, 404, "not_found"),
        ({"template": {"id": "none"}}, 422, "validation_error"),
    ],
)
def test_an_email_that_cannot_be_sent_is_refused(talk: Talk, change: dict[str, Any], status: int, name: str) -> None:
    answer = talk("POST", "/emails", EMAIL | change)
    assert (answer[0], answer[1]["name"]) == (status, name)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"\xff", b"[" * 9999])
def test_a_broken_body_is_refused_and_not_a_crash(talk: Talk, body: bytes) -> None:
    for path in ("/emails", "/emails/batch", "/webhooks", "/domains", "/templates", "/contacts"):
        assert talk("POST", path, body)[0] == 422


def test_a_scheduled_email_can_be_moved_and_canceled_until_it_is_due(talk: Talk) -> None:
    email_id = talk("POST", "/emails", EMAIL | {"scheduled_at": "2026-11-24T12:00:00Z"})[1]["id"]
    assert talk("GET", f"/emails/{email_id}")[1]["last_event"] == "scheduled"
    assert talk("PATCH", f"/emails/{email_id}", {"scheduled_at": "2026-11-25T12:00:00Z"})[0] == 200
    assert talk("POST", f"/emails/{email_id}/cancel")[1]["last_event"] == "canceled"
    assert talk("POST", f"/emails/{email_id}/cancel")[0] == 422
    later = talk("POST", "/emails", EMAIL | {"scheduled_at": "2026-11-24T12:00:00Z"})[1]["id"]
    talk.now += timedelta(days=2)
    assert talk("GET", f"/emails/{later}")[1]["last_event"] == "delivered"
    assert talk("POST", f"/emails/{later}/cancel")[0] == 422


def test_a_batch_goes_out_whole_or_not_at_all(talk: Talk) -> None:
    assert len(talk("POST", "/emails/batch", [EMAIL, EMAIL])[1]["data"]) == 2
    for bad in ([], [EMAIL] * 101, [EMAIL, EMAIL | {"to": "x"}], [EMAIL | {"scheduled_at": "in 1 hour"}], [7]):
        assert talk("POST", "/emails/batch", bad)[0] == 422
    assert len(talk("GET", "/emails")[1]["data"]) == 2


def test_lists_are_paged_newest_first_in_both_directions(talk: Talk) -> None:
    ids = [talk("POST", "/emails", EMAIL)[1]["id"] for _ in range(5)][::-1]
    first = talk("GET", "/emails?limit=2")[1]
    assert ([one["id"] for one in first["data"]], first["has_more"]) == (ids[:2], True)
    second = talk("GET", f"/emails?limit=2&after={ids[1]}")[1]
    assert [one["id"] for one in second["data"]] == ids[2:4]
    back = talk("GET", f"/emails?limit=2&before={ids[2]}")[1]
    assert [one["id"] for one in back["data"]] == ids[:2]
    assert talk("GET", f"/emails?after={ids[0]}&before={ids[1]}")[0] == 422
    for limit in ("0", "101", "x", "-1"):
        assert talk("GET", f"/emails?limit={limit}")[0] == 422


def test_a_domain_is_added_verified_and_then_may_send(talk: Talk) -> None:
    sender = EMAIL | {"from": "a@shop.example.com"}
    assert talk("POST", "/emails", sender)[0] == 403
    domain_id = talk("POST", "/domains", {"name": "shop.example.com"})[1]["id"]
    assert talk("POST", "/domains", {"name": "shop.example.com"})[0] == 403
    assert talk("POST", "/domains", {"name": "x.example.com", "region": "moon"})[1]["name"] == "invalid_region"
    assert talk("GET", f"/domains/{domain_id}")[1]["status"] == "not_started"
    for state, status in (("pending", 403), ("verified", 200)):
        assert talk("POST", f"/domains/{domain_id}/verify")[0] == 200
        assert talk("GET", f"/domains/{domain_id}")[1]["status"] == state
        assert talk("POST", "/emails", sender)[0] == status
    broken = talk("POST", "/domains", {"name": "broken.example.com"})[1]["id"]
    talk("POST", f"/domains/{broken}/verify")
    assert talk("GET", f"/domains/{broken}")[1]["status"] == "failed"
    assert talk("DELETE", f"/domains/{domain_id}")[1]["deleted"] is True
    assert talk("GET", f"/domains/{domain_id}")[0] == 404


def test_a_webhook_is_made_listed_changed_and_removed(talk: Talk) -> None:
    made = talk("POST", "/webhooks", HOOK)[1]
    assert made["signing_secret"].startswith("whsec_")
    assert "signing_secret" not in talk("GET", "/webhooks")[1]["data"][0]
    assert talk("PATCH", f"/webhooks/{made['id']}", {"status": "disabled"})[0] == 200
    assert talk("GET", f"/webhooks/{made['id']}")[1]["status"] == "disabled"
    assert talk("DELETE", f"/webhooks/{made['id']}")[0] == 200
    assert talk("DELETE", f"/webhooks/{made['id']}")[0] == 404
    for wrong in ({"events": []}, {"events": ["email.eaten"]}, {"endpoint": "ftp://x"}):
        assert talk("POST", "/webhooks", HOOK | wrong)[0] == 422
    assert talk("PATCH", f"/webhooks/{talk('POST', '/webhooks', HOOK)[1]['id']}", {"status": "asleep"})[0] == 422


def test_a_template_can_be_sent_once_it_is_published(talk: Talk) -> None:
    template_id = talk("POST", "/templates", {"name": "Welcome", "html": "<p>Hi</p>"})[1]["id"]
    message = {key: value for key, value in EMAIL.items() if key != "text"} | {"template": {"id": template_id}}
    assert talk("POST", "/emails", message)[0] == 422
    assert talk("POST", f"/templates/{template_id}/publish")[0] == 200
    assert talk("POST", "/emails", message)[0] == 200
    assert talk("GET", "/templates")[1]["data"][0]["status"] == "published"
    assert talk("GET", f"/templates/{template_id}")[0] == 200
    assert talk("DELETE", f"/templates/{template_id}")[0] == 200


def test_a_contact_is_found_by_id_and_by_address(talk: Talk) -> None:
    contact_id = talk("POST", "/contacts", {"email": "ada@example.com", "first_name": "Ada"})[1]["id"]
    assert talk("PATCH", "/contacts/ada%40example.com", {"unsubscribed": True})[0] == 200
    assert talk("GET", f"/contacts/{contact_id}")[1]["unsubscribed"] is True
    assert talk("GET", "/contacts")[1]["data"][0]["id"] == contact_id
    assert talk("POST", "/contacts", {"email": "Ada@example.com"})[1]["id"] == contact_id
    assert talk("DELETE", "/contacts/ada@example.com")[0] == 200
    assert talk("GET", f"/contacts/{contact_id}")[0] == 404


def test_the_same_questions_get_the_same_answers_in_every_fresh_sandbox(description: Any) -> None:
    one, other = Talk(description), Talk(description)
    for talk in (one, other):
        talk("POST", "/emails", EMAIL)
        talk("POST", "/webhooks", HOOK)
    assert one.state == other.state


def test_what_is_kept_stays_small(talk: Talk) -> None:
    for _ in range(6):
        talk("POST", "/emails/batch", [EMAIL] * 100)
    assert len(talk.state["emails"]) == 500
