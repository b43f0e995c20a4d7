"""What the hub shows and asks before anyone connects Resend."""

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

from .webhooks import EVENT_TYPES

ID = provider_id(__name__)
ENV = ID.upper().replace("-", "_")

KEYS_URL = "https://resend.com/api-keys"
DOMAINS_URL = "https://resend.com/domains"
WEBHOOKS_URL = "https://resend.com/webhooks"
USAGE_URL = "https://resend.com/settings/usage"

CONNECTION_TEST = f"{ID}-connection"
SEND_TEST = f"{ID}-send"
WEBHOOK_TEST = f"{ID}-webhook"

_ADDRESS = r"[^<>@\s]{1,64}@[^<>@\s.]{1,63}(?:\.[^<>@\s.]{1,63}){1,8}"

API_KEY = Field(
    name="api_key",
    label="API key",
    env=f"{ENV}_API_KEY",
    kind=FieldKind.SECRET,
    pattern=r"re_[A-Za-z0-9_-]{8,200}",
    pattern_hint="It begins with re_ and has no spaces.",
    example="re_xxxxxxxx_xxxxxxxxxxxxxxxxxxxxxxxx",
    prefixes={"re_sandbox_": Environment.SANDBOX, "re_": None},
    help="Lets us send e-mail and look after webhooks in your Resend account.",
    how_to="In Resend, open API keys and press “Create API Key”. Choose the permission “Full access”. "
    "The key is shown only once: copy it right away.",
    console_url=KEYS_URL,
    console_label="Open Resend's API keys",
    mistakes=(
        Mistake(
            pattern=r"whsec_",
            message="This is a webhook's signing secret. The API key begins with re_ and is on the API keys page.",
        ),
        Mistake(
            pattern=r"re_x{4,}",
            message="This is the placeholder from the documentation. Paste the key that Resend showed you.",
        ),
        Mistake(pattern=r"(?i)bearer\s", message="Paste the key alone, without the word “Bearer”."),
        Mistake(
            pattern=r"(?:sk|pk|rk)_(?:live|test)_",
            message="This is the key of a payment service. A Resend key begins with re_.",
        ),
        Mistake(pattern=r"SG\.", message="This is the key of another e-mail service. A Resend key begins with re_."),
        Mistake(
            pattern=r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-",
            message="This is the id of a key, not the key. If the key itself is lost, create a new one.",
        ),
    ),
)

FROM_ADDRESS = Field(
    name="from_address",
    label="Default sender",
    env=f"{ENV}_FROM",
    required=False,
    pattern=rf"(?:[^<>@\r\n]{{0,128}}<{_ADDRESS}>|{_ADDRESS})",
    pattern_hint="An address such as hello@example.com, or a name with it: Example Studio <hello@example.com>.",
    example="Example Studio <hello@example.com>",
    help="Used when an e-mail names no sender. Its domain must be verified in Resend.",
    how_to="Any address at a domain that Resend lists as “Verified”. The mailbox itself need not exist.",
    console_url=DOMAINS_URL,
    console_label="Open Resend's domains",
    aliases=(f"{ENV}_FROM_EMAIL", "from"),
    mistakes=(Mistake(pattern=r"https?://", message="This is a web address. Enter an e-mail address."),),
)

WEBHOOK_SECRET = Field(
    name="webhook_secret",
    label="Webhook signing secret",
    env=f"{ENV}_WEBHOOK_SECRET",
    kind=FieldKind.SECRET,
    required=False,
    webhook_secret=True,
    pattern=r"whsec_[A-Za-z0-9+/_=-]{8,200}",
    pattern_hint="It begins with whsec_.",
    example="whsec_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    prefixes={"whsec_": None},
    help="Proves that an event really comes from Resend. Filled in for you when we set up event delivery.",
    how_to="Only if you made the webhook yourself: open it in Resend and copy its “Signing Secret”.",
    console_url=WEBHOOKS_URL,
    console_label="Open Resend's webhooks",
    mistakes=(
        Mistake(pattern=r"re_", message="This is an API key. The signing secret begins with whsec_."),
        Mistake(pattern=r"https?://", message="This is an address. The signing secret begins with whsec_."),
    ),
)

_PERMISSIONS = (
    Permission(scope="sending_access", label="Send e-mail", reason="We send the e-mails you ask us to send."),
    Permission(
        scope="full_access",
        label="Everything besides sending",
        reason="We check that your domain is verified, see what became of an e-mail, call off scheduled ones, keep "
        "templates, audiences, broadcasts and the list of people not to write to, read the figures, and create the "
        "webhook for you. Without it, sending still works, and you make the webhook by hand.",
        required=False,
    ),
)

_SETUP_STEPS = (
    SetupStep(
        title="Verify your sending domain",
        text="Press “Add Domain”, enter the domain and copy each DNS entry that Resend shows to where your domain is "
        "managed. Come back when the domain says “Verified”.",
        url=DOMAINS_URL,
        url_label="Open Domains in Resend",
        field=FROM_ADDRESS.name,
    ),
    SetupStep(
        title="Create an API key",
        text="Press “Create API Key”, give it a name such as the client's, choose “Full access” and press “Add”. "
        "Copy the key at once: Resend shows it only this one time.",
        url=KEYS_URL,
        url_label="Open API keys in Resend",
        field=API_KEY.name,
    ),
    SetupStep(
        title="Let events come in",
        text="With a “Full access” key we create the webhook for you. With a “Sending access” key, press “Add "
        "Webhook”, paste the address we show, choose the events, and copy the “Signing Secret” here.",
        url=WEBHOOKS_URL,
        url_label="Open Webhooks in Resend",
        field=WEBHOOK_SECRET.name,
    ),
)

