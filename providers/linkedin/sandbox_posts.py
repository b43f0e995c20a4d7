"""The stand-in's posts, their figures and comments."""

from __future__ import annotations

import re
from typing import Any

from . import sandbox_media as media
from .sandbox_people import MEMBER_URN, may_post_as, organisation_urn, role_on
from .sandbox_store import Call, Refusal, Reply, State, denied, invalid, next_number, page, remember

_HOUR = 3_600_000
_RESERVED = r"\\|{}@\[\]()<>#*_~"
_ELEMENT = re.compile(
    rf"\\[{_RESERVED}]|\{{hashtag\|\\#\|[^}}]+\}}|@\[[^\]]*\]\(urn:li:[^)]*\)|(?P<tag>#\w+)|(?P<cut>[{_RESERVED}])"
)
_SEEDED = (
    ("2414183", "Our new opening hours: Monday to Saturday, 9 to 18", (5287, 3100, 24, 78)),
    ("5515715", "We are hiring: two more people for the workshop", (912, 700, 31, 44)),
    ("5515715", r"A look behind the scenes \(with cake\) {hashtag|\#|workshop}", (1480, 1102, 57, 12)),
    ("5515715", r"Thank you for 1,000 followers\! {hashtag|\#|thanks}".replace(r"\!", "!"), (2310, 1804, 140, 9)),
)
_REMARKS = ("Congratulations!", "Do you also ship abroad?", "I was there, it was great")


def seed(state: State, milliseconds: int) -> None:
    """Gives a fresh sandbox a few posts of its pages, the newest with comments."""
    if "posts" in state:
        return
    for kind in ("posts", "comments", "figures", "media", "uploads"):
        state[kind] = {}
    urn = ""
    for hours, (number, words, figures) in zip((96, 72, 48, 24), _SEEDED, strict=True):
        urn = f"urn:li:share:{next_number(state)}"
        author = organisation_urn(number)
        remember(state["posts"], urn, _post(urn, author, words, milliseconds - hours * _HOUR))
        state["figures"][urn] = list(figures)
    for minutes, words in enumerate(_REMARKS):
        guest = f"urn:li:person:guest{minutes}"
        comment = _comment(urn, next_number(state), guest, words, milliseconds - _HOUR + minutes)
        state["comments"].setdefault(urn, []).append(comment)


# ---------------------------------------------------------------------------------------------------------- posts


def create_post(call: Call) -> Reply:
    body = call.json()
    author = _author(call, body.get("author"))
    words = _commentary(body.get("commentary"))
    if body.get("lifecycleState") not in ("PUBLISHED", "DRAFT"):
        raise invalid("lifecycleState", "is required")
    visibility = body.get("visibility")
    if visibility not in ("PUBLIC", "CONNECTIONS", "LOGGED_IN") or (visibility != "PUBLIC" and author != MEMBER_URN):
        raise invalid("visibility", "is not allowed for this author")
    distribution = body.get("distribution")
    if not isinstance(distribution, dict) or distribution.get("feedDistribution") not in ("MAIN_FEED", "NONE"):
        raise invalid("distribution", "is required")
    content = _content(call, body.get("content"), author)
    _refuse_duplicate(call, author, words, content)
    kind = "ugcPost" if "urn:li:video:" in str(content) else "share"
    urn = f"urn:li:{kind}:{next_number(call.state)}"
    post = _post(urn, author, words, call.milliseconds())
    post |= {"visibility": visibility, "distribution": distribution, **({"content": content} if content else {})}
    remember(call.state["posts"], urn, post)
    return Reply(status=201, headers={"x-restli-id": urn, "x-linkedin-id": urn})


def list_posts(call: Call) -> Reply:
    if call.query("q") != "author":
        raise Refusal(400, "ILLEGAL_ARGUMENT", "q must be author")
    author = call.query("author")
    _may_read(call, author)
    found = [one for one in call.state["posts"].values() if one["author"] == author and not one.get("deleted")]
    found.sort(key=lambda one: (one["createdAt"], one["id"].rpartition(":")[2]), reverse=True)
    return Reply(body=page(call, found))


def get_post(call: Call, urn: str) -> Reply:
    post = _find(call, urn)
    _may_read(call, post["author"])
    return Reply(body=post)


def update_post(call: Call, urn: str) -> Reply:
    post = _find(call, urn)
    _author(call, post["author"])
    if call.request.headers.get("x-restli-method", "").upper() != "PARTIAL_UPDATE":
        raise Refusal(400, "ILLEGAL_ARGUMENT", "X-RestLi-Method must be PARTIAL_UPDATE")
    patch = call.json().get("patch")
    changes = patch.get("$set") if isinstance(patch, dict) else None
    if not isinstance(changes, dict) or set(changes) - {"commentary"}:
        raise invalid("patch/$set", "may hold commentary only")
    post["commentary"] = _commentary(changes.get("commentary"))
    post["lastModifiedAt"] = call.milliseconds()
    return Reply(status=204)


def delete_post(call: Call, urn: str) -> Reply:
    """Deleting what is deleted already is fine, as the vendor says."""
    post = call.state["posts"].get(urn)
    if post is None:
        raise Refusal(404, "NOT_FOUND", "Could not find entity")
    _author(call, post["author"])
    post["deleted"] = True
    return Reply(status=204)


