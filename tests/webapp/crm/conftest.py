"""A workspace with one active sandbox connection of a CRM; the sandbox's own people are its contacts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from webapp.accounts.models import User
from webapp.catalog.service import synchronise
from webapp.crm.service import crm_providers
from webapp.extensions import db
from webapp.instances import service as instances
from webapp.instances.models import Instance
from webapp.instances.sandbox_state import StoredState
from webapp.workspaces.models import Workspace


@pytest.fixture(autouse=True)
def no_latency(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in answers at once."""
    monkeypatch.setattr("providers.kit.sandbox_transport.LATENCY_SECONDS", 0)
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.fixture
def connect(session: Session, workspace: Workspace, owner: User) -> Callable[..., Instance]:
    """Makes an active sandbox connection of the first CRM there is."""
    synchronise(session)
    session.commit()

    def make(name: str = "Shop CRM", *, into: Workspace | None = None, **state: Any) -> Instance:
        provider_id = "hubspot" if "hubspot" in crm_providers() else crm_providers()[0]
        row = instances.start_draft(
            session,
            workspace_id=(into or workspace).id,
            provider_id=provider_id,
            environment="sandbox",
            name=name,
            created_by=owner.id,
        )
        instances.fill_with_samples(session, row, actor_id=owner.id)
        instances.finish(session, row)
        session.commit()
        session.refresh(row)
        session.expunge(row)  # read from now on without a transaction: jobs have a session of their own
        session.commit()
        if state:
            change_state(row, **state)
        return row

    return make


def change_state(instance: Instance, **values: Any) -> dict[str, Any]:
    """Changes what the stand-in remembers, and gives all of it."""
    kept = StoredState(db.engine, instance.id)
    db.session.commit()
    with kept.exclusive():
        state = kept.read()
        state.update(values)
        kept.write(state)
    return state


@pytest.fixture
def instance(connect: Callable[..., Instance]) -> Instance:
    return connect()
