"""People not to write to. SendGrid keeps five lists and, besides, one for each unsubscribe group.

Source: https://www.twilio.com/docs/sendgrid/api-reference/suppressions-suppressions.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from providers.kit.errors import InvalidRequest, NotFoundAtVendor, Unsupported
from providers.kit.vocabulary.email import Suppression, SuppressionKind, UnsubscribeGroup
from providers.kit.vocabulary.pages import Page

from .addresses import SUPPRESSIONS_URL
from .client import Client, Item, count, identifier, items, mapping, objects, part, text

_PATHS = {
    SuppressionKind.BOUNCE: "/v3/suppression/bounces",
    SuppressionKind.BLOCK: "/v3/suppression/blocks",
    SuppressionKind.INVALID: "/v3/suppression/invalid_emails",
    SuppressionKind.COMPLAINT: "/v3/suppression/spam_reports",
    SuppressionKind.UNSUBSCRIBE: "/v3/suppression/unsubscribes",
}
_GLOBAL = "/v3/asm/suppressions/global"
_GROUPS = "groups:"
_MAX_PAGE = 500


class Suppressions:
    def __init__(self, client: Client) -> None:
        self.client = client

    def page(self, kind: SuppressionKind, *, cursor: str, limit: int) -> Page[Suppression]:
        """Unsubscribes begin with those from everything; those from single groups follow, with the group as scope."""
        size = min(max(limit, 1), _MAX_PAGE)
        if kind is SuppressionKind.UNSUBSCRIBE and cursor.startswith(_GROUPS):
            return self._of_groups(_offset(cursor.removeprefix(_GROUPS)), size)
        offset = _offset(cursor)
        params = {"limit": size, "offset": offset}
        answer = self.client.call("GET", _PATHS[kind], f"list {kind.value}s", scope="suppression.read", params=params)
        found = items(answer)
        more = str(offset + size) if len(found) >= size else ""
        if kind is SuppressionKind.UNSUBSCRIBE and not more:
            more = f"{_GROUPS}0"
        return Page(items=tuple(_suppression(one, kind) for one in found if text(one, "email")), next_cursor=more)

    def _of_groups(self, offset: int, size: int) -> Page[Suppression]:
        """SendGrid gives these in one piece; the pages are ours."""
        listed = items(
            self.client.call("GET", "/v3/asm/suppressions", "list group unsubscribes", scope="suppression.read")
        )
        chosen = listed[offset : offset + size]
        more = f"{_GROUPS}{offset + size}" if offset + size < len(listed) else ""
        kind = SuppressionKind.UNSUBSCRIBE
        return Page(items=tuple(_suppression(one, kind) for one in chosen if text(one, "email")), next_cursor=more)

    def add(self, email: str, kind: SuppressionKind) -> None:
        """Only unsubscribes can be added: SendGrid keeps the other lists itself."""
        if kind is not SuppressionKind.UNSUBSCRIBE:
            raise Unsupported(
                "SendGrid fills this list itself; only unsubscribes can be added.",
                fix="Add the address as an unsubscribe: it then gets no more e-mail either.",
                fix_url=SUPPRESSIONS_URL,
            )
        body = {"recipient_emails": [_checked(email)]}
        scope = "asm.suppressions.global.create"
        self.client.call("POST", _GLOBAL, "add unsubscribe", scope=scope, json=body)

    def remove(self, email: str, kind: SuppressionKind) -> None:
        """Raises NotFoundAtVendor. An unsubscribe from everything goes first; only where there is none, those from
        single groups: no more is lifted than was asked for."""
        address = _checked(email)
        if kind is not SuppressionKind.UNSUBSCRIBE:
            self._delete(f"{_PATHS[kind]}/{part(address)}", f"remove {kind.value}")
            return
        listed = self.client.call(
            "GET",
            _PATHS[kind],
            "look up unsubscribe",
            scope="suppression.read",
            params={"email": address, "limit": 1},
        )
        if any(text(one, "email").lower() == address.lower() for one in items(listed)):
            self._delete(f"{_GLOBAL}/{part(address)}", "remove unsubscribe")
            return
        answer = self.client.call(
            "GET", f"/v3/asm/suppressions/{part(address)}", "read group unsubscribes", scope="suppression.read"
        )
        groups = [one for one in objects(mapping(answer).get("suppressions")) if one.get("suppressed") is True]
        if not groups:
            raise NotFoundAtVendor(
                f"{address} is not on SendGrid's list of unsubscribes.", fix="Look whether it was removed already."
            )
        for one in groups:
            group = part(identifier(one))
            self._delete(f"/v3/asm/groups/{group}/suppressions/{part(address)}", "remove group unsubscribe")

    def _delete(self, path: str, operation: str) -> None:
        self.client.call("DELETE", path, operation, scope="suppression.delete")

    def groups(self) -> tuple[UnsubscribeGroup, ...]:
        answer = self.client.call("GET", "/v3/asm/groups", "list unsubscribe groups", scope="asm.groups.read")
        return tuple(
            UnsubscribeGroup(
                id=identifier(one),
                name=text(one, "name"),
                description=text(one, "description"),
                unsubscribes=count(one, "unsubscribes"),
                default=one.get("is_default") is True,
            )
            for one in items(answer)
        )


def _suppression(found: Item, kind: SuppressionKind) -> Suppression:
    return Suppression(
        email=text(found, "email"),
        kind=kind,
        reason=text(found, "reason"),
        created_at=_moment(found.get("created", found.get("created_at"))),
        scope=text(found, "group_name"),
    )


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) and value > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _offset(cursor: str) -> int:
    if cursor and not (cursor.isdecimal() and len(cursor) < 10):
        raise InvalidRequest("This page of the list is not known.", field="cursor", fix="Begin at the first page.")
    return int(cursor or 0)


def _checked(email: str) -> str:
    address = email.strip()
    if address.count("@") != 1 or any(letter.isspace() for letter in address) or not 3 <= len(address) <= 320:
        raise InvalidRequest(
            f"“{address[:80]}” is not an e-mail address.", field="email", fix="Write it as ada@example.com."
        )
    return address
