"""What the connect form asks for, and the addresses where people sign in."""

from __future__ import annotations

from providers.kit.contract import Choice, Field, FieldKind, Mistake, provider_id

ID = provider_id(__name__)
ENV = ID.upper().replace("-", "_")

PRODUCTION, SANDBOX_ORG, MY_DOMAIN = "production", "sandbox", "my_domain"
LOGIN_HOSTS = {PRODUCTION: "https://login.salesforce.com", SANDBOX_ORG: "https://test.salesforce.com"}

_SETUP = "https://login.salesforce.com/?startURL=%2Flightning%2Fsetup%2F"
"""Signs in first, where needed, and then opens the page of Setup in the person's own organisation."""

APPS_URL = f"{_SETUP}ManageExternalClientApplication%2Fhome"
MY_DOMAIN_URL = f"{_SETUP}OrgDomain%2Fhome"
PERMISSION_SETS_URL = f"{_SETUP}PermSets%2Fhome"
USAGE_URL = f"{_SETUP}CompanyProfileInfo%2Fhome"

_HOST = r"[A-Za-z0-9][A-Za-z0-9-]{1,80}(?:\.[a-z]{2,20})?\.my\.salesforce\.(?:com|mil)"

_NOT_THE_APP_KEY = (
    Mistake(pattern=r"https?://", message="This is an address. The Consumer Key is a long word without spaces."),
    Mistake(pattern=r"00D[A-Za-z0-9]{12,15}!", message="This is an access token. Paste the Consumer Key here."),
)

CLIENT_ID = Field(
    name="client_id",
    label="Consumer Key",
    env=f"{ENV}_CLIENT_ID",
    pattern=r"[A-Za-z0-9._]{20,256}",
    pattern_hint="A long word of letters, digits, dots and underscores; most begin with 3MVG9.",
    example="3MVG9EXAMPLExxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    help="Names your External Client App. Salesforce calls it the Consumer Key; elsewhere it is the client id.",
    how_to="In Setup, open External Client App Manager, then your app, “Settings”, “OAuth Settings”, and press "
    "“Consumer Key and Secret”. Salesforce sends you a code by e-mail first.",
    console_url=APPS_URL,
    console_label="Open External Client Apps in Salesforce",
    aliases=("consumer_key",),
    mistakes=_NOT_THE_APP_KEY,
)

CLIENT_SECRET = Field(
    name="client_secret",
    label="Consumer Secret",
    env=f"{ENV}_CLIENT_SECRET",
    kind=FieldKind.SECRET,
    pattern=r"[A-Za-z0-9._]{16,256}",
    pattern_hint="A long word of letters and digits, without spaces.",
    example="XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
    help="Proves to Salesforce that the calls come from your External Client App.",
    how_to="On the same page as the Consumer Key: External Client App Manager, your app, “Settings”, “OAuth "
    "Settings”, “Consumer Key and Secret”.",
    console_url=APPS_URL,
    console_label="Open External Client Apps in Salesforce",
    aliases=("consumer_secret",),
    mistakes=(
        *_NOT_THE_APP_KEY,
        Mistake(pattern=r"3MVG9", message="This is the Consumer Key. The Consumer Secret is below it."),
    ),
)

LOGIN_HOST = Field(
    name="login_host",
    label="Where people sign in",
    env=f"{ENV}_LOGIN_HOST",
    kind=FieldKind.CHOICE,
    required=False,
    default=PRODUCTION,
    choices=(
        Choice(value=PRODUCTION, label="Production or Developer Edition", hint="login.salesforce.com"),
        Choice(value=SANDBOX_ORG, label="A Salesforce sandbox", hint="test.salesforce.com"),
        Choice(
            value=MY_DOMAIN,
            label="Our own My Domain",
            hint="Needed to connect without a person signing in (client credentials)",
        ),
    ),
    help="A Salesforce sandbox is a copy of an account that Salesforce itself keeps for trying things out.",
)

MY_DOMAIN_HOST = Field(
    name="my_domain",
    label="My Domain address",
    env=f"{ENV}_MY_DOMAIN",
    required=False,
    pattern=rf"(?:https://)?{_HOST}/?",
    pattern_hint="It ends with .my.salesforce.com, for example example.my.salesforce.com.",
    example="example.my.salesforce.com",
    help="Your company's own Salesforce address. Only needed with “Our own My Domain” above.",
    how_to="In Setup, search for “My Domain” and copy “Current My Domain URL”.",
    console_url=MY_DOMAIN_URL,
    console_label="Open My Domain in Salesforce",
    mistakes=(
        Mistake(
            pattern=r".*\.lightning\.force\.com",
            message="This is the address of the pages. Replace “.lightning.force.com” by “.my.salesforce.com”.",
        ),
        Mistake(
            pattern=r"(?:https?://)?(?:login|test)\.salesforce\.com",
            message="This is everybody's sign-in page. Your own address ends with .my.salesforce.com.",
        ),
    ),
)

ACCESS_TOKEN = Field(
    name="access_token",
    label="Access token",
    env=f"{ENV}_ACCESS_TOKEN",
    kind=FieldKind.SECRET,
    required=False,
    pattern=r"[A-Za-z0-9]{12,18}![A-Za-z0-9._]{10,2000}|[A-Za-z0-9._-]{40,4000}",
    pattern_hint="It begins with your organisation's id and an exclamation mark: 00D…!…",
    help="Filled in when you sign in. Leave it empty unless you were given a token to paste.",
    how_to="You do not need one: sign in, or use your own My Domain. To paste one, it must come with its instance "
    "address, and it stops working when its session ends.",
    mistakes=(Mistake(pattern=r"(?i)bearer\s", message="Paste the token alone, without the word “Bearer”."),),
)

REFRESH_TOKEN = Field(
    name="refresh_token",
    label="Refresh token",
    env=f"{ENV}_REFRESH_TOKEN",
    kind=FieldKind.SECRET,
    required=False,
    hidden=True,
    help="Lets us stay signed in. Filled in when you sign in.",
    how_to="Filled in for you when you sign in to Salesforce.",
)

INSTANCE_URL = Field(
    name="instance_url",
    label="Instance address",
    env=f"{ENV}_INSTANCE_URL",
    kind=FieldKind.URL,
    required=False,
    pattern=r"https://[A-Za-z0-9.-]{1,200}\.(?:salesforce|force|cloudforce)\.(?:com|mil)/?",
    pattern_hint="An address such as https://example.my.salesforce.com.",
    example="https://example.my.salesforce.com",
    help="Where your data lives. Filled in when you sign in; needed only beside a pasted access token.",
    how_to="The My Domain address of your organisation, with https:// before it.",
)

TOKEN_EXPIRES_AT = Field(
    name="token_expires_at",
    label="Access ends",
    env=f"{ENV}_TOKEN_EXPIRES_AT",
    required=False,
    hidden=True,
    help="Salesforce does not say when a token ends, so that this stays empty.",
)

FIELDS = (
    CLIENT_ID,
    CLIENT_SECRET,
    LOGIN_HOST,
    MY_DOMAIN_HOST,
    ACCESS_TOKEN,
    REFRESH_TOKEN,
    INSTANCE_URL,
    TOKEN_EXPIRES_AT,
)
