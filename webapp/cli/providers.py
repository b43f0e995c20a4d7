"""`toolkit providers`: what can be connected."""

from __future__ import annotations

from pathlib import Path

import click

from webapp.cli import Failure


@click.group()
def providers() -> None:
    """The providers in this installation.

    Example: toolkit providers list
    """


@providers.command("list")
def list_providers() -> None:
    """Every provider: id, category and name, one a line.

    Example: toolkit providers list
    """
    from providers.kit.registry import ProviderFolderError, Registry

    try:
        registry = Registry.discover()
    except ProviderFolderError as error:
        raise Failure(str(error)) from error
    for one in registry:
        click.echo(f"{one.id}\t{one.manifest.category.value}\t{one.manifest.name}")


@providers.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def check(folder: Path | None) -> None:
    """Run the conformance suite over all providers, or over one folder.

    Example: toolkit providers check providers/my_provider
    """
    raise Failure("not yet")
