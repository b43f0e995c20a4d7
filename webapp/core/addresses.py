"""Addresses of our own pages: where `next` may lead."""

from __future__ import annotations

from urllib.parse import urlsplit


def own_path(address: str, default: str = "/") -> str:
    """`address` if it is a path of ours, else `default`: an open redirect leads people to a thief's copy of us."""
    if (
        not address.startswith("/")
        or address.startswith(("//", "/\\"))
        or any(ord(c) < 33 or c == "\\" for c in address)
    ):
        return default
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else default


def web_link(address: str | None) -> bool:
    """Whether an address that a vendor gave may stand behind a link: `javascript:` and its like may not."""
    return (address or "").lower().startswith(("https://", "http://"))
