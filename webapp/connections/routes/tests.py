"""The tests of one connection: running any of them, and what earlier runs found."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from providers.kit.contract import TestDefinition
from webapp.boundary import see_other
from webapp.catalog.service import manifest_for
from webapp.connection_tests import queries as runs
from webapp.connection_tests.service import request_test
from webapp.connections import queries
from webapp.connections.routes.base import bp, mine
from webapp.connections.routes.finishing import waiting_problem
from webapp.connections.routes.pages import connection_page
from webapp.core.errors import Invalid, NotFound
from webapp.core.forms import ProductForm
from webapp.core.permissions import actor, requires
from webapp.extensions import db
from webapp.instances.forms import provider_form, show_problems, typed
from webapp.instances.models import Instance


def _page(instance: Instance, failed_form: tuple[str, ProductForm] | None = None) -> str:
    manifest = manifest_for(instance)
    forms = {one.id: provider_form(one.inputs, scope=f"{one.id}-")() for one in manifest.tests}
    if failed_form is not None:
        forms[failed_form[0]] = failed_form[1]
    found = runs.history(
        db.session(),
        workspace_id=actor().workspace_id,
        instance_id=instance.id,
        cursor=request.args.get("cursor", "") if request.method == "GET" else "",
    )
    return connection_page(
        "connections/tests.html",
        instance,
        "connections.tests",
        forms=forms,
        open_form=failed_form[0] if failed_form else "",
        found=found,
        people=queries.names(db.session(), [one.requested_by for one in found.tests]),
    )


@bp.get("/integrations/<instance_id>/tests")
@requires("tests.view")
def tests(instance_id: str) -> str:
    return _page(mine(instance_id))


@bp.post("/integrations/<instance_id>/tests")
@requires("tests.run")
def run_test(instance_id: str) -> ResponseReturnValue:
    instance = mine(instance_id)
    definition = _definition(instance, request.form.get("test_id", ""))
    try:
        row = request_test(
            db.session(),
            workspace_id=actor().workspace_id,
            test_id=definition.id,
            instance=instance,
            inputs={name: value for name, value in typed(definition.inputs, request.form).items() if value.strip()},
            trigger="person",
            requested_by=actor().user_id,
        )
    except Invalid as error:
        db.session.rollback()
        form = provider_form(definition.inputs, scope=f"{definition.id}-").submitted()
        show_problems(form, error)
        return _page(mine(instance_id), (definition.id, form)), 422
    db.session.commit()
    return see_other("connections.run", instance_id=instance_id, run_id=row.id)


def _definition(instance: Instance, test_id: str) -> TestDefinition:
    manifest = manifest_for(instance)
    try:
        return manifest.test(test_id or f"{instance.provider_id}-connection")
    except KeyError as error:
        raise NotFound from error


@bp.get("/integrations/<instance_id>/tests/<run_id>")
@requires("tests.view")
def run(instance_id: str, run_id: str) -> str:
    instance = mine(instance_id)
    found = runs.test(db.session(), workspace_id=actor().workspace_id, row_id=run_id)
    if found.instance_id != instance.id:
        raise NotFound
    return connection_page(
        "connections/run.html", instance, "connections.tests", run=found, problem=waiting_problem(found)
    )
