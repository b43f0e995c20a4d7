"""The plain-text part of an e-mail that was written as HTML only."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_SILENT = frozenset({"script", "style", "head", "title", "template"})
_BLOCKS = frozenset(
    {"address", "article", "blockquote", "div", "footer", "form", "header", "main", "ol", "p", "pre", "section"}
    | {"table", "tr", "ul", "h1", "h2", "h3", "h4", "h5", "h6"}
)


def text_of_html(html: str) -> str:
    """Readable text: blocks on lines of their own, links as "words (address)", pictures by their description."""
    parser = _TextOf()
    parser.feed(html)
    parser.close()
    lines = [" ".join(line.split()) for line in "".join(parser.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _TextOf(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _SILENT:
            self._silent += 1
        if self._silent:
            return
        if tag == "a":
            self._links.append((given.get("href") or "", len(self.parts)))
        elif tag == "img":
            self.parts.append(given.get("alt") or "")
        elif tag in ("br", "hr"):
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in ("td", "th"):
            self.parts.append(" ")
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag not in ("div", "tr") else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif self._silent:
            return
        elif tag == "a" and self._links:
            address, start = self._links.pop()
            words = "".join(self.parts[start:]).strip()
            if address.startswith(("https://", "http://", "mailto:")) and address.removeprefix("mailto:") != words:
                self.parts.append(f" ({address})" if words else address)
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag not in ("div", "tr") else "\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(re.sub(r"\s+", " ", data))
