"""A workspace with somebody who builds, an admin who decides, and documents of services nobody has heard of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from providers.kit.declarative import plain, read
from tests.conftest import People
from webapp.accounts.models import User
from webapp.custom import drafts
from webapp.custom.models import CustomIntegration
from webapp.workspaces.models import Workspace

DOCUMENTS = Path(__file__).parents[2] / "providers_kit" / "declarative" / "documents"


def document(name: str = "orders") -> dict[str, Any]:
    found: dict[str, Any] = plain(read((DOCUMENTS / f"{name}.yaml").read_text(encoding="utf-8")))
    return found


@pytest.fixture
def admin(people: People) -> User:
    return people.user("root@example.com", admin=True)


@pytest.fixture
def draft(session: Session, workspace: Workspace, owner: User) -> CustomIntegration:
    made = drafts.create(
        session, workspace_id=workspace.id, user_id=owner.id, name="Northwind Orders", document=document()
    )
    session.commit()
    return made
