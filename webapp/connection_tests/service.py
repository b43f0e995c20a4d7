"""Asks for tests and looks after their history. The caller commits; a job runs them (`runner`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from providers.kit.contract import Environment, Field, FieldKind, Manifest, TestDefinition
from webapp.audit.service import record
from webapp.catalog.service import provider_of_test
from webapp.connection_tests.models import ConnectionTest
from webapp.core.clock import now
from webapp.core.errors import Conflict, Invalid, NotFound, TooMany
from webapp.core.identifiers import new_id
from webapp.core.queue import ring
from webapp.instances import configuration as configurations
from webapp.instances import service as instances
from webapp.instances.lifecycle import usable_manifest
from webapp.instances.models import Instance
from webapp.instances.values import NotText, clean, normal, problem_of, text_of
from webapp.workspaces.service import data_key

JOB, QUEUE = "jobs.connection_tests.run", "tests"
TRIGGERS = ("person", "program", "schedule", "wizard")
A_MINUTE = timedelta(minutes=1)
PER_INSTANCE, PER_WORKSPACE = 10, 60
KEEP_ROUTINE = timedelta(days=7)
PURGE_BATCH = 500
TABLE, SEALED = "integration_tests", "sealed_input"


def request_test(
    session: Session,
    *,
    workspace_id: str,
    test_id: str,
    instance: Instance | None = None,
    configuration: Mapping[str, Any] | None = None,
    environment: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    trigger: str = "person",
    requested_by: str | None = None,
) -> ConnectionTest:
    """Stores a test to be run and rings for it. With `instance`, `configuration` only stands in for what is stored;
    without, it is all there is, and it is forgotten when the test has ended. Test inputs may stand in either.

    A second request while the first still waits or runs gives the first. Raises NotFound, Invalid (fields keyed by
    what was sent), TooMany, Conflict (the connection is paused), Forbidden (the provider is turned off).
    """
    manifest = provider_of_test(test_id)
    usable_manifest(session, manifest.id)
    if instance is not None:
        _check_instance(instance, manifest, workspace_id)
    elif configuration is None:
        raise Invalid("Say which connection to test, or send a configuration.")
    where = _environment(manifest, instance, environment, configuration or {})
    private = _private(manifest, test_id, instance, where, configuration or {}, inputs or {})
    if instance is not None and not private:
        waiting = _waiting(session, instance, test_id)
        if waiting is not None:
            return waiting
    if trigger != "schedule":
        _check_pace(session, workspace_id, instance)
    row = ConnectionTest(
        id=new_id("tst"),
        workspace_id=workspace_id,
        instance_id=instance.id if instance is not None else None,
        provider_id=manifest.id,
        test_id=test_id,
        environment=where.value,
        trigger=trigger,
        requested_by=requested_by,
    )
    if private:
        row.sealed_input = data_key(session, workspace_id).seal(orjson.dumps(private).decode(), TABLE, row.id, SEALED)
    session.add(row)
    record(
        session,
        "test.requested",
        object_kind="test",
        object_id=row.id,
        object_name=test_id,
        workspace_id=workspace_id,
        details={"instance": row.instance_id, "trigger": trigger},
    )
    session.flush()
    ring(session, JOB, row.id, queue=QUEUE)
    return row


def rerun(session: Session, row: ConnectionTest, *, requested_by: str | None = None) -> ConnectionTest:
    """The same test of the same connection again. Raises Conflict when what it needs was not kept."""
    if row.instance_id is None:
        raise Conflict("Its configuration was not kept.", fix="Enter it again to test it again.")
    instance = instances.instance_of(session, workspace_id=row.workspace_id, instance_id=row.instance_id)
    return request_test(
        session, workspace_id=row.workspace_id, test_id=row.test_id, instance=instance, requested_by=requested_by
    )


def test_of(session: Session, *, workspace_id: str, row_id: str) -> ConnectionTest:
    """Raises NotFound."""
    row = session.get(ConnectionTest, row_id)
    if row is None or row.workspace_id != workspace_id:
        raise NotFound
    return row


def unsealed_input(session: Session, row: ConnectionTest) -> dict[str, Any]:
    """What the run needs besides the connection: {"configuration": …, "inputs": …}. Raises CannotDecrypt."""
    if not row.sealed_input:
        return {}
    return orjson.loads(data_key(session, row.workspace_id).open(row.sealed_input, TABLE, row.id, SEALED))


def to_ring_again(session: Session) -> list[str]:
    """Tests whose bell was lost (waiting for 15 seconds) or whose worker died (the lease ran out)."""
    lost = now() - timedelta(seconds=15)
    return list(
        session.scalars(
            select(ConnectionTest.id)
            .where(
                or_(
                    (ConnectionTest.status == "queued") & (ConnectionTest.created_at < lost),
                    (ConnectionTest.status == "running") & (ConnectionTest.lease_until < now()),
                )
            )
            .order_by(ConnectionTest.created_at)
            .limit(500)
        )
    )


def purge_routine(session: Session) -> int:
    """Forgets scheduled checks that found nothing wrong after 7 days (everything else is kept for 90, by the
    housekeeping). Returns how many; call again while that is `PURGE_BATCH`."""
    ids = session.scalars(
        select(ConnectionTest.id)
        .where(
            ConnectionTest.trigger == "schedule",
            ConnectionTest.status == "passed",
            ConnectionTest.created_at < now() - KEEP_ROUTINE,
        )
        .limit(PURGE_BATCH)
    ).all()
    session.execute(delete(ConnectionTest).where(ConnectionTest.id.in_(ids)))
    return len(ids)


def _check_instance(instance: Instance, manifest: Manifest, workspace_id: str) -> None:
    if instance.workspace_id != workspace_id or instance.deleted_at is not None:
        raise NotFound
    if instance.provider_id != manifest.id:
        said = f"This test is for {manifest.name}, and the connection is not."
        raise Invalid(said, fields={"testId": said})
    if instance.status == "paused":
        raise Conflict("This connection is paused.", fix="Resume it, then test it.")


def _environment(
    manifest: Manifest, instance: Instance | None, environment: str | None, configuration: Mapping[str, Any]
) -> Environment:
    if instance is not None:
        return Environment(instance.environment)
    if not environment:
        return configurations.suggested_environment(manifest, configuration)
    known = [one.value for one in manifest.environments]
    if environment not in known:
        said = f"{manifest.name} has these environments: {', '.join(known)}."
        raise Invalid(said, fields={"environment": said})
    return Environment(environment)


def _private(
    manifest: Manifest,
    test_id: str,
    instance: Instance | None,
    environment: Environment,
    configuration: Mapping[str, Any],
    inputs: Mapping[str, Any],
) -> dict[str, Any]:
    """What must be sealed for the run, {} for nothing. Raises Invalid with every problem."""
    definition = manifest.test(test_id)
    wanted = {name: one for one in definition.inputs for name in (one.name, *one.aliases)}
    own = {key: value for key, value in configuration.items() if key not in wanted or _is_setting(manifest, key)}
    given = {key: value for key, value in configuration.items() if key not in own} | dict(inputs)
    parsed = configurations.parse(manifest, own, environment)
    problems = dict(parsed.problems)
    values = parsed.plain | parsed.secret
    if instance is None:
        if environment is Environment.SANDBOX:
            values = instances.sample_values(manifest.id) | values
        problems = configurations.missing(manifest, values, parsed.sent_as) | problems
    ready = _inputs(definition, given, environment, problems)
    if problems:
        raise Invalid("Some values need your attention.", fields=problems)
    if not values and not given:
        return {}
    return {"configuration": values, "inputs": ready}


def _is_setting(manifest: Manifest, key: str) -> bool:
    try:
        manifest.field(key)
    except KeyError:
        return False
    return True


def _inputs(
    definition: TestDefinition, given: Mapping[str, Any], environment: Environment, problems: dict[str, str]
) -> dict[str, Any]:
    """Checked inputs by name, JSON ones as objects; problems are added by the key that was sent."""
    known = {name: one for one in definition.inputs for name in (one.name, *one.aliases)}
    ready: dict[str, Any] = default_inputs(definition)
    for key, value in given.items():
        one = known.get(key)
        if one is None:
            problems[key] = "This test has no input of this name."
            continue
        said, text = _checked_input(one, value, environment)
        if said:
            problems[key] = said
        elif text:
            ready[one.name] = orjson.loads(text) if one.kind is FieldKind.JSON else text
    for one in definition.inputs:
        if one.required and one.name not in ready and not problems.keys() & {one.name, *one.aliases}:
            problems[one.name] = f"{one.label} is needed."
    return ready


def _checked_input(one: Field, value: object, environment: Environment) -> tuple[str, str]:
    try:
        text = text_of(value, one)
    except NotText as error:
        return str(error), ""
    text = normal(one, clean(text))
    return problem_of(one, text, environment), text


def default_inputs(definition: TestDefinition) -> dict[str, Any]:
    """What a test runs with when nothing is asked for."""
    return {one.name: one.default for one in definition.inputs if one.default}


def _waiting(session: Session, instance: Instance, test_id: str) -> ConnectionTest | None:
    return session.scalar(
        select(ConnectionTest)
        .where(
            ConnectionTest.instance_id == instance.id,
            ConnectionTest.test_id == test_id,
            ConnectionTest.status.in_(("queued", "running")),
            ConnectionTest.sealed_input == "",
            ConnectionTest.created_at > now() - 2 * A_MINUTE,
        )
        .limit(1)
    )


def _check_pace(session: Session, workspace_id: str, instance: Instance | None) -> None:
    recent = (
        select(func.count())
        .select_from(ConnectionTest)
        .where(
            ConnectionTest.workspace_id == workspace_id,
            ConnectionTest.created_at > now() - A_MINUTE,
            ConnectionTest.trigger != "schedule",
        )
    )
    if (session.scalar(recent) or 0) >= PER_WORKSPACE:
        raise TooMany("Many tests were started in this workspace just now. Wait a minute.", retry_after=60)
    if instance is not None:
        own = session.scalar(recent.where(ConnectionTest.instance_id == instance.id)) or 0
        if own >= PER_INSTANCE:
            raise TooMany("This connection was tested ten times in a minute. Wait a minute.", retry_after=60)
