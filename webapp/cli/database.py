"""`toolkit db`: the database's schema."""

from __future__ import annotations

import click

from webapp import create_app
from webapp.core.migrations import upgrade, write_revision


@click.group()
def db() -> None:
    """The database.

    Example: toolkit db upgrade
    """


@db.command("upgrade")
def upgrade_command() -> None:
    """Bring the database to the newest schema.

    Example: toolkit db upgrade
    """
    app = create_app()
    with app.app_context():
        revision = upgrade(app)
    click.echo(f"The database is at revision {revision}.")


@db.command("revision")
@click.argument("message")
def revision(message: str) -> None:
    """Write the migration that takes the database to what the models say. For developers.

    Example: toolkit db revision "notes on connections"
    """
    app = create_app()
    with app.app_context():
        upgrade(app)
        write_revision(app, message)
