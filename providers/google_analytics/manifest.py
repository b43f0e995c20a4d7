"""What the hub shows and asks before anyone connects Google Analytics."""

from __future__ import annotations

from datetime import date

from providers.kit.contract import (
    ApiVersion,
    Category,
    Environment,
    Field,
    Manifest,
    OAuthSettings,
    Permission,
    Pricing,
    PricingTier,
    RateLimit,
    SetupStep,
    SignInSettings,
    Template,
    TestDefinition,
    provider_id,
)

from .fields import (
    ADMIN_URL,
    API_SECRET,
    ENV,
    FIELDS,
    MEASUREMENT_ID,
    PROPERTY_ID,
    SERVICE_ACCOUNT,
    SERVICE_ACCOUNTS_URL,
)

ID = provider_id(__name__)

CONNECTION_TEST = f"{ID}-connection"
EVENT_TEST = f"{ID}-event"
REPORT_TEST = f"{ID}-report"

READ_SCOPE = "https://www.googleapis.com/auth/analytics.readonly"
EDIT_SCOPE = "https://www.googleapis.com/auth/analytics.edit"
ISSUER = "https://accounts.google.com"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # an address, not a secret

DATA_HOST = "https://analyticsdata.googleapis.com"
ADMIN_HOST = "https://analyticsadmin.googleapis.com"
LIBRARY_URL = "https://console.cloud.google.com/apis/library/"

SEND_PERMISSION, VIEWER_PERMISSION = "measurement_protocol", "property_viewer"
"""Names of ours: Google has none for what is no OAuth scope."""

_PERMISSIONS = (
    Permission(
        scope=SEND_PERMISSION,
        label="Send events",
        reason="With the API secret we send the events you ask us to send to this one data stream.",
    ),
    Permission(
        scope=READ_SCOPE,
        label="Read reports, accounts and properties",
        reason="We make reports, confirm that events arrived, and check that the measurement ID and the API secret "
        "belong together. We change nothing.",
        required=False,
    ),
    Permission(
        scope=VIEWER_PERMISSION,
        label="The role Viewer in the property",
        reason="The person or service account that we read with must be a user of the property. Comparing the API "
        "secret may need the role Editor.",
        required=False,
    ),
)

_SETUP_STEPS = (
    SetupStep(
        title="Copy the measurement ID",
        text="Press “Data streams”, choose the website, and copy the “Measurement ID” in the upper right. It begins "
        "with G-.",
        url=ADMIN_URL,
        url_label="Open Admin in Google Analytics",
        field=MEASUREMENT_ID.name,
    ),
    SetupStep(
        title="Create an API secret",
        text="On the same page press “Measurement Protocol API secrets”, then “Create”. Give it a name such as the "
        "agency's and copy the “Secret value”.",
        url=ADMIN_URL,
        url_label="Open Admin in Google Analytics",
        field=API_SECRET.name,
    ),
    SetupStep(
        title="Let us read reports",
        text="Either press “Sign in with Google Analytics” here and tick the box for Google Analytics, "
        "or create a service "
        "account, press “Keys”, “Add key”, “Create new key”, choose JSON, and paste the file.",
        url=SERVICE_ACCOUNTS_URL,
        url_label="Open service accounts in the Google Cloud console",
        field=SERVICE_ACCOUNT.name,
    ),
    SetupStep(
        title="Turn the two APIs on",
        text="For a service account: in its project, press “Enable” for the Google Analytics Data API and for the "
        "Google Analytics Admin API.",
        url=f"{LIBRARY_URL}analyticsdata.googleapis.com",
        url_label="Open the Google Analytics Data API",
    ),
    SetupStep(
        title="Let the service account into the property",
        text="Press “Property access management”, “+”, “Add users”, enter the service account's address and choose "
        "“Viewer”. The property ID is under “Property details”.",
        url=ADMIN_URL,
        url_label="Open Admin in Google Analytics",
        field=PROPERTY_ID.name,
    ),
)

_PRICING = Pricing(
    model="Free; a larger edition by yearly contract",
    tiers=(
        PricingTier(
            name="Google Analytics",
            price="0",
            detail="25 values in an event, 200,000 report tokens a day for each property. Most reports cost fewer "
            "than 10.",
        ),
        PricingTier(
            name="Google Analytics 360",
            price="By contract with Google or a sales partner",
            detail="Larger limits, for example 500 characters in a value and 2,000,000 report tokens a day "
            "(support.google.com/analytics/answer/11202874).",
        ),
    ),
    as_of=date(2026, 11, 23),
    url="https://marketingplatform.google.com/about/analytics/compare/",
)

