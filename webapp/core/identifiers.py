"""Ids that nobody can guess and tokens that nobody can read back."""

from __future__ import annotations

import hashlib
import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """`ins_8fj2k…`: a prefix naming the kind and 100 random bits in lower-case base 32."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(20))}"


def new_token(prefix: str = "") -> str:
    """256 random bits for links, sessions and API tokens; store only its `digest`."""
    return f"{prefix}{secrets.token_urlsafe(32)}"


def digest(token: str) -> str:
    """What is stored of a token: SHA-256 is enough since the token itself has 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
