"""What the hub shows and asks before anyone connects Facebook."""

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

from .access import HOST, OAUTH
from .accounts import NO_INSTAGRAM
from .errors import APPS_URL, INTEGRATIONS_URL
from .fields import ACCESS_TOKEN, APP_SECRET, FIELDS, ID, PAGE_ID, VERSION
from .webhooks import EVENT_TYPES

CONNECTION_TEST = f"{ID}-connection"
POST_TEST = f"{ID}-post"
WEBHOOK_TEST = f"{ID}-webhook"

PERMISSIONS = (
    Permission(
        scope="public_profile",
        label="Name",
        reason="We show whose connection this is, and recognise you when you sign in.",
    ),
    Permission(
        scope="email",
        label="E-mail address",
        reason="We show your address when you sign in. Facebook does not say whether it is proven.",
        required=False,
    ),
    Permission(
        scope="pages_show_list",
        label="List your Pages",
        reason="We show the Pages you have a role on, to choose from.",
    ),
    Permission(
        scope="pages_read_engagement",
        label="Read a Page's posts",
        reason="We list the Page's posts and look whether a post really went out.",
    ),
    Permission(
        scope="pages_manage_posts",
        label="Publish on a Page",
        reason="We publish, schedule and delete the posts that you ask us to publish.",
    ),
    Permission(
        scope="pages_manage_metadata",
        label="Set up event delivery",
        reason="We subscribe your Page to our app, so that comments reach us at once. We change nothing else.",
        required=False,
    ),
    Permission(
        scope="read_insights", label="Read figures", reason="We show how often posts were seen.", required=False
    ),
    Permission(
        scope="pages_read_user_content",
        label="Read comments",
        reason="We show what people write below your posts.",
        required=False,
    ),
    Permission(
        scope="pages_manage_engagement",
        label="Write comments",
        reason="We publish your answers to comments, in the Page's name.",
        required=False,
    ),
)

_SETUP_STEPS = (
    SetupStep(
        title="Create an app",
        text="Press “Create app”, give it a name, choose the use case “Manage everything on your Page” and, for "
        "signing in, “Authenticate and request data from users with Facebook Login”.",
        url=APPS_URL,
        url_label="Open your Meta apps",
    ),
    SetupStep(
        title="Add the permissions",
        text="Open “Use cases”, press “Customize” beside “Manage everything on your Page” and press "
        "“Add” beside each "
        "permission listed here. While only people with a role in the app connect, no approval is needed; for "
        "others Meta asks for App Review and business verification.",
        url=APPS_URL,
        url_label="Open your Meta apps",
    ),
    SetupStep(
        title="Copy the app's id and secret",
        text="On “App settings”, “Basic” copy “App ID” and, after “Show”, “App secret”. On “Facebook "
        "Login”, “Settings” "
        "add the return address shown here to “Valid OAuth Redirect URIs”.",
        url=APPS_URL,
        url_label="Open your Meta apps",
        field=APP_SECRET.name,
    ),
    SetupStep(
        title="Connect",
        text="Press “Connect with Facebook”, choose your Pages and allow everything. The access "
        "lasts about 60 days; we "
        "tell you two weeks before.",
        url=INTEGRATIONS_URL,
        url_label="See what you have allowed on Facebook",
        field=ACCESS_TOKEN.name,
    ),
)

_PRICING = Pricing(
    model="Free; Meta decides which apps get which permissions",
    tiers=(
        PricingTier(
            name="Standard access",
            price="0",
            detail="For Pages and people with a role in your app. At once, no review.",
        ),
        PricingTier(
            name="Advanced access",
            price="0",
            detail="For everybody else's Pages. Needs App Review and business verification.",
        ),
    ),
    as_of=date(2026, 11, 23),
    url="https://developers.facebook.com/docs/graph-api/overview/access-levels/",
)

_READ = ("pages_show_list", "pages_read_engagement")

