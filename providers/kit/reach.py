"""Which hosts an installation or a workspace lets its calls go to, by name. It only ever takes away: what the address
checks of `policy` refuse stays refused."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

# A name without a dot is one on the operator's own network, which EGRESS_ALLOW may have opened.
_NAME = re.compile(r"(?=.{1,253}\Z)(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)*(?=[a-z])[a-z0-9-]{1,63}(?<!-)", re.ASCII)
MOST_PATTERNS = 200


@dataclass(frozen=True, kw_only=True)
class HostRule:
    """`only`: nothing but `patterns`; else everything but them. `by` says whose rule it is, to begin a sentence:
    "This workspace". A pattern is a host (`api.example.com`) or all hosts below one (`*.example.com`)."""

    only: bool
    patterns: tuple[str, ...]
    by: str

    def allows(self, host: str) -> bool:
        """`host` in lower case, as `policy.Target` has it."""
        return self.only == any(_fits(pattern, host) for pattern in self.patterns)


def pattern_of(text: str) -> str:
    """One pattern as it is kept: lower case, names of other alphabets in their ASCII form (IDNA).

    Raises ValueError with a sentence that says what is wrong.
    """
    typed = text.strip().lower().rstrip(".")
    if "://" in typed or "/" in typed:
        raise ValueError(f"“{text.strip()[:80]}” is an address. Only its host belongs here, such as api.example.com.")
    below = typed.startswith("*.")
    name = typed[2:] if below else typed
    try:
        name = name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValueError(f"“{text.strip()[:80]}” is not a host.") from error
    if not below and _is_address(name):
        return str(ipaddress.ip_address(name.strip("[]")))
    if "*" in name:
        raise ValueError(f"“{text.strip()[:80]}”: a star may only stand in front, as in *.example.com.")
    if not _NAME.fullmatch(name):
        raise ValueError(f"“{text.strip()[:80]}” is not a host such as api.example.com or *.example.com.")
    return f"*.{name}" if below else name


def _fits(pattern: str, host: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
