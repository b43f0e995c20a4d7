"""One decorator makes a call of the JSON API: its route, permission, rate limit, reading of body and query, and its
place in the OpenAPI description. What is described is what runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from inspect import cleandoc

from flask import Blueprint, Response, request
from pydantic import BaseModel, ValidationError

from webapp.api import bodies, errors
from webapp.core.limits import limiter
from webapp.core.permissions import requires

RATE = "120 per minute"
BASE = "/api/integrations"
READ_ONLY = ("GET",)

blueprint = Blueprint("api", __name__)
errors.init_blueprint(blueprint)

_limited = limiter.shared_limit(RATE, scope="api")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One call: what it takes, what it answers, what it needs. `problems` are statuses besides the usual ones."""

    name: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    action: str
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    body_needed: bool
    answers: Mapping[int, tuple[type[BaseModel], str]]
    problems: Mapping[int, str]
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a view gives back."""

    document: BaseModel
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


OPERATIONS: list[Operation] = []
"""Every call, in the order in which the description shows them."""

View = Callable[..., Answer]


def operation(
    method: str,
    path: str,
    *,
    tag: str,
    action: str,
    answers: Mapping[int, tuple[type[BaseModel], str]],
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    body_needed: bool = True,
    problems: Mapping[int, str] | None = None,
    parameters: Mapping[str, str] | None = None,
    base: str = BASE,
) -> Callable[[View], View]:
    """`path` is below `base`. The view gets `query` and `body` as models, and path parameters by name;
    its docstring is the summary (first line) and the description."""

    def mark(view: View) -> View:
        summary, _, description = cleandoc(view.__doc__ or "").partition("\n")
        described = Operation(
            name=view.__name__,
            method=method,
            path=base + path,
            tag=tag,
            summary=summary.rstrip("."),
            description=" ".join(description.split()),
            action=action,
            query=query,
            body=body,
            body_needed=body_needed,
            answers=answers,
            problems=problems or {},
            parameters=parameters or {},
        )
        OPERATIONS.append(described)
        served = requires(action)(_limited(_reading(view, described)))
        blueprint.add_url_rule(base + path, view.__name__, served, methods=[method])
        return view

    return mark


def _reading(view: View, described: Operation) -> Callable[..., Response]:
    @wraps(view)
    def run(**path_values: str) -> Response:
        if described.query is not None:
            path_values["query"] = _query(described.query)  # type: ignore[assignment]  # models beside path values
        if described.body is not None:
            path_values["body"] = _body(described)  # type: ignore[assignment]  # models beside path values
        answer = view(**path_values)
        text = answer.document.model_dump_json(by_alias=True)
        return Response(text, answer.status, headers=dict(answer.headers), content_type="application/json")

    return run


def _body(described: Operation) -> BaseModel | None:
    assert described.body is not None, "only called for operations with a body"
    sent = bool(request.content_length) or request.headers.get("Transfer-Encoding") or request.content_type
    if not described.body_needed and not sent:
        return None
    try:
        return described.body.model_validate(bodies.read_object(request))
    except ValidationError as error:
        raise errors.not_valid(error) from error


def _query(model: type[BaseModel]) -> BaseModel:
    """Raises Unreadable for a parameter that is unknown, repeated or wrong: a filter that is silently ignored would
    answer another question."""
    known = [one.alias or name for name, one in model.model_fields.items()]
    problems = [
        _parameter(name, f"There is no such parameter. Known ones: {', '.join(known)}.") for name in _odd(known)
    ]
    problems += [_parameter(name, "Send it once.") for name in known if len(request.args.getlist(name)) > 1]
    values = {name: value for name, value in request.args.items() if name in known}
    try:
        found = model.model_validate_strings(values)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)
        problems += [_parameter(str(one["loc"][0]), errors.words_for(one)) for one in wrong]
        found = None
    if problems or found is None:
        first = problems[0]
        raise errors.Unreadable(f"{first['parameter']}: {first['detail']}", problems=problems)
    return found


def _odd(known: Sequence[str]) -> list[str]:
    return [name for name in request.args if name not in known]


def _parameter(name: str, said: str) -> dict[str, str]:
    return {"parameter": name[:60], "detail": said}
