"""What the hub shows and asks before anyone connects HubSpot."""

from __future__ import annotations

from datetime import date

from providers.kit.contract import (
    ApiVersion,
    Category,
    Environment,
    Field,
    FieldKind,
    Manifest,
    Mistake,
    OAuthSettings,
    Permission,
    Pricing,
    PricingTier,
    RateLimit,
    SetupStep,
    Template,
    TestDefinition,
    WebhookSettings,
    provider_id,
)

from .pages import KEYS_URL, PRICING_URL, SERVICE_KEYS_URL, WEBHOOKS_URL
from .webhooks import EVENT_TYPES, TOLERANCE

ID = provider_id(__name__)
ENV = ID.upper().replace("-", "_")
BASE = "https://api.hubapi.com"

CONNECTION_TEST = f"{ID}-connection"
CREATE_TEST = f"{ID}-create-contact"
WEBHOOK_TEST = f"{ID}-webhook"

ACCESS_TOKEN = Field(
    name="access_token",
    label="Access token",
    env=f"{ENV}_ACCESS_TOKEN",
    kind=FieldKind.SECRET,
    pattern=r"pat-[a-z]{2,4}[0-9]{1,2}-[A-Za-z0-9-]{8,200}|[A-Za-z0-9_.~+/=-]{40,2000}|pat-\.\.\.",
    pattern_hint="It begins with pat- and a region, such as pat-na1- or pat-eu1-, and has no spaces.",
    example="pat-na1-11111111-2222-3333-4444-555555555555",
    prefixes={"pat-na1-": None, "pat-na2-": None, "pat-eu1-": None, "pat-ap1-": None},
    help="Lets us read and write contacts, companies and deals of one HubSpot account.",
    how_to="In HubSpot, open Development, then “Keys” and “Service keys”, press “Create service key” and add the "
    "scopes listed here. Do you have a private app already? Then open it, choose “Auth” and press “Show token”.",
    console_url=KEYS_URL,
    console_label="Open HubSpot's apps and keys",
    mistakes=(
        Mistake(
            pattern=r"pat-(?:…|[a-z0-9]{3}-(?:x{4,}|\.{3}|…))",
            message="This is a placeholder. Paste the token that HubSpot showed you.",
        ),
        Mistake(
            pattern=r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
            message="This is an old API key or the app's client secret. HubSpot switched API keys off in 2022: paste "
            "a token that begins with pat-.",
        ),
        Mistake(pattern=r"(?:na|eu|ap)[0-9]-", message="This is a part of a token: it begins with pat-."),
        Mistake(pattern=r"(?i)bearer\s", message="Paste the token alone, without the word “Bearer”."),
        Mistake(pattern=r"https?://", message="This is an address. Paste the token that begins with pat-."),
        Mistake(pattern=r"\d{5,12}$", message="This is the number of the HubSpot account. Paste the token."),
    ),
)

REFRESH_TOKEN = Field(
    name="refresh_token",
    label="Refresh token",
    env=f"{ENV}_REFRESH_TOKEN",
    kind=FieldKind.SECRET,
    required=False,
    hidden=True,
    help="Kept for you after “Sign in with HubSpot”; renews the access token every half hour.",
    how_to="It comes by itself when you sign in with HubSpot.",
)

TOKEN_EXPIRES_AT = Field(
    name="token_expires_at",
    label="Access token valid until",
    env=f"{ENV}_TOKEN_EXPIRES_AT",
    required=False,
    hidden=True,
    help="Kept for you after “Sign in with HubSpot”.",
)

CLIENT_SECRET = Field(
    name="client_secret",
    label="Client secret",
    env=f"{ENV}_CLIENT_SECRET",
    kind=FieldKind.SECRET,
    required=False,
    webhook_secret=True,
    pattern=r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[A-Za-z0-9_-]{16,100}",
    pattern_hint="Letters, digits and hyphens, 36 characters: 11111111-2222-3333-4444-555555555555.",
    example="11111111-2222-3333-4444-555555555555",
    help="Proves that an event really comes from HubSpot. Only needed for events as they happen.",
    how_to="In HubSpot, open the private app (or your project's app), choose “Auth” and press “Show” beside the "
    "client secret. A service key has none: it cannot send events.",
    console_url=KEYS_URL,
    console_label="Open HubSpot's apps",
    aliases=("webhook_secret",),
    mistakes=(
        Mistake(pattern=r"pat-", message="This is the access token. The client secret stands below it on “Auth”."),
        Mistake(pattern=r"https?://", message="This is an address. Paste the app's client secret."),
    ),
)

