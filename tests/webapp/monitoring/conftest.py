"""A workspace with usage to look at."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from webapp.instances.models import Instance
from webapp.usage import samples
from webapp.workspaces.models import Workspace


@pytest.fixture
def shop(session: Session, workspace: Workspace) -> Instance:
    return _connection(session, workspace, "Shop", "stripe", "live")


@pytest.fixture
def toy(session: Session, workspace: Workspace) -> Instance:
    return _connection(session, workspace, "Toy", "resend", "sandbox")


@pytest.fixture
def busy(session: Session, shop: Instance, toy: Instance) -> Session:
    """Thirty days of usage of a live and a sandbox connection."""
    samples.generate(session, [shop], events=3000, days=30)
    samples.generate(session, [toy], events=500, days=30, seed=2)
    return session


def _connection(session: Session, workspace: Workspace, name: str, provider_id: str, environment: str) -> Instance:
    instance = Instance(
        workspace_id=workspace.id,
        provider_id=provider_id,
        name=name,
        environment=environment,
        status="active",
        health="healthy",
    )
    session.add(instance)
    session.commit()
    return instance
