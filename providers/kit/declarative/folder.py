"""The files that every provider has beside its code, made from a document: a logo of its initial, and its guide."""

from __future__ import annotations

import zlib
from xml.sax.saxutils import escape

from providers.kit.declarative.document import Document
from providers.kit.declarative.document_calls import OAuthCode

_COLOURS = ("#206bc4", "#2fb344", "#ae3ec9", "#d6336c", "#f76707", "#0ca678", "#4263eb", "#74b816")


def logo_of(document: Document) -> str:
    """A tile with the first letter of the name."""
    letter = escape((document.name.strip() or "?")[0].upper())
    colour = _COLOURS[zlib.crc32(document.id.encode()) % len(_COLOURS)]
    shape = _GLYPH.format(x=_BARS[ord(letter[0]) % len(_BARS)])
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><!-- CC0: drawn from the name -->'
        f"<title>{letter}</title>"
        f'<rect width="24" height="24" rx="5" fill="{colour}"/>{shape}</svg>\n'
    )


_GLYPH = '<path fill="#fff" d="{x}"/>'
_BARS = (
    "M6 7h12v2.5H6zM6 11h12v2.5H6zM6 15h7v2.5H6z",
    "M7 6h2.5v12H7zM11 10h2.5v8H11zM15 8h2.5v10H15z",
    "M12 5l7 7-7 7-7-7z",
    "M6 6h5v5H6zM13 6h5v5h-5zM6 13h5v5H6zM13 13h5v5h-5z",
)


def guide_of(document: Document) -> str:
    """The set-up guide as Markdown, with the five sections that all guides have."""
    needs = [f"- An account at [{as_line(document.name)}]({document.website})."] if document.website else []
    needs += [
        f"- **{as_line(one.label)}**: {as_line(one.how_to or one.help or 'asked for below.')}"
        for one in document.fields
    ]
    steps = [
        f"{number}. **{as_line(one.title)}** {as_line(one.text)}"
        + (f" [{as_line(one.url_label or 'Open the page')}]({one.url})" if one.url else "")
        for number, one in enumerate(document.setup, 1)
    ]
    if isinstance(document.auth, OAuthCode):
        steps.append(f"{len(steps) + 1}. **Connect.** Press “Connect” and sign in at {as_line(document.name)}.")
    permissions = [f"- **{as_line(one.label)}**: {as_line(one.reason)}" for one in document.permissions]
    errors = [f"- {as_line(one.message)} {as_line(one.fix)}" for one in document.errors if one.message]
    sections = (
        (f"# {as_line(document.name)}", [as_line(document.description or document.tagline)]),
        ("## What you need", needs or ["Nothing besides this hub."]),
        ("## Steps", steps or ["1. Enter what is asked for, and press “Test”."]),
        ("## What each permission is for", permissions or ["No permissions are asked for."]),
        ("## Troubleshooting", errors or ["Run the connection test: each line says what to do."]),
        ("## How to remove", [f"Delete the connection here, then remove the key at {as_line(document.name)}."]),
    )
    return "\n\n".join(f"{title}\n\n" + "\n".join(lines) for title, lines in sections) + "\n"


def as_line(text: str) -> str:
    """One line of text that Markdown takes as text."""
    return " ".join(text.split()).replace("<", "&lt;").replace("[", "\\[")
