"""`toolkit up`: everything at once."""

from __future__ import annotations

import os
from pathlib import Path

import click

from webapp.config import data_dir, load_settings


@click.command()
@click.option("--host", help="The address to listen on; 0.0.0.0 for all.  [default: HOST, else 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen on.  [default: PORT, else 8000]")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Where data lives.  [default: ./var]")
def up(host: str | None, port: int | None, data: Path | None) -> None:
    """Start the queue, the workers, the scheduler and the web server, and keep them running until Ctrl-C.

    Example: toolkit up --port 8080 --data /srv/toolkit
    """
    from webapp.runtime import logs

    logs.configure()
    os.umask(0o077)
    given = {"HOST": host, "PORT": port, "DATA_DIR": data.resolve() if data else None}
    os.environ.update({name: str(value) for name, value in given.items() if value is not None})
    folder = data_dir(os.environ)
    # Before the metrics library is imported: it looks for its folder only once.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder / "metrics")
    _run(folder)


def _run(folder: Path) -> None:
    from webapp import create_app
    from webapp.runtime import keys, lock, supervisor, valkey, web

    supervisor.make_data_dir(folder)
    with lock.acquire(folder):
        fresh = keys.make_missing(folder, os.environ)
        try:
            settings = load_settings()
            web.require_free_port(settings.host, settings.port)
            _empty_metrics(folder)
            app = create_app(settings)
            prepared = supervisor.prepare_apart(app)
        except BaseException:
            # Keys that no database uses yet are made again at the next start; keeping them would only mislead.
            for path in fresh:
                path.unlink(missing_ok=True)
            raise
        if valkey.is_embedded(settings):
            valkey.make_socket_folder(settings)

        def announce() -> None:
            click.echo(f"\n  Ready at {settings.public_url}   (Ctrl-C stops everything)")
            if prepared.setup_link:
                click.echo(f"  Set it up, once, at {prepared.setup_link}\n")

        supervisor.Supervisor(supervisor.children_of(app, settings), announce, settings).run()
    click.echo("Everything has stopped.")


def _empty_metrics(folder: Path) -> None:
    from webapp.health.metrics import prepare_folder

    prepare_folder(folder / "metrics")
