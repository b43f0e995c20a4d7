"""What is right, what is wrong and how to mend it. Each check is one small function that never raises."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import current_app

from webapp.config import Settings
from webapp.core.database import reading
from webapp.extensions import db
from webapp.health import checks, surroundings
from webapp.health.finding import Finding

log = structlog.get_logger(__name__)


Check = Callable[[Settings], Finding]

READINESS: tuple[Check, ...] = (checks.database, checks.queue_answers, checks.worker_alive)
ALL: tuple[Check, ...] = (
    checks.key_files,
    checks.disk,
    checks.database,
    checks.schema,
    checks.writable,
    checks.keys,
    checks.queue_answers,
    checks.worker_alive,
    checks.scheduler_alive,
    checks.backlog,
    surroundings.clock,
    surroundings.public_address,
    surroundings.mail,
    checks.outbound_guard,
)
"""In the order in which to mend what they find."""


def readiness() -> list[Finding]:
    """The three that must answer before this installation can do its work."""
    return _run(READINESS)


def findings() -> list[Finding]:
    """Everything that can be checked, in the order in which to mend it."""
    return _run(ALL)


def _run(chosen: tuple[Check, ...]) -> list[Finding]:
    with reading():
        return [_one(check) for check in chosen]


def _one(check: Check) -> Finding:
    try:
        return check(current_app.config["SETTINGS"])
    except Exception as error:  # whatever is broken, the report on it must not break
        log.warning("a check could not be made", check=check.__name__, error=type(error).__name__, exc_info=True)
        return Finding(
            name=check.__name__.replace("_", " "),
            ok=False,
            says=f"This could not be checked ({type(error).__name__}).",
            fix="Mend what is wrong above, then look again. The log says more.",
        )
    finally:
        db.session.rollback()
