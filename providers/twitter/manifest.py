"""What the hub shows and asks before anyone connects X. The fields stand in `fields.py`."""

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
    SignInSettings,
    Template,
    TestDefinition,
    WebhookSettings,
)

from .events import EVENT_TYPES
from .fields import API_SECRET, BEARER_TOKEN, CLIENT_ID_ENV, CLIENT_SECRET_ENV, CONSOLE_URL, FIELDS, ID

API_BASE = "https://api.x.com"
PRICES_URL = "https://docs.x.com/x-api/getting-started/pricing"
LIMITS_URL = "https://docs.x.com/x-api/fundamentals/rate-limits"

CONNECTION_TEST = f"{ID}-connection"
POST_TEST = f"{ID}-post"
WEBHOOK_TEST = f"{ID}-webhook"

READ_POSTS, WRITE_POSTS, READ_USERS = "tweet.read", "tweet.write", "users.read"
WRITE_MEDIA, OFFLINE, READ_EMAIL = "media.write", "offline.access", "users.email"

PERMISSIONS = (
    Permission(scope=READ_USERS, label="See the account", reason="We show whose account is connected."),
    Permission(
        scope=READ_POSTS, label="Read posts", reason="We list your posts with their figures and read the replies."
    ),
    Permission(
        scope=WRITE_POSTS,
        label="Write and delete posts",
        reason="We publish the posts, threads and replies that you approve, and delete those you take back.",
    ),
    Permission(
        scope=WRITE_MEDIA,
        label="Upload pictures and videos",
        reason="We attach pictures, GIFs and videos to your posts, with their descriptions.",
    ),
    Permission(
        scope=OFFLINE,
        label="Stay connected",
        reason="We renew the access every two hours, so that planned posts go out while you are away.",
    ),
    Permission(
        scope=READ_EMAIL,
        label="See the confirmed e-mail address",
        reason="Only where people sign in with X: it shows the address that X has confirmed.",
        required=False,
        untested="A connection does not ask for it; only people who sign in here with X are asked.",
    ),
)

OAUTH = OAuthSettings(
    authorize_url="https://x.com/i/oauth2/authorize",
    token_url=f"{API_BASE}/2/oauth2/token",
    revoke_url=f"{API_BASE}/2/oauth2/revoke",
    scopes=tuple(one.scope for one in PERMISSIONS if one.required),
    sign_in_scopes=(READ_USERS, READ_POSTS, READ_EMAIL),
    client_id_env=CLIENT_ID_ENV,
    client_secret_env=CLIENT_SECRET_ENV,
    pkce=True,
    client_authentication="client_secret_basic",
)

_SETUP_STEPS = (
    SetupStep(
        title="Create an app",
        text="Sign in with the X account that pays for the API, press “Create App” and say what it is for. Buy "
        "credits there, too: X charges for each post.",
        url=CONSOLE_URL,
        url_label="Open X's developer console",
    ),
    SetupStep(
        title="Switch on sign-in",
        text="In the app, open “User authentication settings” and press “Set up”. Choose “Read and write” and “Web "
        "App, Automated App or Bot”, paste our return address as “Callback URI”, and press “Save”. Copy “Client ID” "
        "and “Client Secret” at once: the secret is shown only this one time.",
        url=CONSOLE_URL,
        url_label="Open your app in the console",
        field="client_id",
    ),
    SetupStep(
        title="Connect the account",
        text="Press “Sign in with X (Twitter)”, sign in at X as the account that shall post, and press "
        "“Authorize app”.",
        field="access_token",
    ),
    SetupStep(
        title="Let events come in",
        text="Only if you want to hear of mentions and replies: open “Keys and tokens” in the app, copy “API Key”, "
        "“API Key Secret” and “Bearer Token”, and paste them here. We then set up the rest.",
        url=CONSOLE_URL,
        url_label="Open your app's keys",
        field=BEARER_TOKEN.name,
    ),
)

_PRICING = Pricing(
    model="Pay for what is used: credits are bought in advance at X",
    tiers=(
        PricingTier(name="A post", price="$0.015", detail="A thread costs this for each of its posts."),
        PricingTier(name="A post with a link", price="$0.20", detail="Also where the text only names a web address."),
        PricingTier(name="Deleting a post", price="$0.010"),
        PricingTier(
            name="Reading a post",
            price="$0.005",
            detail="$0.001 for the account's own posts; the same post is charged once a day.",
        ),
        PricingTier(name="Reading a profile", price="$0.010"),
    ),
    as_of=date(2026, 11, 23),
    url=PRICES_URL,
)

