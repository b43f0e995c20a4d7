"""What was picked from an answer, as one of our own types."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from providers.kit.declarative.values_text import text_of
from providers.kit.errors import UnexpectedResponse
from providers.kit.vocabulary.crm import Company, Contact, Deal, Lead
from providers.kit.vocabulary.payments import Customer, Payment

TYPES: dict[str, type[Any]] = {
    "contact": Contact,
    "company": Company,
    "lead": Lead,
    "deal": Deal,
    "payment": Payment,
    "customer": Customer,
}


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(TYPES[name])


def members(name: str) -> dict[str, bool]:
    """Names of a type's members, and whether each is needed."""
    return {
        one.name: one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
        for one in dataclasses.fields(TYPES[name])
    }


def of_type(name: str, outputs: Mapping[str, Any]) -> Any:
    """The value, with unknown outputs in `more` where the type has that. Raises UnexpectedResponse."""
    known = {one.name: one for one in dataclasses.fields(TYPES[name])}
    values = {
        key: text_of(value) if known[key].type == "str" else value
        for key, value in outputs.items()
        if key in known and value is not None
    }
    if "more" in known:
        values.setdefault("more", {key: value for key, value in outputs.items() if key not in known})
    try:
        return _adapter(name).validate_python(values)
    except ValidationError as error:
        where = ", ".join(".".join(str(part) for part in one["loc"]) for one in error.errors(include_input=False)[:3])
        raise UnexpectedResponse(
            "What was picked from the answer is not what it should be.",
            fix=f"Look at the mapping of: {where}.",
            code="shape",
            detail=f"{name}: {where}",
        ) from None
