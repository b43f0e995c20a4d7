"""What the hub shows and asks before anyone connects Mailgun."""

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

from .webhooks import EVENT_TYPES, TOLERANCE_SECONDS

ID = provider_id(__name__)
ENV = ID.upper().replace("-", "_")

KEYS_URL = "https://app.mailgun.com/settings/api_security"
DOMAINS_URL = "https://app.mailgun.com/mg/sending/domains"
WEBHOOKS_URL = "https://app.mailgun.com/mg/sending/webhooks"
ROUTES_URL = "https://app.mailgun.com/mg/receiving/routes"
PLAN_URL = "https://app.mailgun.com/settings/billing"

CONNECTION_TEST = f"{ID}-connection"
SEND_TEST = f"{ID}-send"
WEBHOOK_TEST = f"{ID}-webhook"

_HOST = r"(?=.{4,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
_ADDRESS = r"[^<>@\s]{1,64}@[^<>@\s.]{1,63}(?:\.[^<>@\s.]{1,63}){1,8}"

API_KEY = Field(
    name="api_key",
    label="API key",
    env=f"{ENV}_API_KEY",
    kind=FieldKind.SECRET,
    pattern=r"key-[0-9A-Za-z]{20,64}|[0-9A-Za-z]{32}-[0-9A-Za-z]{8}-[0-9A-Za-z]{8}",
    pattern_hint="Three groups of letters and digits (32, 8 and 8), or an older one that begins with key-.",
    example="key-00000000000000000000000000000000",
    prefixes={"sandbox": Environment.SANDBOX, "key-": None},
    help="Lets us send e-mail and look after templates, routes and events in your Mailgun account.",
    how_to="In Mailgun, open your name at the top right, then “API Security”, and press “Add new key”. Choose "
    "the role Developer or Admin. The key is shown only once: copy it right away.",
    console_url=KEYS_URL,
    console_label="Open Mailgun's API keys",
    mistakes=(
        Mistake(pattern=r"pubkey-", message="This is the public validation key. Use an account API key."),
        Mistake(pattern=r"api:", message="Paste the key alone, without “api:” before it."),
        Mistake(pattern=r"(?i)(?:basic|bearer)\s", message="Paste the key alone, without the word before it."),
        Mistake(
            pattern=r"[0-9a-f]{8}-[0-9a-f]{8}$",
            message="This is the id of a key, not the key. If the key itself is lost, create a new one.",
        ),
        Mistake(pattern=r"(?:re_|SG\.|whsec_|sk_)", message="This is the key of another service."),
        Mistake(pattern=r"\S+@\S+", message="This is an SMTP user name. Use an account API key."),
    ),
)

