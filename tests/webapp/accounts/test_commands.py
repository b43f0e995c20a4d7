"""`toolkit users reset-link` and `reset-second-factor`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.webapp.accounts.steps import give_app
from webapp.accounts import second_factor
from webapp.accounts.models import User
from webapp.cli import people as command
from webapp.config import Settings
from webapp.notices.models import Notice


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    from webapp import create_app

    monkeypatch.setattr(command, "create_app", lambda: create_app(settings))
    monkeypatch.setattr(command.logs, "configure", lambda: None)  # this process's own logs stay as they are
    return CliRunner()


def test_a_reset_link_is_printed_alone(owner: User, session: Session, run: CliRunner) -> None:
    email = owner.email
    session.commit()
    answer = run.invoke(command.users, ["reset-link", "--email", email])
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.startswith("http://localhost/reset/")
    assert len(answer.stdout.split()) == 1


def test_a_second_factor_is_reset_and_the_person_told(owner: User, session: Session, run: CliRunner) -> None:
    give_app(session, owner)
    user_id, email = owner.id, owner.email
    session.commit()
    answer = run.invoke(command.users, ["reset-second-factor", "--email", email])
    assert answer.exit_code == 0, answer.output
    assert not second_factor.factors_of(session, user_id).any
    assert session.scalar(select(Notice.title)) == "Your second factor was reset"


def test_nobody_by_that_name_is_one_sentence(owner: User, session: Session, run: CliRunner) -> None:
    session.commit()
    answer = run.invoke(command.users, ["reset-link", "--email", "nobody@example.com"])
    assert answer.exit_code == 1
    assert "Nobody signs in as nobody@example.com." in answer.output
