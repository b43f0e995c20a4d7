"""`toolkit doctor`: what is right, what is wrong, how to mend it."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from webapp.config import SettingsError
from webapp.health.finding import Finding


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON document.")
def doctor(as_json: bool) -> None:
    """Check this installation, and say in plain words what to do about what is wrong. Exit code 1 if anything is.

    Example: toolkit doctor
    """
    found = _findings()
    if as_json:
        click.echo(json.dumps({"ok": all(one.ok for one in found), "findings": [asdict(one) for one in found]}))
    else:
        for one in found:
            click.echo(f"{'  ok  ' if one.ok else 'WRONG '} {one.name:<15} {one.says}")
            if one.fix:
                click.echo(f"{'':<22} → {one.fix}")
    if not all(one.ok for one in found):
        raise SystemExit(1)


def _findings() -> list[Finding]:
    from webapp import create_app
    from webapp.health import service
    from webapp.runtime import logs

    logs.configure()
    try:
        app = create_app()
    except SettingsError as error:
        return [Finding(name="settings", ok=False, says=str(error), fix="Correct this setting, then look again.")]
    with app.app_context():
        return [Finding(name="settings", ok=True, says="The settings can be read."), *service.findings()]
