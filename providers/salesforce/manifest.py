"""Everything the hub says about Salesforce before anyone connects it."""

from __future__ import annotations

from datetime import date

from providers.kit.contract import (
    ApiVersion,
    Category,
    Environment,
    Field,
    FieldKind,
    Manifest,
    OAuthSettings,
    Permission,
    Pricing,
    PricingTier,
    RateLimit,
    SetupStep,
    Template,
    TestDefinition,
)

from .fields import (
    APPS_URL,
    CLIENT_ID,
    CLIENT_SECRET,
    FIELDS,
    ID,
    LOGIN_HOST,
    LOGIN_HOSTS,
    MY_DOMAIN_HOST,
    PERMISSION_SETS_URL,
    PRODUCTION,
)

API_VERSION = "v67.0"
"""Summer '26: the newest that the published facts prove. Salesforce keeps each version for years."""

CONNECTION_TEST = f"{ID}-connection"
CONTACT_TEST = f"{ID}-create-contact"

AUTHORIZE_PATH = "/services/oauth2/authorize"
TOKEN_PATH = "/services/oauth2/token"
REVOKE_PATH = "/services/oauth2/revoke"

_PERMISSIONS = (
    Permission(
        scope="api",
        label="Use Salesforce's data through its API",
        reason="All calls need it. What may be read and changed is decided by the rights of the Salesforce user.",
    ),
    Permission(
        scope="refresh_token",
        label="Stay signed in",
        reason="Without it the connection ends with the user's session, usually after two hours.",
    ),
    Permission(
        scope="Contact",
        label="Read, create, edit and delete contacts",
        reason="Contacts are what most people connect Salesforce for: they are kept in step both ways.",
    ),
    Permission(
        scope="Account",
        label="Read, create and edit accounts",
        reason="An account is the company a contact works for; we look it up or create it.",
    ),
    Permission(
        scope="Lead",
        label="Read and create leads",
        reason="Enquiries from a website become leads until somebody has talked to them.",
        required=False,
    ),
    Permission(
        scope="Opportunity",
        label="Read, create and edit opportunities",
        reason="Deals are shown with their stage and amount, and moved from stage to stage.",
        required=False,
    ),
)

_SETUP_STEPS = (
    SetupStep(
        title="Create an External Client App",
        text="In Setup, search for “External Client App Manager” and press “New External Client App”. Give it a name "
        "and an e-mail address and leave “Distribution State” at “Local”. Salesforce no longer lets anybody create "
        "Connected Apps (since Spring '26): an External Client App is what takes their place.",
        url=APPS_URL,
        url_label="Open External Client Apps in Salesforce",
    ),
    SetupStep(
        title="Switch on OAuth",
        text="Under “API (Enable OAuth Settings)”, tick “Enable OAuth”. As “Callback URL”, paste the address that we "
        "show. Move these scopes to the right: “Manage user data via APIs (api)” and “Perform requests at any time "
        "(refresh_token, offline_access)”. Leave “Require Proof Key for Code Exchange (PKCE)” ticked. "
        "Press “Create”.",
        url=APPS_URL,
        url_label="Open External Client Apps in Salesforce",
    ),
    SetupStep(
        title="Copy the Consumer Key and Secret",
        text="Open the app, “Settings”, “OAuth Settings”, and press “Consumer Key and Secret”. Enter the code that "
        "Salesforce sends you, then copy both. A new app can need up to ten minutes before it works.",
        url=APPS_URL,
        url_label="Open External Client Apps in Salesforce",
        field=CLIENT_ID.name,
    ),
    SetupStep(
        title="Say where people sign in",
        text="Choose “Production or Developer Edition”, or “A Salesforce sandbox” for a copy that Salesforce keeps "
        "for trying things out. Then press “Sign in with Salesforce”.",
        field=LOGIN_HOST.name,
    ),
    SetupStep(
        title="Or connect without anybody signing in",
        text="In the app's “Settings”, under “Flow Enablement”, tick “Enable Client Credentials Flow”. Then open "
        "“Policies”, press “Edit”, tick the same flow there and enter in “Run As” the user whose rights shall apply. "
        "Here, choose “Our own My Domain” and enter your address.",
        url=APPS_URL,
        url_label="Open External Client Apps in Salesforce",
        field=MY_DOMAIN_HOST.name,
    ),
    SetupStep(
        title="Give the user the rights",
        text="The Salesforce user needs “API Enabled” and the object permissions listed below. Put them into "
        "a permission set, press “Manage Assignments” and add the user. The connection test names "
        "each one that is missing.",
        url=PERMISSION_SETS_URL,
        url_label="Open Permission Sets in Salesforce",
        field=CLIENT_SECRET.name,
    ),
)

