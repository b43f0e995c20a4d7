"""`toolkit events list`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from tests.webapp.webhooks.conftest import Vendor
from webapp.cli import events as command
from webapp.core.database import begin_writing
from webapp.instances.models import Instance
from webapp.webhooks.processing import drain


def test_events_are_listed_with_their_status_and_their_effects(
    app: object, vendor: Vendor, instance: Instance, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.send([{"id": "good", "type": "ok"}, {"id": "bad", "type": "poison"}])
    begin_writing()
    drain(session)
    monkeypatch.setattr(command, "create_app", lambda: app)
    runner = CliRunner()
    listed = runner.invoke(command.events, ["list", "--instance", instance.id])
    assert (listed.exit_code, listed.stdout) == (0, "good\tprocessed\nbad\tfailed\n")
    applied = runner.invoke(command.events, ["list", "--instance", instance.id, "--effects"])
    assert applied.stdout == "good\t1\nbad\t0\n"


def test_an_unknown_connection_is_one_plain_sentence(app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "create_app", lambda: app)
    result = CliRunner().invoke(command.events, ["list", "--instance", "nobody"])
    assert result.exit_code == 1
    assert "there is no connection nobody" in result.stderr
