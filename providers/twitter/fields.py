"""What the connect form asks for. Where each value stands: https://docs.x.com/fundamentals/developer-apps"""

from __future__ import annotations

from providers.kit.contract import Field, FieldKind, Mistake, provider_id

ID = provider_id(__name__)
ENV = ID.upper().replace("-", "_")

CONSOLE_URL = "https://console.x.com"
_CONSOLE_LABEL = "Open X's developer console"

_BEARER_MISTAKE = Mistake(
    pattern=r"A{15,}",
    message="This is the app's Bearer Token. It belongs into “App bearer token”; here we need the account's token.",
)
_WORD_MISTAKE = Mistake(pattern=r"(?i)bearer\s", message="Paste the token alone, without the word “Bearer”.")
_OLD_TOKEN_MISTAKE = Mistake(
    pattern=r"[0-9]{5,20}-[A-Za-z0-9]{20,}",
    message="This is an Access Token of the old kind (OAuth 1.0a). Sign in with X or make one of OAuth 2.0.",
)
_ADDRESS_MISTAKE = Mistake(pattern=r"https?://", message="This is a web address, not a key.")

ACCESS_TOKEN = Field(
    name="access_token",
    label="Access token of the account",
    env=f"{ENV}_ACCESS_TOKEN",
    kind=FieldKind.SECRET,
    pattern=r"[A-Za-z0-9_\-.:=+/%~]{20,4096}",
    pattern_hint="A long line of letters and digits without spaces.",
    example="NHEtT0F1dGgyLjAtZXhhbXBsZS10b2tlbjoxNzAwMDAwMDAwMDAwOjE6MTphdDox",
    help="Lets us post and read in the name of one X account. It lasts two hours and is renewed by itself when the "
    "account was connected with the button.",
    how_to="Press “Sign in with X (Twitter)” and allow it on X's page: the token is then filled in. By "
    "hand: an OAuth 2.0 user token "
    "with the permissions listed here.",
    console_url=CONSOLE_URL,
    console_label=_CONSOLE_LABEL,
    mistakes=(_BEARER_MISTAKE, _OLD_TOKEN_MISTAKE, _WORD_MISTAKE, _ADDRESS_MISTAKE),
)

REFRESH_TOKEN = Field(
    name="refresh_token",
    label="Refresh token",
    env=f"{ENV}_REFRESH_TOKEN",
    kind=FieldKind.SECRET,
    required=False,
    hidden=True,
    help="Renews the access token. X takes each one only once; the next is stored before it is needed.",
    how_to="Filled in when the account is connected with the button.",
)

TOKEN_EXPIRES_AT = Field(
    name="token_expires_at",
    label="End of the access token",
    env=f"{ENV}_TOKEN_EXPIRES_AT",
    required=False,
    hidden=True,
    help="When the access token runs out, as X told us.",
)

API_KEY = Field(
    name="api_key",
    label="API Key (Consumer Key)",
    env=f"{ENV}_API_KEY",
    kind=FieldKind.SECRET,
    required=False,
    pattern=r"[A-Za-z0-9]{15,60}",
    pattern_hint="About 25 letters and digits.",
    example="xxxxxxxxxxxxxxxxxxxxxxxxx",
    help="Names your app at X. Kept beside its secret, so that both can be changed together.",
    how_to="In the console, open your app, then “Keys and tokens”, and copy the “API Key”.",
    console_url=CONSOLE_URL,
    console_label=_CONSOLE_LABEL,
    aliases=(f"{ENV}_CONSUMER_KEY",),
    mistakes=(_BEARER_MISTAKE, _ADDRESS_MISTAKE),
)

API_SECRET = Field(
    name="api_secret",
    label="API Key Secret (Consumer Secret)",
    env=f"{ENV}_API_SECRET",
    kind=FieldKind.SECRET,
    required=False,
    webhook_secret=True,
    pattern=r"[A-Za-z0-9]{30,80}",
    pattern_hint="About 50 letters and digits.",
    example="xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    help="Proves that an event really comes from X, and answers X's hourly question whether the address is ours. "
    "Only needed for events.",
    how_to="In the console, open your app, then “Keys and tokens”, and copy the “API Key Secret”. It is shown only "
    "once. The OAuth 2.0 Client Secret does not work here.",
    console_url=CONSOLE_URL,
    console_label=_CONSOLE_LABEL,
    aliases=(f"{ENV}_CONSUMER_SECRET", f"{ENV}_WEBHOOK_SECRET"),
    mistakes=(_BEARER_MISTAKE, _ADDRESS_MISTAKE),
)

BEARER_TOKEN = Field(
    name="bearer_token",
    label="App bearer token",
    env=f"{ENV}_BEARER_TOKEN",
    kind=FieldKind.SECRET,
    required=False,
    pattern=r"[A-Za-z0-9%_\-.+/=]{30,400}",
    pattern_hint="About 110 letters and digits; it begins with many A.",
    example="AAAAAAAAAAAAAAAAAAAAAxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    help="Lets us set up event delivery and read how much of the plan was used. Posting works without it.",
    how_to="In the console, open your app, then “Keys and tokens”, and copy the “Bearer Token”.",
    console_url=CONSOLE_URL,
    console_label=_CONSOLE_LABEL,
    mistakes=(_WORD_MISTAKE, _OLD_TOKEN_MISTAKE, _ADDRESS_MISTAKE),
)

CLIENT_ID_ENV = f"{ENV}_CLIENT_ID"
CLIENT_SECRET_ENV = f"{ENV}_CLIENT_SECRET"

CLIENT_ID = Field(
    name="client_id",
    label="Client ID (OAuth 2.0)",
    env=CLIENT_ID_ENV,
    required=False,
    pattern=r"[A-Za-z0-9_\-:=]{10,200}",
    pattern_hint="Letters and digits without spaces.",
    example="VGhpcy1pcy1hbi1leGFtcGxlLWlkOjE6Y2k",
    help="Only with an app of your own: left empty, the server's app is used.",
    how_to="In the console, open your app, then “User authentication settings”: it stands there as “Client ID”.",
    console_url=CONSOLE_URL,
    console_label=_CONSOLE_LABEL,
    mistakes=(_BEARER_MISTAKE, _ADDRESS_MISTAKE),
)

CLIENT_SECRET = Field(
    name="client_secret",
    label="Client Secret (OAuth 2.0)",
    env=CLIENT_SECRET_ENV,
    kind=FieldKind.SECRET,
    required=False,
    pattern=r"[A-Za-z0-9_\-]{20,200}",
    pattern_hint="Letters, digits, - and _ without spaces.",
    example="example-client-secret_xxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    help="Only with an app of your own. It renews the account's access token.",
    how_to="In the console, open your app, then “User authentication settings”: “Client Secret” is shown once, when "
    "the settings are saved. The app's type must be “Web App, Automated App or Bot”.",
    console_url=CONSOLE_URL,
    console_label=_CONSOLE_LABEL,
    mistakes=(_BEARER_MISTAKE, _ADDRESS_MISTAKE),
)

FIELDS = (
    ACCESS_TOKEN,
    REFRESH_TOKEN,
    TOKEN_EXPIRES_AT,
    API_KEY,
    API_SECRET,
    BEARER_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
)
