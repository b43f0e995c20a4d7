"""The marketplace's search, order and counts."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.webapp.fakes import acme
from webapp.catalog import queries, service
from webapp.catalog.index import Entry, SearchIndex
from webapp.catalog.models import CatalogSearch, IntegrationProvider
from webapp.core.errors import BadRequest, Forbidden, NotFound
from webapp.instances import service as instances
from webapp.instances.models import Instance
from webapp.workspaces.models import Workspace


def found(session: Session, workspace: Workspace, **asked: object) -> list[str]:
    return [card.id for card in queries.search(session, workspace_id=workspace.id, **asked).cards]  # type: ignore[arg-type]  # keywords of the call


def test_without_a_connection_the_most_popular_comes_first(session: Session, workspace: Workspace) -> None:
    assert found(session, workspace) == ["mailgull", "bookface", "acme"]


def test_what_is_connected_here_comes_first(session: Session, workspace: Workspace, sandboxed: Instance) -> None:
    page = queries.search(session, workspace_id=workspace.id)
    assert (page.cards[0].id, page.cards[0].connected) == ("acme", True)
    assert found(session, workspace, connected=True) == ["acme"]
    assert found(session, workspace, connected=False) == ["mailgull", "bookface"]


def test_a_connection_in_another_workspace_is_popularity_and_not_mine(
    session: Session, people: object, sandboxed: Instance, owner: object
) -> None:
    elsewhere = people.workspace(owner, "Elsewhere")  # type: ignore[attr-defined]  # a fixture
    card = queries.card(session, workspace_id=elsewhere.id, provider_id="acme")
    assert (card.connected, card.popularity) == (False, queries.popularity(60, 1))


@pytest.mark.parametrize("typed", ["mialgull", "mailgul", "mailgll", "mail gull", "smtp", "MAILG", "delivry"])
def test_typing_errors_are_forgiven(session: Session, workspace: Workspace, typed: str) -> None:
    assert found(session, workspace, text=typed)[0] == "mailgull"


def test_what_is_not_there_is_not_found_and_remembered(session: Session, workspace: Workspace) -> None:
    assert found(session, workspace, text="zzqxy") == []
    for _ in range(2):
        service.record_empty_search(session, workspace.id, "  ZZqxy ")
    service.record_empty_search(session, workspace.id, " ")
    row = session.scalars(select(CatalogSearch)).one()
    assert (row.query, row.count) == ("zzqxy", 2)


def test_facets_count_under_the_other_filters(session: Session, workspace: Workspace) -> None:
    page = queries.search(session, workspace_id=workspace.id, category="email", verified=True)
    assert page.total == 1
    assert {one.category: one.count for one in page.facets if one.count} == {"payment": 1, "email": 1}


def test_pages_follow_each_other_without_gaps(session: Session, workspace: Workspace) -> None:
    seen, cursor = [], ""
    while True:
        page = queries.search(session, workspace_id=workspace.id, sort="name", limit=1, cursor=cursor)
        seen += [card.id for card in page.cards]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == ["acme", "bookface", "mailgull"]
    with pytest.raises(BadRequest):
        queries.search(session, workspace_id=workspace.id, cursor="nonsense")
    with pytest.raises(BadRequest):
        queries.search(session, workspace_id=workspace.id, sort="newest")


def test_what_an_admin_turned_off_is_shown_with_the_reason(session: Session, workspace: Workspace) -> None:
    service.set_enabled(session, provider_id="acme", enabled=False, reason="Contract ended")
    card = queries.card(session, workspace_id=workspace.id, provider_id="acme")
    assert (card.usable, card.unusable_reason, card.who_can_fix) == (False, "Contract ended", "A site admin")
    with pytest.raises(Forbidden, match="Contract ended"):
        instances.start_draft(session, workspace_id=workspace.id, provider_id="acme")


def test_a_folder_that_went_is_noted_and_one_that_came_back_is_no_longer(app: Flask, session: Session) -> None:
    assert service.synchronise(session) == (3, 0)
    whole = app.extensions["registry"]
    app.extensions["registry"] = type(whole)({"acme": whole.entry("acme")})
    assert service.synchronise(session) == (0, 2)
    assert session.get(IntegrationProvider, "mailgull").removed_at is not None  # type: ignore[union-attr]  # it is there
    app.extensions["registry"] = whole
    assert service.synchronise(session) == (2, 0)
    assert service.synchronise(session) == (0, 0)


def test_a_detail_has_what_the_page_shows(session: Session, workspace: Workspace) -> None:
    detail = queries.detail(session, workspace_id=workspace.id, provider_id="acme")
    assert detail.guide == "# Acme Pay"
    assert "Receives events as they happen" in [one.words for one in detail.capabilities]
    assert [one.value for one in detail.environments] == ["live", "test", "sandbox"]
    assert detail.card.logo == f"/marketplace/acme/logo.svg?v={queries.logo('acme').digest}"
    assert queries.logo("acme").svg == acme.LOGO.encode()
    with pytest.raises(NotFound):
        queries.detail(session, workspace_id=workspace.id, provider_id="nothing")


def test_the_words_of_a_query_must_all_fit() -> None:
    index = SearchIndex(
        [
            Entry(id="a", name="Google Analytics", category="analytics", tagline="Visits"),
            Entry(id="b", name="Google Ads", category="social", tagline="Adverts"),
        ]
    )
    assert set(index.search("gogle analitics")) == {0}
    assert set(index.search("google")) == {0, 1}
    assert set(index.search("Gôogle")) == {0, 1}
