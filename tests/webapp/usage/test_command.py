"""`toolkit usage rebuild`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from tests.webapp.usage import naive
from tests.webapp.usage.conftest import Connect
from webapp.cli import usage as command
from webapp.config import Settings
from webapp.usage import samples


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    from webapp import create_app

    monkeypatch.setattr(command, "create_app", lambda: create_app(settings))
    return CliRunner()


def test_the_command_counts_everything_again(session: Session, connect: Connect, run: CliRunner) -> None:
    samples.generate(session, [connect()], events=400, days=5)
    before = naive.stored(session)
    session.connection().exec_driver_sql("DELETE FROM usage_rollups")
    session.commit()
    answer = run.invoke(command.usage, ["rebuild"])
    assert answer.exit_code == 0, answer.output
    assert "rebuilt from 400 rows" in answer.output
    assert naive.stored(session) == before


def test_an_unknown_workspace_is_said_in_one_sentence(session: Session, run: CliRunner) -> None:
    session.rollback()
    answer = run.invoke(command.usage, ["rebuild", "--workspace", "wsp_nobody"])
    assert answer.exit_code == 1
    assert "no usage of a workspace" in answer.output
