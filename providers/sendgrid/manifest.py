"""What the hub shows and asks before anyone connects SendGrid."""

from __future__ import annotations

from datetime import date

from providers.kit.contract import (
    ApiVersion,
    Category,
    Choice,
    Environment,
    Field,
    FieldKind,
    Manifest,
    Mistake,
    Pricing,
    PricingTier,
    RateLimit,
    SetupStep,
    Template,
    TestDefinition,
    WebhookSettings,
    provider_id,
)

from .addresses import KEYS_URL, REGIONS, SENDERS_URL, WEBHOOKS_URL
from .permissions import PURPOSES
from .webhooks import EVENT_TYPES, TOLERANCE_SECONDS

ID = provider_id(__name__)
ENV = ID.upper().replace("-", "_")

CONNECTION_TEST = f"{ID}-connection"
SEND_TEST = f"{ID}-send"
WEBHOOK_TEST = f"{ID}-webhook"

_ADDRESS = r"[^<>@\s]{1,64}@[^<>@\s.]{1,63}(?:\.[^<>@\s.]{1,63}){1,8}"

API_KEY = Field(
    name="api_key",
    label="API key",
    env=f"{ENV}_API_KEY",
    kind=FieldKind.SECRET,
    pattern=r"SG\.[A-Za-z0-9_-]{8,64}\.[A-Za-z0-9_-]{16,128}|SG\.\.\.",
    pattern_hint="It begins with SG. and has two parts, with a dot between them: 69 characters in all.",
    example="SG.xxxxxxxxxxxxxxxxxxxxxx.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    prefixes={"SG.sandbox_": Environment.SANDBOX, "SG.": None},
    help="Lets us send e-mail and look after templates, suppressions and event delivery in your SendGrid account.",
    how_to="In SendGrid, open Settings › API Keys and press “Create API Key”. Choose “Restricted Access” with the "
    "permissions listed here, or “Full Access”. The key is shown only once: copy it right away.",
    console_url=KEYS_URL,
    console_label="Open SendGrid's API keys",
    mistakes=(
        Mistake(
            pattern=r"SG\.(?:…|x{4,})",
            message="This is the placeholder from the documentation. Paste the key that SendGrid showed you.",
        ),
        Mistake(
            pattern=r"SG\.[A-Za-z0-9_-]+\.?$",
            message="This is only the first half of the key. Copy all 69 characters, with both dots.",
        ),
        Mistake(
            pattern=r"[A-Za-z0-9_-]{22}$",
            message="This is the id of a key, not the key. If the key itself is lost, create a new one.",
        ),
        Mistake(pattern=r"(?i)bearer\s", message="Paste the key alone, without the word “Bearer”."),
        Mistake(
            pattern=r"MFkw|-----BEGIN",
            message="This is the webhook's verification key. The API key begins with SG.",
        ),
        Mistake(pattern=r"(?:AC|SK)[0-9a-f]{32}", message="This is a Twilio key. SendGrid has keys of its own."),
        Mistake(
            pattern=r"re_|key-|xkeysib-",
            message="This is the key of another e-mail service. SendGrid's begins with SG.",
        ),
    ),
)

REGION = Field(
    name="region",
    label="Region",
    env=f"{ENV}_REGION",
    kind=FieldKind.CHOICE,
    required=False,
    default="us",
    choices=(
        Choice(
            value="us", label="United States (global)", hint="Nearly every account. Calls go to api.sendgrid.com."
        ),
        Choice(
            value="eu",
            label="European Union",
            hint="For subusers of the EU region (plan Pro and above). Calls go to api.eu.sendgrid.com.",
        ),
    ),
    help="A key works in one region only: the test tells when it is the other one.",
)

