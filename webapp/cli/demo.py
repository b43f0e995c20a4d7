"""`toolkit demo`."""

from __future__ import annotations

import logging
import secrets

import click
import structlog
from flask import Flask

from webapp import create_app
from webapp.accounts.service import create_user
from webapp.cli import Failure
from webapp.demo import service
from webapp.extensions import db


@click.command()
@click.option("--events", default=service.EVENTS, show_default=True, type=click.IntRange(0, 20_000_000))
@click.option("--days", default=service.DAYS, show_default=True, type=click.IntRange(1, 730))
@click.option("--seed", default=1, show_default=True, help="The same seed tells the same story.")
def demo(events: int, days: int, seed: int) -> None:
    """Make a workspace with sandbox connections and sample data, and print how to sign in to it.

    Example: toolkit demo --events 100000 --days 90
    """
    # The queue may well be away here; everything is done in this process, so nobody need hear of it.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    app = create_app()
    with app.app_context():
        email, password = _person(app, events, days, seed)
    click.echo(f"Address   {app.config['SETTINGS'].public_url}/login")
    click.echo(f"E-mail    {email}")
    click.echo(f"Password  {password}")


def _person(app: Flask, events: int, days: int, seed: int) -> tuple[str, str]:
    """A person of their own, with the workspace filled. Raises Failure."""
    session = db.session()
    email, password = f"demo-{secrets.token_hex(3)}@example.com", secrets.token_urlsafe(12)
    user = create_user(session, email=email, password=password, name="Demo")
    workspace_id = service.create(session, user=user, events=events, days=days, seed=seed, ring_for_it=False).id
    session.commit()
    last = [-1]

    def tell(words: str, percent: int) -> None:
        if percent // 10 > last[0]:
            last[0] = percent // 10
            click.echo(f"{words} … {percent} %", err=True)

    if not service.prepare(session, workspace_id, tell):
        raise Failure("The workspace was removed while it was being filled.")
    return email, password
