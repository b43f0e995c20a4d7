"""Which names this installation answers to. Whoever puts another into Host could have links or caches made with it,
or (by a name that resolves to this machine, DNS rebinding) have a stranger's page talk to us as if it were ours."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def known_hosts(public_url: str, more: Iterable[str] = ()) -> frozenset[str]:
    """The host of PUBLIC_URL and those of ALLOWED_HOSTS, without ports. An installation on one's own machine answers
    to all names of that machine's loopback."""
    own = (urlsplit(public_url).hostname or "").lower()
    named = {own, *(host.strip().strip("[]").lower() for host in more)}
    return frozenset(named | LOOPBACK_NAMES if _loopback(own) else named)


def host_of(header: str) -> str:
    """The host of a Host header (RFC 9110, 7.2) without its port, in lower case; "" for what is none."""
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port  # raises for what is no port
    except ValueError:
        return ""
    if parts.netloc != header or "@" in header or not header.isascii() or not header.isprintable():
        return ""
    return (parts.hostname or "").rstrip(".")


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
