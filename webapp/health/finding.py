"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`says` is what is so, in plain words; `fix` what to do about it, "" when there is nothing to do."""

    name: str
    ok: bool
    says: str
    fix: str = ""
