"""What the connect form asks for, and what the hub fills in by itself."""

from __future__ import annotations

from providers.kit.contract import Choice, Field, FieldKind, Mistake, provider_id

ENV = provider_id(__name__).upper().replace("-", "_")

ADMIN_URL = "https://analytics.google.com/analytics/web/#/admin"
SERVICE_ACCOUNTS_URL = "https://console.cloud.google.com/iam-admin/serviceaccounts"

_OTHER_IDS = (
    Mistake(
        pattern=r"UA-",
        message="This is an id of the old Universal Analytics, which takes no data any more. A Google Analytics 4 "
        "measurement ID begins with G-.",
    ),
    Mistake(
        pattern=r"GTM-",
        message="This is a Google Tag Manager container. The measurement ID begins with G- and is on the page of "
        "the data stream.",
    ),
    Mistake(
        pattern=r"(?:AW|DC|GT)-", message="This is a Google Ads or Google tag id. The measurement ID begins with G-."
    ),
)

MEASUREMENT_ID = Field(
    name="measurement_id",
    label="Measurement ID",
    env=f"{ENV}_MEASUREMENT_ID",
    pattern=r"G-[A-Z0-9]{4,16}",
    pattern_hint="It begins with G- and goes on in capitals and digits.",
    example="G-AB12CD34EF",
    prefixes={"G-": None},
    help="Says which data stream (website) the events belong to.",
    how_to="In Google Analytics: Admin, “Data streams”, choose the website. It is in the upper right.",
    console_url=ADMIN_URL,
    console_label="Open Admin in Google Analytics",
    mistakes=(
        *_OTHER_IDS,
        Mistake(
            pattern=r"\d+$",
            message="This is a number: the id of a property or of a stream. The measurement ID begins with G-.",
        ),
        Mistake(pattern=r"g-", message="Write the measurement ID in capitals, as Google Analytics shows it."),
    ),
)

API_SECRET = Field(
    name="api_secret",
    label="Measurement Protocol API secret",
    env=f"{ENV}_API_SECRET",
    kind=FieldKind.SECRET,
    pattern=r"[A-Za-z0-9_-]{10,64}",
    pattern_hint="Letters, digits, - and _, without spaces.",
    example="abCDefGHijKLmnOPqrSTuv",
    help="Lets us send events to this data stream.",
    how_to="In Google Analytics: Admin, “Data streams”, choose the website, “Measurement Protocol API secrets”, "
    "“Create”. Copy the “Secret value”.",
    console_url=ADMIN_URL,
    console_label="Open Admin in Google Analytics",
    mistakes=(
        Mistake(
            pattern=r"G-", message="This is the measurement ID. The secret is listed below it, on the same page."
        ),
        Mistake(pattern=r"AIza", message="This is a Google API key. Create a Measurement Protocol API secret."),
        Mistake(pattern=r"GOCSPX-", message="This is the secret of an OAuth app, not of a data stream."),
        Mistake(pattern=r"ya29\.", message="This is an access token. Create a Measurement Protocol API secret."),
        Mistake(pattern=r"\s*\{", message="This is a file. The service account's file has a field of its own below."),
    ),
)

PROPERTY_ID = Field(
    name="property_id",
    label="Property ID",
    env=f"{ENV}_PROPERTY_ID",
    required=False,
    pattern=r"[0-9]{5,15}",
    pattern_hint="Only digits, for example 123456789.",
    example="123456789",
    help="Which property reports come from. Left empty, we look for the property that has the measurement ID.",
    how_to="In Google Analytics: Admin, “Property details”. The property ID is in the upper right. It is neither the "
    "measurement ID nor the stream ID.",
    console_url=ADMIN_URL,
    console_label="Open Admin in Google Analytics",
    mistakes=(
        Mistake(pattern=r"G-", message="This is the measurement ID. The property ID is a number."),
        *_OTHER_IDS,
        Mistake(pattern=r"properties/", message="Enter the number alone, without “properties/”."),
    ),
)

REGION = Field(
    name="region",
    label="Where events are collected",
    env=f"{ENV}_REGION",
    kind=FieldKind.CHOICE,
    required=False,
    default="global",
    choices=(
        Choice(value="global", label="Worldwide", hint="Google's nearest servers"),
        Choice(value="eu", label="European Union", hint="Events are collected on servers in the EU"),
    ),
    help="Reports are the same either way.",
)

EDITION = Field(
    name="edition",
    label="Edition",
    env=f"{ENV}_EDITION",
    kind=FieldKind.CHOICE,
    required=False,
    default="standard",
    choices=(
        Choice(value="standard", label="Google Analytics", hint="The free edition"),
        Choice(value="360", label="Google Analytics 360", hint="Longer values in events"),
    ),
    help="Decides how long a value in an event may be: 100 or 500 characters.",
)

SERVICE_ACCOUNT = Field(
    name="service_account",
    label="Service account key (JSON file)",
    env=f"{ENV}_SERVICE_ACCOUNT",
    kind=FieldKind.SECRET,
    required=False,
    pattern=r'(?s)\s*\{.*"private_key".*\}\s*',
    pattern_hint="The whole content of the file, from { to }.",
    example='{"type": "service_account", "project_id": "my-project", …',
    help="For reports and for confirming that events arrived, without anybody signing in. Instead of it you can "
    "connect with Google.",
    how_to="In the Google Cloud console: choose the service account, “Keys”, “Add key”, “Create new key”, JSON. Open "
    "the downloaded file and paste all of it. Then add the account's address as a Viewer in Google Analytics.",
    console_url=SERVICE_ACCOUNTS_URL,
    console_label="Open service accounts",
    mistakes=(
        Mistake(
            pattern=r'\s*\{\s*"(?:web|installed)"',
            message="This is the file of an OAuth app. Create a key (JSON) of a service account instead.",
        ),
        Mistake(
            pattern=r'(?s)\s*\{.*"type"\s*:\s*"authorized_user"',
            message="This is a person's own sign-in file. Create a key (JSON) of a service account instead.",
        ),
        Mistake(pattern=r"-----BEGIN", message="This is only the key inside the file. Paste the whole JSON file."),
        Mistake(
            pattern=r"[^\s@{}]+@[^\s@]+\.iam\.gserviceaccount\.com",
            message="This is the service account's address. Paste the JSON file of one of its keys.",
        ),
        Mistake(pattern=r"AIza", message="This is a Google API key, which cannot read reports."),
    ),
)

_KEPT_BY_THE_HUB = "Filled in when you connect with Google: there is nothing to copy."

ACCESS_TOKEN = Field(
    name="access_token",
    label="Access token",
    env=f"{ENV}_ACCESS_TOKEN",
    kind=FieldKind.SECRET,
    required=False,
    hidden=True,
    how_to=_KEPT_BY_THE_HUB,
)

REFRESH_TOKEN = Field(
    name="refresh_token",
    label="Refresh token",
    env=f"{ENV}_REFRESH_TOKEN",
    kind=FieldKind.SECRET,
    required=False,
    hidden=True,
    how_to=_KEPT_BY_THE_HUB,
)

TOKEN_EXPIRES_AT = Field(
    name="token_expires_at",
    label="Access token's end",
    env=f"{ENV}_TOKEN_EXPIRES_AT",
    required=False,
    hidden=True,
)

FIELDS = (
    MEASUREMENT_ID,
    API_SECRET,
    PROPERTY_ID,
    REGION,
    EDITION,
    SERVICE_ACCOUNT,
    ACCESS_TOKEN,
    REFRESH_TOKEN,
    TOKEN_EXPIRES_AT,
)
