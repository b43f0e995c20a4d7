"""/api/integrations/test: which tests there are, running one, and following it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request

from webapp.api import presenting, requests, schemas, waiting
from webapp.api.errors import at_pointers, pointer_to
from webapp.api.operations import BASE, Answer, operation
from webapp.catalog import service as catalog
from webapp.connection_tests import queries, service
from webapp.core.errors import Invalid, NotFound
from webapp.core.permissions import actor
from webapp.extensions import db
from webapp.instances import service as instances
from webapp.instances.models import Instance

TAG = "Tests"


@operation(
    "GET",
    "/test",
    tag=TAG,
    action="tests.view",
    query=requests.TestQuery,
    answers={200: (schemas.AvailableTests, "The tests that can be run.")},
    problems={404: "There is no such provider."},
)
def list_tests(query: requests.TestQuery) -> Answer:
    """List the tests there are

    Of one provider, or of all. `inputs` are what a test asks for besides the configuration; `changesData` says that
    it leaves something behind at the vendor, such as a sent e-mail.
    """
    if query.provider_id:
        catalog.manifest_of(query.provider_id)
    found = queries.available(query.provider_id or "")
    return Answer(document=schemas.AvailableTests(tests=[presenting.available_test(one) for one in found]))


@operation(
    "POST",
    "/test",
    tag=TAG,
    action="tests.run",
    body=requests.NewTest,
    answers={
        200: (schemas.TestAnswer, "The test has ended: `passed`, `failed`, or `error` when we could not run it."),
        202: (schemas.TestAnswer, "The test has not ended yet: `Location` is where to look."),
    },
    problems={404: "This workspace has no such connection.", 409: "The connection is paused."},
)
def run_test(body: requests.NewTest) -> Answer:
    """Run a test

    Of a connection (`instanceId`) or of values that are not stored anywhere (`configuration`). A worker runs it;
    this call waits for it as long as the header `Prefer: wait=N` says (seconds, 10 without the header, at most 30),
    and answers 202 when it has not ended by then, or at once when many callers wait already.
    """
    session, who = db.session(), actor()
    instance = _instance(body)
    try:
        row = service.request_test(
            session,
            workspace_id=who.workspace_id,
            test_id=body.test_id,
            instance=instance,
            configuration=body.configuration,
            inputs=body.inputs,
            environment=body.environment,
            trigger=who.kind,
            requested_by=who.user_id,
        )
    except Invalid as error:
        raise at_pointers(error, _pointers(body, error)) from error
    row_id = row.id
    session.commit()
    seconds = waiting.preferred_wait(request.headers.get("Prefer", ""))
    found = queries.test_view(waiting.until_finished(row_id, seconds))
    headers = {"Preference-Applied": f"wait={seconds}"} if "Prefer" in request.headers else {}
    document = schemas.TestAnswer(test=presenting.test(found))
    if found.finished:
        return Answer(document=document, headers=headers)
    headers |= {"Location": f"{BASE}/test/{row_id}", "Retry-After": "1"}
    return Answer(document=document, status=202, headers=headers)


def _instance(body: requests.NewTest) -> Instance | None:
    """Raises NotFound, Invalid (the test is unknown, or stored keys were to be used with other settings)."""
    try:
        manifest = catalog.provider_of_test(body.test_id)
    except NotFound as error:
        said = "There is no such test. GET /api/integrations/test lists those there are."
        raise Invalid("One value needs your attention.", fields={"/testId": said}) from error
    if body.instance_id is None:
        return None
    instance = instances.instance_of(db.session(), workspace_id=actor().workspace_id, instance_id=body.instance_id)
    inputs = {name for one in manifest.test(body.test_id).inputs for name in (one.name, one.env, *one.aliases)}
    said = "A connection is tested with what is stored. To test other values, leave instanceId out."
    problems = {pointer_to(["configuration", key]): said for key in body.configuration or {} if key not in inputs}
    if problems:
        raise Invalid("A connection is tested with what is stored.", fields=problems)
    return instance


def _pointers(body: requests.NewTest, error: Invalid) -> Mapping[str, str]:
    """Where the values at fault stand: named by what was sent, and what is missing belongs to the configuration."""
    places = {}
    for name in error.fields:
        if name in (body.inputs or {}):
            places[name] = pointer_to(["inputs", name])
        elif name in (body.configuration or {}) or name not in ("testId", "environment"):
            places[name] = pointer_to(["configuration", name])
    return places


@operation(
    "GET",
    "/test/<id>",
    tag=TAG,
    action="tests.view",
    answers={200: (schemas.TestAnswer, "The test as it stands, line by line.")},
    problems={404: "This workspace has no such test."},
    parameters={"id": "The `id` of the test."},
)
def follow_test(id: str) -> Answer:
    """Follow a test"""
    found = queries.test(db.session(), workspace_id=actor().workspace_id, row_id=id)
    return Answer(document=schemas.TestAnswer(test=presenting.test(found)))
