"""Whose account it is, and the Pages they have a role on, each with a token of its own.

https://developers.facebook.com/docs/pages-api/manage-pages A Page's token does not end when it was made with a
long-lived one; it dies with the person's role or password.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from providers.kit.contract import Account
from providers.kit.errors import InvalidRequest, NotFoundAtVendor, PermissionMissing, Unsupported
from providers.kit.tokens import Token
from providers.kit.vocabulary.social import Destination, DestinationKind, Identity

from .client import Client
from .errors import INTEGRATIONS_URL
from .fields import PAGE_ID
from .shapes import mapping, strings, text, unreadable

LIST, POST = "pages_show_list", "pages_manage_posts"
_FIELDS = "id,name,access_token,link,tasks,instagram_business_account{id,username,name}"
_MAY_POST = "CREATE_CONTENT"
"""Pages of the newer kind call it PROFILE_PLUS_CREATE_CONTENT."""

NO_INSTAGRAM = (
    "Instagram fetches pictures from a public web address when it publishes them; the hub keeps files to itself and "
    "has no such address for them."
)


@dataclass(frozen=True, kw_only=True)
class FacebookPage:
    """A Page as this person sees it. `instagram` is the linked business account, if any."""

    id: str
    name: str
    url: str
    token: str = field(repr=False)
    tasks: tuple[str, ...] | None
    instagram: Mapping[str, Any] = field(default_factory=dict)

    @property
    def can_post(self) -> bool:
        return bool(self.token) and (self.tasks is None or any(one.endswith(_MAY_POST) for one in self.tasks))

    @property
    def reason(self) -> str:
        if self.can_post:
            return ""
        if not self.token:
            return "Facebook gave us no access to this Page: connect again and choose it."
        return "Your role on this Page does not allow creating content."


class Accounts:
    """One person and their Pages. Asked once; a new object asks anew."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._wanted = client.access.connection.configuration.get(PAGE_ID.name, "")

    @cached_property
    def person(self) -> Identity:
        token = self._client.access.token().access_token
        return identity(self._client.get("me", "read profile", token=token, params={"fields": "id,name"}))

    def account(self) -> Account:
        person = self.person
        return Account(id=person.subject, name=person.name or "Facebook user", url=INTEGRATIONS_URL)

    @cached_property
    def pages(self) -> tuple[FacebookPage, ...]:
        """The Pages, the preferred one first."""
        token = self._client.access.token().access_token
        listed = self._client.every("me/accounts", "list Pages", token=token, permission=LIST, fields=_FIELDS)
        found = [_page(one) for one in listed if text(one.get("id"))]
        return tuple(sorted(found, key=lambda one: one.id != self._wanted))

    def destinations(self) -> tuple[Destination, ...]:
        """The Pages, and the Instagram accounts linked to them, to which nothing can be posted."""
        found = []
        for one in self.pages:
            found.append(
                Destination(
                    id=one.id,
                    name=one.name,
                    kind=DestinationKind.PAGE,
                    url=one.url,
                    can_post=one.can_post,
                    reason=one.reason,
                )
            )
            if text(one.instagram.get("id")):
                found.append(_instagram(one.instagram))
        return tuple(found)

    def chosen(self, page_id: str = "") -> FacebookPage:
        """The Page of this id; without one the preferred, else the first that may be posted to.

        Raises Unsupported for an Instagram account, NotFoundAtVendor, PermissionMissing.
        """
        if any(page_id and text(one.instagram.get("id")) == page_id for one in self.pages):
            raise Unsupported(NO_INSTAGRAM, fix="Publish on the Page, and share it to Instagram from there.")
        wanted = page_id or self._wanted
        for one in self.pages:
            if one.id == wanted or (not wanted and one.can_post):
                return one
        raise NotFoundAtVendor(
            "This connection has no such Page." if wanted else "This connection has no Page that it may post to.",
            fix="Connect Facebook again and choose the Page in the window that opens.",
            fix_url=INTEGRATIONS_URL,
        )

    def token_for(self, page_id: str = "") -> tuple[str, FacebookPage]:
        """The token of a Page, and the Page. Raises as `chosen`, and PermissionMissing without a token."""
        page = self.chosen(page_id)
        if not page.token:
            raise PermissionMissing(page.reason, permission=LIST, fix="Connect Facebook again.")
        return page.token, page

    def token_of(self, post_id: str) -> str:
        """The token for a post or comment: that of the Page whose number it begins with, else of the usual Page."""
        owner = post_id.partition("_")[0]
        known = any(one.id == owner and one.token for one in self.pages)
        return self.token_for(owner if known else "")[0]


def who_is(client: Client, token: Token) -> Identity:
    """The person whose sign-in gave this token. Facebook does not say whether the e-mail address is proven."""
    params = {"fields": "id,name,email"}
    if not token.access_token:
        raise InvalidRequest("There is no token to ask with.", field="token", fix="Sign in again.")
    return identity(client.get("me", "sign in", token=token.access_token, params=params))


def identity(told: Mapping[str, Any]) -> Identity:
    if not text(told.get("id")):
        raise unreadable("no id")
    return Identity(subject=text(told["id"]), name=text(told.get("name")), email=text(told.get("email")))


def _page(told: Mapping[str, Any]) -> FacebookPage:
    number = text(told.get("id"))
    return FacebookPage(
        id=number,
        name=text(told.get("name")) or f"Page {number}",
        url=text(told.get("link")) or f"https://www.facebook.com/{number}",
        token=text(told.get("access_token")),
        tasks=strings(told["tasks"]) if isinstance(told.get("tasks"), list) else None,
        instagram=mapping(told.get("instagram_business_account")),
    )


def _instagram(told: Mapping[str, Any]) -> Destination:
    name = text(told.get("username"))
    return Destination(
        id=text(told.get("id")),
        name=f"Instagram: {name or text(told.get('name')) or text(told.get('id'))}",
        kind=DestinationKind.BUSINESS_ACCOUNT,
        url=f"https://www.instagram.com/{name}/" if name else "",
        can_post=False,
        reason=NO_INSTAGRAM,
    )
