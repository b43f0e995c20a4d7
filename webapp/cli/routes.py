"""`toolkit routes`: every address and what it takes to use it."""

from __future__ import annotations

import click

from webapp import create_app
from webapp.core.permissions import permission_of


@click.command()
@click.option("--policy", is_flag=True, required=True, help="Print METHOD, path and permission, one a line.")
def routes(policy: bool) -> None:
    """Every route with the permission it needs.

    Example: toolkit routes --policy
    """
    app = create_app()
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        permission = permission_of(app.view_functions[rule.endpoint])
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            click.echo(f"{method} {rule.rule} {permission}")
