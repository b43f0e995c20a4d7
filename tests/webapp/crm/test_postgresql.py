"""The same reading on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from providers.kit.vocabulary.crm import Contact
from tests.conftest import People, settings_for
from tests.postgres import postgres_server, postgres_url
from webapp import create_app
from webapp.catalog.service import synchronise
from webapp.core.clock import now
from webapp.core.migrations import upgrade
from webapp.crm import queries, receiving, service, store
from webapp.crm.models import CrmContact
from webapp.extensions import db
from webapp.instances import service as instances
from webapp.instances.models import Instance

__all__ = ["postgres_server", "postgres_url"]
pytestmark = [pytest.mark.postgres, pytest.mark.slow]


def test_contacts_are_read_once_searched_and_paged(tmp_path: Path, postgres_url: str) -> None:
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    with app.app_context():
        upgrade(app)
        session = db.session()
        synchronise(session)
        people = People(session=session)
        owner = people.user()
        workspace = people.workspace(owner)
        instance = instances.start_draft(
            session, workspace_id=workspace.id, provider_id=service.crm_providers()[0], environment="sandbox"
        )
        instances.fill_with_samples(session, instance, actor_id=owner.id)
        instances.finish(session, instance)
        session.commit()
        instance_id, workspace_id = instance.id, workspace.id
        session.commit()
        for _ in range(2):
            done = service.sync(session, instance_id)
            assert done is not None
            assert done.failed == ""
        rows, following = queries.page(session, workspace_id, queries.Filters(environment="sandbox"))
        more, _ = queries.page(session, workspace_id, queries.Filters(environment="sandbox"), cursor=following)
        assert not {one.id for one in rows} & {one.id for one in more}
        assert len(rows) == 50

        at = datetime(2030, 1, 1, tzinfo=UTC)
        instance = session.get_one(Instance, instance_id)
        odd = Contact(id="odd", first_name="A\x00b", updated_at=at, more={"a": {"b": [1, None]}})
        late = Contact(id="odd", first_name="Late", updated_at=at - timedelta(days=1))
        store.upsert(session, instance, [odd], now())
        store.upsert(session, instance, [late], now())
        session.commit()
        kept = session.scalars(select(CrmContact).where(CrmContact.remote_id == "odd")).one()
        assert (kept.first_name, kept.more, kept.remote_updated_at) == ("Ab", {"a": {"b": [1, None]}}, at)
        assert receiving.archive(session, instance_id, ["odd", "nobody"], now()) == 1
        session.rollback()
        db.engine.dispose()
