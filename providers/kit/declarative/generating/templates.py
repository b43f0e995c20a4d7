"""A document's templates as Python expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.kit.declarative.expressions import Call, Literal, Reference, parse
from providers.kit.declarative.expressions import Node as Placeholder
from providers.kit.declarative.generating.source import Code, Group, Node, Text, call, quoted, value

NOTHING = Code("None")


@dataclass(frozen=True)
class Names:
    """What the references of templates are called in the code at hand."""

    roots: Mapping[str, str]

    def expression(self, template: str) -> Node:
        """The value of a template, of its own type where it is one placeholder."""
        parts = parse(template).parts
        if not parts:
            return Text("")
        if len(parts) == 1:
            return Text(parts[0]) if isinstance(parts[0], str) else self._node(parts[0])
        return call("joined", *(Text(one) if isinstance(one, str) else self._node(one) for one in parts))

    def text(self, template: str, each: str = "text_of") -> Node:
        """The template as a text; `each` names the function that every filled-in value goes through."""
        parts = parse(template).parts
        if all(isinstance(one, str) for one in parts):
            return Text("".join(one for one in parts if isinstance(one, str)))
        wrapped: list[Node] = []
        for one in parts:
            if isinstance(one, str):
                wrapped.append(Text(one))
            else:
                inner: Node = call("text_of", self._node(one))
                wrapped.append(inner if each == "text_of" else call(each, inner))
        return wrapped[0] if len(wrapped) == 1 else call("joined", *wrapped)

    def json(self, content: Any) -> Node:
        """JSON with its texts filled in; what is not given is left out."""
        if isinstance(content, str):
            found = self.expression(content)
            return found if isinstance(found, Text) else call("json_value", found)
        if isinstance(content, Mapping):
            members = Group("{", tuple((f"{quoted(k)}: ", self._member(v)) for k, v in content.items()), "}")
            if not any(_is_template(one) for one in content.values()):
                return members
            nulls = tuple(name for name, inner in content.items() if inner is None)
            return call("present", members, nulls) if nulls else call("present", members)
        if isinstance(content, list | tuple):
            return Group("[", tuple(("", self.json(one)) for one in content), "]")
        return value(content)

    def _member(self, content: Any) -> Node:
        return self.expression(content) if isinstance(content, str) else self.json(content)

    def _node(self, node: Placeholder) -> Node:
        if isinstance(node, Literal):
            return value(node.value)
        if isinstance(node, Call):
            return call("applied", node.name, *(self._node(one) for one in node.arguments))
        assert isinstance(node, Reference)
        root = self.roots.get(node.path[0])
        if root is None:
            return NOTHING
        if len(node.path) == 1:
            return Code(root)
        if len(node.path) == 2:
            if node.path[0] in ("since", "cursor", "now"):
                return NOTHING
            return Code(f"{root}.get({quoted(node.path[1])})")
        return call("inside", Code(root), *node.path[1:])


def _is_template(content: Any) -> bool:
    return isinstance(content, str) and any(not isinstance(one, str) for one in parse(content).parts)
