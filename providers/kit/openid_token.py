"""ID tokens: signature by joserfc, claims by joserfc and Authlib. Apart from its caller for its libraries' weight."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, KeySet

from providers.kit.openid import ALGORITHMS, LEEWAY_SECONDS, MOST_SUBJECT, not_proven


class UnknownKey(Exception):
    """The token names a key that is not among these."""


def key_set(told: Mapping[str, Any]) -> KeySet:
    """The issuer's keys that we can use: kinds that we don't know do no harm. Raises AuthenticationFailed."""
    listed = told.get("keys")
    keys = []
    for one in listed if isinstance(listed, list) else ():
        # A public key list has no secrets: a shared one would let whoever reads it sign.
        if not isinstance(one, dict) or one.get("kty") not in ("RSA", "EC") or one.get("use", "sig") != "sig":
            continue
        try:
            keys.append(JWKRegistry.import_key(one))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    if not keys:
        raise not_proven("the issuer lists no usable key")
    return KeySet(keys)


def claims_of(
    text: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str, access_token: str, at: datetime
) -> dict[str, Any]:
    """What a proven ID token says. Raises UnknownKey, AuthenticationFailed."""
    try:
        header = jws.extract_compact(text.encode()).headers()
        kid = header.get("kid")
        if kid is None and len(keys.keys) > 1:
            raise not_proven("names no key although the issuer has several")
        if kid is not None and kid not in {one.kid for one in keys.keys}:
            raise UnknownKey
        key = keys if kid is not None else keys.keys[0]
        token = jwt.decode(text, key, algorithms=list(ALGORITHMS))
        claims = token.claims
        jwt.JWTClaimsRegistry(
            now=int(at.timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
        openid = CodeIDToken(claims, token.header, {}, {"client_id": client_id, "access_token": access_token})
        openid.validate_azp()
        openid.validate_at_hash()
    except InvalidKeyIdError as error:
        raise UnknownKey from error
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise not_proven(f"{type(error).__name__}: {error}"[:200]) from error
    if not 0 < len(claims["sub"]) <= MOST_SUBJECT:
        raise not_proven("sub is too long")
    return claims