_TEMPLATES = (
    Template(
        id="publish",
        name="Publish on a Page",
        description="Texts, links, photos and videos, at once or at a chosen time, and how often they were seen.",
        configuration={PAGE_ID.name: ""},
        permissions=("public_profile", *_READ, "pages_manage_posts", "read_insights"),
    ),
    Template(
        id="comments",
        name="Hear and answer comments",
        description="Comments and mentions reach you as they are written, and you answer in the Page's name.",
        events=("feed", "mention"),
        permissions=(
            "public_profile",
            *_READ,
            "pages_manage_metadata",
            "pages_read_user_content",
            "pages_manage_engagement",
        ),
    ),
    Template(
        id="sign-in",
        name="Let people sign in with Facebook",
        description="Name and e-mail address of people who sign in. Posts nothing.",
        permissions=("public_profile", "email"),
    ),
)

_TESTS = (
    TestDefinition(
        id=CONNECTION_TEST,
        name="Check the connection",
        description="Address, token, app, each permission, Pages, the right to post, figures, end of "
        "the access, limits.",
    ),
    TestDefinition(
        id=POST_TEST,
        name="Make a post and delete it",
        description="Makes one post on the Page that is not published, so that nobody sees it, and "
        "deletes it at once.",
        inputs=(
            Field(
                name="destination",
                label="Page",
                env="destination",
                required=False,
                help="Its name as the connection test lists it; empty for the usual one.",
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
        description="Our address, the app's address at Facebook, the Page's subscription, and what has arrived.",
    ),
)

_WEBHOOK = WebhookSettings(
    events=EVENT_TYPES,
    signature="X-Hub-Signature-256: sha256= and the hex HMAC-SHA256 of the body as sent, with the app secret",
    secret_field=APP_SECRET.name,
    tolerance_seconds=0,
    console_url=APPS_URL,
    steps=(
        "Press “Set up event delivery” here: we give the app our address and subscribe the Page.",
        "By hand: open the app, choose “Webhooks”, then “Page”, press “Subscribe to this object”, "
        "and paste the address "
        "and the verify token that the test “Check event delivery” shows. Then subscribe to “feed” and “mention”.",
        "To hear when somebody removes the app, paste the same address at “Facebook Login”, “Settings”, “Deauthorize "
        "callback URL”.",
        "The app must be published (“Live”), else Facebook sends only the console's own test events.",
    ),
)

_UNSUPPORTED = {
    "PublishesThreads": "Facebook has no threads: write one post, and comment on it.",
    "Instagram": NO_INSTAGRAM,
}

MANIFEST = Manifest(
    id=ID,
    name="Facebook / Meta",
    category=Category.SOCIAL,
    tagline="Posts, comments and figures of your Pages, and sign-in",
    description="Publishes texts, links, photos and videos on Pages, at once or on time, reads posts, comments and "
    "figures, hears of comments as they are written, and signs people in. Posts on personal profiles "
    "and in groups are "
    "not possible: Facebook lets no app do that. To try things out, use the sandbox here.",
    website="https://www.facebook.com",
    documentation="https://developers.facebook.com/docs/pages-api/",
    fields=FIELDS,
    permissions=PERMISSIONS,
    setup_steps=_SETUP_STEPS,
    pricing=_PRICING,
    templates=_TEMPLATES,
    api_versions=(
        ApiVersion(
            name=VERSION,
            note="Released on 29 July 2026. Each version lives about two years: "
            "https://developers.facebook.com/docs/graph-api/changelog/versions",
        ),
    ),
    tests=_TESTS,
    api_base=HOST,
    environments=(Environment.LIVE, Environment.SANDBOX),
    webhook=_WEBHOOK,
    oauth=OAUTH,
    sign_in=SignInSettings(
        id="facebook",
        name="Facebook",
        console_url=APPS_URL,
        console_label="your app, “Facebook Login”, “Settings”, “Valid OAuth Redirect URIs”",
    ),
    rate_limit=RateLimit(
        requests=200,
        per_seconds=60,
        note="Facebook's allowance grows with the number of people: 200 calls an hour for each user "
        "of the app, and more "
        "for each person who engages with a Page. The connection test shows how much is used.",
    ),
    popularity=85,
    setup_minutes=15,
    keywords=("social", "posts", "page", "meta", "instagram", "comments", "sign in", "leads"),
    logo_background="#0866FF",
    key_inventory_url=APPS_URL,
    unsupported=_UNSUPPORTED,
)
