r"""LinkedIn's "little text": plain text in which `\ | { } @ [ ] ( ) < > # * _ ~` are markup unless escaped.

An unescaped one does not fail the call: the post is cut there or refused. `#word` is a hashtag element and stays one.
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format
"""

from __future__ import annotations

import re

_RESERVED = r"\\|{}@\[\]()<>#*_~"
_TO_ESCAPE = re.compile(rf"(?P<tag>(?<![^\s])#(?=[^\W\d_])[^\W_]+(?![\w#]))|(?P<reserved>[{_RESERVED}])")
_MARKUP = re.compile(
    rf"\{{hashtag\|\\?(?P<sign>[#＃])\|(?P<tag>[^}}]{{1,300}})\}}"
    r"|@\[(?P<name>(?:\\.|[^\]\\]){1,300})\] ?\(urn:li:[^)]{1,200}\)"
    rf"|\\(?P<escaped>[{_RESERVED}])"
)


def from_plain(text: str) -> str:
    """Plain text as little text. Hashtags of letters and digits stay hashtags; all else means just itself."""
    return _TO_ESCAPE.sub(lambda found: found["tag"] or "\\" + found["reserved"], text)


def to_plain(commentary: str) -> str:
    """Little text as people read it: escapes undone, hashtags and mentions as their words."""
    return _MARKUP.sub(_words, commentary)


def _words(found: re.Match[str]) -> str:
    if found["tag"] is not None:
        return found["sign"] + to_plain(found["tag"])
    return to_plain(found["name"]) if found["name"] is not None else found["escaped"]
