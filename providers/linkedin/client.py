"""LinkedIn's API in calls of ours; every call goes through the door. All methods raise ProviderError (`errors.py`).

Facts: https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api and the pages beside
it. `/rest/*` is versioned by header; `/v2/userinfo` and `/v2/me` are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.kit.http import Answer
from providers.kit.vocabulary.pages import Page

from . import urns
from .access import Access
from .errors import error_from, write_error_from
from .fields import API_VERSION
from .listing import read_page
from .shapes import json_object, text, unreadable

READ_PAGES, WRITE_PAGES, ADMIN_PAGES, WRITE_MEMBER = (
    "r_organization_social",
    "w_organization_social",
    "rw_organization_admin",
    "w_member_social",
)


class Client:
    """One member's view of LinkedIn."""

    def __init__(self, access: Access, version: str) -> None:
        self.access = access
        self.version = version or API_VERSION
        self._rest = {"LinkedIn-Version": self.version, "X-Restli-Protocol-Version": "2.0.0"}

    # ------------------------------------------------------------------------------------------- people and pages

    def userinfo(self) -> Answer:
        """Who the token belongs to (OpenID Connect), as LinkedIn answered it: refusals are returned, not raised."""
        return self.access.door.request("GET", "/v2/userinfo", operation="read profile", expect=(429,))

    def me(self) -> Answer:
        """The same for apps without OpenID Connect: {"id", "localizedFirstName", "localizedLastName"}."""
        return self.access.door.request("GET", "/v2/me", operation="read profile", expect=(429,))

    def roles(self, start: int, limit: int) -> Page[Mapping[str, Any]]:
        """The pages on which the member has a role: {"organization", "role", "state"}."""
        query = {"q": "roleAssignee", "state": "APPROVED", "start": start, "count": limit}
        answer = self._get("/rest/organizationAcls", "list pages", ADMIN_PAGES, params=query)
        return read_page(answer, start, limit)

    def organisation(self, urn: str) -> Mapping[str, Any]:
        path = f"/rest/organizations/{urns.encoded(urns.last_part(urn))}"
        return json_object(self._get(path, "read page", ADMIN_PAGES))

    # ------------------------------------------------------------------------------------------------------ posts

    def create_post(self, body: Mapping[str, Any]) -> str:
        """Publishes and returns the post's URN, "" where LinkedIn took the post without saying it. Never repeated."""
        scope = WRITE_PAGES if urns.is_organisation(text(body.get("author"))) else WRITE_MEMBER
        answer = self._write("/rest/posts", "publish post", scope, body)
        return text(answer.headers.get("x-restli-id")) or text(answer.headers.get("x-linkedin-id"))

    def delete_post(self, urn: str) -> None:
        headers = {**self._rest, "X-RestLi-Method": "DELETE"}
        path = f"/rest/posts/{urns.encoded(urn)}"
        answer = self.access.door.request("DELETE", path, operation="delete post", headers=headers, expect=(429,))
        if not answer.ok:
            raise error_from(answer, f"{WRITE_MEMBER} or {WRITE_PAGES}")

    def post(self, urn: str) -> Mapping[str, Any]:
        return json_object(self._get(f"/rest/posts/{urns.encoded(urn)}", "read post", READ_PAGES))

    def posts(self, author: str, start: int, limit: int) -> Page[Mapping[str, Any]]:
        """An author's posts, the newest first."""
        query = {"q": "author", "author": author, "start": start, "count": limit, "sortBy": "CREATED"}
        answer = self._get(
            "/rest/posts", "list posts", READ_PAGES, params=query, headers={"X-RestLi-Method": "FINDER"}
        )
        return read_page(answer, start, limit)

    def share_statistics(self, organisation: str, kind: str, posts: Sequence[str]) -> Page[Mapping[str, Any]]:
        """Lifetime figures of a page's posts; those without any are left out. `kind`: "shares" or "ugcPosts"."""
        listed = ",".join(urns.encoded(one) for one in posts)
        path = (
            "/rest/organizationalEntityShareStatistics?q=organizationalEntity"
            f"&organizationalEntity={urns.encoded(organisation)}&{kind}=List({listed})"
        )
        return read_page(self._get(path, "read figures", ADMIN_PAGES), 0, len(posts))

    # --------------------------------------------------------------------------------------------------- comments

    def comments(self, post: str, start: int, limit: int) -> Page[Mapping[str, Any]]:
        path = f"/rest/socialActions/{urns.encoded(post)}/comments"
        answer = self._get(path, "list comments", READ_PAGES, params={"start": start, "count": limit})
        return read_page(answer, start, limit)

    def create_comment(self, post: str, body: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
        """The comment and, from the header, its id. Never repeated."""
        scope = WRITE_PAGES if urns.is_organisation(text(body.get("actor"))) else WRITE_MEMBER
        answer = self._write(f"/rest/socialActions/{urns.encoded(post)}/comments", "write comment", scope, body)
        return json_object(answer), text(answer.headers.get("x-restli-id"))

    # ------------------------------------------------------------------------------------------------------ media

    def media_action(self, kind: str, action: str, body: Mapping[str, Any]) -> Answer:
        """`/rest/<kind>?action=<action>`; kind is images, videos or documents. Nothing of it is seen by anyone."""
        answer = self.access.door.request(
            "POST",
            f"/rest/{kind}?action={action}",
            operation="upload file",
            json=body,
            headers=self._rest,
            expect=(429,),
        )
        if not answer.ok:
            raise error_from(answer, f"{WRITE_MEMBER} or {WRITE_PAGES}")
        return answer

    # ----------------------------------------------------------------------------------------------------- inside

    def _get(
        self,
        path: str,
        operation: str,
        permission: str,
        *,
        params: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        # A 429 means that the day's calls are used up: asking again at once would only be refused again.
        answer = self.access.door.request(
            "GET", path, operation=operation, params=params, headers={**self._rest, **(headers or {})}, expect=(429,)
        )
        if not answer.ok:
            raise error_from(answer, permission)
        return answer

    def _write(self, path: str, operation: str, permission: str, body: Mapping[str, Any]) -> Answer:
        answer = self.access.door.request(
            "POST", path, operation=operation, json=body, headers=self._rest, expect=(429,)
        )
        if not answer.ok:
            raise write_error_from(answer, permission)
        if answer.status != 201:
            raise unreadable(f"status {answer.status} for a write", status=answer.status)
        return answer
