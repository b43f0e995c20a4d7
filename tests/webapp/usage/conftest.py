"""Connections to book usage to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from webapp.instances.models import Instance
from webapp.workspaces.models import Workspace

Connect = Callable[..., Instance]


@pytest.fixture
def connect(session: Session, workspace: Workspace) -> Connect:
    """Makes a connection of the workspace "Northwind"."""

    def make(name: str = "Shop", *, provider_id: str = "stripe", environment: str = "live") -> Instance:
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

    return make
