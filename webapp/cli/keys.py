"""`toolkit keys`: the keys that seal secrets."""

from __future__ import annotations

import click

from webapp.cli import Failure


@click.group()
def keys() -> None:
    """The encryption keys.

    Example: toolkit keys rotate
    """


@keys.command()
def rotate() -> None:
    """Seal every workspace under a new key, while the product runs. Can be broken off and called again.

    Example: toolkit keys rotate
    """
    from webapp import create_app
    from webapp.core.crypto import CannotDecrypt
    from webapp.runtime.rotation import rotate as rotate_keys

    app = create_app()
    with app.app_context():
        try:
            done = rotate_keys(app, lambda done, total: click.echo(f"{done} of {total} keys wrapped anew", err=True))
        except CannotDecrypt as error:
            raise Failure(f"The keys do not fit the data: {error}. Nothing after that was changed.") from error
    if done.made_key:
        click.echo(
            f"A new key ({done.primary_id}) was put first into the file encryption_keys. Back that file up now."
        )
    click.echo(f"{done.workspaces} workspaces are now under the key {done.primary_id}.")
    click.echo("Keep the older keys: they prove older audit entries, and open older backups.")
