"""Logs: readable in a terminal, one JSON object a line elsewhere; nothing that looks like a secret in either."""

from __future__ import annotations

import logging
import sys
from typing import IO, Any

import structlog

from providers.kit.redaction import redact

OURS = ("webapp", "jobs", "providers")
"""Loggers that may speak at INFO. Libraries start at WARNING: some tell of each request with its full address."""


class RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Redacts the finished line, whatever path its parts took into it, traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def configure(stream: IO[str] | None = None) -> None:
    """Sends structlog and the standard library's loggers to `stream` (default: stderr) through one formatter."""
    stream = stream or sys.stderr
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    terminal = stream.isatty()
    last: list[Any] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared[:2], *shared[3:], structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        RedactingFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