_PRICING = Pricing(
    model="Free to start, then monthly plans by the number of e-mails",
    tiers=(
        PricingTier(
            name="Free",
            price="0",
            detail="3,000 e-mails a month, at most 100 a day; received e-mails count too (Resend's page on quotas: "
            "resend.com/docs/knowledge-base/account-quotas-and-limits).",
        ),
        PricingTier(name="Paid plans", price="See Resend's price page", detail="More e-mails, and no daily limit."),
    ),
    as_of=date(2026, 11, 23),
    url="https://resend.com/pricing",
)

_DELIVERY = ("email.delivered", "email.bounced", "email.complained", "email.failed", "email.suppressed")

_TEMPLATES = (
    Template(
        id="transactional",
        name="Send from a website or shop",
        description="Receipts, password resets and notices, with word of each that arrives or comes back.",
        events=("email.sent", "email.delivery_delayed", *_DELIVERY),
        permissions=("sending_access", "full_access"),
    ),
    Template(
        id="newsletter",
        name="Send news and see who reads it",
        description="Broadcasts to an audience; opens, clicks, complaints and unsubscribes beside each delivery.",
        events=(*_DELIVERY, "email.opened", "email.clicked", "contact.updated"),
        permissions=("sending_access", "full_access"),
    ),
    Template(
        id="sending-only",
        name="Send only, with the smallest key",
        description="For a key with “Sending access”. Nothing can be read or changed with it.",
        permissions=("sending_access",),
    ),
    Template(
        id="deliverability",
        name="Watch that e-mail keeps arriving",
        description="Bounces, complaints, delays and the state of the sending domain.",
        events=("email.bounced", "email.complained", "email.delivery_delayed", "email.suppressed", "domain.updated"),
        permissions=("full_access",),
    ),
)

_TESTS = (
    TestDefinition(
        id=CONNECTION_TEST,
        name="Check the connection",
        description="Address, key and what it may do, sending domain, event delivery, e-mails used, clock.",
    ),
    TestDefinition(
        id=SEND_TEST,
        name="Send an e-mail",
        description="Sends one real e-mail through your account; it counts towards your plan. "
        "In the sandbox nothing is sent.",
        inputs=(
            Field(name="to", label="To", env="to", kind=FieldKind.EMAIL, example="ada@example.com"),
            Field(name="subject", label="Subject", env="subject", default="A test from your integration hub"),
            Field(name="text", label="Text", env="text", default="If you can read this, sending works."),
        ),
        changes_data=True,
    ),
    TestDefinition(
        id=WEBHOOK_TEST,
        name="Check event delivery",
        description="Our address, the signing secret, the webhook in Resend, and whether something has arrived.",
    ),
)

MANIFEST = Manifest(
    id=ID,
    name="Resend",
    category=Category.EMAIL,
    tagline="E-mail for developers and the people they work for",
    description="Sends transactional and marketing e-mail and reports what became of each one. Resend has no test "
    "mode: every key sends real e-mail. To try things out, use the sandbox here.",
    website="https://resend.com",
    documentation="https://resend.com/docs",
    fields=(API_KEY, FROM_ADDRESS, WEBHOOK_SECRET),
    permissions=_PERMISSIONS,
    setup_steps=_SETUP_STEPS,
    pricing=_PRICING,
    templates=_TEMPLATES,
    api_versions=(ApiVersion(name="unversioned", note="Resend's API has no versions; it grows without breaking."),),
    tests=_TESTS,
    api_base="https://api.resend.com",
    environments=(Environment.LIVE, Environment.SANDBOX),
    webhook=WebhookSettings(
        events=EVENT_TYPES,
        signature="Standard Webhooks (svix-id, svix-timestamp, svix-signature; HMAC-SHA256)",
        secret_field=WEBHOOK_SECRET.name,
        tolerance_seconds=300,
        console_url=WEBHOOKS_URL,
        steps=(
            "Open Webhooks in Resend and press “Add Webhook”.",
            "Paste the address shown here and choose the events.",
            "Open the new webhook, copy its “Signing Secret” and paste it here.",
        ),
    ),
    rate_limit=RateLimit(requests=4, per_seconds=1, note="Resend allows 5 calls a second for a whole team."),
    popularity=72,
    setup_minutes=5,
    keywords=("email", "e-mail", "transactional", "newsletter", "broadcast", "react email", "smtp", "deliverability"),
    logo_background="#000000",
    key_inventory_url=KEYS_URL,
    unsupported={
        "ListsEmailEvents": "Resend lists e-mails with the last thing that happened to each, and keeps no list of "
        "the events before it. They come by webhook.",
        "CatchesUp": "Resend keeps no list of past events. It repeats a delivery that failed seven times itself, "
        "over more than a day.",
        "RoutesInboundEmail": "Resend has no rules for mail that arrives: each one becomes the event "
        "“email.received”.",
    },
)
