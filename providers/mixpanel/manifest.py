"""What the hub shows and asks before anyone connects Mixpanel."""

from __future__ import annotations

from datetime import date

from providers.kit.contract import (
    ApiVersion,
    Category,
    Environment,
    Field,
    Manifest,
    Permission,
    Pricing,
    PricingTier,
    RateLimit,
    SetupStep,
    Template,
    TestDefinition,
    provider_id,
)

from .fields import (
    FIELDS,
    PROJECT_ID,
    PROJECT_TOKEN,
    REGION,
    SERVICE_ACCOUNT_SECRET,
    SERVICE_ACCOUNT_USERNAME,
    SERVICE_ACCOUNTS_URL,
    SETTINGS_URL,
)

ID = provider_id(__name__)

PRICING_URL = "https://mixpanel.com/pricing/"

CONNECTION_TEST = f"{ID}-connection"
EVENT_TEST = f"{ID}-event"
IMPORT_TEST = f"{ID}-import"

SEND, QUERY, IMPORT = "send", "query", "import"

_PERMISSIONS = (
    Permission(
        scope=SEND,
        label="Send events and profiles (project token)",
        reason="We send what happens in your shop and what is known of people. The token can read nothing.",
        required=False,
    ),
    Permission(
        scope=QUERY,
        label="Read reports and events (role “Consumer” or more)",
        reason="We show reports, funnels and saved reports, and export raw events when you ask for it.",
        required=False,
    ),
    Permission(
        scope=IMPORT,
        label="Import past events (role “Admin” or “Owner”)",
        reason="We bring in events that are older than five days, and learn row by row what was refused.",
        required=False,
    ),
)

_SETUP_STEPS = (
    SetupStep(
        title="Copy the project token",
        text="Under “Access Keys”, copy “Project Token”. It is enough to send events.",
        url=SETTINGS_URL,
        url_label="Open the project's settings in Mixpanel",
        field=PROJECT_TOKEN.name,
    ),
    SetupStep(
        title="Copy the project ID",
        text="It stands on the same page: “Project ID”, a number.",
        url=SETTINGS_URL,
        url_label="Open the project's settings in Mixpanel",
        field=PROJECT_ID.name,
    ),
    SetupStep(
        title="Choose the region",
        text="Look at the address of your Mixpanel. eu.mixpanel.com is the European Union, in.mixpanel.com is India; "
        "mixpanel.com alone is the United States.",
        field=REGION.name,
    ),
    SetupStep(
        title="Make a service account",
        text="Press “Add Service Account”, name it after this hub, add your project, and choose the role “Admin” to "
        "import past events or “Consumer” to read only. Press “Add” and copy the user name.",
        url=SERVICE_ACCOUNTS_URL,
        url_label="Open Mixpanel's service accounts",
        field=SERVICE_ACCOUNT_USERNAME.name,
    ),
    SetupStep(
        title="Copy its secret at once",
        text="Mixpanel shows the secret only this one time. If it is lost, delete the account and make another.",
        url=SERVICE_ACCOUNTS_URL,
        url_label="Open Mixpanel's service accounts",
        field=SERVICE_ACCOUNT_SECRET.name,
    ),
)

_PRICING = Pricing(
    model="Free to start, then by the number of events in a month",
    tiers=(
        PricingTier(name="Free", price="0", detail="Up to 1 million events a month."),
        PricingTier(name="Growth", price="See Mixpanel's price page", detail="More events, paid by their number."),
        PricingTier(name="Enterprise", price="On request", detail="Larger amounts, more control."),
    ),
    as_of=date(2026, 11, 23),
    url=PRICING_URL,
)

_TEMPLATES = (
    Template(
        id="track-a-shop",
        name="Follow what people do in a shop",
        description="Sends visits, sign-ups and orders as they happen. The project token is enough.",
        permissions=(SEND,),
    ),
    Template(
        id="reports",
        name="See reports and funnels here",
        description="Reads figures, saved funnels and Insights reports, and exports raw events.",
        permissions=(QUERY,),
    ),
    Template(
        id="backfill",
        name="Bring in past events",
        description="Imports years of orders from elsewhere, each only once, then sends new ones.",
        permissions=(SEND, QUERY, IMPORT),
    ),
)

_EVENT_NAME = Field(
    name="event", label="Event", env="event", default="Hub connection test", example="Hub connection test"
)
_PERSON = Field(name="person", label="Id of a person", env="person", default="hub-test", example="hub-test")

_TESTS = (
    TestDefinition(
        id=CONNECTION_TEST,
        name="Check the connection",
        description="Service account, project, reports, imports, token, clock. Asks one report of the 60 an hour.",
    ),
    TestDefinition(
        id=EVENT_TEST,
        name="Send an event",
        description="Sends one real event. Mixpanel takes events of any token and says nothing: look there for it.",
        inputs=(_EVENT_NAME, _PERSON),
        changes_data=True,
    ),
    TestDefinition(
        id=IMPORT_TEST,
        name="Import an event",
        description="Imports one event of right now; Mixpanel confirms it. Again on the same day adds no other.",
        inputs=(_EVENT_NAME, _PERSON),
        changes_data=True,
    ),
)

UNSUPPORTED = {
    "ReceivesWebhooks": "Mixpanel signs none of what it sends: a cohort sync posts with a user name and a "
    "password you choose, so nothing proves who sent it.",
    "ReportsRealtime": "Mixpanel's API has no view of the last half hour, and answers only 60 questions an hour.",
    "ConfirmsEvents": "Mixpanel answers “taken” even for an unknown token, and has no call for what just arrived. "
    "An import is confirmed row by row instead.",
    "funnel": "Mixpanel's API answers only for saved funnels: one with exactly these steps must be saved there. It "
    "tells the mean time between two steps, not the median, so no time is shown.",
    "merge_identities": "In projects with the simplified Identity Merge, only an anonymous id can be joined to a "
    "person; two people who are known stay two.",
    "saved_reports": "Mixpanel lists saved funnels only; Insights reports are offered by the numbers you enter.",
}

MANIFEST = Manifest(
    id=ID,
    name="Mixpanel",
    category=Category.ANALYTICS,
    tagline="See what people do in your product",
    description="Counts what people do, shows where they stop and who comes back. Send events, import past ones, "
    "keep profiles, ask reports and funnels, and export raw events. There is no test mode: use a project of its own, "
    "or the sandbox here.",
    website="https://mixpanel.com",
    documentation="https://docs.mixpanel.com",
    fields=FIELDS,
    permissions=_PERMISSIONS,
    setup_steps=_SETUP_STEPS,
    pricing=_PRICING,
    templates=_TEMPLATES,
    api_versions=(
        ApiVersion(name="2.0", note="Queries and export; the addresses that take events have no version."),
    ),
    tests=_TESTS,
    api_base="https://mixpanel.com",
    environments=(Environment.LIVE, Environment.SANDBOX),
    rate_limit=RateLimit(
        requests=400,
        per_seconds=60,
        note="Mixpanel takes about 30,000 events a second, counted over a minute: 800 full batches would be 27,000. "
        "It answers 60 reports an hour, 5 at a time: those are held back apart from this, at 25 at once and 34 more "
        "in an hour.",
    ),
    popularity=70,
    setup_minutes=6,
    keywords=("analytics", "events", "funnel", "retention", "product analytics", "tracking", "cohort", "insights"),
    logo_background="#FFFFFF",
    key_inventory_url=SERVICE_ACCOUNTS_URL,
    unsupported=UNSUPPORTED,
)
