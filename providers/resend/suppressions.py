"""People not to write to: Resend's suppressions, and contacts who have unsubscribed from all broadcasts.

Suppressions hold for everything and have one of three origins: bounce, complaint, manual (added by hand). Source:
https://resend.com/docs/dashboard/emails/email-suppressions. An unsubscribed contact still gets single e-mails.
"""

from __future__ import annotations

from providers.kit.errors import InvalidRequest, NotFoundAtVendor, Unsupported
from providers.kit.vocabulary.email import Suppression, SuppressionKind
from providers.kit.vocabulary.pages import Page

from .client import Client, part
from .message import checked_address
from .shapes import Found, moment, needed, text

SUPPRESSIONS_URL = "https://resend.com/emails/suppressions"
BROADCASTS = "broadcasts"
"""The scope of an unsubscribe."""

_ORIGINS = {
    SuppressionKind.BOUNCE: "bounce",
    SuppressionKind.COMPLAINT: "complaint",
    SuppressionKind.BLOCK: "manual",
}


class Suppressions:
    def __init__(self, client: Client) -> None:
        self.client = client

    def page(self, kind: SuppressionKind, *, cursor: str, limit: int) -> Page[Suppression]:
        """Unsubscribes are sought among the contacts, page by page: a page may be empty and still have a next."""
        if kind is SuppressionKind.UNSUBSCRIBE:
            return self.client.page("/contacts", "list contacts", _unsubscribe, cursor=cursor, limit=limit)
        return self.client.page(
            "/suppressions",
            "list suppressions",
            lambda found: _suppression(found, kind),
            cursor=cursor,
            limit=limit,
            params={"origin": _origin(kind)},
        )

    def add(self, email: str, kind: SuppressionKind) -> None:
        """By hand (BLOCK), or as an unsubscribe from all broadcasts."""
        address = checked_address(email.strip(), "email")
        if kind is SuppressionKind.UNSUBSCRIBE:
            self._set_unsubscribed(address)
            return
        if kind is not SuppressionKind.BLOCK:
            raise Unsupported(
                "Resend notes bounces and complaints itself; what is added by hand it calls “manual”.",
                fix="Block the address: it then gets no more e-mail either.",
                fix_url=SUPPRESSIONS_URL,
            )
        self.client.call("POST", "/suppressions", "add suppression", json={"email": address})

    def remove(self, email: str, kind: SuppressionKind) -> None:
        """Raises NotFoundAtVendor, and InvalidRequest where the address is held back for another reason: no more is
        lifted than was asked for."""
        address = checked_address(email.strip(), "email")
        if kind is SuppressionKind.UNSUBSCRIBE:
            found = self.client.call("GET", f"/contacts/{part(address)}", "read contact")
            if found.get("unsubscribed") is not True:
                raise NotFoundAtVendor(
                    f"{address} has not unsubscribed.", fix="Look whether it was changed in Resend already."
                )
            self._change(needed(found, "id"), unsubscribed=False)
            return
        origin = _origin(kind)
        held = text(self.client.call("GET", f"/suppressions/{part(address)}", "read suppression"), "origin")
        if held != origin:
            raise InvalidRequest(
                f"{address} is held back for another reason: {held or 'unknown'}.",
                field="kind",
                fix="Lift it on the list it is on.",
            )
        self.client.call("DELETE", f"/suppressions/{part(address)}", "remove suppression")

    def _set_unsubscribed(self, address: str) -> None:
        try:
            found = self.client.call("GET", f"/contacts/{part(address)}", "read contact")
        except NotFoundAtVendor:
            body = {"email": address, "unsubscribed": True}
            self.client.call("POST", "/contacts", "create contact", json=body)
            return
        self._change(needed(found, "id"), unsubscribed=True)

    def _change(self, contact_id: str, *, unsubscribed: bool) -> None:
        body = {"unsubscribed": unsubscribed}
        self.client.call("PATCH", f"/contacts/{part(contact_id)}", "change contact", json=body)


def _origin(kind: SuppressionKind) -> str:
    if kind not in _ORIGINS:
        raise Unsupported(
            "Resend keeps no list of invalid addresses: an address that does not exist is among the bounces.",
            fix="Look at the bounces.",
            fix_url=SUPPRESSIONS_URL,
        )
    return _ORIGINS[kind]


def _suppression(found: Found, kind: SuppressionKind) -> Suppression | None:
    if not text(found, "email"):
        return None
    created = moment(found.get("created_at"))
    return Suppression(email=text(found, "email"), kind=kind, reason=text(found, "origin"), created_at=created)


def _unsubscribe(found: Found) -> Suppression | None:
    if found.get("unsubscribed") is not True or not text(found, "email"):
        return None
    return Suppression(email=text(found, "email"), kind=SuppressionKind.UNSUBSCRIBE, scope=BROADCASTS)
