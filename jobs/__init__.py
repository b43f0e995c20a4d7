"""Work outside of requests: thin functions that load by id, call a service and commit.

A job is a function marked with `@job`; `webapp` names it by its dotted path (`"jobs.webhooks.drain"`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog
from flask import Flask, current_app, has_app_context

from webapp.core.database import begin_writing

P = ParamSpec("P")
R = TypeVar("R")
log = structlog.get_logger(__name__)
_application: list[Flask] = []


class JobFailed(Exception):
    """A job ended with an error that the log tells of. Carries names only: the queue keeps what is raised."""


def use_application(app: Flask) -> None:
    """The application of this process, made once by the worker."""
    _application[:] = [app]


def application() -> Flask:
    """Of the running context, else of this process; made now if nobody did."""
    if has_app_context():
        running: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # what the proxy stands for
        return running
    if not _application:
        from webapp import create_app

        use_application(create_app())
    return _application[0]


def job(function: Callable[P, R]) -> Callable[P, R]:
    """Runs the function in an application context with a database session of its own, and counts it.

    The function commits. Errors are logged here, and leave as JobFailed: an error's text or traceback may hold
    values, and must not be kept in the queue.
    """
    name = f"{function.__module__}.{function.__name__}"

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from webapp.extensions import db
        from webapp.health import metrics

        began, failed = time.perf_counter(), False
        with application().app_context(), structlog.contextvars.bound_contextvars(job=name):
            begin_writing()
            try:
                return function(*args, **kwargs)
            except Exception as error:
                failed = True
                log.exception("a job failed")
                raise JobFailed(f"{name} ended with {type(error).__name__}; the worker's log says more") from None
            finally:
                db.session.remove()
                metrics.count_job(name, failed=failed, seconds=time.perf_counter() - began)

    run.job_name = name  # type: ignore[attr-defined]  # functions carry attributes
    return run
