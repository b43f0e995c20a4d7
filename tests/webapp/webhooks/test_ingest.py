"""The way in: what is taken, what is refused, and what is answered."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.webapp.webhooks.conftest import SECRET, MakeInstance, Vendor, add_secret, close, delivery, sign, use_acme
from webapp import create_app
from webapp.core.clock import now
from webapp.core.database import begin_writing
from webapp.extensions import db
from webapp.instances.models import Instance
from webapp.webhooks import endpoints
from webapp.webhooks.ingest import accept, ingest_of
from webapp.webhooks.models import WebhookEvent, WebhookRefusal


def rows(session: Session, model: type) -> list[Any]:
    begin_writing()
    found = list(session.scalars(select(model).execution_options(populate_existing=True)))
    session.commit()
    return found


def events(session: Session) -> list[WebhookEvent]:
    return sorted(rows(session, WebhookEvent), key=lambda event: event.sequence)


def refusals(session: Session) -> list[WebhookRefusal]:
    return rows(session, WebhookRefusal)


def test_a_signed_delivery_is_stored_before_it_is_answered(
    vendor: Vendor, session: Session, instance: Instance
) -> None:
    answer = vendor.send({"id": "e1", "type": "placed", "order": 7, "at": 1_700_000_000})
    assert (answer.status_code, answer.json) == (200, {"received": 1, "duplicates": 0})
    (event,) = events(session)
    assert (event.external_id, event.type, event.status, event.instance_id) == (
        "e1",
        "placed",
        "waiting",
        instance.id,
    )
    assert event.workspace_id == instance.workspace_id
    assert event.created_at is not None
    assert event.created_at.timestamp() == 1_700_000_000
    assert abs(event.received_at - now()) < timedelta(seconds=30)
    assert json.loads(event.body)["order"] == 7
    assert event.id.startswith("evt_")


def test_a_copy_is_counted_and_not_stored_again(vendor: Vendor, session: Session) -> None:
    vendor.send({"id": "e1"})
    assert vendor.send({"id": "e1"}).json == {"received": 1, "duplicates": 1}
    (event,) = events(session)
    assert (event.duplicates, event.conflict) == (1, False)


def test_a_copy_with_another_body_keeps_the_first_and_is_flagged(vendor: Vendor, session: Session) -> None:
    vendor.send({"id": "e1", "order": 1})
    vendor.send({"id": "e1", "order": 2})
    (event,) = events(session)
    assert event.conflict
    assert json.loads(event.body)["order"] == 1


def test_the_same_id_at_two_connections_is_two_events(
    app: Flask, vendor: Vendor, make_instance: MakeInstance, session: Session
) -> None:
    other = make_instance(name="Acme of Contoso")
    vendor.send({"id": "e1"})
    Vendor(client=app.test_client(), path=f"/webhooks/acme/{other.webhook_key}").send({"id": "e1"})
    assert len(events(session)) == 2


def test_a_batch_is_stored_event_by_event_and_its_own_copies_are_counted(vendor: Vendor, session: Session) -> None:
    batch = [{"id": f"e{n}", "order": n} for n in range(5)] + [{"id": "e0", "order": 0}]
    assert vendor.send(batch).json == {"received": 6, "duplicates": 1}
    stored = events(session)
    assert [json.loads(event.body)["order"] for event in stored] == [0, 1, 2, 3, 4]
    assert not any(event.whole for event in stored)


def test_an_empty_batch_is_fine(vendor: Vendor) -> None:
    assert vendor.send([]).json == {"received": 0, "duplicates": 0}


def test_a_forged_signature_is_refused_with_the_likely_reason(vendor: Vendor, session: Session) -> None:
    answer = vendor.send({"id": "e1"}, secret="another secret")
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert "does not fit the stored signing secret" in answer.json["detail"]
    assert events(session) == []
    (refusal,) = refusals(session)
    assert (refusal.reason, refusal.count) == ("mismatch", 1)
    assert "copy the secret" in refusal.fix
    assert SECRET not in refusal.message + refusal.fix


def test_a_delivery_without_any_stored_secret_is_refused(
    app: Flask, make_instance: MakeInstance, session: Session
) -> None:
    path = f"/webhooks/acme/{make_instance(secret='').webhook_key}"
    answer = Vendor(client=app.test_client(), path=path).send({"id": "e1"}, secret="x")
    assert (answer.status_code, answer.json["reason"]) == (400, "no_secret")
    assert [one.reason for one in refusals(session)] == ["no_secret"]


def test_a_flood_of_forgeries_is_counted_up_to_a_point_and_signed_deliveries_still_pass(
    vendor: Vendor, session: Session
) -> None:
    codes = [vendor.send({"id": "e1"}, secret="forged").status_code for _ in range(70)]
    assert codes == [400] * 60 + [429] * 10
    assert refusals(session)[0].count == 60
    assert vendor.send({"id": "e1"}).status_code == 200


def test_old_and_new_secrets_both_prove_during_a_rotation(
    vendor: Vendor, session: Session, instance: Instance
) -> None:
    add_secret(session, instance, "the new one", version=2)
    session.commit()
    assert vendor.send({"id": "e1"}).status_code == 200
    assert vendor.send({"id": "e2"}, secret="the new one").status_code == 200


def test_a_retired_secret_proves_nothing(vendor: Vendor, session: Session, instance: Instance) -> None:
    add_secret(session, instance, "the old one", version=2, retires_at=now() - timedelta(seconds=1))
    session.commit()
    assert vendor.send({"id": "e1"}, secret="the old one").status_code == 400


def test_a_secret_replaced_a_moment_ago_proves_the_next_delivery(
    app: Flask, vendor: Vendor, session: Session, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "RELOAD_AT_MOST_EVERY", 0)
    assert vendor.send({"id": "e1"}).status_code == 200
    session.delete(instance.secrets[0])
    add_secret(session, instance, "the new one", version=2)
    session.commit()
    assert vendor.send({"id": "e2"}, secret="the new one").status_code == 200
    assert vendor.send({"id": "e3"}).status_code == 400


def test_a_deleted_connection_is_gone_within_a_second(
    vendor: Vendor, session: Session, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert vendor.send({"id": "e1"}).status_code == 200
    instance.deleted_at = now()
    instance.status = "deleted"
    session.commit()
    monkeypatch.setattr(endpoints, "FRESH_FOR", 0)
    monkeypatch.setattr(endpoints, "RELOAD_AT_MOST_EVERY", 0)
    assert vendor.send({"id": "e2"}).status_code == 404


def test_rows_of_a_connection_removed_meanwhile_are_a_404(
    app: Flask, vendor: Vendor, session: Session, instance: Instance
) -> None:
    assert vendor.send({"id": "e1"}).status_code == 200
    session.delete(instance)
    session.commit()
    assert vendor.send({"id": "e2"}).status_code == 404


@pytest.mark.parametrize("status", ["draft", "active", "paused"])
def test_drafts_and_paused_connections_receive(app: Flask, make_instance: MakeInstance, status: str) -> None:
    path = f"/webhooks/acme/{make_instance(status=status).webhook_key}"
    assert Vendor(client=app.test_client(), path=path).send({"id": "e1"}).status_code == 200


def test_unknown_addresses_and_wrong_providers_are_answered_alike_to_the_byte(
    app: Flask, vendor: Vendor, instance: Instance
) -> None:
    client = app.test_client()
    paths = (
        "/webhooks/acme/nobody",
        f"/webhooks/stripe/{instance.webhook_key}",
        f"/webhooks/nothing/{instance.webhook_key}",
        f"/webhooks/acme/{instance.webhook_key}x",
        f"/webhooks/acme/{instance.webhook_key}/",
        "/webhooks/acme/",
        "/webhooks/",
        "/webhooks/../login",
        "/webhooks/acme/%00",
        "/webhooks/acme/é",
        f"/webhooks/acme/{'a' * 5000}",
    )
    body = delivery({"id": "e1"})
    answers = {client.post(path, data=body.body, headers=dict(body.headers)).data for path in paths}
    codes = {client.post(path, data=body.body, headers=dict(body.headers)).status_code for path in paths}
    assert (len(answers), codes) == (1, {404})


def test_one_byte_over_a_mebibyte_is_too_large(vendor: Vendor, session: Session) -> None:
    fitting = b'{"id": "e1", "pad": "' + b"x" * (1024 * 1024 - 23) + b'"}'
    assert len(fitting) == 1024 * 1024
    assert vendor.send(fitting).status_code == 200
    assert vendor.send(fitting + b" ").status_code == 413


def test_the_bytes_are_counted_not_the_header(vendor: Vendor) -> None:
    request = delivery({"id": "e1"})
    answer = vendor.client.post(
        vendor.path,
        input_stream=__import__("io").BytesIO(b"x" * (1024 * 1024 + 1)),
        headers={**request.headers, "Content-Length": "5"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413


def test_too_many_events_in_one_delivery_are_refused(vendor: Vendor) -> None:
    assert vendor.send([{"id": f"e{n}"} for n in range(5001)]).status_code == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"])
def test_other_methods_are_not_allowed(vendor: Vendor, method: str) -> None:
    answer = vendor.client.open(vendor.path, method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_a_challenge_is_answered_where_the_vendor_sends_one(vendor: Vendor) -> None:
    answer = vendor.client.get(f"{vendor.path}?echo=hello")
    assert (answer.status_code, answer.data) == (200, b"hello")


def test_get_without_challenge_is_not_allowed(app: Flask, make_instance: MakeInstance) -> None:
    instance = make_instance("stripe", secret="whsec_x")
    assert app.test_client().get(f"/webhooks/stripe/{instance.webhook_key}").status_code == 405


def test_only_harmless_headers_are_kept(vendor: Vendor, session: Session) -> None:
    vendor.send(
        {"id": "e1"},
        headers={
            "Authorization": "Bearer abc",
            "Cookie": "session=1",
            "X-Api-Key": "key",
            "User-Agent": "Acme/1",
            "Acme-Event-Id": "e1",
        },
    )
    (event,) = events(session)
    assert event.headers == {"content-type": "application/json", "user-agent": "Acme/1", "acme-event-id": "e1"}


HOSTILE = {
    "empty": b"",
    "not json": b"hello",
    "deep": b'{"id":"e1","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "not a number": b'{"id": NaN}',
    "a lone surrogate": b'{"id": "\\ud800"}',
    "invalid utf-8": b'{"id": "\xff\xfe"}',
    "a number": b"42",
    "null": b"null",
    "no id": b'{"type": "x"}',
    "gzip": gzip.compress(b'{"id": "e1"}'),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_signed_nonsense_is_refused_in_plain_words(vendor: Vendor, session: Session, body: bytes) -> None:
    answer = vendor.send(body)
    assert (answer.status_code, answer.json["reason"]) == (400, "unreadable")
    assert events(session) == []


@pytest.mark.parametrize(
    "external_id",
    ["\x00", "a\x00b", "é" * 300, "x" * 5000, "\n", "‮"],
    ids=["nul", "nul2", "long", "longer", "nl", "rtl"],
)
def test_odd_ids_are_kept_apart_and_known_again(vendor: Vendor, session: Session, external_id: str) -> None:
    assert vendor.send({"id": external_id, "type": "a\x00" * 100}).json == {"received": 1, "duplicates": 0}
    assert vendor.send({"id": external_id, "type": "a\x00" * 100}).json == {"received": 1, "duplicates": 1}
    (event,) = events(session)
    assert len(event.external_id) <= 200
    assert "\x00" not in event.external_id + event.type


@pytest.mark.parametrize("kind", ["text/plain", "", "multipart/form-data", "application/xml; charset=nonsense"])
def test_the_content_type_does_not_matter_when_the_signature_fits(vendor: Vendor, kind: str) -> None:
    assert vendor.send({"id": "e1"}, headers={"content-type": kind}).status_code == 200


def test_two_signatures_in_one_request_prove_nothing(vendor: Vendor) -> None:
    body = b'{"id": "e1"}'
    both = f"{sign(body)},{sign(body)}"
    assert vendor.send(body, headers={"x-acme-signature": both}).status_code == 400


def test_when_nothing_can_be_stored_the_vendor_is_asked_to_come_again(
    app: Flask, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, session: Session
) -> None:
    monkeypatch.setattr("webapp.webhooks.stores.PATIENCE", 0.05)
    vendor.send({"id": "e0"})
    begin_writing()
    with db.engine.begin():  # holds SQLite's write lock
        answer = vendor.send({"id": "e1"})
    assert answer.status_code == 503, answer.text
    assert answer.headers["Retry-After"] == "10"
    assert vendor.send({"id": "e1"}).json == {"received": 1, "duplicates": 0}


def test_a_provider_whose_folder_is_gone_makes_the_vendor_come_again(app: Flask, make_instance: MakeInstance) -> None:
    instance = make_instance()
    instance_path = f"/webhooks/acme/{instance.webhook_key}"
    del app.extensions["registry"]
    ingest_of(app).endpoints.forget()
    assert Vendor(client=app.test_client(), path=instance_path).send({"id": "e1"}).status_code == 503


def test_the_url_given_to_the_provider_is_the_public_one(
    app: Flask, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    from tests.webapp.webhooks.conftest import Acme

    monkeypatch.setattr(Acme, "verify", staticmethod(lambda request, secrets, now: seen.append(request.url)))
    vendor.client.post(f"{vendor.path}?a=1", data=b'{"id": "e1"}', headers={"Host": "inner.example"})
    assert seen == [f"http://localhost{vendor.path}?a=1"]


def test_a_sample_comes_in_by_the_same_way(app: Flask, instance: Instance, session: Session) -> None:
    key = instance.webhook_key
    session.commit()
    receipt = accept(delivery({"id": "e1"}), key, source="sample")
    assert (receipt.accepted, receipt.received) == (True, 1)
    assert events(session)[0].source == "sample"


def test_other_addresses_go_on_to_the_pages(app: Flask) -> None:
    assert app.test_client().get("/api/webhooks/x").status_code == 404
    assert b"No connection has this address" not in app.test_client().get("/api/webhooks/x").data


def test_a_key_that_is_signed_for_one_delivery_proves_no_other_event(vendor: Vendor, session: Session) -> None:
    vendor.send({"id": "e1", "type": "placed", "once": "key-1"})
    assert vendor.send({"id": "e2", "type": "forged", "once": "key-1"}).json == {"received": 1, "duplicates": 1}
    (event,) = events(session)
    assert (event.external_id, event.type, event.duplicates, event.conflict) == ("e1", "placed", 1, True)


def test_the_key_of_a_delivery_is_known_to_another_process_and_after_a_restart(
    app: Flask, vendor: Vendor, session: Session, instance: Instance
) -> None:
    vendor.send({"id": "e1", "once": "key-1"})
    later = create_app(app.config["SETTINGS"])
    use_acme(later)
    with later.app_context():
        answer = Vendor(client=later.test_client(), path=vendor.path).send({"id": "e2", "once": "key-1"})
    close(later)
    assert answer.json == {"received": 1, "duplicates": 1}
    assert [event.external_id for event in events(session)] == ["e1"]


def test_one_key_in_two_connections_and_events_without_a_key_are_kept(
    app: Flask, vendor: Vendor, make_instance: MakeInstance, session: Session
) -> None:
    other = make_instance(name="Acme of Contoso")
    vendor.send({"id": "e1", "once": "key-1"})
    Vendor(client=app.test_client(), path=f"/webhooks/acme/{other.webhook_key}").send({"id": "e2", "once": "key-1"})
    assert vendor.send([{"id": "e3"}, {"id": "e4"}]).json == {"received": 2, "duplicates": 0}
    assert [event.external_id for event in events(session)] == ["e1", "e2", "e3", "e4"]