PERMISSIONS = (
    Permission(
        scope="crm.objects.contacts.read",
        label="Read contacts",
        reason="We list contacts and see which ones changed, to keep them in step.",
    ),
    Permission(
        scope="crm.objects.contacts.write",
        label="Write contacts",
        reason="We add contacts and change the ones you tell us to change.",
    ),
    Permission(
        scope="crm.objects.companies.read",
        label="Read companies",
        reason="We list companies and see which ones changed.",
        required=False,
    ),
    Permission(
        scope="crm.objects.companies.write",
        label="Write companies",
        reason="We add companies and link people to them.",
        required=False,
    ),
    Permission(
        scope="crm.objects.deals.read",
        label="Read deals",
        reason="We show deals, their pipelines and the stages they are in.",
        required=False,
    ),
    Permission(
        scope="crm.objects.deals.write",
        label="Write deals",
        reason="We add deals and move them to the next stage.",
        required=False,
    ),
    Permission(
        scope="crm.objects.owners.read",
        label="Read owners",
        reason="We show whose contact or deal it is.",
        required=False,
    ),
    Permission(
        scope="crm.schemas.contacts.read",
        label="Read contact properties",
        reason="We list the properties, your own ones too, so that fields can be mapped.",
        required=False,
    ),
    Permission(
        scope="crm.schemas.companies.read",
        label="Read company properties",
        reason="We list the properties of companies, so that fields can be mapped.",
        required=False,
    ),
    Permission(
        scope="crm.schemas.deals.read",
        label="Read deal properties",
        reason="We list the properties of deals, so that fields can be mapped.",
        required=False,
    ),
)

OAUTH = OAuthSettings(
    authorize_url="https://app.hubspot.com/oauth/authorize",
    token_url=f"{BASE}/oauth/2026-09/token",
    revoke_url=f"{BASE}/oauth/2026-09/token/revoke",
    scopes=("oauth", *(one.scope for one in PERMISSIONS)),
    client_id_env=f"{ENV}_CLIENT_ID",
    client_secret_env=f"{ENV}_CLIENT_SECRET",
)

_SETUP_STEPS = (
    SetupStep(
        title="Create a key for us",
        text="In HubSpot, open Development, then “Keys” and “Service keys”, and press “Create service key”. Give it "
        "a name, press “Add new scope”, choose the scopes listed below, press “Update” and then “Create”. Since "
        "October 2026 this takes the place of private apps; a private app that you have goes on working.",
        url=SERVICE_KEYS_URL,
        url_label="See HubSpot's own steps for service keys",
    ),
    SetupStep(
        title="Copy the token",
        text="Open the key and press “Show”, then “Copy”. With a private app: open the app, choose “Auth”, press "
        "“Show token” and “Copy”.",
        url=KEYS_URL,
        url_label="Open HubSpot's apps and keys",
        field=ACCESS_TOKEN.name,
    ),
    SetupStep(
        title="Let events come in (only with an app)",
        text="HubSpot sends events from a private app or a project's app, not from a service key. Open the app, "
        "choose “Webhooks”, enter the address that we show and add the events. Then choose “Auth” and copy the "
        "client secret.",
        url=WEBHOOKS_URL,
        url_label="See HubSpot's own steps for webhooks",
        field=CLIENT_SECRET.name,
    ),
)

_PRICING = Pricing(
    model="Free CRM, then monthly plans by seats (people who edit) and edition",
    tiers=(
        PricingTier(
            name="Free tools",
            price="0",
            detail="At most five people who edit (legal.hubspot.com/seats-migration-faq). API: 100 calls in ten "
            "seconds and 250,000 a day.",
        ),
        PricingTier(
            name="Starter", price="See HubSpot's price page", detail="Per seat. The API's limits are the same."
        ),
        PricingTier(
            name="Professional and Enterprise",
            price="See HubSpot's price page",
            detail="API: 190 calls in ten seconds, 650,000 or 1,000,000 a day.",
        ),
    ),
    as_of=date(2026, 11, 23),
    url=PRICING_URL,
)

_CONTACT_SCOPES = ("crm.objects.contacts.read", "crm.objects.contacts.write")
_CONTACT_EVENTS = ("contact.creation", "contact.propertyChange", "contact.deletion")

