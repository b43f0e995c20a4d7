"""The `toolkit` command. Each command lives in a module of its own, imported when it is called.

Exit codes: 0, 1 (failed), 2 (usage). Errors are one plain sentence on stderr.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

COMMANDS: dict[str, str] = {
    "db": "webapp.cli.database:db",
    "users": "webapp.cli.people:users",
    "tokens": "webapp.cli.people:tokens",
    "routes": "webapp.cli.routes:routes",
    "audit": "webapp.cli.audit:audit",
    "usage": "webapp.cli.usage:usage",
    "events": "webapp.cli.events:events",
    "up": "webapp.cli.up:up",
    "web": "webapp.cli.processes:web",
    "worker": "webapp.cli.processes:worker",
    "scheduler": "webapp.cli.processes:scheduler",
    "sandbox": "webapp.cli.processes:sandbox",
    "doctor": "webapp.cli.doctor:doctor",
    "keys": "webapp.cli.keys:keys",
    "backup": "webapp.cli.backup:backup",
    "restore": "webapp.cli.backup:restore",
    "providers": "webapp.cli.providers:providers",
}
"""Command name → where it lives."""


class Failure(click.ClickException):
    """A command that could not do what was asked; the message is one plain sentence."""

    exit_code = 1

    def show(self, file: object = None) -> None:
        click.echo(f"toolkit: {self.format_message()}", err=True)


class LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """The integration hub's command line.

    Example: toolkit up
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: turns the product's own errors into one sentence and exit code 1."""
    from sqlalchemy.exc import DBAPIError

    from webapp.config import SettingsError
    from webapp.core.errors import ProductError

    try:
        cli.main(args=list(arguments) if arguments is not None else None, prog_name="toolkit")
    except (SettingsError, ProductError) as error:
        fix = getattr(error, "fix", "")
        click.echo(f"toolkit: {error} {fix}".rstrip(), err=True)
        sys.exit(1)
    except DBAPIError as error:
        click.echo(f"toolkit: the database said: {error.orig}. Type 'toolkit doctor' to see what is wrong.", err=True)
        sys.exit(1)
