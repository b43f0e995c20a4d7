"""What the hub shows and asks before anyone connects LinkedIn."""

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
    SignInSettings,
    Template,
    TestDefinition,
    WebhookSettings,
)

from .access import OAUTH
from .errors import APPS_URL, VERSIONS_URL
from .fields import ACCESS, ACCESS_TOKEN, API_VERSION, CLIENT_SECRET, FIELDS, ID, MEMBER, PAGES
from .webhooks import EVENT_TYPES

CONNECTION_TEST = f"{ID}-connection"
POST_TEST = f"{ID}-post"
WEBHOOK_TEST = f"{ID}-webhook"

PERMISSIONS = (
    Permission(scope="openid", label="Say who you are", reason="We sign you in and show whose connection this is."),
    Permission(scope="profile", label="Name and picture", reason="We show your name and picture beside your posts."),
    Permission(
        scope="email",
        label="E-mail address",
        reason="We show your address, and recognise you when you sign in.",
        required=False,
    ),
    Permission(
        scope="w_member_social",
        label="Post as yourself",
        reason="We publish, and delete, the posts that you ask us to publish on your own profile.",
    ),
    Permission(
        scope="r_basicprofile",
        label="Name (app for pages)",
        reason="We show whose connection this is, where the app cannot have “openid”.",
        required=False,
    ),
    Permission(
        scope="w_organization_social",
        label="Post as a page",
        reason="We publish posts and comments in the name of your company page.",
        required=False,
    ),
    Permission(
        scope="r_organization_social",
        label="Read a page's posts",
        reason="We list your page's posts and their comments, and look whether a post really went out.",
        required=False,
    ),
    Permission(
        scope="rw_organization_admin",
        label="List pages and read figures",
        reason="We list the pages you have a role on and read the figures of their posts. We change nothing there.",
        required=False,
    ),
)

_SETUP_STEPS = (
    SetupStep(
        title="Create an app",
        text="Press “Create app”, give it a name, choose the company page it belongs to, upload a logo and press "
        "“Create app” again. Then open “Settings” and press “Verify”: an administrator of that page must confirm.",
        url=APPS_URL,
        url_label="Open LinkedIn's developer site",
    ),
    SetupStep(
        title="Add the products",
        text="On the app's “Products” page press “Request access”. For your own profile: “Sign In with LinkedIn "
        "using OpenID Connect” and “Share on LinkedIn”; both are granted at once. For company pages: “Community "
        "Management API” on an app that has no other product; LinkedIn looks at the request first, which takes days "
        "or weeks.",
        url=APPS_URL,
        url_label="Open your LinkedIn apps",
        field=ACCESS.name,
    ),
    SetupStep(
        title="Copy the app's id and secret",
        text="On the app's “Auth” page copy “Client ID” and “Primary Client Secret”. Below, at “OAuth 2.0 settings”, "
        "press the pencil beside “Authorized redirect URLs for your app” and add the return address shown here.",
        url=APPS_URL,
        url_label="Open your LinkedIn apps",
        field=CLIENT_SECRET.name,
    ),
    SetupStep(
        title="Connect",
        text="Press “Sign in with LinkedIn”, then “Allow”. The access lasts 60 days; we tell you two weeks before.",
        url="https://www.linkedin.com/mypreferences/d/data-sharing-for-permitted-services",
        url_label="See what you have allowed on LinkedIn",
        field=ACCESS_TOKEN.name,
    ),
)

_PRICING = Pricing(
    model="Free; LinkedIn decides which apps get which permissions",
    tiers=(
        PricingTier(
            name="Sign In with LinkedIn, Share on LinkedIn",
            price="0",
            detail="Open to every app. Calls are limited per app and per member and day; the app's “Analytics” page "
            "shows the numbers.",
        ),
        PricingTier(
            name="Community Management API",
            price="0",
            detail="For company pages. LinkedIn approves it, first with low limits (development tier), then after a "
            "second look with higher ones (standard tier).",
        ),
    ),
    as_of=date(2026, 11, 23),
    url="https://developer.linkedin.com/product-catalog",
)

_HEARD = ("COMMENT", "SHARE", "SHARE_MENTION")

_TEMPLATES = (
    Template(
        id="profile",
        name="Post as yourself",
        description="Texts, links, images, videos and documents on your own profile. Works on the day you set it up.",
        configuration={ACCESS.name: MEMBER},
        permissions=("openid", "profile", "w_member_social"),
    ),
    Template(
        id="pages",
        name="Look after company pages",
        description="Posts, comments and figures of the pages you have a role on. LinkedIn must approve the app.",
        configuration={ACCESS.name: PAGES},
        events=_HEARD,
        permissions=(
            "r_basicprofile",
            "w_organization_social",
            "r_organization_social",
            "rw_organization_admin",
        ),
    ),
    Template(
        id="sign-in",
        name="Let people sign in with LinkedIn",
        description="Name, e-mail address and picture of people who sign in. Posts nothing.",
        configuration={ACCESS.name: MEMBER},
        permissions=("openid", "profile", "email"),
    ),
)