DOMAIN = Field(
    name="domain",
    label="Sending domain",
    env=f"{ENV}_DOMAIN",
    pattern=_HOST,
    pattern_hint="The domain alone, such as mg.example.com.",
    example="mg.example.com",
    help="The domain that e-mail is sent through, exactly as Mailgun lists it.",
    how_to="In Mailgun, open “Sending”, then “Domains”, and copy the name.",
    console_url=DOMAINS_URL,
    console_label="Open Mailgun's domains",
    mistakes=(
        Mistake(pattern=r"https?://", message="Enter the domain alone, without https:// and what follows it."),
        Mistake(pattern=r"\S*@", message="Enter the domain alone: what stands after the @."),
        Mistake(
            pattern=r"(?i)api\.(?:eu\.)?mailgun\.net", message="This is Mailgun's own address. Enter your domain."
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
        Choice(value="us", label="United States", hint="api.mailgun.net"),
        Choice(value="eu", label="European Union", hint="api.eu.mailgun.net"),
    ),
    help="Where the domain lives. It was chosen when the domain was added and cannot be changed.",
    how_to="Mailgun's list of domains shows US or EU beside each name.",
    console_url=DOMAINS_URL,
    console_label="Open Mailgun's domains",
)

FROM_ADDRESS = Field(
    name="from_address",
    label="Default sender",
    env=f"{ENV}_FROM",
    required=False,
    pattern=rf"(?:[^<>@\r\n]{{0,128}}<{_ADDRESS}>|{_ADDRESS})",
    pattern_hint="An address such as hello@mg.example.com, or a name with it: Example Studio <hello@mg.example.com>.",
    example="Example Studio <hello@mg.example.com>",
    help="Used when an e-mail names no sender. Best at the sending domain.",
    how_to="Any address at the sending domain. The mailbox itself need not exist.",
    console_url=DOMAINS_URL,
    console_label="Open Mailgun's domains",
    aliases=(f"{ENV}_FROM_EMAIL", "from"),
    mistakes=(Mistake(pattern=r"https?://", message="This is a web address. Enter an e-mail address."),),
)

SIGNING_KEY = Field(
    name="webhook_signing_key",
    label="Webhook signing key",
    env=f"{ENV}_WEBHOOK_SIGNING_KEY",
    kind=FieldKind.SECRET,
    required=False,
    webhook_secret=True,
    pattern=r"(?:key-)?[0-9A-Za-z]{16,64}",
    pattern_hint="Letters and digits, sometimes with key- before them.",
    example="00000000000000000000000000000000",
    help="Proves that an event really comes from Mailgun. Filled in for you when we set up event delivery.",
    how_to="Only if you made the webhook yourself: in Mailgun open “Sending”, then “Webhooks”, and copy the "
    "“HTTP webhook signing key”. It is one key for the whole account and not the API key.",
    console_url=WEBHOOKS_URL,
    console_label="Open Mailgun's webhooks",
    mistakes=(
        Mistake(
            pattern=r"[0-9A-Za-z]{32}-[0-9A-Za-z]{8}-[0-9A-Za-z]{8}",
            message="This is an API key. The signing key stands on the page “Webhooks”.",
        ),
        Mistake(pattern=r"https?://", message="This is an address. The signing key is letters and digits."),
        Mistake(pattern=r"whsec_", message="This is the signing secret of another service."),
    ),
)

_PERMISSIONS = (
    Permission(
        scope="messages",
        label="Send e-mail",
        reason="We send the e-mails you ask us to send.",
        untested="Mailgun says it only when something is sent, and counts that as sent: “Send an e-mail” shows it.",
    ),
    Permission(
        scope="domains",
        label="Look at domains and have their DNS checked",
        reason="We show which DNS entries are missing and let Mailgun look at them again. Not with a sending key.",
        required=False,
    ),
    Permission(
        scope="events",
        label="Read events",
        reason="We see what became of each e-mail, find events that never arrived, and look whether an e-mail "
        "was taken before we ask again.",
        required=False,
    ),
    Permission(
        scope="templates",
        label="Read and change templates",
        reason="We list your templates, add versions and choose the active one.",
        required=False,
    ),
    Permission(
        scope="suppressions",
        label="Read and change bounces, unsubscribes and complaints",
        reason="We show who gets no mail and why, and add or remove an address when you say so.",
        required=False,
    ),
    Permission(
        scope="routes",
        label="Read and change routes",
        reason="We show and set what happens to mail that arrives.",
        required=False,
    ),
    Permission(
        scope="analytics", label="Read figures", reason="We draw the daily figures of your e-mail.", required=False
    ),
    Permission(
        scope="webhooks",
        label="Set up event delivery",
        reason="We give Mailgun our address and read the signing key, so that you need not do it.",
        required=False,
    ),
)

_SETUP_STEPS = (
    SetupStep(
        title="Verify your sending domain",
        text="Press “Add new domain”, choose the region (it cannot be changed later) and copy each DNS entry "
        "that Mailgun shows to where your domain is managed. Then press “Verify DNS settings”.",
        url=DOMAINS_URL,
        url_label="Open Domains in Mailgun",
        field=DOMAIN.name,
    ),
    SetupStep(
        title="Create an API key",
        text="Press “Add new key”, give it a name such as the client's, choose the role Developer and press "
        "“Create key”. Copy it at once: Mailgun shows it only this one time.",
        url=KEYS_URL,
        url_label="Open API Security in Mailgun",
        field=API_KEY.name,
    ),
    SetupStep(
        title="Let events come in",
        text="With an account key we give Mailgun our address and read the signing key. With a domain sending "
        "key, press “Add webhook”, choose each event, paste the address we show, and copy the “HTTP webhook "
        "signing key” here.",
        url=WEBHOOKS_URL,
        url_label="Open Webhooks in Mailgun",
        field=SIGNING_KEY.name,
    ),
)

_PRICING = Pricing(
    model="Free to try, then monthly plans by the number of e-mails; each e-mail beyond the plan is charged",
    tiers=(
        PricingTier(name="Free", price="0", detail="At most 100 e-mails a day."),
        PricingTier(
            name="Paid plans",
            price="See Mailgun's price page",
            detail="More e-mails, longer kept events, scheduling up to 7 days ahead. Test-mode e-mails are "
            "charged, too. The account's own figures stand under Billing in Mailgun.",
        ),
    ),
    as_of=date(2026, 11, 23),
    url="https://www.mailgun.com/pricing/",
)

_DELIVERY = ("delivered", "temporary_fail", "permanent_fail", "complained")

_TEMPLATES = (
    Template(
        id="transactional",
        name="Send from a website or shop",
        description="Receipts, password resets and notices, with word of each that arrives or comes back.",
        events=("accepted", *_DELIVERY),
        permissions=("messages", "domains", "events", "webhooks"),
    ),
    Template(
        id="newsletter",
        name="Send news and see who reads it",
        description="Templates with versions, opens, clicks, unsubscribes and daily figures.",
        events=(*_DELIVERY, "opened", "clicked", "unsubscribed"),
        permissions=("messages", "events", "templates", "suppressions", "analytics", "webhooks"),
    ),
    Template(
        id="european",
        name="Send from the European Union",
        description="For a domain that was added in Mailgun's EU region: messages and events stay there.",
        configuration={"region": "eu"},
        events=("accepted", *_DELIVERY),
        permissions=("messages", "domains", "events", "webhooks"),
    ),
    Template(
        id="sending-only",
        name="Send only, with the smallest key",
        description="For a domain sending key. Nothing can be read or changed with it.",
        permissions=("messages",),
    ),
)

_TESTS = (
    TestDefinition(
        id=CONNECTION_TEST,
        name="Check the connection",
        description="Address, key and what it may do, region, sending domain and its DNS, event delivery, clock.",
    ),
    TestDefinition(
        id=SEND_TEST,
        name="Send an e-mail",
        description="Sends one real e-mail through your account; it counts towards your plan. In the test "
        "environment Mailgun takes it, charges it and does not deliver it. In the sandbox nothing is sent.",
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
        description="Our address, the signing key, the webhook in Mailgun, and whether something has arrived.",
    ),
)

_UNSUPPORTED = {
    "CancelsScheduledEmail": "Mailgun cannot take back a single scheduled e-mail. Its API can only throw away "
    "everything that a domain has scheduled or not delivered yet, so the hub offers no button for it.",
    "SendsEmailInBatches": "Mailgun takes one e-mail a call. The same e-mail with different values for up to "
    "1,000 people is one call: give each recipient's values with it.",
    "HasUnsubscribeGroups": "Mailgun has no groups. Unsubscribes hold for the whole domain or for one tag.",
    "SendsBroadcasts": "Mailgun has mailing lists (an address that passes e-mail on to its members), but no "
    "broadcasts with drafts and a sending time. Send one e-mail with each recipient's values instead.",
}

MANIFEST = Manifest(
    id=ID,
    name="Mailgun",
    category=Category.EMAIL,
    tagline="E-mail for senders who want to see every delivery",
    description="Sends transactional and bulk e-mail in the US or the EU, keeps templates with versions, routes "
    "mail that arrives, and reports what became of each e-mail. In the test environment Mailgun takes e-mails "
    "and charges them, but delivers nothing.",
    website="https://www.mailgun.com",
    documentation="https://documentation.mailgun.com/docs/mailgun",
    fields=(API_KEY, DOMAIN, REGION, FROM_ADDRESS, SIGNING_KEY),
    permissions=_PERMISSIONS,
    setup_steps=_SETUP_STEPS,
    pricing=_PRICING,
    templates=_TEMPLATES,
    api_versions=(
        ApiVersion(name="v3", note="Messages, events, templates, suppressions, routes."),
        ApiVersion(name="v4", note="Domains and webhooks."),
        ApiVersion(name="v5", note="The webhook signing key."),
        ApiVersion(name="v1", note="Figures (analytics)."),
        ApiVersion(name="v3 stats", status="deprecated", note="Replaced by analytics; not used here."),
    ),
    tests=_TESTS,
    api_base="https://api.mailgun.net",
    environments=(Environment.LIVE, Environment.TEST, Environment.SANDBOX),
    webhook=WebhookSettings(
        events=EVENT_TYPES,
        signature="HMAC-SHA256 over timestamp and token, inside the body; the rest of the body is not signed",
        secret_field=SIGNING_KEY.name,
        tolerance_seconds=TOLERANCE_SECONDS,
        signs_body=False,
        console_url=WEBHOOKS_URL,
        steps=(
            "Open “Sending”, then “Webhooks” in Mailgun and choose the domain.",
            "Press “Add webhook”, choose an event and paste the address shown here; repeat it for each event.",
            "Copy the “HTTP webhook signing key” from the same page and paste it here.",
        ),
    ),
    rate_limit=RateLimit(
        requests=250,
        per_seconds=60,
        note="Mailgun allows 300 calls a minute to domains and webhooks, more to everything else.",
    ),
    popularity=74,
    setup_minutes=8,
    keywords=("email", "e-mail", "transactional", "smtp", "deliverability", "inbound", "routes", "sinch", "eu"),
    logo_background="#F06B66",
    key_inventory_url=KEYS_URL,
    unsupported=_UNSUPPORTED,
)
