"""`toolkit providers`: what can be connected."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from providers.kit.registry import ProviderFolderError, Registry
from webapp.cli import Failure

if TYPE_CHECKING:
    from providers.kit.declarative import Document


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
@click.argument("path", required=False, type=click.Path(path_type=Path))
def check(path: Path | None) -> None:
    """Look for everything that is wrong with all providers, one provider's folder, or one document.

    \b
    Example: toolkit providers check providers/my_provider
             toolkit providers check my-integration.yaml
    """
    from providers.kit import conformance

    folder = path
    if path is not None and path.is_file():
        _check_document(path)
        return

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


@providers.command()
@click.argument("document", type=click.Path(path_type=Path))
@click.option("--into", type=click.Path(path_type=Path), required=True, help="The folder to write the package into.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
def generate(document: Path, into: Path, force: bool) -> None:
    """Write the provider package of a custom integration's document (YAML or JSON).

    Example: toolkit providers generate my-integration.yaml --into providers/my_integration
    """
    from providers.kit.declarative import DocumentError
    from providers.kit.declarative.generating import package

    try:
        files = package(_document(document))
    except DocumentError as error:
        raise Failure(f"{error} {error.fix}".strip()) from error
    there = sorted(path for path in files if (into / path).exists())
    if there and not force:
        raise Failure(f"{into} has {there[0]} already. Choose another folder, or write over it with --force.")
    try:
        for path, text in files.items():
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            (into / path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{into} cannot be written: {error.strerror}.") from error
    click.echo(f"{len(files)} files written into {into}.")


def _check_document(path: Path) -> None:
    """Raises Failure where the document has errors."""
    from providers.kit.declarative import Severity, readiness, validate

    document = _document(path)
    found = validate(document)
    for one in found:
        click.echo(f"{one.severity.value} · {one.pointer or '/'}: {one.message}" + (f" {one.fix}" if one.fix else ""))
    errors = sum(one.severity is Severity.ERROR for one in found)
    if errors:
        raise Failure(f"{path.name}: {errors} {'error' if errors == 1 else 'errors'} to mend before it can run.")
    click.echo(f"{path.name}: it can run. Readiness: {readiness(found).tier.value}.")


def _document(path: Path) -> Document:
    """Raises Failure."""
    from providers.kit.declarative import DocumentError, read

    try:
        return read(path.read_bytes())
    except DocumentError as error:
        where = f" ({error.pointer})" if error.pointer else ""
        raise Failure(f"{path.name}{where}: {error} {error.fix}".strip()) from error
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}.") from error


def _registry() -> Registry:
    """Raises Failure."""
    try:
        return Registry.discover()
    except ProviderFolderError as error:
        raise Failure(str(error)) from error
