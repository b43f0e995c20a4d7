"""JSON Schemas of a description: references inside it, and an example of each, bounded in depth and size."""

from __future__ import annotations

from typing import Any

MAX_HOPS = 20
MAX_DEPTH = 6
MAX_MEMBERS = 40

_BY_FORMAT = {
    "date": "2026-11-23",
    "date-time": "2026-11-23T12:00:00Z",
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000001",
}


class Schemas:
    """`remote` is whether a reference led out of the file (it is not followed)."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data
        self.remote = False

    def resolved(self, value: Any) -> Any:
        """What a reference leads to; None where it leads nowhere, elsewhere or in a circle."""
        for _ in range(MAX_HOPS):
            if not (isinstance(value, dict) and isinstance(value.get("$ref"), str)):
                return value
            reference = value["$ref"]
            if not reference.startswith("#/"):
                self.remote = True
                return None
            value = self._data
            for part in reference[2:].split("/"):
                name = part.replace("~1", "/").replace("~0", "~")
                value = value.get(name) if isinstance(value, dict) else None
        return None

    def merged(self, schema: Any, depth: int = 0) -> dict[str, Any]:
        """A schema with what `allOf` adds, and the first of `oneOf` or `anyOf`; a type is one word."""
        found = self.resolved(schema)
        if not isinstance(found, dict) or depth > MAX_DEPTH:
            return {}
        result = dict(found)
        chosen = [
            each
            for name in ("oneOf", "anyOf")
            for each in (found.get(name) or [])[:1]
            if isinstance(found.get(name), list)
        ]
        parts = found["allOf"][:20] if isinstance(found.get("allOf"), list) else []
        for part in [*parts, *chosen]:
            other = self.merged(part, depth + 1)
            properties = {**_object(other.get("properties")), **_object(result.get("properties"))}
            required = [*_list(result.get("required")), *_list(other.get("required"))]
            result = {**other, **result}
            if properties:
                result["properties"] = properties
            if required:
                result["required"] = required
        kind = result.get("type")
        if isinstance(kind, list):
            result["type"] = next((one for one in kind if one != "null"), "string")
        elif "properties" in result:
            result.setdefault("type", "object")
        return result

    def example_of_media(self, media: dict[str, Any]) -> Any:
        if media.get("example") is not None:
            return media["example"]
        examples = media.get("examples")
        for one in examples.values() if isinstance(examples, dict) else ():
            value = _object(self.resolved(one)).get("value")
            if value is not None:
                return value
        return self.example(media.get("schema"))

    def example(self, schema: Any, depth: int = 0) -> Any:
        """A value of the schema: its own example, default or first choice, else one made up of its type."""
        known = self.merged(schema)
        for name in ("example", "default", "const"):
            if known.get(name) is not None:
                return known[name]
        for name in ("examples", "enum"):
            if _list(known.get(name)):
                return known[name][0]
        kind = known.get("type")
        if depth >= MAX_DEPTH:
            return None
        if kind == "object":
            members = list(_object(known.get("properties")).items())[:MAX_MEMBERS]
            return {str(name): self.example(one, depth + 1) for name, one in members}
        if kind == "array":
            item = self.example(known.get("items"), depth + 1)
            return [] if item is None else [item]
        if kind in ("integer", "number"):
            least = known.get("minimum")
            return least if isinstance(least, int | float) and not isinstance(least, bool) else 1
        if kind == "boolean":
            return True
        return _BY_FORMAT.get(str(known.get("format")), "text") if kind == "string" else None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
