"""Each value of an answer replaced by something odd: at worst a ProviderError, never a KeyError or a TypeError."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from providers.kit.errors import ProviderError
from providers.kit.registry import Registry
from providers.kit.testing import Bench
from providers.stripe.tests.exercise import exercise

VERBS: dict[str, Any] = {
    "balances": lambda one: one.balances(),
    "payments": lambda one: one.payments(),
    "customers": lambda one: one.customers(),
    "products": lambda one: one.products(),
    "prices": lambda one: one.prices(),
    "checkouts": lambda one: one.checkouts(),
    "links": lambda one: one.payment_links(),
    "subscriptions": lambda one: one.subscriptions(),
    "invoices": lambda one: one.invoices(),
    "warnings": lambda one: one.fraud_warnings(),
    "disputes": lambda one: one.disputes(),
    "lists": lambda one: one.fraud_lists(),
    "clocks": lambda one: one.test_clocks(),
    "account": lambda one: one.identify(),
}


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*path, key)
        yield from leaves(one, (*path, key))


@pytest.fixture(scope="module")
def bench() -> Bench:
    bench = Bench(Registry.discover().entry("stripe"))
    exercise(bench)
    bench.transport.description = None
    return bench


@pytest.mark.parametrize("name", VERBS)
def test_no_odd_value_breaks_a_verb(bench: Bench, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    provider: Any = bench.open()
    real, kept = bench.transport.exchange, []

    def keep(request: Any, limits: Any) -> Any:
        kept.append(real(request, limits))
        return kept[-1]

    monkeypatch.setattr(bench.transport, "exchange", keep)
    VERBS[name](provider)
    answer = json.loads(kept[-1].content)
    body: list[bytes] = []
    for path in list(leaves(answer))[:60]:
        for odd in (None, 7, [], "x"):
            changed = copy.deepcopy(answer)
            node = changed
            for step in path[:-1]:
                node = node[step]
            node[path[-1]] = odd
            body[:] = [json.dumps(changed).encode()]
            monkeypatch.setattr(provider._api, "_call", lambda *_, **__: json.loads(body[0]))
            try:
                VERBS[name](provider)
            except ProviderError:
                continue
