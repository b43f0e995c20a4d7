"""The files of a provider's folder: an inert logo, a guide with its sections, sourced fixtures, proper imports."""

from __future__ import annotations

import ast
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

from providers.kit.findings import Finding
from providers.kit.registry import Registered

GUIDE_SECTIONS = (
    "What you need",
    "Steps",
    "What each permission is for",
    "Troubleshooting",
    "How to remove",
)
MAX_LOGO_BYTES = 32 * 1024
FORBIDDEN_IMPORTS = frozenset(
    {"aiohttp", "flask", "httpx", "jobs", "redis", "requests", "rq", "socket", "sqlalchemy", "subprocess"}
    | {"urllib3", "webapp", "wtforms"}
)
_INERT_TAGS = frozenset(
    {"svg", "g", "path", "circle", "rect", "ellipse", "line", "polyline", "polygon", "title", "desc", "defs"}
    | {"linearGradient", "radialGradient", "stop", "clipPath", "mask", "metadata"}
)
_LICENCE = re.compile(r"CC0|public domain|licen[cs]e|MIT|Apache", re.IGNORECASE)


def file_findings(entry: Registered) -> Iterator[Finding]:
    yield from logo_findings(entry.folder / "logo.svg")
    yield from guide_findings(entry.folder / "guide.md")
    yield from fixture_findings(entry.folder / "fixtures")
    yield from import_findings(entry.folder)


def logo_findings(path: Path) -> Iterator[Finding]:
    """An SVG that can only be looked at: no script, no style, no reference to anything outside."""

    def finding(message: str) -> Finding:
        return Finding(rule="logo", message=message, where=f"{path.parent.name}/logo.svg")

    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if len(text.encode()) > MAX_LOGO_BYTES:
        yield finding("is larger than 32 KiB")
    if "<!DOCTYPE" in text or "<!ENTITY" in text or "<?xml-stylesheet" in text:
        yield finding("declares a document type or style sheet")
        return
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  # no entities: looked for just above; our own file
    except ElementTree.ParseError as error:
        yield finding(f"is not an image: {error}")
        return
    if not root.tag.endswith("}svg") or not root.get("viewBox"):
        yield finding("must be an svg with a viewBox")
    if not _LICENCE.search(text):
        yield finding("does not name its licence (a comment is enough)")
    for element in root.iter():
        tag = str(element.tag).rpartition("}")[2]
        if tag not in _INERT_TAGS:
            yield finding(f"has a <{tag}> element, which an inert image has not")
        for name, value in element.attrib.items():
            short = name.rpartition("}")[2].lower()
            outside = "url(" in value.replace("url(#", "") or "javascript:" in value.lower()
            if short.startswith("on") or short == "style" or outside or (short == "href" and value[:1] != "#"):
                yield finding(f"has the attribute {short}, which an inert image has not")


def guide_findings(path: Path) -> Iterator[Finding]:
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    headings = [line.lstrip("#").strip().lower() for line in text.splitlines() if line.startswith("#")]
    for section in GUIDE_SECTIONS:
        if not any(heading.startswith(section.lower()) for heading in headings):
            yield Finding(
                rule="guide", message=f'the section "{section}" is missing', where=f"{path.parent.name}/guide.md"
            )


def fixture_findings(folder: Path) -> Iterator[Finding]:
    for path in sorted(folder.rglob("*.json")) if folder.is_dir() else ():
        where = f"{folder.parent.name}/fixtures/{path.name}"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            yield Finding(rule="fixture", message=f"is not JSON: {error}", where=where)
            continue
        if not isinstance(content, dict) or not content.get("_source"):
            yield Finding(rule="fixture", message="does not say where it is from (_source)", where=where)


def import_findings(folder: Path) -> Iterator[Finding]:
    """Only the kit and the folder itself (relatively, so that a copy is complete); no way out but the door."""
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder)
        if inside.parts[0] == "tests":
            continue
        for name, line in _imports(ast.parse(path.read_text(encoding="utf-8"))):
            where = f"{folder.name}/{inside}:{line}"
            if name.startswith("providers") and not name.startswith("providers.kit"):
                yield Finding(rule="imports", message=f"imports {name}: write it as a relative import", where=where)
            if name.partition(".")[0] in FORBIDDEN_IMPORTS or name in ("http.client", "urllib.request"):
                yield Finding(rule="imports", message=f"imports {name}, which providers may not know", where=where)


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module, node.lineno
