"""Whether each operation has a test, and whether the tests agree with the document's own samples."""

from __future__ import annotations

from providers.kit.declarative.checks import holds, sentence_of
from providers.kit.declarative.document import ServiceTest
from providers.kit.declarative.rules import complaints
from providers.kit.declarative.selecting import SelectionError
from providers.kit.declarative.validation_calls import sample_data
from providers.kit.declarative.validation_notes import Notes, doubles


def test_findings(notes: Notes) -> None:
    document = notes.document
    for index, name in doubles(one.id for one in document.tests):
        notes.error("tests", f"Two tests have the id “{name}”.", "tests", index, "id")
    tested = {one.operation for one in document.tests} | {document.identify.operation}
    for index, operation in enumerate(document.operations):
        if operation.id and operation.id not in tested:
            notes.warning(
                "tests",
                f"“{operation.label or operation.id}” has no test.",
                "operations",
                index,
                fix="Add one: what should its answer have?",
            )
    for index, test in enumerate(document.tests):
        _test(notes, test, index)


def _test(notes: Notes, test: ServiceTest, index: int) -> None:
    where = ("tests", index)
    if not test.id or test.id == "connection":
        notes.error("tests", "The test needs an id of its own.", *where, "id")
    if not test.name.strip():
        notes.error("tests", "The test needs a name.", *where, "name")
    operation = next((one for one in notes.document.operations if one.id == test.operation), None)
    if operation is None:
        notes.error("reference", "The test calls an operation that is not there.", *where, "operation")
        return
    unknown = sorted(set(test.inputs) - {one.name for one in operation.inputs})
    for name in unknown:
        notes.error("reference", f"The operation does not ask for “{name}”.", *where, "inputs", name)
    defaults = {one.name: one.default for one in operation.inputs if one.default}
    for name, words in complaints(operation.inputs, {**defaults, **test.inputs}).items():
        notes.error("tests", words, *where, "inputs", name)
    if not test.expect:
        notes.warning("tests", "The test expects nothing of the answer.", *where, "expect")
    for number, one in enumerate(test.expect):
        if not notes.path(one.select, *where, "expect", number, "select") or not operation.samples:
            continue
        sample = operation.samples[0]
        try:
            good = holds(one, status=sample.status, data=sample_data(operation, sample))
        except SelectionError:
            good = False
        if not good:
            notes.warning(
                "tests",
                f"The sample answer says otherwise: {one.says or sentence_of(one)}.",
                *where,
                "expect",
                number,
            )