_TEMPLATES = (
    Template(
        id="contacts",
        name="Keep contacts in step",
        description="Contacts in both directions: what changes here is written, what changes in HubSpot comes back.",
        events=(*_CONTACT_EVENTS, "contact.merge", "contact.restore", "contact.privacyDeletion"),
        permissions=(*_CONTACT_SCOPES, "crm.objects.owners.read", "crm.schemas.contacts.read"),
    ),
    Template(
        id="deals",
        name="Follow sales",
        description="Deals with their pipelines and stages, and word of each that is won, lost or moves on.",
        events=("deal.creation", "deal.propertyChange", "deal.deletion"),
        permissions=(
            "crm.objects.contacts.read",
            "crm.objects.deals.read",
            "crm.objects.deals.write",
            "crm.objects.owners.read",
        ),
    ),
    Template(
        id="new-leads",
        name="Send website enquiries to sales",
        description="Adds or updates a contact for each enquiry, without ever emptying what sales has filled in.",
        events=("contact.creation",),
        permissions=_CONTACT_SCOPES,
    ),
)

_TESTS = (
    TestDefinition(
        id=CONNECTION_TEST,
        name="Check the connection",
        description="Address, token and account, each permission by name, calls left today, events, clock.",
    ),
    TestDefinition(
        id=CREATE_TEST,
        name="Create a contact",
        description="Adds one contact to your HubSpot account and reads it back. One with the same e-mail address is "
        "left as it is.",
        inputs=(
            Field(
                name="contact",
                label="Contact",
                env="contact",
                kind=FieldKind.JSON,
                example='{"email": "ada@example.com", "firstname": "Ada", "lastname": "Lovelace"}',
                help="HubSpot's property names with their values; an e-mail address is needed.",
            ),
        ),
        changes_data=True,
    ),
    TestDefinition(
        id=WEBHOOK_TEST,
        name="Check event delivery",
        description="Our address, the client secret, and whether something has arrived.",
    ),
)

MANIFEST = Manifest(
    id=ID,
    name="HubSpot",
    category=Category.CRM,
    tagline="Customers, companies and deals in one place",
    description="Keeps contacts, companies and deals of a HubSpot account in step, follows deals through their "
    "stages and tells what changed, as it happens.",
    website="https://www.hubspot.com",
    documentation="https://developers.hubspot.com/docs",
    fields=(ACCESS_TOKEN, CLIENT_SECRET, REFRESH_TOKEN, TOKEN_EXPIRES_AT),
    permissions=PERMISSIONS,
    setup_steps=_SETUP_STEPS,
    pricing=_PRICING,
    templates=_TEMPLATES,
    api_versions=(
        ApiVersion(name="2026-09"),
        ApiVersion(
            name="v3, v4",
            status="deprecated",
            note="v4 is supported until 30 March 2027, v1 to v3 until September 2027.",
        ),
    ),
    tests=_TESTS,
    api_base=BASE,
    environments=(Environment.LIVE, Environment.SANDBOX),
    webhook=WebhookSettings(
        events=EVENT_TYPES,
        signature="X-HubSpot-Signature-v3 (HMAC-SHA256 of method, address, body and time, base64)",
        secret_field=CLIENT_SECRET.name,
        tolerance_seconds=TOLERANCE,
        console_url=KEYS_URL,
        steps=(
            "In HubSpot, open the private app (Development, then “Legacy apps”) and choose “Webhooks”.",
            "Enter the address shown here as the target URL.",
            "Press “Create subscription”, choose the objects and events, and press “Subscribe”. Then press “Commit "
            "changes”.",
            "Choose “Auth”, press “Show” beside the client secret, copy it and paste it here.",
        ),
    ),
    oauth=OAUTH,
    rate_limit=RateLimit(
        requests=90,
        per_seconds=10,
        note="HubSpot allows 100 calls in ten seconds to a key of a free account, and about 5 searches a second.",
    ),
    popularity=86,
    setup_minutes=8,
    keywords=("crm", "contacts", "deals", "sales", "marketing", "pipeline", "leads", "companies", "hub spot"),
    logo_background="#FF7A59",
    key_inventory_url=KEYS_URL,
    unsupported={
        "KeepsLeads": "HubSpot keeps a new lead as a contact with the lifecycle stage “lead”: use contacts. Its "
        "separate lead records come with the larger sales plans only and always hang on a contact.",
        "RegistersWebhooks": "HubSpot lets the events of a private app be changed only on the app's own page, not "
        "through its interface: enter our address there by hand.",
        "CatchesUp": "HubSpot keeps no list of past events. What was missed is found by asking for what changed.",
    },
)
