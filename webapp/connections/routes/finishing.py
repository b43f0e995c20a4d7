"""The last steps: the test, live, and whose account it is."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, flash, make_response, url_for
from flask.typing import ResponseReturnValue

from webapp.boundary import see_other
from webapp.catalog.service import manifest_for
from webapp.connection_tests import judging
from webapp.connection_tests import queries as tests
from webapp.connection_tests.queries import TestView
from webapp.connections import queries
from webapp.connections.routes.base import bp, draft, in_wizard, mine, page, too_early, wizard_page
from webapp.connections.routes.credentials import begin_test
from webapp.connections.routes.events import STOP_POLLING
from webapp.core import queue
from webapp.core.clock import now
from webapp.core.errors import Conflict
from webapp.core.permissions import actor, requires
from webapp.extensions import db
from webapp.instances import service

PATIENCE = timedelta(seconds=4)


def waiting_problem(run: TestView | None) -> str:
    """Why a test has not begun after a few seconds, "" while that is no wonder."""
    if run is None or run.status != "queued" or now() - run.created_at < PATIENCE:
        return ""
    if not queue.recently_reachable():
        return (
            "The test can't begin yet: this server's background work is paused. It is kept and begins by itself "
            "when that is back. If it stays like this, tell whoever runs this server."
        )
    return (
        "The test is still waiting for its turn. It begins by itself; you may leave this page. If it stays like "
        "this for minutes, tell whoever runs this server: no worker seems to be running."
    )


@bp.get("/integrations/<instance_id>/connect/test")
@requires("instances.create")
def test(instance_id: str) -> ResponseReturnValue:
    instance = in_wizard(instance_id)
    run = queries.connection_test(db.session(), instance)
    return too_early(instance, "test") or wizard_page(
        "connections/test.html",
        instance,
        "test",
        latest=run,
        run=run,
        proven=judging.proven(instance, run),
        usable=judging.usable(instance, run),
        problem=waiting_problem(run),
    )


@bp.post("/integrations/<instance_id>/connect/test")
@requires("tests.run")
def test_again(instance_id: str) -> ResponseReturnValue:
    instance = mine(instance_id)
    begin_test(instance)
    db.session.commit()
    return see_other("connections.test", instance_id=instance_id)


@bp.get("/integrations/<instance_id>/connect/test/live")
@requires("tests.view")
def test_live(instance_id: str) -> Response:
    """The lines as they are now; stops the polling when they are final."""
    instance = mine(instance_id)
    run = queries.connection_test(db.session(), instance)
    text = page(
        "connections/_wizard_test.html",
        instance=instance,
        run=run,
        proven=judging.proven(instance, run),
        usable=judging.usable(instance, run),
        problem=waiting_problem(run),
        reconnecting=instance.status != "draft",
    )
    return make_response(text, STOP_POLLING if run is None or run.finished else 200)


@bp.get("/integrations/<instance_id>/connect/done")
@requires("instances.create")
def done(instance_id: str) -> ResponseReturnValue:
    instance = draft(instance_id)
    run = queries.connection_test(db.session(), instance)
    return too_early(instance, "done") or wizard_page(
        "connections/done.html",
        instance,
        "done",
        latest=run,
        run=run,
        proven=judging.proven(instance, run),
        events_ready=bool(instance.webhook_status),
    )


@bp.post("/integrations/<instance_id>/connect/done")
@requires("instances.create")
def done_submitted(instance_id: str) -> ResponseReturnValue:
    instance = draft(instance_id)
    if not judging.usable(instance, queries.connection_test(db.session(), instance)):
        raise Conflict(
            "This connection has not been tested as it is now.",
            fix="Run the test first.",
            link=url_for("connections.test", instance_id=instance.id),
            link_label="To the test",
        )
    service.finish(db.session(), instance, actor_id=actor().user_id)
    db.session.commit()
    flash(f"{instance.name} is connected.", "success")
    return see_other("connections.show", instance_id=instance_id)


@bp.get("/integrations/<instance_id>/tests/<run_id>/live")
@requires("tests.view")
def run_live(instance_id: str, run_id: str) -> Response:
    """One run as it is now, for the connection's own page."""
    instance = mine(instance_id)
    run = tests.test(db.session(), workspace_id=actor().workspace_id, row_id=run_id)
    text = page("connections/_run_panel.html", instance=instance, run=run, problem=waiting_problem(run))
    if run.finished:  # it changed how well the connection is, which stands above it
        text += page("connections/_head.html", instance=instance, manifest=manifest_for(instance),
                     state=queries.state_of(instance), moved=True)  # fmt: skip
    return make_response(text, STOP_POLLING if run.finished else 200)
