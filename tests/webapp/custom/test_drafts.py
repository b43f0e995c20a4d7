"""Drafts: saved as one goes, undone and done again, and never lost to somebody else's save."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.conftest import People, settings_for
from tests.postgres import postgres_server, postgres_url
from tests.webapp.custom.conftest import document
from webapp import create_app
from webapp.accounts.models import User
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.migrations import upgrade
from webapp.custom import drafts
from webapp.custom.models import CustomIntegration
from webapp.extensions import db
from webapp.workspaces.models import Workspace

__all__ = ["postgres_server", "postgres_url"]


def rename(session: Session, draft: CustomIntegration, seen: int, user: User, tagline: str) -> int:
    content = drafts.document_of(session, draft) | {"tagline": tagline}
    return drafts.save(session, draft, document=content, seen=seen, user_id=user.id, what=f"Tagline {tagline}")


def test_a_draft_has_an_id_of_its_own_that_no_provider_can_have(session: Session, draft: CustomIntegration) -> None:
    assert draft.provider_id == "custom-northwind-orders"
    again = drafts.create(
        session, workspace_id=draft.workspace_id, user_id=None, name="Northwind  Orders", document=document()
    )
    assert again.provider_id.startswith("custom-northwind-orders-")
    assert again.provider_id != draft.provider_id
    assert drafts.document_of(session, again)["id"] == again.provider_id


def test_every_save_can_be_undone_and_done_again(session: Session, draft: CustomIntegration, owner: User) -> None:
    first = drafts.document_of(session, draft)
    two = rename(session, draft, 1, owner, "two")
    three = rename(session, draft, two, owner, "three")
    assert drafts.undo(session, draft, seen=three, user_id=owner.id) == two
    assert drafts.undo(session, draft, seen=two, user_id=owner.id) == 1
    assert drafts.document_of(session, draft) == first
    assert drafts.can_undo(session, draft) == (False, True)
    with pytest.raises(Invalid, match="nothing to undo"):
        drafts.undo(session, draft, seen=1, user_id=owner.id)
    assert drafts.redo(session, draft, seen=1, user_id=owner.id) == two
    assert drafts.document_of(session, draft)["tagline"] == "two"


def test_a_save_after_an_undo_begins_a_new_branch(session: Session, draft: CustomIntegration, owner: User) -> None:
    rename(session, draft, rename(session, draft, 1, owner, "two"), owner, "three")
    drafts.undo(session, draft, seen=3, user_id=owner.id)
    assert rename(session, draft, 2, owner, "other") == 3
    assert [one.what for one in drafts.history(session, draft)] == ["Tagline other", "Tagline two", "Started"]
    assert drafts.can_undo(session, draft) == (True, False)


def test_saving_what_stands_makes_no_revision(session: Session, draft: CustomIntegration, owner: User) -> None:
    same = drafts.document_of(session, draft)
    assert drafts.save(session, draft, document=same, seen=1, user_id=owner.id, what="Nothing") == 1


def test_who_saves_over_somebody_else_is_told_who_and_what(
    session: Session, draft: CustomIntegration, owner: User, people: People
) -> None:
    other = people.user("grace@example.com")
    rename(session, draft, 1, other, "hers")
    with pytest.raises(Conflict, match="Grace changed this draft while you had it open: tagline hers"):
        rename(session, draft, 1, owner, "mine")
    assert drafts.document_of(session, draft)["tagline"] == "hers"


def test_old_revisions_go_when_there_are_many(
    session: Session, draft: CustomIntegration, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "MAX_REVISIONS", 3)
    for number in range(1, 6):
        rename(session, draft, number, owner, str(number))
    assert [one.number for one in drafts.history(session, draft)] == [6, 5, 4, 3]


def test_a_document_that_is_too_large_or_no_json_is_refused(
    session: Session, draft: CustomIntegration, owner: User
) -> None:
    for bad in ({"description": "x" * drafts.MAX_BYTES}, {"description": float("nan")}, {"description": {1, 2}}):
        with pytest.raises(Invalid):
            drafts.save(session, draft, document=bad, seen=1, user_id=owner.id, what="Bad")
    assert draft.revision == 1


def test_another_workspaces_draft_is_not_found(session: Session, draft: CustomIntegration, people: People) -> None:
    stranger = people.workspace(people.user("eve@example.com"), "Elsewhere")
    with pytest.raises(NotFound):
        drafts.of_workspace(session, stranger.id, draft.id)


@pytest.mark.postgres
def test_of_two_who_save_at_once_one_is_refused_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    with app.app_context():
        upgrade(app)
        people = People(session=db.session())
        ada = people.user()
        workspace: Workspace = people.workspace(ada)
        made = drafts.create(
            db.session(), workspace_id=workspace.id, user_id=ada.id, name="Orders", document=document()
        )
        db.session.commit()
        with Session(db.engine) as one, Session(db.engine) as two:
            here, there = (each.get_one(CustomIntegration, made.id) for each in (one, two))
            rename(one, here, 1, ada, "one")
            one.commit()
            with pytest.raises(Conflict):
                rename(two, there, 1, ada, "two")
            two.rollback()
            assert drafts.document_of(two, two.get_one(CustomIntegration, made.id))["tagline"] == "one"
        db.session.remove()
        db.engine.dispose()
