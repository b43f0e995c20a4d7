"""The wizard, step by step, on the sandboxes of real providers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.webapp.connections.conftest import Worker
from webapp.instances.models import Instance


@pytest.mark.parametrize("provider", ["stripe", "resend"])
def test_someone_goes_from_the_first_page_to_a_working_connection(
    provider: str, client: FlaskClient, begin: Callable[..., str], worker: Worker, session: Session
) -> None:
    first = client.get(f"/integrations/new/{provider}")
    assert first.status_code == 200
    assert "What do you want to do?" in first.text
    assert "Northwind" in first.text
    id_ = begin(provider)
    home = f"/integrations/{id_}"

    keys = client.get(f"{home}/connect/credentials")
    assert "Everything is filled in for you" in keys.text
    answer = client.post(f"{home}/connect/credentials", data={})
    assert answer.headers["Location"].endswith("/connect/webhook")

    assert "Set it up for me" in client.get(f"{home}/connect/webhook").text
    client.post(f"{home}/connect/webhook/register")
    assert "every 800ms" in client.get(f"{home}/connect/webhook").text
    worker.set_up_events()
    waiting = client.get(f"{home}/events-state")
    assert waiting.status_code == 200
    assert "Waiting for the first delivery" in waiting.text
    client.post(f"{home}/sample")
    worker.read_deliveries()
    arrived = client.get(f"{home}/events-state")
    assert arrived.status_code == 286
    assert "Events arrive" in arrived.text

    answer = client.post(f"{home}/connect/webhook")
    assert answer.headers["Location"].endswith("/connect/test")
    live = client.get(f"{home}/connect/test/live")
    assert (live.status_code, "every 600ms" in live.text) == (200, True)
    worker.run_tests()
    live = client.get(f"{home}/connect/test/live")
    assert (live.status_code, "every 600ms" in live.text) == (286, False)
    assert "Continue" in live.text

    done = client.get(f"{home}/connect/done")
    row = session.get_one(Instance, id_, populate_existing=True)
    assert row.account_name
    assert row.account_name in done.text
    answer = client.post(f"{home}/connect/done")
    assert answer.headers["Location"].endswith(home)
    assert session.get_one(Instance, id_, populate_existing=True).status == "active"
    for path in ("", "/settings", "/events", "/tests", "/remove"):
        assert client.get(home + path).status_code == 200, path
    assert row.name in client.get("/integrations").text
