"""Audiences are Resend's segments: lists of contacts. A contact exists once and can be in several segments.

Sources: https://resend.com/docs/dashboard/segments/introduction, https://resend.com/docs/api-reference/contacts.
"""

from __future__ import annotations

from providers.kit.errors import InvalidRequest, NotFoundAtVendor
from providers.kit.vocabulary.email import Audience, Subscriber, UnsubscribeGroup
from providers.kit.vocabulary.pages import Page

from .client import PAGE_SIZE, Client, name_of, part
from .message import checked_address
from .shapes import Found, moment, needed, text

_MAX_PAGES = 20


class Audiences:
    def __init__(self, client: Client) -> None:
        self.client = client

    def page(self, *, cursor: str, limit: int) -> Page[Audience]:
        return self.client.page("/segments", "list segments", _audience, cursor=cursor, limit=limit)

    def create(self, name: str) -> Audience:
        if not name.strip():
            raise InvalidRequest("An audience needs a name.", field="name", fix="Give it a name.")
        made = self.client.call("POST", "/segments", "create segment", json={"name": name.strip()})
        return Audience(
            id=needed(made, "id"), name=text(made, "name") or name.strip(), created_at=moment(made.get("created_at"))
        )

    def subscribers(self, audience_id: str, *, cursor: str, limit: int) -> Page[Subscriber]:
        return self.client.page(
            "/contacts",
            "list contacts",
            _subscriber,
            cursor=cursor,
            limit=limit,
            params={"segment_id": audience_id},
        )

    def subscribe(self, audience_id: str, *, email: str, first_name: str, last_name: str) -> Subscriber:
        """Adds the contact, or puts one that is there into the segment. One who has unsubscribed from all broadcasts
        stays unsubscribed: only the person may change that."""
        address = checked_address(email.strip(), "email")
        names = {name: value for name, value in (("first_name", first_name), ("last_name", last_name)) if value}
        try:
            found = self.client.call("GET", f"/contacts/{part(address)}", "read contact")
        except NotFoundAtVendor:
            body = {"email": address, **names, "segments": [audience_id]}
            made = self.client.call("POST", "/contacts", "create contact", json=body)
            return Subscriber(id=needed(made, "id"), email=address, first_name=first_name, last_name=last_name)
        contact_id = needed(found, "id")
        path = f"/contacts/{part(contact_id)}"
        self.client.call("POST", f"{path}/segments/{part(audience_id)}", "add contact to segment")
        if any(text(found, name) != value for name, value in names.items()):
            self.client.call("PATCH", path, "change contact", json=names)
        return Subscriber(
            id=contact_id,
            email=address,
            first_name=first_name or text(found, "first_name"),
            last_name=last_name or text(found, "last_name"),
            unsubscribed=found.get("unsubscribed") is True,
        )

    def unsubscribe(self, audience_id: str, email: str) -> None:
        """Takes the contact out of this segment and no other. Raises NotFoundAtVendor."""
        address = checked_address(email.strip(), "email")
        path = f"/contacts/{part(address)}/segments/{part(audience_id)}"
        self.client.call("DELETE", path, "remove contact from segment")

    def topics(self) -> tuple[UnsubscribeGroup, ...]:
        """Resend's topics are what others call unsubscribe groups. How many have left one, it does not say."""
        found: list[UnsubscribeGroup] = []
        cursor = ""
        for _ in range(_MAX_PAGES):
            page = self.client.page("/topics", "list topics", _topic, cursor=cursor, limit=PAGE_SIZE)
            found += page.items
            cursor = page.next_cursor
            if not cursor:
                break
        return tuple(found)


def _audience(found: Found) -> Audience | None:
    if not text(found, "id"):
        return None
    return Audience(id=text(found, "id"), name=name_of(found), created_at=moment(found.get("created_at")))


def _subscriber(found: Found) -> Subscriber | None:
    if not text(found, "id") or not text(found, "email"):
        return None
    return Subscriber(
        id=text(found, "id"),
        email=text(found, "email"),
        first_name=text(found, "first_name"),
        last_name=text(found, "last_name"),
        unsubscribed=found.get("unsubscribed") is True,
    )


def _topic(found: Found) -> UnsubscribeGroup | None:
    if not text(found, "id"):
        return None
    return UnsubscribeGroup(id=text(found, "id"), name=name_of(found), description=text(found, "description"))
