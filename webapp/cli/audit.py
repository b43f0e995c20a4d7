"""`toolkit audit`: proves the audit log."""

from __future__ import annotations

import click

from webapp import create_app
from webapp.audit import anchor, service
from webapp.cli import Failure
from webapp.extensions import db


@click.group()
def audit() -> None:
    """The audit log.

    Example: toolkit audit verify
    """


@audit.command()
def verify() -> None:
    """Check that no entry was changed, removed, added or cut off from outside.

    Example: toolkit audit verify
    """
    app = create_app()
    with app.app_context():
        keyring, folder = app.extensions["keyring"], app.config["SETTINGS"].data_dir
        faults = list(service.verify(db.session(), keyring))
        cut = anchor.check(db.session(), keyring, folder)
        if cut:
            faults.append(cut)
        for fault in faults[:20]:
            click.echo(f"entry {fault.sequence}: {fault.what}", err=True)
        if faults:
            raise Failure(f"The audit log does not hold: {len(faults)} entries are wrong.")
        click.echo(f"The audit log holds: {service.head(db.session())[0]} entries.")
