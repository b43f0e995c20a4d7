"""What the connect form asks for, and which permissions are asked of LinkedIn for which purpose."""

from __future__ import annotations

from providers.kit.contract import Choice, Field, FieldKind, Mistake, provider_id

from .errors import APPS_URL, VERSIONS_URL

ID = provider_id(__name__)
ENV = ID.upper().replace("-", "_")

API_VERSION = "202607"
"""The newest version that was seen when this was written; LinkedIn serves each one for about a year."""

MEMBER, PAGES = "member", "pages"

MEMBER_SCOPES = ("openid", "profile", "email", "w_member_social")
PAGE_SCOPES = (
    "r_basicprofile",
    "w_member_social",
    "w_organization_social",
    "r_organization_social",
    "rw_organization_admin",
)
"""An app with the Community Management API may have no other product, so that `openid` is refused to it."""

TOKEN_TOOL_URL = "https://www.linkedin.com/developers/tools/oauth/token-generator"  # a page's address

CLIENT_ID = Field(
    name="client_id",
    label="Client ID",
    env=f"{ENV}_CLIENT_ID",
    pattern=r"[A-Za-z0-9]{10,40}",
    pattern_hint="Letters and digits only, about 14 of them.",
    example="86abcdefghijkl",
    help="Says which app at LinkedIn is asking.",
    how_to="Open your app on LinkedIn's developer site and choose “Auth”: “Client ID” is at the top.",
    console_url=APPS_URL,
    console_label="Open your LinkedIn apps",
    mistakes=(
        Mistake(pattern=r"https?://", message="This is an address. The Client ID is on the app's “Auth” page."),
        Mistake(pattern=r"WPL_", message="This is the client secret. It belongs into the field below."),
    ),
)

CLIENT_SECRET = Field(
    name="client_secret",
    label="Client secret",
    env=f"{ENV}_CLIENT_SECRET",
    kind=FieldKind.SECRET,
    webhook_secret=True,
    pattern=r"[A-Za-z0-9._=+/~-]{12,200}",
    pattern_hint="One word without spaces, at least 12 characters.",
    example="WPL_AP1.xxxxxxxxxxxxxxxx",
    help="Proves that it is your app that asks, and that events really come from LinkedIn.",
    how_to="On the app's “Auth” page, press the eye beside “Primary Client Secret” and copy it.",
    console_url=APPS_URL,
    console_label="Open your LinkedIn apps",
    mistakes=(
        Mistake(pattern=r"https?://", message="This is an address. The client secret is on the app's “Auth” page."),
        Mistake(pattern=r"AQ[A-Za-z0-9_-]{60,}", message="This is an access token. It belongs into the field below."),
    ),
)

ACCESS_TOKEN = Field(
    name="access_token",
    label="Access token",
    env=f"{ENV}_ACCESS_TOKEN",
    kind=FieldKind.SECRET,
    pattern=r"[A-Za-z0-9._~+/=-]{20,4000}",
    pattern_hint="One long word without spaces, several hundred characters.",
    example="AQXdSP_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    help="The permission that a LinkedIn member gave. It lasts 60 days.",
    how_to="Filled in when you press “Sign in with LinkedIn”. By hand: open the token generator in LinkedIn's "
    "developer tools, choose the app and the permissions, and press “Request access token”.",
    console_url=TOKEN_TOOL_URL,
    console_label="Open LinkedIn's token generator",
    mistakes=(
        Mistake(pattern=r"(?i)bearer\s", message="Paste the token alone, without the word “Bearer”."),
        Mistake(pattern=r"WPL_", message="This is the app's client secret. It belongs into the field above."),
        Mistake(pattern=r"urn:li:", message="This is the name of a profile or page, not a token."),
    ),
)

REFRESH_TOKEN = Field(
    name="refresh_token",
    label="Refresh token",
    env=f"{ENV}_REFRESH_TOKEN",
    kind=FieldKind.SECRET,
    required=False,
    hidden=True,
    help="Renews the access. LinkedIn gives one only to partners it has approved for this.",
    how_to="Filled in when you press “Sign in with LinkedIn”, if LinkedIn gives one.",
)

TOKEN_EXPIRES_AT = Field(
    name="token_expires_at",
    label="Access ends",
    env=f"{ENV}_TOKEN_EXPIRES_AT",
    required=False,
    hidden=True,
    help="When the access token runs out.",
)

ACCESS = Field(
    name="access",
    label="What to use",
    env=f"{ENV}_ACCESS",
    kind=FieldKind.CHOICE,
    required=False,
    default=MEMBER,
    choices=(
        Choice(
            value=MEMBER,
            label="My own profile",
            hint="Signing in and posting as yourself. The app needs “Sign In with LinkedIn using OpenID Connect” and "
            "“Share on LinkedIn”; both are granted at once.",
        ),
        Choice(
            value=PAGES,
            label="Company pages",
            hint="Posts, comments and figures of pages. The app needs the “Community Management API”, as its only "
            "product, and LinkedIn must approve it.",
        ),
    ),
    help="Decides which permissions “Sign in with LinkedIn” asks for.",
)

VERSION = Field(
    name="api_version",
    label="API version",
    env=f"{ENV}_API_VERSION",
    required=False,
    pattern=r"20[0-9]{2}(?:0[1-9]|1[0-2])(?:\.[0-9]{2})?",
    pattern_hint="Year and month, such as 202607.",
    example=API_VERSION,
    help=f"Leave empty for {API_VERSION}. LinkedIn retires a version after about a year; then enter a newer one.",
    console_url=VERSIONS_URL,
    console_label="Open LinkedIn's list of versions",
)

FIELDS = (CLIENT_ID, CLIENT_SECRET, ACCESS_TOKEN, ACCESS, VERSION, REFRESH_TOKEN, TOKEN_EXPIRES_AT)
