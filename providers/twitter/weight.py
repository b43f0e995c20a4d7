"""A text's length as X counts it, and the links X sees in it.

The configuration is twitter-text's, version 3: https://raw.githubusercontent.com/twitter/twitter-text/master/config/v3.json
(at most 280; code points in four ranges weigh 1, all others 2; a link weighs 23; an emoji weighs 2 however many code
points it takes). What counts as a link follows twitter-text 3.1.0's extractUrlsWithIndices. Two simplifications: any
emoji joined to another counts as one emoji, also where no picture exists for the pair; and of the paths of links, an
unbalanced bracket ends the link.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from .tlds import TOP_LEVEL_DOMAINS

MAX_LENGTH = 280
LINK_WEIGHT = 23
_DEFAULT_WEIGHT = 2
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
"""Code points that weigh 1."""

_LATIN = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0300-\u036f\u1e00-\u1eff"
_CYRILLIC = "\u0400-\u04ff"
_LABEL = r"[^\W_](?:[\w-]*[^\W_])?"
_ASCII_LABEL = rf"[a-z0-9{_LATIN}](?:[a-z0-9_{_LATIN}-]*[a-z0-9{_LATIN}])?"
_CANDIDATE = re.compile(
    rf"(?<![A-Za-z0-9@＠$#＃])(?:"
    rf"(?P<protocol>https?://)(?P<domain>{_LABEL}(?:\.{_LABEL})+)"
    rf"|(?<![-_./])(?P<bare>{_ASCII_LABEL}(?:\.{_ASCII_LABEL})+))",
    re.IGNORECASE,
)
_GENERAL = rf"[a-z{_CYRILLIC}0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_LATIN}]"
_PATH = re.compile(
    rf"/(?:{_GENERAL}|\({_GENERAL}*(?:\({_GENERAL}+\){_GENERAL}*)?\))*",
    re.IGNORECASE,
)
_PATH_END = re.compile(rf"[+\-a-z{_CYRILLIC}0-9=_#/{_LATIN})]", re.IGNORECASE)
_QUERY = re.compile(r"\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*", re.IGNORECASE)
_QUERY_END = re.compile(r"[a-z0-9\-_&=#/]", re.IGNORECASE)
_PORT = re.compile(r":[0-9]+")
_ASCII_PART = re.compile(r"[a-z]+")
_NAME_GOES_ON = re.compile(r"[0-9a-zA-Z@+-]")

_BASE = (
    "[\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23fa\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_ELEMENT = (
    "(?:[\U0001f1e6-\U0001f1ff]{2}"
    "|[0-9#*]\ufe0f?\u20e3"
    "|[\u00a9\u00ae]\ufe0f"
    f"|{_BASE}[\ufe0f\U0001f3fb-\U0001f3ff]?(?:[\U000e0020-\U000e007e]+\U000e007f)?)"
)
_EMOJI = re.compile(f"{_ELEMENT}(?:\u200d{_ELEMENT})*")


@dataclass(frozen=True, kw_only=True)
class Link:
    """A stretch of a text that X turns into a link: `text[start:end]`."""

    start: int
    end: int
    url: str


def measure(text: str) -> int:
    """The length as X counts it; at most 280 for accounts without a subscription."""
    normal = unicodedata.normalize("NFC", text)
    total, at = 0, 0
    links = {one.start: one.end for one in links_in(normal)}
    emoji = {found.start(): found.end() for found in _EMOJI.finditer(normal)}
    while at < len(normal):
        if at in links:
            total += LINK_WEIGHT
            at = links[at]
        elif at in emoji:
            total += _DEFAULT_WEIGHT
            at = emoji[at]
        else:
            total += _weight(ord(normal[at]))
            at += 1
    return total


def links_in(text: str) -> tuple[Link, ...]:
    """The links in a text, in order, with or without https://."""
    return tuple(_links(text))


def _weight(code_point: int) -> int:
    return 1 if any(first <= code_point <= last for first, last in _LIGHT) else _DEFAULT_WEIGHT


def _links(text: str) -> Iterator[Link]:
    at = 0
    while (found := _CANDIDATE.search(text, at)) is not None:
        start, end = found.span("domain" if found["protocol"] else "bare")
        known = _known_domain(text, start, end)
        if not known:
            at = found.end()
            continue
        port = _PORT.match(text, known) if found["protocol"] else None
        whole = _with_path(text, port.end() if port else known)
        yield Link(start=found.start(), end=whole, url=text[found.start() : whole])
        at = whole


def _known_domain(text: str, start: int, end: int) -> int:
    """Where the longest part of the name ends that closes with a known ending; 0 when none does."""
    labels = text[start:end].split(".")
    stop = end + 1
    for label in reversed(labels[1:]):
        stop -= 1  # the dot behind it, or the end
        last = label.lower()
        ascii_part = _ASCII_PART.match(last)
        # A sentence may go on without a space: example.comです.
        for known in (last, ascii_part[0] if ascii_part else ""):
            ends = stop - len(last) + len(known)
            if (known in TOP_LEVEL_DOMAINS or known.startswith("xn--")) and not _NAME_GOES_ON.match(text, ends):
                return ends
        stop -= len(label)
    return 0


def _with_path(text: str, at: int) -> int:
    """The end of the link whose name and port end at `at`."""
    for part, ending in ((_PATH, _PATH_END), (_QUERY, _QUERY_END)):
        found = part.match(text, at)
        if found:
            stop = found.end()
            while stop > at + 1 and not ending.match(text, stop - 1):
                stop -= 1
            at = stop if stop > at + 1 or ending.match(text, stop - 1) else at
    return at
