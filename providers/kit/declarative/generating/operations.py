"""A document's operations as Python: one function each, with its request, its pages and what is picked."""

from __future__ import annotations

import re
from collections.abc import Mapping

from providers.kit.declarative.document import Document
from providers.kit.declarative.document_calls import (
    ByCursor,
    ByLinkHeader,
    ByNextUrl,
    ByOffset,
    ByPage,
    ErrorRule,
    FormBody,
    GraphqlBody,
    JsonBody,
    MultipartBody,
    Operation,
    XmlBody,
)
from providers.kit.declarative.generating.source import (
    Code,
    Group,
    Node,
    Text,
    assignment,
    call,
    docstring,
    heading,
    instance,
    name_of,
    quoted,
    statement,
    value,
)
from providers.kit.declarative.generating.templates import Names
from providers.kit.declarative.refusals import ERRORS, MESSAGES
from providers.kit.declarative.requesting import ACCEPT

_RETRIES = {"safe": Code("Retry.SAFE"), "never": Code("Retry.NONE")}
_TAKEN = ("client", "inputs", "since", "given", "query", "headers", "path", "reading", "answer", "data", "cursor")


def operation_names(document: Document, taken: Mapping[str, str]) -> dict[str, str]:
    """The functions' names by operation id."""
    found: dict[str, str] = {}
    for one in document.operations:
        found[one.id] = name_of(one.id, (*taken, *_TAKEN, *found.values()))
    return found


def operations_body(document: Document, names: Mapping[str, str]) -> str:
    """The body of operations.py."""
    parts = []
    for one in document.operations:
        name = names[one.id]
        if one.inputs:
            parts.append(assignment(f"{name.upper()}_INPUTS", one.inputs))
        if isinstance(one.body, GraphqlBody):
            parts.append(assignment(f"{name.upper()}_QUERY", one.body.query))
    constants = "\n".join(parts)
    functions = "\n\n\n".join(_function(document, one, names[one.id]) for one in document.operations)
    table = Group("{", tuple((f"{quoted(one)}: ", Code(name)) for one, name in names.items()), "}")
    last = statement("OPERATIONS: dict[str, Operation] = ", table)
    first = "Operation = Callable[[Client, Mapping[str, Any], str], OperationResult]"
    top = "\n".join(one for one in (first, constants) if one)
    return f"{top}\n\n\n{functions}\n\n\n{last}\n"


def refusal_body(name: str, rules: tuple[ErrorRule, ...], service: str, otherwise: str, words: str) -> str:
    """A function that says what an answer means when it is not a good one."""
    lines = [
        heading(name, "answer: Answer, data: Any, secrets: Sequence[str]", "ProviderError | None"),
        f"    {docstring(words, 1)}",
    ]
    for rule in rules:
        if not (rule.statuses or rule.when):
            continue
        lines.append(statement("if ", Code(_condition(rule)), 1, ":"))
        message, fix = MESSAGES[rule.error]
        said = rule.message or message.format(service)
        named: dict[str, Node] = {"fix": value(rule.fix or fix)}
        if rule.fix_url:
            named["fix_url"] = value(rule.fix_url)
        named["status"] = Code("answer.status")
        if rule.error == "rate_limit":
            named["retry_after"] = Code("answer.retry_after")
        quoting = call("quoting", said, rule.vendor_text, Code("data"), Code("secrets"))
        first = quoting if rule.vendor_text else Text(said)
        lines.append(statement("return ", call(ERRORS[rule.error].__name__, first, **named), 2))
    lines.append(otherwise)
    return "\n".join(lines)


def refusal_name(name: str) -> str:
    return f"{name}_refusal"


def _condition(rule: ErrorRule) -> str:
    found = []
    if len(rule.statuses) == 1:
        found.append(f"answer.status == {rule.statuses[0]}")
    elif rule.statuses:
        found.append(f"answer.status in {rule.statuses!r}")
    if rule.when:
        found.append(f"meets({quoted(rule.when)}, data)")
    return " and ".join(found)


