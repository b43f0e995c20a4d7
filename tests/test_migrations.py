"""The migrations make exactly the tables that the models describe."""

from __future__ import annotations

import warnings

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

from webapp.extensions import db


def test_the_migrated_database_is_what_the_models_say(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*expression-based index")
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        found = compare_metadata(context, db.metadata)
    # An index on an expression cannot be reflected, so it is compared by hand below.
    assert [one for one in found if "uq_users_email_folded" not in str(one)] == []


def test_one_address_in_any_case_is_one_person(app: Flask) -> None:
    with app.app_context():
        names = [row[0] for row in db.session.execute(db.text("SELECT name FROM sqlite_master WHERE type = 'index'"))]
    assert "uq_users_email_folded" in names