def share_statistics(call: Call) -> Reply:
    call.need("rw_organization_admin")
    organisation = call.query("organizationalEntity")
    if role_on(organisation) != "ADMINISTRATOR":
        raise denied("organizationalEntityShareStatistics")
    found = []
    for parameter, name in (("shares", "share"), ("ugcPosts", "ugcPost")):
        for urn in _restli_list(call.query(parameter)):
            figures = call.state["figures"].get(urn)
            if figures and call.state["posts"].get(urn, {}).get("author") == organisation:
                found.append(_figures(call, organisation, name, urn, figures))
    return Reply(body={"elements": found, "paging": {"start": 0, "count": 10, "links": []}})


# ------------------------------------------------------------------------------------------------------- comments


def list_comments(call: Call, urn: str) -> Reply:
    _may_read(call, _find(call, urn)["author"])
    return Reply(body=page(call, call.state["comments"].get(urn, [])))


def create_comment(call: Call, urn: str) -> Reply:
    _find(call, urn)
    body = call.json()
    actor = _author(call, body.get("actor"))
    message = body.get("message")
    words = message.get("text") if isinstance(message, dict) else None
    if not isinstance(words, str) or not words.strip():
        raise invalid("message/text", "is required")
    comment = _comment(urn, next_number(call.state), actor, words, call.milliseconds())
    call.state["comments"].setdefault(urn, []).append(comment)
    return Reply(status=201, body=comment, headers={"x-restli-id": comment["id"]})


# --------------------------------------------------------------------------------------------------------- inside


def _post(urn: str, author: str, words: str, at: int) -> dict[str, Any]:
    return {
        "id": urn,
        "author": author,
        "commentary": words,
        "visibility": "PUBLIC",
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "createdAt": at,
        "publishedAt": at,
        "lastModifiedAt": at,
        "isReshareDisabledByAuthor": False,
        "lifecycleStateInfo": {"isEditedByAuthor": False},
    }


def _comment(post: str, number: int, actor: str, words: str, at: int) -> dict[str, Any]:
    activity = f"urn:li:activity:{post.rpartition(':')[2]}"
    return {
        "id": str(number),
        "commentUrn": f"urn:li:comment:({activity},{number})",
        "object": activity,
        "actor": actor,
        "message": {"attributes": [], "text": words},
        "created": {"actor": actor, "time": at},
        "lastModified": {"actor": actor, "time": at},
    }


def _figures(call: Call, organisation: str, name: str, urn: str, figures: list[int]) -> dict[str, Any]:
    impressions, unique, likes, clicks = figures
    comments = len(call.state["comments"].get(urn, []))
    engagement = round((likes + clicks + comments) / max(impressions, 1), 4)
    return {
        "organizationalEntity": organisation,
        name: urn,
        "totalShareStatistics": {
            "impressionCount": impressions,
            "uniqueImpressionsCount": unique,
            "likeCount": likes,
            "commentCount": comments,
            "shareCount": likes // 10,
            "clickCount": clicks,
            "engagement": engagement,
        },
    }


def _find(call: Call, urn: str) -> dict[str, Any]:
    post: dict[str, Any] | None = call.state["posts"].get(urn)
    if post is None or post.get("deleted"):
        raise Refusal(404, "NOT_FOUND", "Could not find entity")
    return post


def _author(call: Call, author: Any) -> str:
    """The author, when the caller may write for them. Raises Refusal 403, 400."""
    if author == MEMBER_URN:
        call.need("w_member_social")
        return str(author)
    if not isinstance(author, str) or not author.startswith(("urn:li:person:", "urn:li:organization:")):
        raise invalid("author", "is not a member or an organization")
    call.need("w_organization_social")
    if not may_post_as(author):
        raise denied("Organization permissions must be used when using organization as author")
    return author


def _may_read(call: Call, author: str) -> None:
    call.need("r_organization_social" if author.startswith("urn:li:organization:") else "r_member_social")
    if author.startswith("urn:li:organization:") and not role_on(author):
        raise denied("posts of this organization")


def _commentary(words: Any) -> str:
    """The text as LinkedIn keeps it: cut where an unescaped reserved character stands, hashtags as templates."""
    if not isinstance(words, str):
        raise invalid("commentary", "is required")
    if len(words) > 3000:
        raise Refusal(400, "FIELD_LENGTH_TOO_LONG", "ERROR :: /commentary :: may hold at most 3000 characters")
    cut = next((found.start() for found in _ELEMENT.finditer(words) if found["cut"]), len(words))
    return _ELEMENT.sub(
        lambda found: f"{{hashtag|\\#|{found['tag'][1:]}}}" if found["tag"] else found.group(), words[:cut]
    )


def _content(call: Call, content: Any, author: str) -> dict[str, Any]:
    if content is None:
        return {}
    if not isinstance(content, dict) or len(content) != 1:
        raise invalid("content", "must have exactly one member")
    if "media" in content:
        media.check_ready(call, content["media"].get("id"), author)
    images = content.get("multiImage", {}).get("images", [])
    if "multiImage" in content and not 2 <= len(images) <= 20:
        raise invalid("content/multiImage/images", "must be 2 to 20")
    for one in images:
        media.check_ready(call, one.get("id"), author)
    return content


def _refuse_duplicate(call: Call, author: str, words: str, content: dict[str, Any]) -> None:
    for urn, one in call.state["posts"].items():
        same = one["author"] == author and one["commentary"] == words and not one.get("deleted")
        if same and words and one.get("content", {}).keys() == content.keys():
            raise Refusal(422, "DUPLICATE_POST", f"Content is a duplicate of {urn}")


def _restli_list(text: str) -> list[str]:
    """The members of `List(a,b)`."""
    return [one for one in text.removeprefix("List(").removesuffix(")").split(",") if one]
