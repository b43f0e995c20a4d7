"""What people look for and we do not have. The caller commits."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.catalog import queries
from webapp.catalog.models import CatalogSearch
from webapp.catalog.service import MAX_SEARCH, record_empty_search
from webapp.core.clock import now
from webapp.marketplace.queries import NOTABLE

ONE_WISH = timedelta(hours=1)
STILL_TYPING = timedelta(minutes=2)


def note_missing(session: Session, *, workspace_id: str, text: str) -> bool:
    """Remembers a search that found nothing: True when it is noted, False when there is nothing to note.

    The same words within an hour are one wish, however often the page is loaded. Words that only began what is
    looked for now ("zen", then "zendesk") are forgotten again.
    """
    wanted = " ".join(text.lower().split())[:MAX_SEARCH]
    if len(wanted) < NOTABLE or not wanted.isprintable():
        return False
    if queries.search(session, workspace_id=workspace_id, text=wanted, limit=1).total:
        return False
    known = session.get(CatalogSearch, (wanted, workspace_id))
    if known is None or known.last_at < now() - ONE_WISH:
        record_empty_search(session, workspace_id, wanted)
    _forget_beginnings(session, workspace_id, wanted)
    return True


def _forget_beginnings(session: Session, workspace_id: str, wanted: str) -> None:
    fresh = session.scalars(
        select(CatalogSearch.query).where(
            CatalogSearch.workspace_id == workspace_id,
            CatalogSearch.count == 1,
            CatalogSearch.last_at > now() - STILL_TYPING,
        )
    )
    begun = [query for query in fresh if wanted.startswith(query) and query != wanted]
    if begun:
        session.execute(
            delete(CatalogSearch).where(CatalogSearch.workspace_id == workspace_id, CatalogSearch.query.in_(begun))
        )
