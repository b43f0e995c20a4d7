"""Alembic's environment: both databases, batch operations on SQLite with foreign keys off while tables are copied."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection

database = current_app.extensions["migrate"].db


def as_plain_type(kind: str, item: object, _context: object) -> str | bool:
    """Migrations must not change when our column types do: they name SQLAlchemy's own."""
    if kind == "type" and type(item).__name__ == "UTCDateTime":
        return "sa.DateTime(timezone=True)"
    return False


def run_migrations(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=database.metadata,
        render_item=as_plain_type,
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()


def run() -> None:
    engine = database.engine
    if engine.dialect.name != "sqlite":
        with engine.connect() as connection:
            run_migrations(connection)
        return
    with engine.connect() as connection:
        # A table recreated by a batch operation would otherwise delete its children's rows.
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        try:
            run_migrations(connection)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"the migration left {len(broken)} rows without their parents")
            connection.commit()
        finally:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


run()
