"""LinkedIn names everything by URN: `urn:li:share:6844785523593134080`. In paths they are percent-encoded whole."""

from __future__ import annotations

import re
from urllib.parse import quote

from providers.kit.errors import InvalidRequest

_AUTHOR = re.compile(r"urn:li:(person|organization):[A-Za-z0-9_-]{1,100}", re.ASCII)
_POST = re.compile(r"urn:li:(share|ugcPost|activity):[A-Za-z0-9_-]{1,100}", re.ASCII)


def encoded(urn: str) -> str:
    """A URN as one path segment or one member of a Rest.li list."""
    return quote(urn, safe="")


def person(subject: str) -> str:
    return f"urn:li:person:{subject}"


def is_organisation(urn: str) -> bool:
    return urn.startswith("urn:li:organization:")


def last_part(urn: str) -> str:
    return urn.rpartition(":")[2]


def author(urn: str) -> str:
    """The URN of a member or page, unchanged. Raises InvalidRequest for anything else."""
    if not _AUTHOR.fullmatch(urn):
        raise InvalidRequest(
            "This is not a LinkedIn profile or page.",
            field="destination_id",
            fix="Choose one of the destinations that are listed for this connection.",
        )
    return urn


def post(urn: str) -> str:
    """The URN of a post, unchanged. Raises InvalidRequest for anything else."""
    if not _POST.fullmatch(urn):
        raise InvalidRequest(
            "This is not the id of a LinkedIn post.",
            field="post_id",
            fix="It looks like urn:li:share:6844785523593134080. Take it from the list of posts.",
        )
    return urn


def post_address(urn: str) -> str:
    """Where people see a post."""
    return f"https://www.linkedin.com/feed/update/{urn}" if _POST.fullmatch(urn) else ""
