"""What the connect form asks for."""

from __future__ import annotations

from providers.kit.contract import Choice, Field, FieldKind, Mistake, provider_id

from .identity import ORIGINAL, SIMPLIFIED
from .regions import DEFAULT_REGION, REGIONS

ENV = provider_id(__name__).upper().replace("-", "_")

SETTINGS_URL = "https://mixpanel.com/settings/project"
SERVICE_ACCOUNTS_URL = "https://mixpanel.com/settings/org/service-accounts"
IDENTITY_URL = "https://mixpanel.com/settings/project/id-management"

PROJECT_TOKEN = Field(
    name="project_token",
    label="Project token",
    env=f"{ENV}_PROJECT_TOKEN",
    kind=FieldKind.SECRET,
    required=False,
    pattern=r"[0-9A-Fa-f]{32}",
    pattern_hint="32 letters and digits, from 0 to 9 and a to f.",
    example="0123456789abcdef0123456789abcdef",
    help="Needed to send events and profiles. It says which project they go to; nothing can be read with it.",
    how_to="In Mixpanel, open Settings → Project Settings. Under “Access Keys”, copy “Project Token”.",
    console_url=SETTINGS_URL,
    console_label="Open the project's settings in Mixpanel",
    aliases=(f"{ENV}_TOKEN", "token"),
    mistakes=(
        Mistake(pattern=r"\d{4,12}$", message="This looks like the project ID. The token has 32 letters and digits."),
        Mistake(pattern=r".*\.mp-service-account$", message="This is a service account's user name, not the token."),
        Mistake(pattern=r"(?i)basic\s|bearer\s", message="Paste the token alone, without a word before it."),
    ),
)

PROJECT_ID = Field(
    name="project_id",
    label="Project ID",
    env=f"{ENV}_PROJECT_ID",
    required=False,
    pattern=r"\d{1,18}",
    pattern_hint="A number.",
    example="3187769",
    help="Needed for imports, reports and exports.",
    how_to="On the same page as the token: copy “Project ID”, a number.",
    console_url=SETTINGS_URL,
    console_label="Open the project's settings in Mixpanel",
    mistakes=(
        Mistake(pattern=r"[0-9A-Fa-f]{32}$", message="This looks like the project token. The ID is a short number."),
        Mistake(pattern=r"https?://", message="Enter the number after “/project/” in this address."),
    ),
)

SERVICE_ACCOUNT_USERNAME = Field(
    name="service_account_username",
    label="Service account: user name",
    env=f"{ENV}_SERVICE_ACCOUNT_USERNAME",
    required=False,
    pattern=r"[^\s:]{3,200}",
    pattern_hint="No spaces and no colon. It often ends in .mp-service-account.",
    example="hub.4f2a1c.mp-service-account",
    help="With its secret: imports past events, asks reports, exports. Without it, events can only be sent.",
    how_to="In Mixpanel, open Organization Settings → Service Accounts and press “Add Service Account”.",
    console_url=SERVICE_ACCOUNTS_URL,
    console_label="Open Mixpanel's service accounts",
    mistakes=(
        Mistake(
            pattern=r"[^@\s]+@[^@\s]+$", message="This is an e-mail address. A service account has its own name."
        ),
        Mistake(
            pattern=r"[^:\s]+:\S+$", message="This is name and secret together: enter the part before the colon."
        ),
    ),
)

SERVICE_ACCOUNT_SECRET = Field(
    name="service_account_secret",
    label="Service account: secret",
    env=f"{ENV}_SERVICE_ACCOUNT_SECRET",
    kind=FieldKind.SECRET,
    required=False,
    pattern=r"\S{8,200}",
    pattern_hint="At least 8 characters, without spaces.",
    example="aBcDeFgHiJkLmNoPqRsTuVwXyZ012345",
    help="The other half of the service account.",
    how_to="Mixpanel shows the secret only once, when the service account is made: copy it right away.",
    console_url=SERVICE_ACCOUNTS_URL,
    console_label="Open Mixpanel's service accounts",
    mistakes=(
        Mistake(
            pattern=r".*\.mp-service-account$", message="This is the user name. The secret was shown once beside it."
        ),
        Mistake(pattern=r"(?i)basic\s", message="Paste the secret alone, without the word “Basic”."),
    ),
)

REGION = Field(
    name="region",
    label="Data residency",
    env=f"{ENV}_REGION",
    kind=FieldKind.CHOICE,
    required=False,
    default=DEFAULT_REGION,
    choices=tuple(
        Choice(value=one.name, label=one.label, hint=one.app.removeprefix("https://")) for one in REGIONS.values()
    ),
    help="Where the project's data lives. A project is known only in its own region.",
    how_to="Look at the address of your Mixpanel: eu.mixpanel.com is the European Union, in.mixpanel.com is India.",
    console_url=SETTINGS_URL,
    console_label="Open the project's settings in Mixpanel",
)

IDENTITY_MERGE = Field(
    name="identity_merge",
    label="Identity merge",
    env=f"{ENV}_IDENTITY_MERGE",
    kind=FieldKind.CHOICE,
    required=False,
    default=SIMPLIFIED,
    choices=(
        Choice(value=SIMPLIFIED, label="Simplified", hint="The newer way"),
        Choice(value=ORIGINAL, label="Original", hint="Merging cannot be undone"),
    ),
    help="How the project joins two ids of one person. It must be the same as in Mixpanel.",
    how_to="In Mixpanel, open Project Settings → Identity Merge and look what it says.",
    console_url=IDENTITY_URL,
    console_label="Open Identity Merge in Mixpanel",
)

INSIGHTS_REPORTS = Field(
    name="insights_reports",
    label="Saved Insights reports",
    env=f"{ENV}_INSIGHTS_REPORTS",
    required=False,
    pattern=r"\s*\d{1,18}[^,]{0,100}(,\s*\d{1,18}[^,]{0,100}){0,29}",
    pattern_hint="Numbers with a name after each, separated by commas.",
    example="75315985 Weekly sign-ups, 75315990 Orders by plan",
    help="Mixpanel has no list of them: name those to offer here. Saved funnels are found by themselves.",
    how_to="Open the report in Mixpanel. Its number stands after “report-” in the address.",
)

FIELDS = (
    PROJECT_TOKEN,
    PROJECT_ID,
    SERVICE_ACCOUNT_USERNAME,
    SERVICE_ACCOUNT_SECRET,
    REGION,
    IDENTITY_MERGE,
    INSIGHTS_REPORTS,
)
