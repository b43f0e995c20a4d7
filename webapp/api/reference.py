"""What /api/docs shows: the description, arranged for reading, with a curl line for each example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from webapp.api.examples import Examples
from webapp.api.operations import OPERATIONS, Operation


@dataclass(frozen=True, kw_only=True)
class Parameter:
    name: str
    place: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """One name of a body or an answer."""

    name: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: str
    words: str
    description: str
    good: bool


@dataclass(frozen=True, kw_only=True)
class Sample:
    id: str
    title: str
    curl: str


@dataclass(frozen=True, kw_only=True)
class Call:
    id: str
    method: str
    path: str
    summary: str
    description: Sequence[str]
    scope: str
    parameters: Sequence[Parameter]
    body: Sequence[Part]
    answer: Sequence[Part]
    replies: Sequence[Reply]
    samples: Sequence[Sample]


@dataclass(frozen=True, kw_only=True)
class Model:
    name: str
    parts: Sequence[Part]


@dataclass(frozen=True, kw_only=True)
class Chapter:
    id: str
    title: str
    description: str
    calls: Sequence[Call]


def chapters(document: Mapping[str, Any]) -> tuple[Chapter, ...]:
    """The calls of the description by tag, in its order."""
    return tuple(
        Chapter(
            id=tag["name"].lower(),
            title=tag["name"],
            description=tag["description"],
            calls=tuple(_call(one, document) for one in OPERATIONS if one.tag == tag["name"]),
        )
        for tag in document["tags"]
    )


def models(document: Mapping[str, Any]) -> tuple[Model, ...]:
    """What calls take and give, by name."""
    return tuple(
        Model(name=name, parts=_parts(schema, document)) for name, schema in document["components"]["schemas"].items()
    )


def _call(one: Operation, document: Mapping[str, Any]) -> Call:
    path = one.path.replace("<", "{").replace(">", "}")
    described = document["paths"][path][one.method.lower()]
    media = described.get("requestBody", {}).get("content", {}).get("application/json", {})
    good = next(each for status, each in described["responses"].items() if status < "300")
    return Call(
        id=described["operationId"],
        method=one.method,
        path=path,
        summary=one.summary,
        description=[part for part in (one.description,) if part],
        scope=described["x-scope"],
        parameters=[_parameter(each) for each in described.get("parameters", ())],
        body=_parts(media.get("schema", {}), document),
        answer=_parts(good["content"]["application/json"]["schema"], document),
        replies=[_reply(status, each, document) for status, each in described["responses"].items()],
        samples=_samples(
            one, document["servers"][0]["url"] + path, described["operationId"], media.get("examples", {})
        ),
    )


def _parameter(one: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=one["name"],
        place=one["in"],
        kind=_kind(one["schema"]),
        required=one["required"],
        description=one.get("description", ""),
    )


def _parts(schema: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[Part, ...]:
    whole = _resolved(schema, document)
    return tuple(
        Part(
            name=name,
            kind=_kind(each),
            required=name in whole.get("required", ()),
            description=each.get("description", ""),
        )
        for name, each in whole.get("properties", {}).items()
    )


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Any = document
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def _kind(schema: Mapping[str, Any]) -> str:
    """A type in a few words: "text", "one of live, test, sandbox", "list of Instance"."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"] if each.get("type") != "null")
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    words = {"string": "text", "integer": "whole number", "boolean": "true or false"}
    if schema.get("format") in ("date", "date-time"):
        return "date" if schema["format"] == "date" else "time"
    kind = str(schema.get("type", "anything"))
    return words.get(kind, kind)


def _reply(status: str, one: Mapping[str, Any], document: Mapping[str, Any]) -> Reply:
    whole = _resolved(one, document)
    return Reply(
        status=status,
        words=HTTPStatus(int(status)).phrase,
        description=whole["description"],
        good=status < "400",
    )


def _samples(one: Operation, address: str, call_id: str, examples: Examples) -> tuple[Sample, ...]:
    if not examples:
        return (Sample(id=f"{call_id}-curl", title="With curl", curl=curl(one.method, address)),)
    return tuple(
        Sample(id=f"{call_id}-{name}", title=each["summary"], curl=curl(one.method, address, each["value"]))
        for name, each in examples.items()
    )


def curl(method: str, address: str, body: Mapping[str, Any] | None = None) -> str:
    """A command to paste; the token comes from the environment, so that it stays out of the shell's history."""
    chosen = "" if method == "GET" or (method == "POST" and body is not None) else f"-X {method} "
    lines = [f"curl {chosen}{address}"]
    lines.append('-H "Authorization: Bearer $TOOLKIT_TOKEN"')
    if body is not None:
        text = orjson.dumps(body, option=orjson.OPT_INDENT_2).decode().replace("'", "'\\''")
        lines += ['-H "Content-Type: application/json"', f"-d '{text}'"]
    return " \\\n  ".join(lines)
