"""The worker's part of the wizard, called in this process, and short ways through the wizard."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from webapp.connection_tests import runner
from webapp.connection_tests.models import ConnectionTest
from webapp.instances.models import Instance
from webapp.instances.service import register_webhook
from webapp.webhooks import processing


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Does what the queue's worker would do."""

    session: Session

    def run_tests(self) -> None:
        waiting = self.session.scalars(select(ConnectionTest.id).where(ConnectionTest.status == "queued")).all()
        self.session.commit()
        for row_id in waiting:
            runner.run(row_id)
        self.session.commit()

    def set_up_events(self) -> None:
        rows = self.session.scalars(select(Instance).where(Instance.webhook_status == "requested")).all()
        for row in rows:
            register_webhook(self.session, row, meter=lambda call: None)
        self.session.commit()

    def read_deliveries(self) -> None:
        processing.drain(self.session, seconds=5)
        self.session.commit()


@pytest.fixture
def worker(session: Session) -> Worker:
    return Worker(session=session)


def id_in(answer: TestResponse) -> str:
    """The connection's id in where an answer leads."""
    found = re.search(r"/integrations/(ins_\w+)", answer.headers["Location"])
    assert found, answer.headers
    return found[1]


@pytest.fixture
def begin(client: FlaskClient) -> Callable[..., str]:
    """Begins a draft as a browser does and gives its id."""

    def start(provider: str = "stripe", environment: str = "sandbox", **values: str) -> str:
        sent = {"environment": environment, "name": f"{provider} of Ada", "template_id": "", "description": ""}
        answer = client.post(f"/integrations/new/{provider}", data=sent | values)
        assert answer.status_code == 303, answer.text
        return id_in(answer)

    return start


@pytest.fixture
def connect(client: FlaskClient, begin: Callable[..., str], worker: Worker) -> Callable[..., str]:
    """Goes through the whole wizard in the sandbox and gives the id."""

    def whole(provider: str = "stripe") -> str:
        id_ = begin(provider)
        client.post(f"/integrations/{id_}/connect/credentials", data={})
        client.post(f"/integrations/{id_}/connect/webhook/register")
        worker.set_up_events()
        client.post(f"/integrations/{id_}/connect/webhook")
        worker.run_tests()
        answer = client.post(f"/integrations/{id_}/connect/done")
        assert answer.status_code == 303, answer.text
        return id_

    return whole
