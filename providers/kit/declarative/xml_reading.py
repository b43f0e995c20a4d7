"""XML as plain data: elements become objects, repeated ones lists, attributes `@name`, text beside them `#text`.

No document type is read, so that there are no entities, and nothing outside is ever fetched.
"""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

MAX_DEPTH = 60
MAX_ELEMENTS = 200_000


class XmlError(ValueError):
    """Text that is no XML, or XML that is refused. The message is for people."""


def read_xml(content: bytes) -> Any:
    """`<a x="1"><b>t</b></a>` is `{"a": {"@x": "1", "b": "t"}}`; prefixes are left out. Raises XmlError."""
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise XmlError(f"The answer is not XML (line {error.lineno}).") from None
    except (LookupError, ValueError) as error:
        if isinstance(error, XmlError):
            raise
        raise XmlError("The answer is not XML.") from None
    return builder.root


def _refuse(*_: Any) -> int:
    raise XmlError("The answer declares a document type or entities, which are not read.")


class _Builder:
    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self._open: list[tuple[str, dict[str, Any], list[str]]] = [("", self.root, [])]
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise XmlError("The answer is nested too deeply, or has too many elements.")
        own = {f"@{_bare(key)}": value for key, value in attributes.items() if not key.startswith("xmlns")}
        self._open.append((_bare(name), own, []))

    def text(self, text: str) -> None:
        self._open[-1][2].append(text)

    def end(self, _name: str) -> None:
        name, own, texts = self._open.pop()
        text = "".join(texts).strip()
        value: Any = own or (text or None)
        if own and text:
            own["#text"] = text
        parent = self._open[-1][1]
        if name not in parent:
            parent[name] = value
        elif isinstance(parent[name], list):
            parent[name].append(value)
        else:
            parent[name] = [parent[name], value]


def _bare(name: str) -> str:
    return name.rpartition(":")[2]
