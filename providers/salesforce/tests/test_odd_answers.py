"""Whatever Salesforce answers, only the hub's own errors come out: each part of each answer is replaced."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from providers.kit.contract import Connection, Environment
from providers.kit.errors import ProviderError
from providers.kit.http import Door, DoorPolicy
from providers.kit.sandbox import MemoryState
from providers.kit.sandbox_transport import SandboxTransport
from providers.kit.testing import NOW
from providers.kit.tokens import MemoryTokens, Token
from providers.kit.vocabulary.crm import ContactValues, CrmObject

from ..provider import Salesforce
from ..sandbox import Sandbox

ODD: tuple[Any, ...] = (None, 7, [], {"a": "b"}, "odd")
ADA = "003Sx0000000000AAA"


class OddTransport(SandboxTransport):
    """Replaces one path of the answer number `at`; without a path it only keeps what came."""

    def __init__(self, state: MemoryState, at: int = -1, path: tuple[str, ...] = (), value: Any = None) -> None:
        super().__init__(Sandbox, state, lambda: NOW, latency=0)
        self.at, self.path, self.value = at, path, value
        self.answers: list[Any] = []

    def exchange(self, request: Any, limits: Any) -> Any:
        response = super().exchange(request, limits)
        try:
            body = response.json()
        except ValueError:
            body = None
        if len(self.answers) == self.at:
            body = replaced(body, self.path, self.value)
            response._content = json.dumps(body).encode()
        self.answers.append(body)
        return response


def replaced(body: Any, path: tuple[str, ...], value: Any) -> Any:
    """The body with every value at the path replaced; "*" is each item of a list."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if head == "*" and isinstance(body, list):
        return [replaced(one, rest, value) for one in body]
    if isinstance(body, dict) and head in body:
        return {**body, head: replaced(body[head], rest, value)}
    return body


def paths(body: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every path of a body, those of all items of a list as one."""
    yield before
    if isinstance(body, dict):
        for name, value in body.items():
            yield from paths(value, (*before, name))
    elif isinstance(body, list):
        yield from dict.fromkeys(path for one in body for path in paths(one, (*before, "*")))


def opened(transport: OddTransport) -> Salesforce:
    return Salesforce(
        Connection(
            configuration=Sandbox.credentials(),
            environment=Environment.SANDBOX,
            http=Door(policy=DoorPolicy(), base_url=Salesforce.manifest.api_base, transport=transport),
            api_base=Salesforce.manifest.api_base,
            now=lambda: datetime.fromisoformat("2026-11-24T12:00:00+00:00"),
            tokens=MemoryTokens(Token(access_token="")),
        )
    )


def first_id(crm: Salesforce, kind: str) -> str:
    return next(iter(crm.connection.http._transport._state.read()["records"][kind]), ADA)


VERBS: dict[str, Callable[[Salesforce], object]] = {
    "identify": lambda crm: crm.identify(),
    "contacts": lambda crm: crm.contacts(limit=2),
    "changed": lambda crm: crm.changed_contacts(limit=1),
    "search": lambda crm: crm.search_contacts("Ada"),
    "companies": lambda crm: crm.companies(),
    "leads": lambda crm: crm.leads(),
    "deals": lambda crm: crm.deals(),
    "pipelines": lambda crm: crm.pipelines(),
    "fields": lambda crm: crm.fields_of(CrmObject.CONTACT),
    "owners": lambda crm: crm.owners(),
    "allowances": lambda crm: crm.allowances(),
    "create": lambda crm: crm.create_contact(ContactValues(email="n@example.com", last_name="N", company_name="New")),
    "email": lambda crm: crm.upsert_contacts(
        [
            ContactValues(email="n@example.com", last_name="N", company_name="C"),
            ContactValues(email="ada@example.com"),
        ]
    ),
    "external": lambda crm: crm.upsert_contacts([ContactValues(external_id="1", last_name="N")], by="Shop_Id__c"),
    "deal": lambda crm: crm.create_deal(
        name="D", stage_id="Prospecting", amount=Decimal("1.5"), contact_id=first_id(crm, "Contact")
    ),
    "linked": lambda crm: crm.linked(CrmObject.COMPANY, first_id(crm, "Account"), CrmObject.CONTACT),
    "user": lambda crm: [step.run() for step in crm.steps(Salesforce.manifest.tests[0].id, {})],
}


@pytest.mark.parametrize("verb", VERBS)
def test_an_odd_answer_never_breaks_a_verb(verb: str) -> None:
    plain = OddTransport(awake())
    VERBS[verb](opened(plain))
    assert plain.answers
    refusals = 0
    for at, body in enumerate(plain.answers):
        told_elsewhere = isinstance(body, dict) and ("fields" in body or "access_token" in body)
        if told_elsewhere and verb not in ("fields", "identify"):
            continue
        for path in paths(body):
            for value in ODD:
                try:
                    VERBS[verb](opened(OddTransport(awake(), at, path, value)))
                except ProviderError:
                    refusals += 1
    assert refusals, "no odd answer was noticed at all"


def awake() -> MemoryState:
    """A fresh organisation."""
    state = MemoryState()
    Sandbox(state.read(), lambda: NOW)
    from ..sandbox_store import seed

    seed(state.read(), NOW)
    return state