_PRICING = Pricing(
    model="Per user and month, by edition. API access comes with the larger editions",
    tiers=(
        PricingTier(
            name="Developer Edition",
            price="0",
            detail="A full account for trying things out, with 15,000 API calls in 24 hours.",
        ),
        PricingTier(
            name="Starter Suite",
            price="US$25 per user and month",
            detail="API access costs extra on the small suites: the price page lists it as an add-on, “Web "
            "Services API”.",
        ),
        PricingTier(
            name="Pro Suite",
            price="US$100 per user and month",
            detail="API access as an add-on, as above.",
        ),
        PricingTier(
            name="Larger editions",
            price="See Salesforce's price page",
            detail="With API access: 100,000 calls in 24 hours, and more for each user's licence.",
        ),
    ),
    as_of=date(2026, 8, 13),
    url="https://www.salesforce.com/sales/pricing/",
)

_TEMPLATES = (
    Template(
        id="website-leads",
        name="Enquiries from a website become leads",
        description="New enquiries are written as leads, with the company's name and where they came from.",
        permissions=("api", "refresh_token", "Lead"),
    ),
    Template(
        id="contacts-in-step",
        name="Keep contacts and companies in step",
        description="Contacts and accounts are read as they change, and written back without doubles.",
        permissions=("api", "refresh_token", "Contact", "Account"),
    ),
    Template(
        id="sales-overview",
        name="See the sales and their stages",
        description="Opportunities with stage, amount and close date beside the client's other figures.",
        permissions=("api", "refresh_token", "Contact", "Account", "Opportunity"),
    ),
)

_TESTS = (
    TestDefinition(
        id=CONNECTION_TEST,
        name="Check the connection",
        description="Sign-in, whose organisation it is, the rights on each kind of record, and API calls left.",
    ),
    TestDefinition(
        id=CONTACT_TEST,
        name="Create a contact",
        description="Creates one real contact, reads it back and, if you wish, deletes it again. "
        "In our sandbox nothing leaves this computer.",
        inputs=(
            Field(name="email", label="E-mail", env="email", kind=FieldKind.EMAIL, example="hub-test@example.com"),
            Field(name="first_name", label="First name", env="first_name", required=False, default="Test"),
            Field(name="last_name", label="Last name", env="last_name", default="Contact"),
            Field(
                name="keep",
                label="Keep the contact afterwards",
                env="keep",
                kind=FieldKind.SWITCH,
                required=False,
                default="",
            ),
        ),
        changes_data=True,
    ),
)

_NO_WEBHOOKS = (
    "Salesforce sends no webhooks: its Outbound Messages are unsigned XML and its Platform Events need a streaming "
    "connection. The hub asks for what has changed instead."
)

MANIFEST = Manifest(
    id=ID,
    name="Salesforce",
    category=Category.CRM,
    tagline="Customers, leads and sales of larger teams",
    description="Reads and writes contacts, accounts, leads and opportunities in a Salesforce organisation, maps its "
    "own fields, and follows what changes. Large lists go through Salesforce's Bulk API.",
    website="https://www.salesforce.com",
    documentation="https://developer.salesforce.com/docs/platform/api-rest/guide/intro-rest.html",
    fields=FIELDS,
    permissions=_PERMISSIONS,
    setup_steps=_SETUP_STEPS,
    pricing=_PRICING,
    templates=_TEMPLATES,
    api_versions=(
        ApiVersion(name=API_VERSION, note="Summer '26. Salesforce keeps three versions a year working for years."),
    ),
    tests=_TESTS,
    api_base=LOGIN_HOSTS[PRODUCTION],
    environments=(Environment.LIVE, Environment.TEST, Environment.SANDBOX),
    oauth=OAuthSettings(
        authorize_url=LOGIN_HOSTS[PRODUCTION] + AUTHORIZE_PATH,
        token_url=LOGIN_HOSTS[PRODUCTION] + TOKEN_PATH,
        revoke_url=LOGIN_HOSTS[PRODUCTION] + REVOKE_PATH,
        scopes=("api", "refresh_token"),
        client_id_env=CLIENT_ID.env,
        client_secret_env=CLIENT_SECRET.env,
        pkce=True,
    ),
    rate_limit=RateLimit(
        requests=1000,
        per_seconds=10,
        note="Salesforce counts calls in 24 hours and allows 25 long ones at once; it states no calls per second.",
    ),
    popularity=90,
    setup_minutes=20,
    keywords=("crm", "sales", "sfdc", "sales cloud", "leads", "opportunities", "accounts", "pipeline", "force.com"),
    logo_background="#0B5CAB",
    key_inventory_url=APPS_URL,
    unsupported={
        "ReceivesWebhooks": _NO_WEBHOOKS,
        "RegistersWebhooks": _NO_WEBHOOKS,
        "CatchesUp": "There are no deliveries that could be missed: changes are asked for, from where we left off.",
        "link": "Leads belong to nobody until they are converted. A contact has one account; a deal has one account "
        "and any number of contacts.",
    },
)
