"""The `signed_request` that Facebook posts when somebody removes the app or asks for their data to be deleted.

`<base64url signature>.<base64url JSON>`: HMAC-SHA256 over the second part as it was sent, with the app secret.
https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from providers.kit.errors import SignatureInvalid
from providers.kit.signatures import sign_hmac, verify_hmac

_SHAPE = re.compile(r"(?P<signature>[A-Za-z0-9_-]{43})=?\.(?P<payload>[A-Za-z0-9_-]{2,20000}={0,2})", re.ASCII)
_ALGORITHM = "HMAC-SHA256"


def parse_signed_request(signed_request: str, secrets: Sequence[str]) -> Mapping[str, Any]:
    """What it says ({"user_id", "issued_at", …}), once it is proven. Raises SignatureInvalid."""
    match = _SHAPE.fullmatch(signed_request)
    if match is None:
        raise _malformed()
    verify_hmac(match["payload"].encode(), _decode(match["signature"]).hex(), secrets)
    return unproven(signed_request)


def unproven(signed_request: str) -> Mapping[str, Any]:
    """What it says, without proof: for what was proven before. Raises SignatureInvalid for an unreadable one."""
    try:
        said = orjson.loads(_decode(signed_request.partition(".")[2]))
    except orjson.JSONDecodeError:
        raise _malformed() from None
    if not isinstance(said, dict) or str(said.get("algorithm")).upper() != _ALGORITHM:
        raise _malformed()
    return said


def sign_request(said: Mapping[str, Any], secret: str) -> str:
    """A signed request as Facebook makes it, for samples and tests."""
    payload = base64.urlsafe_b64encode(orjson.dumps({"algorithm": _ALGORITHM, **said})).rstrip(b"=")
    signature = base64.urlsafe_b64encode(bytes.fromhex(sign_hmac(payload, secret))).rstrip(b"=")
    return f"{signature.decode()}.{payload.decode()}"


def _decode(text: str) -> bytes:
    try:
        bare = text.rstrip("=")
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _malformed() from None


def _malformed() -> SignatureInvalid:
    return SignatureInvalid(
        "The signed request is not written the way Facebook writes it.",
        reason="malformed",
        fix="It probably did not come from Facebook.",
    )
