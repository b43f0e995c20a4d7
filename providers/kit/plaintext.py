"""The plain-text part of an e-mail that was written as HTML only (React Email and the like)."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_SILENT = {"script", "style", "head", "title", "template"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_BLOCKS = {
    "address",
    "article",
    "blockquote",
    "div",
    "footer",
    "form",
    "header",
    "main",
    "ol",
    "p",
    "pre",
    "section",
} | {
    "table",
    "tr",
    "ul",
    *(f"h{level}" for level in range(1, 7)),
}
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)


def text_of_html(html: str) -> str:
    """Readable text: blocks on their own lines, links as "words (address)", images by their description.

    What a mail program hides (styles, scripts, preview text with `display:none`) is left out. Never raises.
    """
    parser = _TextOf()
    parser.feed(html)
    parser.close()
    lines = [" ".join(line.split()) for line in "".join(parser.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _TextOf(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent: list[str] = []
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in _VOID and (self._silent or tag in _SILENT or _HIDDEN.search(given.get("style", ""))):
            self._silent.append(tag)
        if self._silent:
            return
        if tag == "a":
            self._links.append((given.get("href", ""), len(self.parts)))
        elif tag == "img":
            self.parts.append(given.get("alt", ""))
        elif tag in ("br", "hr"):
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in ("td", "th"):
            self.parts.append(" ")
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag not in ("div", "tr") else "\n")

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            if tag in self._silent:
                while self._silent.pop() != tag:
                    pass
            return
        if tag == "a" and self._links:
            address, start = self._links.pop()
            words = "".join(self.parts[start:]).strip()
            if address.startswith(("https://", "http://", "mailto:")) and address.removeprefix("mailto:") != words:
                self.parts.append(f" ({address})" if words else address)
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag not in ("div", "tr") else "\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(re.sub(r"\s+", " ", data.replace("\u200c", "").replace("\u200b", "")))
