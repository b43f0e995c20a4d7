"""Problems of the JSON API (RFC 9457): the product's errors with JSON pointers, a link where one helps, no reference
that would tell a missing thing from a stranger's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from flask import Blueprint, Response, current_app, request
from pydantic import ValidationError

from webapp.core import errors
from webapp.extensions import db

PROBLEM = "application/problem+json"


class Unreadable(errors.BadRequest):
    """A request that can't be read. `problems`: [{"pointer" or "parameter": …, "detail": …}]."""

    def __init__(self, message: str, *, fix: str = "", problems: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(message, fix=fix)
        self.problems = list(problems)


def pointer_to(path: Iterable[str | int]) -> str:
    """RFC 6901."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def at_pointers(error: errors.Invalid, pointers: Mapping[str, str]) -> errors.Invalid:
    """The same error with `fields` keyed by pointers; names that `pointers` lacks are top-level ones."""
    fields = {
        name if name.startswith("/") else pointers.get(name, pointer_to([name])): said
        for name, said in error.fields.items()
    }
    return errors.Invalid(str(error), fields=fields, fix=error.fix)


def not_valid(error: ValidationError) -> errors.Invalid:
    """What pydantic found in a body, in words. Never repeats a value: it may be a key in the wrong place."""
    fields = {pointer_to(one["loc"]): words_for(one) for one in error.errors(include_url=False, include_input=False)}
    return errors.Invalid(_summary(len(fields)), fields=fields)


def words_for(found: Mapping[str, Any]) -> str:
    """One of pydantic's findings in a sentence."""
    context = found.get("ctx", {})
    match found["type"]:
        case "missing":
            return "This is needed."
        case "extra_forbidden":
            return "There is nothing of this name here. Check the spelling, or leave it out."
        case "string_type":
            return "This must be text."
        case "string_too_long":
            return f"Use at most {context['max_length']} characters."
        case "string_too_short":
            return "This must not be empty."
        case "string_pattern_mismatch":
            return "There are characters in it that can't be used here."
        case "literal_error":
            return f"Use one of {context['expected'].replace(' or ', ', ')}."
        case "dict_type":
            return "This must be an object, in curly brackets."
        case "value_error":
            return str(context["error"])
        case _:
            return "This can't be used here."


def _summary(count: int) -> str:
    return "One value needs your attention." if count == 1 else f"{count} values need your attention."


def _problems_of(error: errors.ProductError) -> list[dict[str, str]]:
    if isinstance(error, Unreadable):
        return [dict(one) for one in error.problems]
    if isinstance(error, errors.Invalid):
        return [
            {"pointer": name if name.startswith("/") else pointer_to([name]), "detail": said}
            for name, said in error.fields.items()
        ]
    return []


def _render(error: errors.ProductError) -> Response:
    db.session.rollback()
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": f"{error} {error.fix}".strip(),
    }
    found = _problems_of(error)
    if found:
        body["errors"] = found
    if error.link:
        public_url: str = current_app.config["SETTINGS"].public_url
        body["link"] = error.link if "://" in error.link else f"{public_url}{error.link}"
    answer = Response(orjson.dumps(body), status=error.status, content_type=PROBLEM)
    if isinstance(error, errors.NotSignedIn):
        refused = ', error="invalid_token"' if request.headers.get("Authorization") else ""
        answer.headers["WWW-Authenticate"] = f'Bearer realm="api"{refused}'
    if isinstance(error, errors.TooMany):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def init_blueprint(blueprint: Blueprint) -> None:
    blueprint.register_error_handler(errors.ProductError, _render)
