"""`toolkit web`, `toolkit worker`, `toolkit scheduler`: the processes of `toolkit up`, one by one.

For installations that run them under their own supervisor, on one machine or several.
"""

from __future__ import annotations

import os

import click

from webapp.cli import Failure
from webapp.config import Settings, load_settings


def _begin() -> Settings:
    from webapp.runtime import logs

    logs.configure()
    os.umask(0o077)
    settings = load_settings()
    folder = settings.data_dir / "metrics"
    folder.mkdir(parents=True, exist_ok=True)
    # Before the metrics library is imported: it looks for its folder only once.
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(folder))
    return settings


@click.command()
def web() -> None:
    """Start the web server alone.

    Example: PORT=8080 toolkit web
    """
    from webapp import create_app
    from webapp.runtime import preparation
    from webapp.runtime import web as server

    settings = _begin()
    server.require_free_port(settings.host, settings.port)
    preparation.require_prepared(create_app(settings))
    server.serve(settings)


@click.command()
@click.option("--queue", "queues", multiple=True, help="Work on this queue only; may be given several times.")
def worker(queues: tuple[str, ...]) -> None:
    """Start one worker alone.

    Example: toolkit worker --queue tests
    """
    from jobs import worker as process
    from webapp import create_app
    from webapp.core.queue import QUEUES
    from webapp.runtime import preparation

    unknown = set(queues) - set(QUEUES)
    if unknown:
        raise click.UsageError(f"There is no queue {unknown.pop()}. Queues: {', '.join(QUEUES)}.")
    app = create_app(_begin(), answers=False)
    preparation.require_prepared(app)
    process.run(app, queues or QUEUES)


@click.command()
def scheduler() -> None:
    """Start the scheduler alone. A second one does no harm.

    Example: toolkit scheduler
    """
    from jobs import schedule
    from webapp import create_app
    from webapp.runtime import preparation

    app = create_app(_begin(), answers=False)
    preparation.require_prepared(app)
    schedule.run(app)


@click.command()
@click.option("--port", default=4010, show_default=True, type=click.IntRange(1, 65535))
@click.option("--host", default="127.0.0.1", show_default=True)
def sandbox(port: int, host: str) -> None:
    """Serve every provider's stand-in over HTTP, with the vendor's own paths, for any client or SDK.

    Example: toolkit sandbox --port 4010   then call http://127.0.0.1:4010/<provider>/…
    """
    from providers.kit.registry import Registry
    from webapp.runtime import logs
    from webapp.runtime import web as server

    logs.configure()
    server.require_free_port(host, port)
    served = [one.id for one in Registry.discover() if one.sandbox is not None]
    if not served:
        raise Failure("No provider has a sandbox.")
    for name in served:
        click.echo(f"http://{host}:{port}/{name}/")
    server.run(load_sandboxes, host=host, port=port, processes=1, threads=8)


def load_sandboxes() -> object:
    """The sandboxes as one WSGI application; their memory lives as long as the process."""
    from providers.kit.registry import Registry
    from providers.kit.sandbox_http import SandboxApplication

    return SandboxApplication(Registry.discover())
