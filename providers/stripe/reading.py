"""Stripe's answers read with care: what is missing or of an odd type becomes empty, never an exception."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from providers.kit.contract import Environment
from providers.kit.vocabulary.pages import Page

from . import money

Object = Mapping[str, Any]
Item = TypeVar("Item")
EPOCH = datetime.fromtimestamp(0, UTC)
_LAST_MOMENT = 253_402_300_799


def mapping(value: Any) -> Object:
    return value if isinstance(value, Mapping) else {}


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def whole(value: Any) -> int:
    return value if money.is_amount(value) else 0


def rows(value: Any, name: str = "data") -> list[Object]:
    """The objects of a list; anything else in it is left out."""
    found = mapping(value).get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def id_of(value: Any) -> str:
    """The id, whether Stripe gave the id alone or the whole object."""
    return text(mapping(value).get("id")) if isinstance(value, Mapping) else text(value)


def moment(value: Any) -> datetime | None:
    return datetime.fromtimestamp(value, UTC) if money.is_amount(value) and 0 <= value <= _LAST_MOMENT else None


def currency_of(obj: Object) -> str:
    return text(obj.get("currency")).upper()


def minor(obj: Object, name: str) -> int:
    """The amount of that name in our unit; 0 when there is none."""
    return money.to_minor(whole(obj.get(name)), currency_of(obj))


def page_of(answer: Object, read: Callable[[Object], Item]) -> Page[Item]:
    found = rows(answer)
    last = text(found[-1].get("id")) if found else ""
    return Page(items=tuple(read(one) for one in found), next_cursor=last if answer.get("has_more") is True else "")


def paging(cursor: str, limit: int, **more: Any) -> dict[str, Any]:
    """Stripe's paging parameters, and what else is given and not empty."""
    asked = {"limit": max(1, min(limit, 100)), "starting_after": cursor, **more}
    return {name: value for name, value in asked.items() if value not in (None, "", ())}


def dashboard(environment: Environment, path: str) -> str:
    return f"https://dashboard.stripe.com/{'' if environment is Environment.LIVE else 'test/'}{path}"
