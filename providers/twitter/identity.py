"""Who signed in with X. There is no OpenID Connect: GET /2/users/me with the fresh token says it.

`confirmed_email` is an address that X has confirmed; it comes with the permission `users.email` and the app's setting
"Request email from users": https://docs.x.com/x-api/users/user-lookup-me
"""

from __future__ import annotations

from providers.kit.contract import Connection
from providers.kit.http import Answer
from providers.kit.tokens import Token
from providers.kit.vocabulary.social import Identity

from .answers import identifier, plain, text
from .client import Client


def identity_of(connection: Connection, client: Client, token: Token) -> Identity:
    """The person whose token this is: asked with this token and no other. Raises ProviderError."""
    secrets = tuple(one for one in (token.access_token, token.refresh_token) if one)
    door = connection.http.bound(headers={"Authorization": f"Bearer {token.access_token}"}, secrets=secrets)
    answer: Answer = door.request(
        "GET",
        "/2/users/me",
        operation="read signed-in account",
        params={"user.fields": "id,name,username,profile_image_url,confirmed_email"},
        expect=(429,),
    )
    person = client.account_in(answer)
    email = text(person.get("confirmed_email"))
    known = "@" in email
    return Identity(
        subject=identifier(person.get("id")),
        name=plain(person.get("name"), 100),
        email=email if known else "",
        email_verified=known,
        picture_url=text(person.get("profile_image_url")),
        username=plain(person.get("username"), 50),
    )
