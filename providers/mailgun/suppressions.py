"""Who gets no mail through this domain, and why: bounces, unsubscribes, complaints.

https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/bounces (and …/unsubscribe, …/complaints)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.kit.errors import Unsupported
from providers.kit.vocabulary.email import Suppression, SuppressionKind
from providers.kit.vocabulary.pages import Page

from .client import Client, next_query, query_of
from .reading import moment, objects, rfc2822, text, texts

EVERYTHING = "*"
_MAX_PAGE = 1000
_LISTS = {
    SuppressionKind.BOUNCE: "bounces",
    SuppressionKind.UNSUBSCRIBE: "unsubscribes",
    SuppressionKind.COMPLAINT: "complaints",
}
_PAGING = frozenset({"page", "address", "limit", "term"})


class Suppressions:
    def __init__(self, client: Client) -> None:
        self._client = client

    def page(self, kind: SuppressionKind, cursor: str, limit: int) -> Page[Suppression]:
        limit = max(1, min(limit, _MAX_PAGE))
        params = {"limit": str(limit), **query_of(cursor, _PAGING)}
        path = self._client.own(_list(kind))
        body = self._client.call("GET", path, f"list {_list(kind)}", permission="suppressions", params=params)
        found = objects(body.get("items"))
        items = tuple(_suppression(one, kind) for one in found if text(one.get("address")))
        return Page(items=items, next_cursor=next_query(body) if len(found) >= limit else "")

    def add(self, email: str, kind: SuppressionKind) -> None:
        """For the whole domain. Adding one that is there already changes nothing that matters."""
        entry: dict[str, Any] = {"address": email, "created_at": rfc2822(self._client.connection.now())}
        if kind is SuppressionKind.BOUNCE:
            entry |= {"code": "550", "error": "Added by hand"}
        elif kind is SuppressionKind.UNSUBSCRIBE:
            entry |= {"tags": [EVERYTHING]}
        path = self._client.own(_list(kind))
        self._client.call("POST", path, f"add to {_list(kind)}", permission="suppressions", json=[entry])

    def remove(self, email: str, kind: SuppressionKind) -> None:
        """Raises NotFoundAtVendor for an address that is not in the list."""
        path = self._client.own(_list(kind), email)
        self._client.call("DELETE", path, f"remove from {_list(kind)}", permission="suppressions")


def _list(kind: SuppressionKind) -> str:
    name = _LISTS.get(kind)
    if name is None:
        raise Unsupported(
            f"Mailgun keeps no list of this kind ({kind}): it has bounces, unsubscribes and complaints.",
            fix="Choose one of those. Addresses that cannot exist are kept as bounces.",
        )
    return name


def _suppression(entry: Mapping[str, Any], kind: SuppressionKind) -> Suppression:
    tags = [one for one in texts(entry.get("tags")) if one != EVERYTHING]
    reason = " ".join(one for one in (text(entry.get("code")), text(entry.get("error"))) if one)
    return Suppression(
        email=text(entry.get("address")),
        kind=kind,
        reason=reason,
        created_at=moment(entry.get("created_at")),
        scope=", ".join(tags),
    )
