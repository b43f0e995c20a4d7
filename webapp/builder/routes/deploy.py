"""Step 5: the console, the report of the validation engine, and handing it to the admins."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from providers.kit.declarative import Document, DocumentError, readiness
from providers.kit.declarative.validation import errors_of
from webapp.builder import console
from webapp.builder.preview import preview_form
from webapp.builder.routes.base import bp, done, draft_of, finding_views, known, page, user_id
from webapp.builder.routes.steps import listed
from webapp.core.errors import Invalid
from webapp.core.permissions import actor, requires
from webapp.custom import drafts, versions
from webapp.extensions import db
from webapp.outbound.service import rules_of

MAX_VALUE = 20_000


@bp.get("/<integration_id>/deploy")
@requires("custom.view")
def deploy(integration_id: str) -> ResponseReturnValue:
    return _page(integration_id)


@bp.post("/<integration_id>/run")
@requires("custom.edit")
def run(integration_id: str) -> ResponseReturnValue:
    """Asks the service with values that are kept nowhere."""
    session, draft = draft_of(integration_id)
    made, found = versions.parsed(drafts.document_of(session, draft))
    session.rollback()  # nothing is held while the service thinks
    operation = request.form.get("operation", "")
    if made is None:
        return _page(integration_id, problem=found[0].message, status=422)
    known_ids = {one.id for one in made.operations}
    if operation not in known_ids:
        return _page(integration_id, problem="Choose what to ask for.", status=422)
    values, inputs = _typed(made, operation)
    reach = rules_of(db.session(), actor().workspace_id)
    db.session.rollback()
    try:
        result = console.run(
            made, operation, values=values, inputs=inputs, live=request.form.get("where") == "live", reach=reach
        )
    except DocumentError as error:
        return _page(integration_id, problem=f"{error} {error.fix}".strip(), operation=operation, status=422)
    return _page(integration_id, result=result, operation=operation)


@bp.post("/<integration_id>/submit")
@requires("custom.submit")
def submit(integration_id: str) -> ResponseReturnValue:
    session, draft = draft_of(integration_id)
    note = request.form.get("note", "")
    try:
        read, _ = versions.parsed(drafts.document_of(session, draft))
        evidence = console.evidence_of(read) if read is not None and not errors_of(read) else []
        versions.submit(
            session, draft, user_id=user_id(), note=note, evidence=evidence, known=known(session, draft.provider_id)
        )
    except Invalid as error:
        session.rollback()
        return _page(integration_id, refused=error, note=note, status=422)
    session.commit()
    return done("Submitted. The admins were told.", url_for("builder.deploy", integration_id=integration_id))


@bp.post("/<integration_id>/take-back")
@requires("custom.submit")
def take_back(integration_id: str) -> ResponseReturnValue:
    session, draft = draft_of(integration_id)
    latest = next(iter(versions.versions_of(session, draft.id)), None)
    if latest is None:
        raise Invalid("Nothing was submitted.")
    versions.take_back(session, latest, user_id=user_id())
    session.commit()
    return done("Taken back.", url_for("builder.deploy", integration_id=integration_id))


def _typed(document: Document, operation: str) -> tuple[dict[str, str], dict[str, str]]:
    """(values of the connection, inputs of the operation), by name."""
    form = request.form
    values = {one.name: form.get(f"value-{index}", "")[:MAX_VALUE] for index, one in enumerate(document.fields)}
    number = [one.id for one in document.operations].index(operation)
    inputs = {
        one.name: form.get(f"input-{number}-{index}", "")[:MAX_VALUE]
        for index, one in enumerate(document.operations[number].inputs)
    }
    return {name: text for name, text in values.items() if text}, {
        name: text for name, text in inputs.items() if text
    }


def _page(
    integration_id: str,
    *,
    result: console.Run | None = None,
    problem: str = "",
    operation: str = "",
    refused: Invalid | None = None,
    note: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    session, draft = draft_of(integration_id)
    document = drafts.document_of(session, draft)
    found = versions.findings_of(document, known(session, draft.provider_id))
    operations = listed(document, "operations")
    history = versions.versions_of(session, draft.id)
    chosen = operation or request.args.get("operation", "") or str(operations[0].get("id", "") if operations else "")
    number = next((index for index, one in enumerate(operations) if one.get("id") == chosen), 0)
    inputs = listed(operations[number], "inputs") if operations else []
    fields: list[dict[str, Any]] = [{**one, "required": False} for one in listed(document, "fields")]
    return page(
        "builder/deploy.html", session, draft, "deploy", status=status,
        findings=finding_views(document, draft.id, found), readiness=readiness(found), operations=operations,
        chosen=chosen, values_form=preview_form(fields, scope="value-"),
        inputs_form=preview_form(inputs, scope=f"input-{number}-"), result=result, problem=problem, refused=refused,
        note=note, history=history, state_words=versions.STATE_WORDS,
        comments=versions.comments_of(db.session(), history[0].id) if history else [],
    )  # fmt: skip
