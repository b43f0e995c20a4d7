"""`toolkit usage`: keeps the figures of monitoring right."""

from __future__ import annotations

import click

from webapp import create_app
from webapp.cli import Failure
from webapp.extensions import db
from webapp.usage import rebuild as rebuilding


@click.group()
def usage() -> None:
    """The figures of monitoring.

    Example: toolkit usage rebuild
    """


@usage.command()
@click.option("--workspace", "workspace_id", default="", help="Only this workspace (its id).")
def rebuild(workspace_id: str) -> None:
    """Count everything again from the rows, exactly. Can be broken off and started again at any time.

    Example: toolkit usage rebuild
    """
    app = create_app()
    with app.app_context():
        session = db.session()
        known = rebuilding.workspaces_with_usage(session)
        session.rollback()
        if workspace_id and workspace_id not in known:
            raise Failure(f"There is no usage of a workspace with the id {workspace_id}.")
        wanted = [workspace_id] if workspace_id else known
        rows = 0
        for number, one in enumerate(wanted, start=1):
            rows += sum(count for span, count in rebuilding.rebuild(session, one) if span.grain == "day")
            click.echo(f"{number} of {len(wanted)} workspaces done.")
    click.echo(f"The figures are rebuilt from {rows} rows.")