def _function(document: Document, one: Operation, name: str) -> str:
    names = Names(
        {
            "configuration": "client.configuration",
            "input": "given",
            "since": "start",
            "cursor": "cursor",
            "now": "client.connection.now()",
        }
    )
    inputs = f"{name.upper()}_INPUTS" if one.inputs else "()"
    anew = isinstance(one.pagination, ByCursor) and not one.pagination.parameter
    request = _request(document, one, name, names, 2)
    lines = [
        heading(name, "client: Client, inputs: Mapping[str, Any], since: str", "OperationResult"),
        f"    {docstring(f'{one.label or one.id}. {one.help}', 1)}",
        f"    {'given = ' if 'given' in _used(request) else ''}typed({inputs}, inputs)",
    ]
    start = one.incremental.start if one.incremental else ""
    if "start" in _used(request):
        lines.append(
            statement("start = since or ", Text(start), 1, " or None") if start else "    start = since or None"
        )
    if "cursor" in _used(request):
        lines.append("    cursor: str | None = None")
    if not one.pagination:
        lines += _made(request, 1)
        lines += [_reading(one, 1), _begins(one, 1), _asks(document, one, name, 1)]
        lines += ["    reading.took(answer, data)", "    return reading.result()"]
    else:
        lines.append(_reading(one, 1))
        if not anew:
            lines += _made(request, 1)
        lines.append("    while True:")
        if anew:
            lines += _made(request, 2)
        lines += [_begins(one, 2), _asks(document, one, name, 2), "        reading.took(answer, data)"]
        lines += [f"        {each}" for each in _next(one)]
        lines += ["        if reading.full:", "            return reading.result(complete=False)"]
    merged = "\n".join(lines)
    return merged if not one.errors else f"{_own_refusal(document, one, name)}\n\n\n{merged}"


def _own_refusal(document: Document, one: Operation, name: str) -> str:
    words = f"What refusals of {name} mean."
    return refusal_body(
        refusal_name(name), one.errors, document.name, "    return refusal(answer, data, secrets)", words
    )


