"""Deliveries and challenges: proof, reading, sentences, samples, setting up and down."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.kit import errors
from providers.kit.contract import Activity, InboundEvent, InboundRequest, StepStatus, WebhookState
from providers.kit.errors import InvalidRequest, SignatureInvalid
from providers.kit.testing import NOW, Bench, signature_cases, vendor_json

from ..events import EVENT_TYPES, REVOKED
from ..provider import Twitter
from ..sandbox_webhooks import API_SECRET
from ..webhooks import SIGNATURE_HEADER, sign_delivery
from .conftest import run, states
from .exercise import ADDRESS

Opened = Callable[..., Twitter]
TYPES = [one.type for one in EVENT_TYPES]


def delivery(body: Any, **headers: str) -> InboundRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return InboundRequest(method="POST", url="", headers=headers, query={}, body=raw)


def asked(**query: str) -> InboundRequest:
    return InboundRequest(method="GET", url=ADDRESS, headers={}, query=query, body=b"")


def said(kind: str, payload: Any, **more: Any) -> Activity:
    return Twitter.describe(InboundEvent(external_id="1", type=kind, payload={"payload": payload, **more}))


def cases(scheme: str) -> list[dict[str, Any]]:
    try:
        found = [one for one in signature_cases("twitter") if one["scheme"] == scheme]
    except FileNotFoundError:
        pytest.skip("the vendors' data is not here; set VENDOR_DATA to its folder")
    return [one for one in found if not one.get("contested")]


def test_the_published_signature_cases_come_out_as_published() -> None:
    found = cases("x-webhook-signature")
    assert found
    for case in found:
        try:
            Twitter.verify(
                delivery(case["request"]["body"].encode(), **case["request"]["headers"]), [case["secret"]], NOW
            )
            verdict = "valid"
        except SignatureInvalid:
            verdict = "invalid"
        assert verdict == case["expect"], case["id"]


def test_the_published_challenges_are_answered_as_published() -> None:
    found = cases("x-crc")
    assert found
    for case in found:
        query = dict(parse_qsl(urlsplit(case["request"]["url"]).query))
        status, kind, body = Twitter.challenge(asked(**query), [case["secret"]])
        expected = case["expect_response"]
        assert status == expected["status"], case["id"]
        if "json" in expected:
            assert kind == expected["content_type"]
            assert json.loads(body) == expected["json"]


def test_a_challenge_never_signs_what_could_be_a_delivery() -> None:
    """The answer to a challenge has the form of a signature: nobody may have a delivery signed by asking."""
    forged = json.dumps({"data": {"event_uuid": "1", "event_type": "post.create", "payload": {}}})
    for token in (forged, forged.replace(" ", ""), "{}", "[]", "a b", "", "x" * 400, "é"):
        status, _, body = Twitter.challenge(asked(crc_token=token), [API_SECRET])
        assert status == 400
        assert "sha256=" not in body
    with pytest.raises(InvalidRequest):
        Twitter.read(delivery(b"challenge_string"))


def test_a_challenge_without_a_stored_secret_is_not_answered() -> None:
    for secrets in ([], [""]):
        assert Twitter.challenge(asked(crc_token="abc"), secrets)[0] == 503


def test_after_a_change_of_secret_the_newest_answers_and_the_old_still_proves() -> None:
    new, old = "n" * 50, "o" * 50
    body = Twitter.challenge(asked(crc_token="abc"), [new, old])[2]
    assert body == Twitter.challenge(asked(crc_token="abc"), [new])[2]
    raw = b'{"data":{}}'
    Twitter.verify(delivery(raw, **{SIGNATURE_HEADER: sign_delivery(raw, old)}), [new, old], NOW)


def test_every_published_sample_is_read_and_becomes_a_sentence() -> None:
    samples = vendor_json("fixtures/twitter/webhook_payloads.json")
    for body in (*samples["account_activity"], *samples["activity_events"]):
        for event in Twitter.read(delivery(body)):
            activity = Twitter.describe(event)
            assert event.external_id
            assert activity.sentence
            if event.type in TYPES:
                assert "no words" not in activity.sentence
                assert activity.kind != "network.event"


def test_the_published_samples_read_as_people_would_say_it() -> None:
    samples = vendor_json("fixtures/twitter/webhook_payloads.json")
    sentences = {}
    for body in samples["activity_events"]:
        (event,) = Twitter.read(delivery(body))
        sentences[event.type] = Twitter.describe(event).sentence
    assert sentences["post.create"] == "@ExampleUser posted “Hello from the Activity API”"
    assert sentences["post.delete"] == "@ExampleUser deleted a post"
    assert sentences["post.mention.create"] == "@OtherUser mentioned the account: “hey @ExampleUser”"
    assert sentences["dm.received"] == "@OtherUser wrote a direct message: “hello!”"
    assert sentences["like.create"] == "A post by @PublicUser was liked"
    assert sentences["profile.update.screenname"] == "The shown name of the account was changed to “Example”"
    assert sentences[REVOKED].startswith("The account took our permission back")
    old = [Twitter.describe(one).kind for body in samples["account_activity"] for one in Twitter.read(delivery(body))]
    assert "account.revoked" in old
    assert "post.deleted" in old


def test_the_same_event_sent_again_has_the_same_id_also_without_one_of_its_own() -> None:
    samples = vendor_json("fixtures/twitter/webhook_payloads.json")
    for body in (*samples["account_activity"], *samples["activity_events"], {"data": {"event_type": "news.new"}}):
        first, second = (Twitter.read(delivery(body)) for _ in range(2))
        assert [one.external_id for one in first] == [one.external_id for one in second]
    events = [Twitter.read(delivery({"data": {"event_type": "news.new", "payload": one}}))[0] for one in (1, 2)]
    assert len({one.external_id for one in events}) == 2


def test_an_old_delivery_with_many_events_gives_each_of_them() -> None:
    post = {"id_str": "5", "text": "Hello @Shop", "user": {"id_str": "9", "screen_name": "ada"}}
    body = {
        "for_user_id": "7",
        "tweet_create_events": [post, {**post, "id_str": "6", "in_reply_to_user_id_str": "7"}],
    }
    first, second = Twitter.read(delivery(body))
    assert (first.type, first.external_id) == ("post.mention.create", "post.mention.create-5")
    assert second.type == "post.reply.create"
    assert Twitter.describe(first).sentence == "@ada mentioned the account: “Hello @Shop”"


@pytest.mark.parametrize("event_type", TYPES)
def test_a_sample_is_signed_is_read_and_says_something(event_type: str) -> None:
    seen = set()
    for seed in range(5):
        sample = Twitter.sample_delivery(event_type, API_SECRET, NOW, seed)
        Twitter.verify(sample, [API_SECRET], NOW)
        (event,) = Twitter.read(sample)
        assert event.type == event_type
        assert "Somebody" not in Twitter.describe(event).sentence
        assert sample == Twitter.sample_delivery(event_type, API_SECRET, NOW, seed)
        seen.add(event.external_id)
    assert len(seen) == 5


def test_a_sample_of_an_unknown_event_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        Twitter.sample_delivery("post.eaten", API_SECRET, NOW, 1)


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
_names = (
    "id",
    "text",
    "author_id",
    "users",
    "source",
    "target",
    "direct_message_events",
    "after",
    "created_at",
    "data",
)


@given(
    kind=st.sampled_from(TYPES) | st.text(max_size=30), payload=st.dictionaries(st.sampled_from(_names), _anything)
)
def test_no_shape_of_event_makes_describing_fail(kind: str, payload: dict[str, Any]) -> None:
    activity = said(kind, payload, includes={"users": payload.get("users")}, filter=payload.get("source"))
    assert activity.sentence
    assert "\n" not in activity.sentence


@given(_anything)
def test_no_body_makes_reading_fail_otherwise_than_in_our_words(body: Any) -> None:
    for wrapped in (body, {"data": body}, {"for_user_id": body, "tweet_create_events": body, "user_event": body}):
        try:
            events = Twitter.read(delivery(json.dumps(wrapped).encode()))
        except InvalidRequest:
            continue
        assert all(one.external_id and one.type for one in events)


# ------------------------------------------------------------------------------------ setting up and down


def test_registering_tells_x_the_address_and_the_events_and_keeps_the_challenge(bench: Bench, opened: Opened) -> None:
    made = opened().register_webhook(ADDRESS, ("post.create", REVOKED))
    assert (made.url, made.secret, made.events) == (ADDRESS, API_SECRET, ("post.create", REVOKED))
    kept = bench.state.read()
    assert [one["event_type"] for one in kept["subscriptions"].values()] == ["post.create"]
    asked_for = kept["webhooks"][made.id]["crc"]
    answer = json.loads(Twitter.challenge(asked(crc_token=asked_for["crc_token"]), [API_SECRET])[2])
    assert answer["response_token"] == asked_for["response_token"]


def test_without_the_apps_bearer_or_secret_the_missing_field_is_named(opened: Opened) -> None:
    for name in ("bearer_token", "api_secret"):
        with pytest.raises(errors.InvalidConfiguration) as refused:
            opened(**{name: ""}).register_webhook(ADDRESS, ())
        assert refused.value.field == name
        assert refused.value.fix_url


@pytest.mark.parametrize(
    "url", ["http://hub.example.com/x", "https://hub.example.com:8443/x", "https://hub.example.com/" + "x" * 200]
)
def test_an_address_that_x_would_not_take_is_refused_before_it_is_asked(
    bench: Bench, opened: Opened, url: str
) -> None:
    with pytest.raises(InvalidRequest):
        opened().register_webhook(url, ())
    assert bench.transport.calls == []


def test_an_event_that_x_does_not_have_is_refused(opened: Opened) -> None:
    with pytest.raises(InvalidRequest):
        opened().register_webhook(ADDRESS, ("post.eaten",))


def test_a_registration_that_fails_half_way_leaves_nothing_behind(
    bench: Bench, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = opened()
    real = provider.client.ask

    def refuse(method: str, path: str, operation: str, **options: Any) -> Any:
        if operation == "subscribe" and options["json"]["event_type"] == "post.delete":
            raise errors.PermissionMissing("No.", fix="Ask.")
        return real(method, path, operation, **options)

    monkeypatch.setattr(provider.client, "ask", refuse)
    with pytest.raises(errors.PermissionMissing):
        provider.register_webhook(ADDRESS, ("post.create", "post.delete"))
    assert bench.state.read()["webhooks"] == {}
    assert bench.state.read()["subscriptions"] == {}


def test_another_accounts_events_go_on_when_this_one_leaves(bench: Bench, opened: Opened) -> None:
    made = opened().register_webhook(ADDRESS, ("post.create",))
    kept = bench.state.read()["subscriptions"]
    (own,) = kept.values()
    kept["1990000000000009999"] = {
        **own,
        "subscription_id": "1990000000000009999",
        "filter": {"user_id": "1500000000000000001"},
    }
    opened().unregister_webhook(made.id)
    assert list(kept) == ["1990000000000009999"]
    assert made.id in bench.state.read()["webhooks"]


def watched(bench: Bench, webhook: WebhookState, **configuration: str) -> Twitter:
    return cast(Twitter, bench.open(configuration, webhook=webhook))


def test_the_webhook_test_passes_when_all_is_set_up(bench: Bench, opened: Opened) -> None:
    made = opened().register_webhook(ADDRESS, ())
    state = WebhookState(address=ADDRESS, secret_set=True, registration_id=made.id, last_received_at=NOW)
    provider = watched(bench, state)
    assert set(states(run(provider, "webhook")).values()) == {"passed"}
    assert states(run(provider, "connection"))["webhook"] == "passed"


def test_the_webhook_test_says_what_is_missing(bench: Bench, opened: Opened) -> None:
    nothing = run(watched(bench, WebhookState(), api_secret=""), "webhook")
    assert states(nothing)["address"] == "failed"
    assert states(nothing)["secret"] == "failed"
    unknown = run(watched(bench, WebhookState(address=ADDRESS, secret_set=True)), "webhook")
    assert unknown["registered"].status is StepStatus.FAILED
    assert unknown["delivery"].status is StepStatus.WARNING
    by_hand = run(watched(bench, WebhookState(address=ADDRESS, secret_set=True), bearer_token=""), "webhook")
    assert by_hand["registered"].status is StepStatus.SKIPPED
    made = opened().register_webhook(ADDRESS, ("post.create",))
    bench.state.read()["subscriptions"].clear()
    silent = run(watched(bench, WebhookState(address=ADDRESS, secret_set=True, registration_id=made.id)), "webhook")
    assert silent["events"].status is StepStatus.FAILED


def test_a_refused_delivery_is_told_with_its_reason(bench: Bench) -> None:
    state = WebhookState(
        address=ADDRESS,
        secret_set=True,
        last_received_at=NOW - timedelta(hours=1),
        last_refused_at=NOW,
        last_refused_reason="mismatch",
    )
    outcome = run(watched(bench, state), "webhook")["delivery"]
    assert outcome.status is StepStatus.WARNING
    assert "mismatch" in outcome.message