FROM_ADDRESS = Field(
    name="from_address",
    label="Default sender",
    env=f"{ENV}_FROM",
    required=False,
    pattern=rf"(?:[^<>@\r\n]{{0,128}}<{_ADDRESS}>|{_ADDRESS})",
    pattern_hint="An address such as hello@example.com, or a name with it: Example Studio <hello@example.com>.",
    example="Example Studio <hello@example.com>",
    help="Used when an e-mail names no sender. Left empty, it is the first address that SendGrid lists as verified.",
    how_to="Any address at an authenticated domain, or a single address that you verified, in SendGrid under "
    "Settings › Sender Authentication.",
    console_url=SENDERS_URL,
    console_label="Open SendGrid's sender authentication",
    aliases=(f"{ENV}_FROM_EMAIL", "from"),
    mistakes=(Mistake(pattern=r"https?://", message="This is a web address. Enter an e-mail address."),),
)

PUBLIC_KEY = Field(
    name="webhook_public_key",
    label="Webhook verification key",
    env=f"{ENV}_WEBHOOK_PUBLIC_KEY",
    kind=FieldKind.SECRET,
    required=False,
    webhook_secret=True,
    pattern=r"MFkw[A-Za-z0-9+/]{116,124}={0,2}",
    pattern_hint="It begins with MFkw and has 124 characters.",
    example="MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" + "x" * 86 + "==",
    prefixes={"MFkw": None},
    help="Proves that an event really comes from SendGrid. Filled in for you when we set up event delivery.",
    how_to="Only if you made the webhook yourself: open it in SendGrid, switch “Signed Event Webhook” on and copy "
    "its “Verification Key”.",
    console_url=WEBHOOKS_URL,
    console_label="Open SendGrid's event webhooks",
    aliases=(f"{ENV}_WEBHOOK_SECRET", f"{ENV}_WEBHOOK_VERIFICATION_KEY"),
    mistakes=(
        Mistake(pattern=r"SG\.", message="This is an API key. The verification key begins with MFkw."),
        Mistake(pattern=r"https?://", message="This is an address. The verification key begins with MFkw."),
        Mistake(pattern=r"-----BEGIN", message="Paste only the line between BEGIN and END; it begins with MFkw."),
    ),
)

_SETUP_STEPS = (
    SetupStep(
        title="Authenticate your sending domain",
        text="Press “Authenticate Your Domain”, enter the domain and copy each DNS line that SendGrid shows to where "
        "your domain is managed. Then press “Verify”. For a first try, “Verify a Single Sender” is enough.",
        url=SENDERS_URL,
        url_label="Open Sender Authentication in SendGrid",
        field=FROM_ADDRESS.name,
    ),
    SetupStep(
        title="Create an API key",
        text="Press “Create API Key”, give it a name such as the client's, choose “Restricted Access”, switch on "
        "what the permissions below name, and press “Create & View”. Copy the key at once: it is shown only once.",
        url=KEYS_URL,
        url_label="Open API Keys in SendGrid",
        field=API_KEY.name,
    ),
    SetupStep(
        title="Choose the region",
        text="Leave “United States (global)” unless the key was made in a subuser of the EU region.",
        field=REGION.name,
    ),
    SetupStep(
        title="Let events come in",
        text="With the permission for event notifications we create the webhook for you and switch its signature on. "
        "Otherwise press “Create new webhook”, paste the address we show, choose the events, switch “Signed Event "
        "Webhook” on, and copy the “Verification Key” here.",
        url=WEBHOOKS_URL,
        url_label="Open Event Webhooks in SendGrid",
        field=PUBLIC_KEY.name,
    ),
)

# As the vendor's page read on that day, by way of github.com/api-evangelist/sendgrid,
# plans/sendgrid-plans-pricing.yml.
_PRICING = Pricing(
    model="A trial, then monthly plans by the number of e-mails",
    tiers=(
        PricingTier(name="Free trial", price="0", detail="100 e-mails a day for 60 days, one event webhook."),
        PricingTier(
            name="Essentials",
            price="from 19.95 USD a month",
            detail="50,000 or 100,000 e-mails a month, two event webhooks.",
        ),
        PricingTier(
            name="Pro",
            price="from 89.95 USD a month",
            detail="100,000 to 2.5 million e-mails a month, subusers (and with them the EU region), five webhooks.",
        ),
        PricingTier(name="Premier", price="On request", detail="More e-mails, several addresses of your own."),
    ),
    as_of=date(2026, 8, 13),
    url="https://www.twilio.com/en-us/products/email-api/pricing",
)