_TESTS = (
    TestDefinition(
        id=CONNECTION_TEST,
        name="Check the connection",
        description="Address, token, app, each permission, pages, the right to post, API version, end of the access.",
    ),
    TestDefinition(
        id=POST_TEST,
        name="Publish a post and delete it",
        description="Publishes one real post and deletes it at once. On a profile only connections could see it, on "
        "a page anybody who has its address; neither goes into a feed. In the sandbox nothing is published.",
        inputs=(
            Field(
                name="destination",
                label="Profile or page",
                env="destination",
                required=False,
                help="Its name as the connection test lists it; empty for your own profile.",
            ),
            Field(
                name="text",
                label="Text",
                env="text",
                default="A short test by our integration hub. It is deleted in a moment.",
            ),
        ),
        changes_data=True,
    ),
    TestDefinition(
        id=WEBHOOK_TEST,
        name="Check event delivery",
        description="Our address, the client secret that proves events, and whether something has arrived.",
    ),
)

_WEBHOOK = WebhookSettings(
    events=EVENT_TYPES,
    signature="X-LI-Signature: hex HMAC-SHA256 over “hmacsha256=” and the body, with the client secret",
    secret_field=CLIENT_SECRET.name,
    tolerance_seconds=0,
    console_url=APPS_URL,
    steps=(
        "Open the app on LinkedIn and choose “Webhooks”. The page is there only when LinkedIn has approved the app "
        "for webhooks.",
        "Press “Create webhook”, paste the address shown here and save. LinkedIn asks the address a question at "
        "once, and every two hours from then on; we answer by ourselves.",
        "Subscribe the page to “Organization Social Action Notifications”, as LinkedIn's guide says.",
    ),
)

_UNSUPPORTED = {
    "SchedulesPosts": "LinkedIn's API publishes at once: the hub keeps the post and sends it on time.",
    "PublishesThreads": "LinkedIn has no threads: write one post, and comment on it.",
    "RegistersWebhooks": "LinkedIn lets an app's owner enter the address only by hand, on the app's “Webhooks” page, "
    "and only after it has approved the app for webhooks.",
}

MANIFEST = Manifest(
    id=ID,
    name="LinkedIn",
    category=Category.SOCIAL,
    tagline="Posts for profiles and company pages, and sign-in",
    description="Publishes texts, links, images, videos and documents on profiles and company pages, reads a page's "
    "posts, comments and figures, and signs people in. LinkedIn gives access for 60 days: you are told in time to "
    "connect again. There is no test mode: to try things out, use the sandbox here.",
    website="https://www.linkedin.com",
    documentation="https://learn.microsoft.com/en-us/linkedin/marketing/community-management/community-management-overview",
    fields=FIELDS,
    permissions=PERMISSIONS,
    setup_steps=_SETUP_STEPS,
    pricing=_PRICING,
    templates=_TEMPLATES,
    api_versions=(
        ApiVersion(
            name=API_VERSION,
            note=f"Sent as LinkedIn-Version. A new one each month, each served about a year: {VERSIONS_URL}",
        ),
    ),
    tests=_TESTS,
    api_base="https://api.linkedin.com",
    environments=(Environment.LIVE, Environment.SANDBOX),
    webhook=_WEBHOOK,
    oauth=OAUTH,
    # No nonce: LinkedIn's ID token has none. The person is asked of /v2/userinfo with the token just given.
    sign_in=SignInSettings(
        id="linkedin",
        name="LinkedIn",
        console_url=APPS_URL,
        console_label="your app, “Auth”, “Authorized redirect URLs for your app”; the app needs the product “Sign In "
        "with LinkedIn using OpenID Connect”",
    ),
    rate_limit=RateLimit(
        requests=300,
        per_seconds=60,
        note="LinkedIn counts per day, per app and per member, from midnight UTC, and shows the numbers only on the "
        "app's “Analytics” page.",
    ),
    popularity=80,
    setup_minutes=15,
    keywords=("social", "posts", "company page", "b2b", "network", "sign in", "jobs", "professional"),
    logo_background="#0A66C2",
    key_inventory_url=APPS_URL,
    unsupported=_UNSUPPORTED,
)
