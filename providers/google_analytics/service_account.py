"""A service account's key file, and the signed statement (JWT bearer, RFC 7523) that it is exchanged with.

https://developers.google.com/identity/protocols/oauth2/service-account#httprest
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from providers.kit.errors import InvalidConfiguration

from .fields import SERVICE_ACCOUNT, SERVICE_ACCOUNTS_URL
from .shapes import mapping, text

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFETIME_SECONDS = 3600
"""The longest that Google takes."""


@dataclass(frozen=True, kw_only=True)
class ServiceAccount:
    """Who we sign in as. The file's `token_uri` is left out: a pasted file must not choose where we call."""

    email: str
    key_id: str
    private_key: str = field(repr=False)


def service_account_of(content: str) -> ServiceAccount:
    """The account in a key file's text. Raises InvalidConfiguration, which never holds the text."""
    try:
        file = mapping(orjson.loads(content))
    except orjson.JSONDecodeError:
        raise _wrong("The service account's file is not complete: it is not JSON.", "not_json") from None
    if file.get("type") != "service_account":
        raise _wrong("This is not the key file of a service account.", "wrong_type")
    email, private_key = text(file.get("client_email")), text(file.get("private_key"))
    if not email or not private_key:
        raise _wrong("The service account's file lacks its address or its key.", "incomplete")
    return ServiceAccount(email=email, key_id=text(file.get("private_key_id")), private_key=private_key)


def assertion(account: ServiceAccount, now: datetime, *, scope: str, audience: str) -> str:
    """The statement that we are this account, good for an hour. Raises InvalidConfiguration."""
    issued = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": account.email,
        "scope": scope,
        "aud": audience,
        "iat": issued,
        "exp": issued + LIFETIME_SECONDS,
    }
    header = {"alg": "RS256", "typ": "JWT"} | ({"kid": account.key_id} if account.key_id else {})
    try:
        return str(jwt.encode(header, claims, RSAKey.import_key(account.private_key)))
    except (JoseError, ValueError, TypeError):
        # Not chained: the library's own words may hold parts of the key.
        raise _wrong("The private key in the service account's file cannot be read.", "bad_key") from None


def _wrong(message: str, code: str) -> InvalidConfiguration:
    return InvalidConfiguration(
        message,
        field=SERVICE_ACCOUNT.name,
        fix="Create a new key of the service account, choose JSON, and paste the whole file.",
        fix_url=SERVICE_ACCOUNTS_URL,
        code=code,
    )
