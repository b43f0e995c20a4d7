"""Opening providers, the stand-in's memory, and webhooks at vendors."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from jobs import instances as jobs
from providers.kit.contract import Environment
from providers.kit.errors import RefusedByPolicy
from providers.kit.metering import CallRecord
from tests.webapp.fakes import acme
from webapp.catalog import service as catalog
from webapp.core.clock import now
from webapp.core.errors import Forbidden
from webapp.extensions import db
from webapp.instances import delivery, service
from webapp.instances.models import Instance, SandboxMemory
from webapp.instances.sandbox_state import StoredState
from webapp.webhooks.models import WebhookRefusal


def opened(session: Session, instance: Instance, **rest: object) -> acme.Acme:
    calls: list[CallRecord] = []
    provider = service.open_provider(session, instance, meter=calls.append, **rest)  # type: ignore[arg-type]  # keywords of the call
    session.commit()
    assert isinstance(provider, acme.Acme)
    return provider


def test_a_provider_gets_its_values_its_defaults_and_its_own_account(session: Session, sandboxed: Instance) -> None:
    instance_id = sandboxed.id
    provider = opened(session, sandboxed)
    assert provider.configuration == {"region": "eu", "api_key": acme.GOOD_KEY}
    assert provider.connection.environment is Environment.SANDBOX
    assert provider.connection.http.account_key == instance_id
    assert provider.identify().name == "Ada's shop"


def test_overrides_stand_in_for_stored_values(session: Session, sandboxed: Instance) -> None:
    assert opened(session, sandboxed, overrides={"region": "us"}).configuration["region"] == "us"


def test_calls_go_to_the_address_the_operator_named(app: Flask, session: Session, draft: Instance) -> None:
    app.config["SETTINGS"].environ["ACME_API_BASE"] = "http://127.0.0.1:4010"
    service.set_configuration(session, draft, {"api_key": acme.GOOD_KEY})
    provider = opened(session, draft)
    assert provider.connection.api_base == "http://127.0.0.1:4010"
    with pytest.raises(RefusedByPolicy):
        provider.identify()


def test_a_provider_that_an_admin_turned_off_is_not_opened(session: Session, sandboxed: Instance) -> None:
    catalog.set_enabled(session, provider_id="acme", enabled=False)
    with pytest.raises(Forbidden):
        opened(session, sandboxed)


def test_a_provider_knows_how_its_deliveries_stand(session: Session, sandboxed: Instance) -> None:
    service.set_configuration(session, sandboxed, {"webhook_secret": acme.SIGNING})
    at = now()
    session.add(WebhookRefusal(instance_id=sandboxed.id, hour=at, reason="mismatch", last_at=at))
    session.flush()
    state = opened(session, sandboxed).connection.webhook
    assert state.secret_set
    assert state.address == f"https://sandbox.invalid/webhooks/acme/{sandboxed.webhook_key}"
    assert (state.last_refused_at, state.last_refused_reason) == (at, "mismatch")


def test_an_unsaved_configuration_opens_too(app: Flask) -> None:
    with app.app_context():
        provider = service.open_configuration(
            "acme",
            environment="sandbox",
            configuration={"api_key": acme.GOOD_KEY},
            meter=lambda call: None,
        )
    assert isinstance(provider, acme.Acme)
    assert provider.identify().id == "acct_1"


def test_a_stand_in_forgets_nothing_when_many_call_at_once(app: Flask, session: Session, sandboxed: Instance) -> None:
    again = StoredState(db.engine, sandboxed.id)  # as another process would have it
    provider = opened(session, sandboxed)
    threads = [threading.Thread(target=lambda: [provider.identify() for _ in range(5)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        with again.exclusive():
            state = again.read()
            again.write(state | {"calls": state.get("calls", 0) + 1})
    for thread in threads:
        thread.join()
    assert again.read()["calls"] == 25
    service.reset_sandbox(session, sandboxed)
    session.commit()
    assert session.get(SandboxMemory, sandboxed.id) is None


def test_a_stand_in_that_breaks_leaves_its_memory_as_it_was(session: Session, sandboxed: Instance) -> None:
    state = StoredState(db.engine, sandboxed.id)
    session.commit()

    def break_half_way() -> None:
        with state.exclusive():
            state.write({"half": "done"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_half_way()
    assert state.read() == {}


def test_a_sandbox_registers_its_webhook_and_keeps_the_secret(session: Session, sandboxed: Instance) -> None:
    instance_id = sandboxed.id
    assert service.request_webhook(session, sandboxed).status == "requested"
    session.commit()
    for _ in range(2):  # a job that runs twice does its work once
        jobs.register_webhook(instance_id)
    assert (sandboxed.webhook_status, sandboxed.webhook_registration_id) == ("registered", "wh_1")
    assert service.webhook_secrets(session, instance_id) == (acme.SIGNING,)
    service.request_webhook_removal(session, sandboxed)
    session.commit()
    jobs.unregister_webhook(instance_id)
    assert (sandboxed.webhook_status, sandboxed.webhook_registration_id) == ("", "")


def test_a_removed_connection_is_also_removed_at_the_vendor(session: Session, sandboxed: Instance) -> None:
    instance_id = sandboxed.id
    service.request_webhook(session, sandboxed)
    session.commit()
    jobs.register_webhook(instance_id)
    service.request_webhook_removal(session, sandboxed)
    service.delete(session, sandboxed)
    session.commit()
    assert sandboxed.deleted_at is not None
    session.commit()
    jobs.unregister_webhook(instance_id)
    assert (sandboxed.webhook_status, sandboxed.webhook_registration_id) == ("", "")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://localhost:8000", "only be reached from this machine"),
        ("https://192.168.1.5", "only be reached from this machine"),
        ("http://hub.example.org", "not encrypted"),
        ("https://hub.example.org", ""),
    ],
)
def test_an_address_that_no_vendor_reaches_is_told_in_words(
    app: Flask, session: Session, draft: Instance, address: str, words: str
) -> None:
    object.__setattr__(app.config["SETTINGS"], "public_url", address)
    assert words in service.public_address_problem()
    service.set_configuration(session, draft, {"api_key": acme.GOOD_KEY})
    answer = service.request_webhook(session, draft)
    assert answer.status == ("manual" if words else "requested")
    assert answer.steps == ("Open “Webhooks”.",)


def test_what_the_vendor_says_is_told_and_a_lost_bell_is_rung_again(session: Session, sandboxed: Instance) -> None:
    service.request_webhook(session, sandboxed)
    sandboxed.webhook_changed_at = now() - timedelta(minutes=2)
    session.commit()
    instance_id = sandboxed.id
    assert delivery.forgotten(session) == [("jobs.instances.register_webhook", instance_id)]
    catalog.set_enabled(session, provider_id="acme", enabled=False)
    session.commit()
    jobs.register_webhook(instance_id)
    assert sandboxed.webhook_status == "failed"
    assert "turned off" in sandboxed.webhook_message
