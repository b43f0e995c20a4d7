"""Routes: what happens to mail that arrives. They belong to the account, not to one domain.

https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/routes
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.kit.errors import InvalidRequest, NotFoundAtVendor
from providers.kit.vocabulary.email import InboundRoute
from providers.kit.vocabulary.pages import Page

from .client import Client, part
from .errors import unreadable
from .reading import mapping, objects, text, texts, whole

_MAX_PAGE = 1000


class Routes:
    def __init__(self, client: Client) -> None:
        self._client = client

    def page(self, cursor: str, limit: int) -> Page[InboundRoute]:
        limit, skip = max(1, min(limit, _MAX_PAGE)), whole(cursor)
        body = self._client.call(
            "GET", "/v3/routes", "list routes", permission="routes", params={"skip": skip, "limit": limit}
        )
        found = objects(body.get("items"))
        end = skip + len(found)
        more = len(found) >= limit and end < whole(body.get("total_count", end + 1))
        return Page(items=tuple(_route(one) for one in found), next_cursor=str(end) if more else "")

    def create(self, expression: str, actions: Sequence[str], *, priority: int, description: str) -> InboundRoute:
        """`actions` in the vendor's words: `forward("https://…")`, `store(notify="…")`, `stop()`."""
        if not expression.strip() or not actions:
            raise InvalidRequest(
                "A route needs a rule and at least one action.",
                field="expression" if not expression.strip() else "actions",
                fix='Write a rule such as match_recipient("support@.*") and an action such as '
                'forward("ada@example.com").',
            )
        form = [("priority", str(priority)), ("description", description), ("expression", expression)]
        form += [("action", one) for one in actions]
        body = self._client.call("POST", "/v3/routes", "create route", permission="routes", form=form)
        route = _route(mapping(body.get("route")))
        if not route.id:
            raise unreadable(detail="no route id")
        return route

    def delete(self, route_id: str) -> None:
        self._client.call("DELETE", f"/v3/routes/{part(route_id)}", "delete route", permission="routes")

    def matching(self, address: str) -> tuple[InboundRoute, ...]:
        """The first route that takes mail to this address, or none: the vendor names no further ones."""
        try:
            body = self._client.call(
                "GET", "/v3/routes/match", "match routes", permission="routes", params={"address": address}
            )
        except NotFoundAtVendor:
            return ()
        route = mapping(body.get("route"))
        return (_route(route),) if text(route.get("id")) else ()


def _route(route: Mapping[str, Any]) -> InboundRoute:
    return InboundRoute(
        id=text(route.get("id")),
        expression=text(route.get("expression")),
        actions=texts(route.get("actions")),
        priority=whole(route.get("priority")),
        description=text(route.get("description")),
    )
