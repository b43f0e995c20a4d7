"""Fixtures around the test provider, imported by the conftests of the features below."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from providers.kit.contract import Category
from tests.webapp.fakes import acme
from webapp.accounts.models import User
from webapp.catalog.service import synchronise
from webapp.instances import service
from webapp.instances.models import Instance
from webapp.workspaces.models import Workspace


@pytest.fixture(autouse=True)
def registry(app: Flask, tmp_path: Path) -> None:
    """Acme Pay (payments), Mailgull (e-mail) and Bookface (social, not verified) instead of the real providers."""
    app.extensions["registry"] = acme.registry_in(
        tmp_path / "providers",
        acme.other(
            "mailgull",
            "Mailgull",
            category=Category.EMAIL,
            tagline="E-mail delivery",
            popularity=80,
            keywords=("smtp",),
        ),
        acme.other(
            "bookface",
            "Bookface",
            category=Category.SOCIAL,
            tagline="Posts",
            popularity=70,
            verified=False,
            keywords=(),
        ),
    )


@pytest.fixture
def sandboxed(session: Session, workspace: Workspace, owner: User) -> Instance:
    """An active sandbox connection of Acme Pay, committed."""
    synchronise(session)
    row = service.start_draft(
        session, workspace_id=workspace.id, provider_id="acme", environment="sandbox", created_by=owner.id
    )
    service.finish(session, row)
    session.commit()
    return row


@pytest.fixture
def draft(session: Session, workspace: Workspace, owner: User) -> Instance:
    """A draft of Acme Pay in its test environment, committed."""
    synchronise(session)
    row = service.start_draft(
        session, workspace_id=workspace.id, provider_id="acme", environment="test", created_by=owner.id
    )
    session.commit()
    return row
