"""`toolkit providers`: what can be connected."""

from __future__ import annotations

from pathlib import Path

import click

from providers.kit.registry import ProviderFolderError, Registry
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
    for one in _registry():
        click.echo(f"{one.id}\t{one.manifest.category.value}\t{one.manifest.name}")


@providers.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def check(folder: Path | None) -> None:
    """Run the conformance suite over all providers, or over one folder.

    Example: toolkit providers check providers/my_provider
    """
    from providers.kit import conformance

    registry = _registry()
    chosen = [one for one in registry if folder is None or one.folder == folder.resolve()]
    if not chosen:
        raise Failure(f"{folder or 'providers/'} holds no provider: no folder with a provider.py.")
    wrong = 0
    for one in chosen:
        found = conformance.check(one)
        wrong += len(found)
        click.echo(f"{one.id}: {len(found) or 'nothing'} to mend")
        for finding in found:
            click.echo(f"  {finding.rule} · {finding.where}: {finding.message}")
    if wrong:
        raise Failure(f"{wrong} things to mend in {len(chosen)} providers.")


def _registry() -> Registry:
    """Raises Failure."""
    try:
        return Registry.discover()
    except ProviderFolderError as error:
        raise Failure(str(error)) from error
