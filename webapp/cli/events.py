"""`toolkit events`: what a connection received, for scripts and for proving that nothing was lost."""

from __future__ import annotations

import click

from webapp import create_app
from webapp.cli import Failure
from webapp.core.database import reading
from webapp.extensions import db
from webapp.instances.models import Instance
from webapp.webhooks import queries


@click.group()
def events() -> None:
    """Deliveries that came in.

    Example: toolkit events list --instance ins_8fj2k
    """


@events.command("list")
@click.option("--instance", "instance_id", required=True, help="The connection's id, as in its address.")
@click.option("--effects", is_flag=True, help="Print how many times each effect was applied, not the status.")
def list_(instance_id: str, *, effects: bool) -> None:
    """One event a line: external id, TAB, status (or with --effects: how many times it was applied).

    Example: toolkit events list --instance ins_8fj2k --effects
    """
    with create_app().app_context(), reading():
        if db.session.get(Instance, instance_id) is None:
            raise Failure(f"there is no connection {instance_id}.")
        find = queries.effects if effects else queries.statuses
        for external_id, fact in find(db.session(), instance_id):
            click.echo(f"{external_id}\t{fact}")
