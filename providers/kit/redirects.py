"""Redirects of a GET: each is held to the policy again, and credentials stay with the host they were made for."""

from __future__ import annotations

from urllib.parse import urljoin

import requests
from requests.structures import CaseInsensitiveDict

from providers.kit.policy import DoorPolicy, check_url, refused

MAX_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})


def next_hop(prepared: requests.PreparedRequest, location: str, policy: DoorPolicy) -> requests.PreparedRequest:
    """The request that follows a Location. Raises RefusedByPolicy."""
    here = check_url(prepared.url or "", policy)
    try:
        url = urljoin(prepared.url or "", location)
    except ValueError:
        raise refused("The service sent us to something that is no address.", code="address_syntax") from None
    there = check_url(url, policy)
    if here.scheme == "https" and there.scheme != "https":
        raise refused("The service sent us to an address that is not encrypted.", code="redirect_downgrade")
    hop = prepared.copy()
    hop.url = url
    if here.origin != there.origin:
        kept = {name: value for name, value in prepared.headers.items() if name.lower() in ("accept", "user-agent")}
        hop.headers = CaseInsensitiveDict(kept)
    return hop