_DELIVERY = ("delivered", "bounce", "dropped", "spamreport")
_ALL_PERMISSIONS = tuple(one.scopes[0] for one in PURPOSES)

_TEMPLATES = (
    Template(
        id="transactional",
        name="Send from a website or shop",
        description="Receipts, password resets and notices, with word of each that arrives or comes back.",
        events=("processed", "deferred", *_DELIVERY),
        permissions=_ALL_PERMISSIONS,
    ),
    Template(
        id="newsletter",
        name="Send news and see who reads it",
        description="Opens, clicks, spam reports and unsubscribes, by group, beside each delivery.",
        events=(*_DELIVERY, "open", "click", "unsubscribe", "group_unsubscribe", "group_resubscribe"),
        permissions=_ALL_PERMISSIONS,
    ),
    Template(
        id="sending-only",
        name="Send only, with the smallest key",
        description="For a key with “Mail Send” alone. Nothing can be read or changed with it.",
        permissions=("mail.send",),
    ),
)

_TESTS = (
    TestDefinition(
        id=CONNECTION_TEST,
        name="Check the connection",
        description="Address, key and region, what the key may do (line by line), sender, event delivery, e-mails "
        "left, clock. Sending is tried in SendGrid's own sandbox mode: no e-mail leaves.",
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
        description="The address, the verification key, what SendGrid knows of it, and the last delivery.",
    ),
)

MANIFEST = Manifest(
    id=ID,
    name="SendGrid",
    category=Category.EMAIL,
    tagline="E-mail by API, with templates, suppressions and figures",
    description="Sends transactional and marketing e-mail, now or up to 72 hours ahead, keeps dynamic templates and "
    "the lists of people not to write to, and reports what became of each e-mail. SendGrid has no test keys: every "
    "key sends real e-mail. To try things out, use the sandbox here.",
    website="https://sendgrid.com",
    documentation="https://www.twilio.com/docs/sendgrid",
    fields=(API_KEY, REGION, FROM_ADDRESS, PUBLIC_KEY),
    permissions=tuple(one.permission() for one in PURPOSES),
    setup_steps=_SETUP_STEPS,
    pricing=_PRICING,
    templates=_TEMPLATES,
    api_versions=(ApiVersion(name="v3", note="SendGrid's API has been v3 since 2015; it grows without breaking."),),
    tests=_TESTS,
    api_base=REGIONS["us"],
    environments=(Environment.LIVE, Environment.SANDBOX),
    webhook=WebhookSettings(
        events=EVENT_TYPES,
        signature="Signed Event Webhook (ECDSA P-256 with SHA-256 over timestamp and body)",
        secret_field=PUBLIC_KEY.name,
        tolerance_seconds=TOLERANCE_SECONDS,
        console_url=WEBHOOKS_URL,
        steps=(
            "Open Settings › Mail Settings › Event Webhooks in SendGrid and press “Create new webhook”.",
            "Paste the address shown here and choose the events.",
            "Switch “Signed Event Webhook” on, press “Save”, open the webhook again, copy its “Verification Key” and "
            "paste it here.",
        ),
    ),
    rate_limit=RateLimit(
        requests=600, per_seconds=60, note="SendGrid publishes no number for v3; it says 429 and when to come back."
    ),
    popularity=88,
    setup_minutes=10,
    keywords=("email", "e-mail", "twilio", "transactional", "newsletter", "smtp", "deliverability", "unsubscribe"),
    logo_background="#1A82E2",
    key_inventory_url=KEYS_URL,
    unsupported={
        "ListsEmailEvents": "SendGrid lists past e-mail only with the paid add-on “Email Activity History”: events "
        "come by webhook.",
        "RoutesInboundEmail": "SendGrid hands all mail of a domain to one address (Inbound Parse), without rules.",
        "SendsBroadcasts": "Marketing Campaigns is a product and a contact list of its own, with prices of its own.",
        "suppress": "Only unsubscribes can be added: SendGrid fills its lists of bounces, blocks, invalid addresses "
        "and spam reports itself.",
    },
)