def _used(lines: list[tuple[str, Node]]) -> set[str]:
    text = " ".join(statement(f"{target} = ", node) for target, node in lines)
    outside = re.sub(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", "", text)
    return set(re.findall(r"[a-z_]+", outside))


def _request(document: Document, one: Operation, name: str, names: Names, depth: int) -> list[tuple[str, Node]]:
    """Assignments that make the request: target and expression."""
    made: list[tuple[str, Node]] = []
    path = names.text("/" + one.path.lstrip("/"), each="path_part")
    made.append(("path", path))
    paging = _first_query(one)
    query = Group("{", tuple((f"{quoted(k)}: ", names.expression(v)) for k, v in one.query.items()), "}")
    if one.query and paging:
        both = tuple(pair for pair in query.items if pair[0] not in {f"{quoted(k)}: " for k in paging})
        replaced = {f"{quoted(k)}: ": Text(v) for k, v in paging.items()}
        kept = [(k, replaced.pop(k)) if k in replaced else (k, node) for k, node in query.items]
        assert len(both) <= len(kept)
        made.append(("query", call("texts", Group("{", (*kept, *replaced.items()), "}"))))
    elif one.query:
        made.append(("query", call("texts", query)))
    elif one.pagination:
        made.append(("query: dict[str, str]" if not paging else "query", value(paging)))
    made += _body(one, name, names)
    templates = {**document.headers, **one.headers}
    headers: list[tuple[str, Node]] = [('"Accept": ', Text(ACCEPT[one.response.kind]))]
    content_type = _content_type(one)
    if content_type:
        headers.insert(0, ('"Content-Type": ', Text(content_type)))
    accepted = tuple((f"{quoted(k)}: ", names.expression(v)) for k, v in templates.items())
    if accepted:
        headers.append(("**", call("header_texts", Group("{", accepted, "}"))))
    made.append(("headers", Group("{", tuple(headers), "}")))
    return made


def _made(request: list[tuple[str, Node]], depth: int) -> list[str]:
    """The assignments, where a template may fail inside `making_request`."""
    fails = any("applied(" in statement("", node) for _, node in request)
    lines = ["    " * depth + "with making_request():"] if fails else []
    inner = depth + 1 if fails else depth
    return lines + [statement(f"{target} = ", node, inner) for target, node in request]


def _first_query(one: Operation) -> dict[str, str]:
    pagination = one.pagination
    found: dict[str, str] = {}
    if isinstance(pagination, ByPage):
        found = {pagination.parameter: str(pagination.first)}
    elif isinstance(pagination, ByOffset):
        found = {pagination.parameter: "0"}
    if isinstance(pagination, ByPage | ByOffset | ByCursor) and pagination.size_parameter and pagination.size:
        found[pagination.size_parameter] = str(pagination.size)
    return found


def _content_type(one: Operation) -> str:
    if isinstance(one.body, JsonBody | GraphqlBody):
        return "application/json"
    return one.body.content_type if isinstance(one.body, XmlBody) else ""


def _body(one: Operation, name: str, names: Names) -> list[tuple[str, Node]]:
    body = one.body
    if isinstance(body, JsonBody):
        return [("content", call("json_bytes", names.json(body.content)))]
    if isinstance(body, GraphqlBody):
        variables = names.json(dict(body.variables))
        sent = Group("{", (('"query": ', Code(f"{name.upper()}_QUERY")), ('"variables": ', variables)), "}")
        return [("content", call("json_bytes", sent))]
    if isinstance(body, XmlBody):
        return [("content", call("text_bytes", names.text(body.content, each="xml_text")))]
    made: list[tuple[str, Node]] = []
    if isinstance(body, FormBody | MultipartBody):
        fields = Group("{", tuple((f"{quoted(k)}: ", names.expression(v)) for k, v in body.fields.items()), "}")
        made.append(("form", call("texts", fields)))
    if isinstance(body, MultipartBody):
        files = tuple(
            (
                f"{quoted(key)}: ",
                Group(
                    "(",
                    (
                        ("", call("file_name", names.text(file.filename))),
                        ("", names.text(file.content)),
                        ("", Text(file.content_type)),
                    ),
                    ")",
                ),
            )
            for key, file in body.files.items()
        )
        made.append(("files", Group("{", files, "}")))
    return made


def _has_query(one: Operation) -> bool:
    return bool(one.query or one.pagination)


def _content_name(one: Operation) -> str:
    return "content" if isinstance(one.body, JsonBody | GraphqlBody | XmlBody) else ""


def _begins(one: Operation, depth: int) -> str:
    query = "query" if _has_query(one) else "{}"
    content = _content_name(one)
    return "    " * depth + f"reading.begins(path, {query}{', ' + content if content else ''})"


def _asks(document: Document, one: Operation, name: str, depth: int) -> str:
    named: dict[str, Node] = {"operation": Text(one.label or one.id)}
    named["refusal"] = Code(refusal_name(name) if one.errors else "refusal")
    response = one.response
    options: dict[str, Node] = {}
    if response.kind != "json":
        options["kind"] = Text(response.kind)
    if response.csv != type(response.csv)():
        options["csv"] = instance(response.csv)
    if response.most_bytes != type(response)().most_bytes:
        options["most_bytes"] = value(response.most_bytes)
    named["response"] = call("Response", **options)
    if one.repeat in _RETRIES:
        named["retry"] = _RETRIES[one.repeat]
    if _has_query(one):
        named["query"] = Code("query")
    named["headers"] = Code("headers")
    for target in [target for target in ("content", "form", "files") if target in _targets(one)]:
        named[target] = Code(target)
    return statement("answer, data = ", call("client.ask", one.method, Code("path"), **named), depth)


def _targets(one: Operation) -> set[str]:
    if isinstance(one.body, MultipartBody):
        return {"form", "files"}
    return {"form"} if isinstance(one.body, FormBody) else {_content_name(one)}


def _reading(one: Operation, depth: int) -> str:
    named: dict[str, Node] = {"since": Code("since")}
    if one.response.select:
        named["select"] = Text(one.response.select)
    if one.response.outputs:
        named["outputs"] = value(dict(one.response.outputs))
    if one.response.type:
        named["kind"] = Text(one.response.type)
    if one.incremental and one.incremental.select:
        named["newest"] = Text(one.incremental.select)
    if one.pagination:
        named["most_pages"] = value(one.pagination.most_pages)
    return statement("reading = ", call("Reading", one.id, **named), depth)


def _next(one: Operation) -> list[str]:
    """Lines that end the reading, or make the request for the next page."""
    pagination = one.pagination
    ends = "    return reading.result()"
    if isinstance(pagination, ByPage | ByOffset):
        done = ["reading.count == 0"] if not pagination.size else [f"reading.count < {max(pagination.size, 1)}"]
        lines = [f"if {done[0]}:", ends]
        if pagination.more:
            lines += [f"if not picked({quoted(pagination.more)}, data):", ends]
        number = f"reading.page * {pagination.size}"
        if isinstance(pagination, ByPage):
            number = f"reading.page + {pagination.first}" if pagination.first else "reading.page"
        return [*lines, f"query[{quoted(pagination.parameter)}] = str({number})"]
    if isinstance(pagination, ByCursor):
        lines = [f"cursor = cursor_in({quoted(pagination.select)}, data)", "if not cursor:", ends]
        if pagination.more:
            lines += [f"if not picked({quoted(pagination.more)}, data):", ends]
        if not pagination.parameter:
            return [*lines, "cursor = fitting_cursor(cursor)"]
        return [*lines, f"query[{quoted(pagination.parameter)}] = fitting_cursor(cursor)"]
    found = "linked(answer)"
    if isinstance(pagination, ByNextUrl):
        found = f"cursor_in({quoted(pagination.select)}, data)"
    else:
        assert isinstance(pagination, ByLinkHeader)
    return [f"address = {found}", "if not address:", ends, "path, query = client.next_address(address, path), {}"]