_HEARING = ("post.create", "post.delete", "post.mention.create", "post.reply.create", "post.quote.create")

_TEMPLATES = (
    Template(
        id="publish",
        name="Publish posts and threads",
        description="Posts, threads, pictures and videos, on time. Our hub keeps planned posts until they are due.",
        permissions=(READ_USERS, READ_POSTS, WRITE_POSTS, WRITE_MEDIA, OFFLINE),
    ),
    Template(
        id="listen",
        name="Hear of mentions and replies",
        description="Each mention, reply and quote as it happens, so that somebody can answer.",
        events=(*_HEARING, "oauth.revoke"),
        permissions=(READ_USERS, READ_POSTS, WRITE_POSTS, OFFLINE),
    ),
    Template(
        id="report",
        name="Report how posts are doing",
        description="Reads your posts and their figures, and changes nothing.",
        permissions=(READ_USERS, READ_POSTS, OFFLINE),
    ),
)

_TESTS = (
    TestDefinition(
        id=CONNECTION_TEST,
        name="Check the connection",
        description="Address, account, a line for each permission, media, limits, cost, event delivery.",
    ),
    TestDefinition(
        id=POST_TEST,
        name="Publish a post",
        description="Publishes one real post and deletes it again, unless you keep it. It costs about $0.025 "
        "($0.21 with a link). In the sandbox nothing is published.",
        inputs=(
            Field(name="text", label="Text", env="text", default="A test from our integration hub."),
            Field(
                name="keep",
                label="Keep the post",
                env="keep",
                kind=FieldKind.SWITCH,
                required=False,
                help="Otherwise it is deleted right after the test.",
            ),
        ),
        changes_data=True,
    ),
    TestDefinition(
        id=WEBHOOK_TEST,
        name="Check event delivery",
        description="Our address, the keys, what X has registered, what it shall tell us, and what has arrived.",
    ),
)

MANIFEST = Manifest(
    id=ID,
    name="X (Twitter)",
    category=Category.SOCIAL,
    tagline="Posts, threads and replies on X",
    description="Publishes posts and threads with pictures and videos, answers replies, and shows how posts do. "
    "X charges for each post and each reading. It has no test mode: to try things out, use the sandbox here.",
    website="https://x.com",
    documentation="https://docs.x.com/x-api/introduction",
    fields=FIELDS,
    permissions=PERMISSIONS,
    setup_steps=_SETUP_STEPS,
    pricing=_PRICING,
    templates=_TEMPLATES,
    api_versions=(ApiVersion(name="2", note="Version 1.1 is gone for uploads and is not used."),),
    tests=_TESTS,
    api_base=API_BASE,
    environments=(Environment.LIVE, Environment.SANDBOX),
    webhook=WebhookSettings(
        events=EVENT_TYPES,
        signature="x-twitter-webhooks-signature: HMAC-SHA256 of the body with the app's API Key Secret (base64)",
        secret_field=API_SECRET.name,
        tolerance_seconds=0,
        console_url=CONSOLE_URL,
        steps=(
            "Open your app in X's developer console, then “Keys and tokens”.",
            "Copy “API Key Secret” and “Bearer Token” and paste them here.",
            "X has no page for webhooks: press “Set it up for me” here, and we register our address with X.",
        ),
    ),
    oauth=OAUTH,
    sign_in=SignInSettings(
        id="twitter",
        name="X",
        console_url=CONSOLE_URL,
        console_label="your app, “User authentication settings”, “Callback URI / Redirect URL”; turn on “Request "
        "email from users” there",
    ),
    rate_limit=RateLimit(
        requests=900,
        per_seconds=900,
        note="X counts each kind of call by itself in 15 minutes (posts 100, deletions 50, uploads 1,875 for each "
        "account). This is only a ceiling for all of them together; X's own answer is obeyed.",
    ),
    popularity=80,
    setup_minutes=15,
    keywords=("twitter", "tweet", "tweets", "x", "x.com", "thread", "social media", "microblog"),
    logo_background="#000000",
    key_inventory_url=CONSOLE_URL,
    unsupported={
        "SchedulesPosts": "X cannot keep posts for later: our hub keeps the post and publishes it on time.",
        "scheduled_posts": "X has no list of planned posts for programs: look at the plan in our hub.",
        "CatchesUp": "X sends missed events again only to business customers; your posts can be listed at any time.",
    },
)
