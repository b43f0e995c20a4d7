"""The guide of an integration as Markdown: how to set it up, what it can do, and what it tells us."""

from __future__ import annotations

from collections.abc import Iterator

from providers.kit.declarative.checks import sentence_of
from providers.kit.declarative.document import Document
from providers.kit.declarative.document_calls import Operation
from providers.kit.declarative.document_webhook import Webhook
from providers.kit.declarative.folder import as_line, guide_of


def guide(document: Document) -> str:
    """The five sections that every guide has, then operations, events and tests."""
    sections = [guide_of(document).rstrip("\n")]
    if document.operations:
        sections.append("## What it can do")
        sections += ["\n".join(_operation(one)) for one in document.operations]
    if document.webhook is not None and document.webhook.events:
        sections += ["## What it tells us", "\n".join(_events(document.webhook))]
    if document.tests:
        sections += ["## How it is tested", "\n".join(_tests(document))]
    return "\n\n".join(sections) + "\n"


def _operation(operation: Operation) -> Iterator[str]:
    yield f"### {as_line(operation.label or operation.id)}"
    yield ""
    if operation.help:
        yield as_line(operation.help)
        yield ""
    effect = "It changes something at the service." if operation.effect == "write" else "It only reads."
    yield f"`{operation.method} {_code(operation.path)}`. {effect}"
    if operation.inputs:
        yield ""
        yield "It asks for:"
        yield ""
    for one in operation.inputs:
        needed = "needed" if one.required else "may be left out"
        more = f": {as_line(one.help)}" if one.help else "."
        yield f"- **{as_line(one.label or one.name)}** ({needed}){more}"
    if operation.response.outputs:
        yield ""
        yield "It gives " + ", ".join(f"`{name}`" for name in operation.response.outputs) + "."


def _events(webhook: Webhook) -> Iterator[str]:
    for one in webhook.events:
        yield f"- **{as_line(one.label or one.type)}** (`{_code(one.type)}`)"


def _tests(document: Document) -> Iterator[str]:
    labels = {one.id: one.label or one.id for one in document.operations}
    for one in document.tests:
        expected = "; ".join(as_line(each.says or sentence_of(each)) for each in one.expect)
        called = as_line(labels.get(one.operation, one.operation))
        more = f" and expects: {expected}." if expected else "."
        yield f"- **{as_line(one.name or one.id)}**: calls “{called}”{more}"


def _code(text: str) -> str:
    return " ".join(text.split()).replace("`", "'")
