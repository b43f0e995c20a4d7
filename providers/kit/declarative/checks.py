"""The lines of a document's tests: the connection, and what the document itself expects of answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from providers.kit.contract import Account, Connection, Step, StepOutcome, failed, passed, warning
from providers.kit.declarative.document import Document, Expectation, ServiceTest
from providers.kit.declarative.running import OperationResult, Runner
from providers.kit.declarative.selecting import SelectionError, select
from providers.kit.declarative.values_text import text_of
from providers.kit.errors import UnexpectedResponse


def steps_of(document: Document, runner: Runner, test_id: str) -> Sequence[Step]:
    """Raises KeyError for a test that the document does not have."""
    name = test_id.removeprefix(f"{document.id}-")
    if name == "connection":
        return connection_steps(document, runner)
    test = {one.id: one for one in document.tests}[name]
    return test_steps(document, runner, test)


def account_of(document: Document, runner: Runner) -> Account:
    """Whose account the credentials open. Raises ProviderError."""
    settings = document.identify
    result = runner.run(document.operation(settings.operation), {})
    seed = (document.id, *runner.secrets)
    return account_in(result.data, settings.account_id, settings.account_name, document.name, seed)


def account_in(data: Any, id_path: str, name_path: str, service: str, seed: Sequence[str]) -> Account:
    """The account that an answer names, by two JMESPaths. Where it has no id, `seed` makes one.

    Raises UnexpectedResponse.
    """
    account_id = _found(id_path, data)
    if id_path and not account_id:
        raise UnexpectedResponse(
            "The answer does not say whose account it is.",
            fix="Look at where the document finds the account's id.",
            code="shape",
        )
    if not account_id:  # the service does not tell: one key is one account
        account_id = hashlib.sha256("\x1f".join(seed).encode()).hexdigest()[:16]
    return Account(id=account_id, name=_found(name_path, data) or f"{service} account")


def connection_steps(document: Document, runner: Runner) -> Sequence[Step]:
    steps: list[Step] = []
    if document.identify.operation:
        steps += account_steps(document.name, lambda: account_of(document, runner))
    if document.webhook is not None:
        steps += webhook_steps(document.name, runner.connection)
    return steps


def account_steps(service: str, identify: Callable[[], Account]) -> list[Step]:
    kept: list[Account] = []

    def answers() -> StepOutcome:
        kept.append(identify())
        return passed(f"{service} answered and accepts what was entered.")

    return [
        Step(name="answers", label=f"{service} answers", run=answers),
        Step(
            name="account",
            label="Whose account it is",
            run=lambda: passed(f"It is the account of {kept[0].name}.", account=kept[0]),
            needs=("answers",),
        ),
    ]


def webhook_steps(service: str, connection: Connection) -> list[Step]:
    state = connection.webhook

    def secret() -> StepOutcome:
        if state.secret_set:
            return passed("A signing secret is stored.")
        return failed(
            "No signing secret is stored, so that no delivery can be trusted.",
            fix="Enter the signing secret in this connection's settings.",
        )

    def received() -> StepOutcome:
        if state.last_refused_at and (
            state.last_received_at is None or state.last_refused_at > state.last_received_at
        ):
            return warning(
                "The last delivery was refused.", fix="Compare the signing secret with the one at the service."
            )
        if state.last_received_at is None:
            return warning(
                "Nothing has arrived yet.",
                fix=f"Enter this connection's address at {service}, and let it send a test.",
                degrades=False,
            )
        return passed("Deliveries arrive.")

    return [
        Step(name="secret", label="Signing secret", run=secret),
        Step(name="deliveries", label="Deliveries", run=received, needs=("secret",)),
    ]


def test_steps(document: Document, runner: Runner, test: ServiceTest) -> Sequence[Step]:
    operation = document.operation(test.operation)
    return expected_steps(operation.label or operation.id, lambda: runner.run(operation, test.inputs), test.expect)


def expected_steps(
    label: str, run: Callable[[], OperationResult], expectations: Sequence[Expectation]
) -> Sequence[Step]:
    """One line for the call, and one for each thing that is expected of its answer."""
    kept: list[OperationResult] = []

    def call() -> StepOutcome:
        kept.append(run())
        return passed(f"The answer came: status {kept[0].status}, {kept[0].elapsed_ms:.0f} ms.")

    def held(expectation: Expectation) -> Callable[[], StepOutcome]:
        return lambda: _outcome(expectation, kept[0])

    steps = [Step(name="call", label=label, run=call)]
    return steps + [
        Step(name=f"expect-{number}", label=one.says or sentence_of(one), run=held(one), needs=("call",))
        for number, one in enumerate(expectations, 1)
    ]


def sentence_of(expectation: Expectation) -> str:
    """The expectation as a sentence, where nobody wrote one."""
    what = f"“{expectation.select}”" if expectation.select else "the answer"
    value = text_of(expectation.value)
    words = {
        "status": f"the status is {value}",
        "exists": f"{what} is there",
        "is": f"{what} is “{value}”",
        "is_not": f"{what} is not “{value}”",
        "contains": f"{what} contains “{value}”",
        "at_least": f"{what} is at least {value}",
        "at_most": f"{what} is at most {value}",
        "not_empty": f"{what} is not empty",
    }
    return words[expectation.test]


def holds(expectation: Expectation, *, status: int, data: Any) -> bool:
    """Whether an answer is what was expected. Raises SelectionError."""
    wanted = expectation.value
    if expectation.test == "status":
        return text_of(wanted) == str(status)
    found = select(expectation.select, data)
    if expectation.test in ("at_least", "at_most"):
        size = len(found) if isinstance(found, list | str | dict) else found
        numbers = [one for one in (size, wanted) if isinstance(one, int | float) and not isinstance(one, bool)]
        if len(numbers) < 2:
            return False
        return numbers[0] >= numbers[1] if expectation.test == "at_least" else numbers[0] <= numbers[1]
    if expectation.test == "contains":
        return wanted in found if isinstance(found, list) else text_of(wanted) in text_of(found)
    simple: Mapping[str, bool] = {
        "exists": found is not None,
        "not_empty": found not in (None, "", [], {}),
        "is": found == wanted,
        "is_not": found != wanted,
    }
    return simple[expectation.test]


def _outcome(expectation: Expectation, result: OperationResult) -> StepOutcome:
    words = expectation.says or sentence_of(expectation)
    try:
        good = holds(expectation, status=result.status, data=result.data)
    except SelectionError as error:
        return failed(f"Not so: {words}. {error}", fix="Look at what this expectation picks from the answer.")
    if good:
        return passed(f"So it is: {words}.")
    return failed(f"Not so: {words}.", fix="Compare the answer with what the document expects.")


def _found(expression: str, data: Any) -> str:
    try:
        return text_of(select(expression, data))[:200] if expression else ""
    except SelectionError:
        return ""
