"""`toolkit backup` and `toolkit restore`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from webapp.cli import Failure
from webapp.config import data_dir, load_settings


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write the database, the keys and the audit anchor into one file, while the product runs.

    The file opens every secret in the installation: keep it as safe as the installation itself.

    Example: toolkit backup /backups/toolkit-monday.tar
    """
    from sqlalchemy import make_url

    from webapp.runtime import archive

    settings = load_settings()
    database = make_url(settings.database_url).database if settings.sqlite else None
    if settings.sqlite and not (database and Path(database).is_file()):
        raise Failure(f"There is no database at {database} yet: nothing to back up.")
    made = archive.write(file, folder=settings.data_dir, sqlite_file=Path(database) if database else None)
    click.echo(f"{file}: {', '.join(sorted(made.files)) or 'nothing'}.")
    if not made.whole:
        click.echo('The database is not in it. Back it up beside: pg_dump --format=custom "$DATABASE_URL"', err=True)
    if "encryption_keys" not in made.files:
        click.echo(
            "ENCRYPTION_KEYS is set outside of DATA_DIR. Back it up yourself: without it no secret opens.", err=True
        )


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Move what is there into a folder of its own, and restore over it.")
def restore(file: Path, force: bool) -> None:
    """Put a backup into DATA_DIR. Every checksum is checked before anything is touched.

    Example: DATA_DIR=/srv/toolkit toolkit restore /backups/toolkit-monday.tar
    """
    from webapp.runtime import archive, lock

    folder = data_dir(os.environ)
    found = archive.read(file)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lock.acquire(folder):
        there = [name for name in archive.MEMBERS if (folder / name).exists()]
        if there and not force:
            raise Failure(
                f"{folder} already holds {', '.join(there)}. Restore into another folder with DATA_DIR, "
                "or add --force to move these aside first."
            )
        aside = archive.set_aside(folder)
        archive.unpack(file, found, folder)
    click.echo(f"{folder} is as it was at {found.created_at}.")
    if aside:
        click.echo(f"What was there before is in {aside}.")
    if not found.whole:
        click.echo("The database was not in this backup. Restore it with pg_restore.", err=True)
    click.echo("Type 'toolkit doctor' to see whether all is well, then start with: toolkit up")