_TEMPLATES = (
    Template(
        id="send-and-confirm",
        name="Send events of a shop and see them arrive",
        description="Orders, leads and other events from the server, each confirmed by the realtime report.",
        permissions=("measurement_protocol", READ_SCOPE, "property_viewer"),
    ),
    Template(
        id="reports",
        name="Show figures to a client",
        description="Visitors, pages, sources and sales by day, and funnels from the first page to the order.",
        permissions=(READ_SCOPE, "property_viewer"),
    ),
    Template(
        id="eu-events",
        name="Send events only, collected in the EU",
        description="The smallest connection: nobody signs in and nothing can be read.",
        configuration={"region": "eu"},
        permissions=("measurement_protocol",),
    ),
)

_TESTS = (
    TestDefinition(
        id=CONNECTION_TEST,
        name="Check the connection",
        description="Collection address, sign-in, property, data stream, API secret, reports, quota. Sends nothing.",
    ),
    TestDefinition(
        id=EVENT_TEST,
        name="Send an event",
        description="Sends one real event, which is counted, and looks for it in the realtime report.",
        inputs=(
            Field(
                name="event_name",
                label="Name of the event",
                env="event_name",
                default="hub_test_event",
                example="hub_test_event",
                pattern=r"[A-Za-z][A-Za-z0-9_]{0,39}",
                pattern_hint="It begins with a letter and goes on in letters, digits and _, 40 characters at most.",
            ),
        ),
        changes_data=True,
    ),
    TestDefinition(
        id=REPORT_TEST,
        name="Make a report",
        description="The last seven days by day, what happens right now, and how much of the quota is left.",
    ),
)

_UNSUPPORTED = {
    "ReceivesWebhooks": "Google Analytics sends no webhooks: the hub asks for reports instead.",
    "ImportsEvents": "Events can be dated back 72 hours at most, and one that is sent twice counts twice: past "
    "events cannot be brought in.",
    "ProfilesPeople": "Google Analytics keeps no profiles of people that could be changed from outside; user "
    "properties travel with an event.",
    "ExportsEvents": "Raw events leave Google Analytics only through its link to BigQuery.",
    "KeepsSavedReports": "Reports and explorations that are saved in Google Analytics cannot be opened through its "
    "API.",
}

MANIFEST = Manifest(
    id=ID,
    name="Google Analytics",
    category=Category.ANALYTICS,
    tagline="Who comes to the website, and what they do there",
    description="Sends events to a Google Analytics 4 property and makes reports of it. Google takes every event and "
    "never says whether it was counted: connect with Google or add a service account, and we look for it.",
    website="https://marketingplatform.google.com/about/analytics/",
    documentation="https://developers.google.com/analytics/devguides/collection/protocol/ga4",
    fields=FIELDS,
    permissions=_PERMISSIONS,
    setup_steps=_SETUP_STEPS,
    pricing=_PRICING,
    templates=_TEMPLATES,
    api_versions=(
        ApiVersion(name="Measurement Protocol 2", note="Google Analytics 4."),
        ApiVersion(name="Data API v1beta", note="Reports and realtime."),
        ApiVersion(name="Admin API v1beta", note="Accounts, properties, data streams."),
        ApiVersion(name="Data API v1alpha", status="preview", note="Funnel reports only; Google may change it."),
    ),
    tests=_TESTS,
    api_base=DATA_HOST,
    environments=(Environment.LIVE, Environment.SANDBOX),
    oauth=OAuthSettings(
        authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
        token_url=TOKEN_URL,
        revoke_url="https://oauth2.googleapis.com/revoke",
        scopes=(READ_SCOPE,),
        sign_in_scopes=("openid", "email", "profile"),
        client_id_env=f"{ENV}_CLIENT_ID",
        client_secret_env=f"{ENV}_CLIENT_SECRET",
        pkce=True,
        # Without both of these there is no refresh token, or none at the second consent.
        extra_authorize={"access_type": "offline", "prompt": "consent"},
    ),
    # Google has one account service for all of its products: what this folder knows of it serves for signing in.
    sign_in=SignInSettings(
        id="google",
        name="Google",
        issuer=ISSUER,
        jwks_url="https://www.googleapis.com/oauth2/v3/certs",
        extra_authorize={"prompt": "select_account"},
        console_url="https://console.cloud.google.com/auth/clients",
        console_label="“Clients”, your client of the type “Web application”, “Authorized redirect URIs”",
    ),
    rate_limit=RateLimit(requests=8, per_seconds=1, note="Google allows 10 reports at a time for each property."),
    popularity=92,
    setup_minutes=10,
    keywords=("ga4", "google analytics 4", "measurement protocol", "statistics", "visitors", "funnel", "realtime"),
    logo_background="#E37400",
    key_inventory_url=SERVICE_ACCOUNTS_URL,
    unsupported=_UNSUPPORTED,
)
