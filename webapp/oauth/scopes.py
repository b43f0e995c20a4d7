"""Permissions in words, and those that were asked for but not given. No database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from providers.kit.contract import Manifest

STAYING = frozenset({"refresh_token", "offline", "offline.access", "offline_access"})
"""Permissions to stay signed in: a refresh token proves them, and some vendors do not list them as given."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One permission for people; `label` is the vendor's own word where we have none."""

    scope: str
    label: str
    reason: str
    required: bool


def in_words(manifest: Manifest, scopes: Iterable[str]) -> tuple[Asked, ...]:
    """In the manifest's order, those without words last."""
    known = {one.scope: one for one in manifest.permissions}
    wanted = list(dict.fromkeys(scopes))
    ordered = [scope for scope in known if scope in wanted] + [scope for scope in wanted if scope not in known]
    return tuple(
        Asked(scope=scope, label=known[scope].label, reason=known[scope].reason, required=known[scope].required)
        if scope in known
        else Asked(scope=scope, label=scope, reason="", required=False)
        for scope in ordered
    )


def not_given(asked: Iterable[str], granted: Iterable[str], *, stays: bool) -> tuple[str, ...]:
    """The scopes that were asked for and not granted. `stays`: there is a refresh token."""
    have = {one.lower() for one in granted}
    return tuple(one for one in asked if one.lower() not in have and not (stays and one.lower() in STAYING))


def missing_words(manifest: Manifest, missing: Iterable[str]) -> str:
    """One sentence, "" when nothing is missing: "Acme did not give: Write posts, See figures. Sign in again …"."""
    names = [one.label for one in in_words(manifest, missing)]
    if not names:
        return ""
    return (
        f"{manifest.name} did not give: {', '.join(names)}. To use that, sign in again and allow it there; "
        "if it is not offered, the app has not been given it yet."
    )
