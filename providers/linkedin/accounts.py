"""Whose account it is, and where it may post: the member's own profile and the pages on which they have a role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from providers.kit.contract import Account
from providers.kit.errors import NotFoundAtVendor, PermissionMissing
from providers.kit.http import Answer
from providers.kit.vocabulary.social import Destination, DestinationKind, Identity

from . import urns
from .client import Client
from .errors import GRANTS_URL, error_from
from .shapes import json_object, text, unreadable

POSTING_ROLES = frozenset({"ADMINISTRATOR", "CONTENT_ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER"})
"""https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api"""

_COUNT = 100
_MAX_PAGES = 10


@dataclass(frozen=True, kw_only=True)
class Role:
    """A page and what the member may do on it."""

    organisation: str
    names: tuple[str, ...]

    @property
    def can_post(self) -> bool:
        return bool(POSTING_ROLES.intersection(self.names))


class Accounts:
    """One member and their pages. Asked once; a new object asks anew."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @cached_property
    def profile(self) -> Answer:
        """LinkedIn's answer to who this is. An app for pages has no OpenID Connect and is asked by /v2/me."""
        answer = self._client.userinfo()
        return self._client.me() if answer.status == 403 else answer

    @cached_property
    def member(self) -> Identity:
        """Raises ProviderError."""
        return identity_from(self.profile)

    @property
    def member_urn(self) -> str:
        return urns.person(self.member.subject)

    def account(self) -> Account:
        member = self.member
        return Account(
            id=self.member_urn,
            name=member.name or "LinkedIn member",
            detail=member.email,
            url=GRANTS_URL,
        )

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        """Pages and roles, in LinkedIn's order. Raises PermissionMissing without `rw_organization_admin`."""
        found: dict[str, list[str]] = {}
        start = 0
        for _ in range(_MAX_PAGES):
            page = self._client.roles(start, _COUNT)
            for one in page.items:
                organisation = text(one.get("organization")) or text(one.get("organizationTarget"))
                if urns.is_organisation(organisation) and text(one.get("state")) in ("", "APPROVED"):
                    found.setdefault(organisation, []).append(text(one.get("role")))
            if not page.next_cursor:
                break
            start = int(page.next_cursor)
        return tuple(Role(organisation=one, names=tuple(names)) for one, names in found.items())

    def destinations(self, scopes: frozenset[str] | None = None) -> tuple[Destination, ...]:
        """The profile, then the pages. `scopes`: those that were granted, None where that is not known."""
        try:
            pages = tuple(self._page(role) for role in self.roles)
        except PermissionMissing:
            pages = ()
        may = scopes is None or "w_member_social" in scopes
        member = Destination(
            id=self.member_urn,
            name=self.member.name or "My profile",
            kind=DestinationKind.MEMBER,
            picture_url=self.member.picture_url,
            can_post=may,
            reason="" if may else "The permission to post as you (w_member_social) was not given.",
        )
        return (member, *pages)

    def _page(self, role: Role) -> Destination:
        known = self._look(role.organisation)
        number = urns.last_part(role.organisation)
        return Destination(
            id=role.organisation,
            name=text(known.get("localizedName")) or f"Page {number}",
            kind=DestinationKind.ORGANISATION,
            url=f"https://www.linkedin.com/company/{text(known.get('vanityName')) or number}",
            can_post=role.can_post,
            reason="" if role.can_post else f"Your role on this page ({_words(role.names)}) does not allow posting.",
        )

    def _look(self, organisation: str) -> Mapping[str, Any]:
        """A page's name; without the right to read it, its number stands for it."""
        try:
            return self._client.organisation(organisation)
        except (PermissionMissing, NotFoundAtVendor):
            return {}


def identity(profile: Mapping[str, Any]) -> Identity:
    """A person from OpenID's claims or from /v2/me. Raises UnexpectedResponse without an id."""
    subject = text(profile.get("sub")) or text(profile.get("id"))
    if not subject:
        raise unreadable("no sub")
    given, family = text(profile.get("given_name")), text(profile.get("family_name"))
    first, last = text(profile.get("localizedFirstName")), text(profile.get("localizedLastName"))
    verified = profile.get("email_verified")  # LinkedIn sends true or "true"
    return Identity(
        subject=subject,
        name=text(profile.get("name")) or " ".join(filter(None, (given or first, family or last))),
        email=text(profile.get("email")),
        email_verified=verified is True or (isinstance(verified, str) and verified.lower() == "true"),
        picture_url=text(profile.get("picture")),
    )


def identity_from(answer: Answer) -> Identity:
    """As `identity`, from LinkedIn's answer. Raises ProviderError."""
    if not answer.ok:
        raise error_from(answer, "openid profile")
    return identity(json_object(answer))


def _words(roles: tuple[str, ...]) -> str:
    return ", ".join(one.replace("_", " ").lower() for one in roles if one) or "unknown"
