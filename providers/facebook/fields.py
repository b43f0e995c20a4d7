"""What the connect form asks for, and the version of Facebook's API in use."""

from __future__ import annotations

from providers.kit.contract import Field, FieldKind, Mistake, provider_id

from .errors import APPS_URL

ID = provider_id(__name__)
ENV = ID.upper().replace("-", "_")

VERSION = "v26.0"
"""Released on 29 July 2026; each version lives about two years. Unversioned calls would use the app's oldest."""

_EXPLORER_URL = "https://developers.facebook.com/tools/explorer/"

APP_ID = Field(
    name="app_id",
    label="App ID",
    env=f"{ENV}_APP_ID",
    pattern=r"[0-9]{5,20}",
    pattern_hint="Digits only, about 16 of them.",
    example="1234567890123456",
    help="Says which app at Meta is asking.",
    how_to="Open your app on Meta's developer site and choose “App settings”, “Basic”: “App ID” is at the top.",
    console_url=APPS_URL,
    console_label="Open your Meta apps",
    mistakes=(
        Mistake(pattern=r"EA[A-Z]", message="This is an access token. It belongs into the field for it."),
        Mistake(pattern=r"[0-9a-f]{32}$", message="This is the app secret. It belongs into the field below."),
    ),
)

APP_SECRET = Field(
    name="app_secret",
    label="App secret",
    env=f"{ENV}_APP_SECRET",
    kind=FieldKind.SECRET,
    webhook_secret=True,
    pattern=r"[0-9a-f]{32}",
    pattern_hint="32 characters: digits and the letters a to f.",
    example="0123456789abcdef0123456789abcdef",
    help="Proves that it is your app that asks, and that events really come from Facebook.",
    how_to="On the app's “App settings”, “Basic” page press “Show” beside “App secret” and copy it.",
    console_url=APPS_URL,
    console_label="Open your Meta apps",
    mistakes=(
        Mistake(pattern=r"EA[A-Z]", message="This is an access token. It belongs into the field below."),
        Mistake(pattern=r"[0-9]{5,20}$", message="This is the App ID. It belongs into the field above."),
    ),
)

ACCESS_TOKEN = Field(
    name="access_token",
    label="Access token",
    env=f"{ENV}_ACCESS_TOKEN",
    kind=FieldKind.SECRET,
    pattern=r"[A-Za-z0-9_-]{20,2000}",
    pattern_hint="One long word without spaces, usually beginning with EAA.",
    example="EAAxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    help="The permission that somebody with a role on the Page gave. It lasts about 60 days.",
    how_to="Filled in when you press “Connect with Facebook”. By hand: open the Graph API Explorer, choose the app, "
    "choose “User Token”, add the permissions, press “Generate Access Token”, then “Extend Access Token” in its "
    "information window.",
    console_url=_EXPLORER_URL,
    console_label="Open the Graph API Explorer",
    mistakes=(
        Mistake(pattern=r"(?i)bearer\s", message="Paste the token alone, without the word “Bearer”."),
        Mistake(pattern=r"[0-9]+\|", message="This is an app's token. We need the one of a person."),
        Mistake(pattern=r"[0-9a-f]{32}$", message="This is the app secret. It belongs into the field above."),
    ),
)

PAGE_ID = Field(
    name="page_id",
    label="Page",
    env=f"{ENV}_PAGE_ID",
    required=False,
    pattern=r"[0-9]{5,20}",
    pattern_hint="The Page's number: digits only.",
    example="102030405060708",
    help="The Page to use when a post does not name one. Empty: the first one you may post to.",
    how_to="On the Page open “About”, “Page transparency”: “Page ID”.",
    mistakes=(Mistake(pattern=r"https?://", message="This is an address. Enter the Page's number."),),
)

TOKEN_EXPIRES_AT = Field(
    name="token_expires_at",
    label="Access ends",
    env=f"{ENV}_TOKEN_EXPIRES_AT",
    required=False,
    hidden=True,
    help="When the access token runs out.",
)

FIELDS = (APP_ID, APP_SECRET, ACCESS_TOKEN, PAGE_ID, TOKEN_EXPIRES_AT)
