"""What the hub must know of Stripe before anyone connects it."""

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

from .cards import CARDS
from .events import EVENT_TYPES
from .permissions import PERMISSIONS

API_VERSION = "2026-10-28.endive"
"""Sent with every call and fixed on every webhook we register, so that answers and events keep their shape."""

KEYS_URL = "https://dashboard.stripe.com/apikeys"
TEST_KEYS_URL = "https://dashboard.stripe.com/test/apikeys"
WEBHOOKS_URL = "https://dashboard.stripe.com/webhooks"
TEST_WEBHOOKS_URL = "https://dashboard.stripe.com/test/webhooks"
DOCUMENTATION = "https://docs.stripe.com"


def keys_url(environment: Environment) -> str:
    return KEYS_URL if environment is Environment.LIVE else TEST_KEYS_URL


def webhooks_url(environment: Environment) -> str:
    return WEBHOOKS_URL if environment is Environment.LIVE else TEST_WEBHOOKS_URL


_SECRET_PASTED = "This is a secret key. It goes into “Secret or restricted key”; never put it on a website."
_PUBLISHABLE_PASTED = (
    "This is the publishable key (pk_…): it is for web pages and can't read anything. "
    "Copy the secret key (sk_…) or a restricted key (rk_…) from the same page."
)
_SIGNING_SECRET_PASTED = "This is a webhook's signing secret (whsec_…). It goes into “Webhook signing secret”."

_REST = r"([A-Za-z0-9+/=_-]{3,247}|\.\.\.)"
"""After the prefix. Three dots are how documentation writes a key: they may be saved, the test says the rest."""

API_KEY = Field(
    name="api_key",
    label="Secret or restricted key",
    env="STRIPE_SECRET_KEY",
    kind=FieldKind.SECRET,
    aliases=("secret_key",),
    pattern=r"(sk|rk)_(test|live)_" + _REST,
    pattern_hint="Begins with sk_test_, rk_test_, sk_live_ or rk_live_ and has letters and digits after that.",
    example="rk_test_...",
    prefixes={
        "sk_test_": Environment.TEST,
        "rk_test_": Environment.TEST,
        "sk_live_": Environment.LIVE,
        "rk_live_": Environment.LIVE,
    },
    help="Lets the toolkit read your account and do what you ask of it. A restricted key is the safer choice.",
    how_to="On Stripe's page “API keys”, choose “Create restricted key”, give it the permissions listed here, "
    "and copy the key. Or use “Reveal test key” (live: “Reveal live key”) beside “Secret key”.",
    console_url=KEYS_URL,
    console_label="Open API keys in Stripe",
    mistakes=(
        Mistake(pattern=r"pk_(test|live)_", message=_PUBLISHABLE_PASTED),
        Mistake(pattern=r"whsec_", message=_SIGNING_SECRET_PASTED),
        Mistake(pattern=r"acct_", message="This is an account id, not a key. The key begins with sk_ or rk_."),
        Mistake(
            pattern=r"(sk|rk)_(test|live)_[^A-Za-z0-9]+[A-Za-z0-9]",
            message="This is the shortened form that Stripe shows. Use its copy button to get the whole key.",
        ),
    ),
)
PUBLISHABLE_KEY = Field(
    name="publishable_key",
    label="Publishable key",
    env="NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY",
    required=False,
    aliases=("STRIPE_PUBLISHABLE_KEY",),
    pattern=r"pk_(test|live)_" + _REST,
    pattern_hint="Begins with pk_test_ or pk_live_ and has letters and digits after that.",
    example="pk_test_...",
    prefixes={"pk_test_": Environment.TEST, "pk_live_": Environment.LIVE},
    help="Only needed when a website of yours shows Stripe's payment form. It is not secret.",
    how_to="On Stripe's page “API keys”, copy the key beside “Publishable key”.",
    console_url=KEYS_URL,
    console_label="Open API keys in Stripe",
    mistakes=(
        Mistake(pattern=r"(sk|rk)_(test|live)_", message=_SECRET_PASTED),
        Mistake(pattern=r"whsec_", message=_SIGNING_SECRET_PASTED),
    ),
)
WEBHOOK_SECRET = Field(
    name="webhook_secret",
    label="Webhook signing secret",
    env="STRIPE_WEBHOOK_SECRET",
    kind=FieldKind.SECRET,
    required=False,
    webhook_secret=True,
    pattern=r"whsec_" + _REST,
    pattern_hint="Begins with whsec_ and is pasted whole, with the whsec_.",
    example="whsec_...",
    prefixes={"whsec_": None},
    help="Proves that an event really comes from Stripe. Filled in for you when the toolkit sets up the webhook.",
    how_to="Only if you added the webhook by hand: open it on Stripe's page “Webhooks” and choose “Reveal” "
    "beside “Signing secret”.",
    console_url=WEBHOOKS_URL,
    console_label="Open webhooks in Stripe",
    mistakes=(
        Mistake(pattern=r"(sk|rk)_(test|live)_", message=_SECRET_PASTED),
        Mistake(
            pattern=r"pk_(test|live)_", message="This is the publishable key. The signing secret begins with whsec_."
        ),
        Mistake(pattern=r"we_", message="This is the webhook's id. The signing secret begins with whsec_."),
        Mistake(pattern=r"https?://", message="This is an address. The signing secret begins with whsec_."),
    ),
)

SETUP_STEPS = (
    SetupStep(
        title="Sign in to Stripe",
        text="Use the account of the client whose payments you want to see. The account's name is at the top left.",
        url="https://dashboard.stripe.com/login",
        url_label="Open Stripe",
    ),
    SetupStep(
        title="Create a restricted key",
        text="On “API keys” choose “Create restricted key”, name it after this toolkit and give it the permissions "
        "listed on this page. Stripe shows a live key only once: paste it here right away.",
        url=KEYS_URL,
        url_label="Open API keys (live)",
        field="api_key",
    ),
    SetupStep(
        title="Or try it with test money first",
        text="The test page has keys that begin with sk_test_ or rk_test_. No real money moves with them.",
        url=TEST_KEYS_URL,
        url_label="Open API keys (test)",
        field="api_key",
    ),
    SetupStep(
        title="Let the toolkit set up the webhook",
        text="With “Webhook endpoints: write” this takes one click. Otherwise choose “Add destination” "
        "on Stripe's page “Webhooks”, paste the address shown here, and copy the signing secret back.",
        url=WEBHOOKS_URL,
        url_label="Open webhooks (live)",
        field="webhook_secret",
    ),
)

PRICING = Pricing(
    model="A fee for each successful payment; no setup fee, no monthly fee. Prices differ by country.",
    tiers=(
        PricingTier(
            name="Standard (United States)",
            price="2.9% + 30¢ per successful payment with a domestic card",
            detail="+0.5% for cards typed in by hand, +1.5% for international cards, +1% when currency is converted.",
        ),
        PricingTier(name="Custom", price="By agreement", detail="For large volumes; ask Stripe's sales team."),
        PricingTier(name="Test mode", price="Free", detail="Test keys move no money and cost nothing."),
    ),
    as_of=date(2026, 9, 20),
    url="https://stripe.com/pricing",
)

TEMPLATES = (
    Template(
        id="website-payments",
        name="Take payments on a website",
        description="One-off payments through Stripe's checkout: what was paid, what failed, what was refunded.",
        events=(
            "payment_intent.succeeded",
            "payment_intent.payment_failed",
            "checkout.session.completed",
            "checkout.session.async_payment_succeeded",
            "checkout.session.async_payment_failed",
            "charge.refunded",
        ),
        permissions=("rak_payment_intent_read", "rak_customer_read", "rak_event_read", "rak_webhook_write"),
    ),
    Template(
        id="subscriptions",
        name="Watch over subscriptions",
        description="Memberships and retainers: who joined, who is behind with a payment, who left.",
        events=(
            "customer.created",
            "customer.subscription.created",
            "customer.subscription.updated",
            "customer.subscription.deleted",
            "customer.subscription.trial_will_end",
            "invoice.paid",
            "invoice.payment_failed",
            "invoice.payment_action_required",
        ),
        permissions=("rak_payment_intent_read", "rak_customer_read", "rak_event_read", "rak_webhook_write"),
    ),
    Template(
        id="disputes-and-fraud",
        name="Catch disputes and fraud early",
        description="Disputes, fraud warnings and reviews, in time to answer them.",
        events=(
            "charge.dispute.created",
            "charge.dispute.closed",
            "radar.early_fraud_warning.created",
            "review.opened",
            "review.closed",
        ),
        permissions=("rak_payment_intent_read", "rak_customer_read", "rak_event_read", "rak_webhook_write"),
    ),
    Template(
        id="bookkeeping",
        name="Follow the money to the bank",
        description="Payouts, refunds and paid invoices for whoever keeps the books. Reads only.",
        events=("payout.paid", "payout.failed", "charge.refunded", "refund.failed", "invoice.paid"),
        permissions=("rak_payment_intent_read", "rak_customer_read", "rak_balance_read", "rak_event_read"),
    ),
)

CONNECTION_TEST, PAYMENT_TEST, WEBHOOK_TEST = (
    f"{provider_id(__name__)}-{name}" for name in ("connection", "payment", "webhook")
)

TESTS = (
    TestDefinition(
        id=CONNECTION_TEST,
        name="Test the connection",
        description="Checks the key, its permissions, the webhook and the clock. Changes nothing at Stripe.",
    ),
    TestDefinition(
        id=PAYMENT_TEST,
        name="Try a test payment",
        description="Pays a small amount with one of Stripe's test cards, compares the outcome, and takes it back. "
        "Refused with a live key.",
        inputs=(
            Field(
                name="card",
                label="Test card",
                env="",
                kind=FieldKind.CHOICE,
                required=False,
                choices=(
                    Choice(value="none", label="No card: create a payment and cancel it"),
                    *(Choice(value=one.method, label=one.label) for one in CARDS),
                ),
                default="none",
                help="What the card is made for is what must come out.",
            ),
            Field(
                name="currency",
                label="Currency",
                env="",
                required=False,
                pattern=r"[A-Za-z]{3}",
                pattern_hint="Three letters, for instance USD or EUR.",
                example="USD",
                default="USD",
                help="The currency of the test payment.",
            ),
        ),
        changes_data=True,
    ),
    TestDefinition(
        id=WEBHOOK_TEST,
        name="Check the webhook",
        description="Checks that Stripe knows this address, sends the right events, and that they arrive.",
    ),
)


MANIFEST = Manifest(
    id=provider_id(__name__),
    name="Stripe",
    category=Category.PAYMENT,
    tagline="Payments, subscriptions and payouts",
    description="See every payment, refund, dispute and payout of a client's Stripe account as it happens, "
    "take payments and refund them, and find what never arrived.",
    website="https://stripe.com",
    documentation=DOCUMENTATION,
    fields=(API_KEY, PUBLISHABLE_KEY, WEBHOOK_SECRET),
    permissions=PERMISSIONS,
    setup_steps=SETUP_STEPS,
    pricing=PRICING,
    templates=TEMPLATES,
    api_versions=(ApiVersion(name=API_VERSION, note="Sent with every call, whatever the account's own default is."),),
    tests=TESTS,
    api_base="https://api.stripe.com",
    environments=(Environment.LIVE, Environment.TEST, Environment.SANDBOX),
    webhook=WebhookSettings(
        events=EVENT_TYPES,
        signature="HMAC-SHA256 in the header Stripe-Signature",
        secret_field="webhook_secret",
        tolerance_seconds=300,
        console_url=WEBHOOKS_URL,
        steps=(
            "Open “Webhooks” in Stripe's dashboard (for test money: switch to test mode first).",
            "Choose “Add destination”, pick the events, then “Webhook endpoint”.",
            "Paste the address shown here and choose “Create destination”.",
            "Choose “Reveal” beside “Signing secret”, copy it and paste it here.",
        ),
    ),
    rate_limit=RateLimit(
        requests=20, per_seconds=1.0, note="Stripe allows 100 a second live and 25 a second with test keys."
    ),
    popularity=95,
    setup_minutes=5,
    keywords=("payments", "cards", "checkout", "subscriptions", "invoices", "billing", "refunds", "payouts"),
    logo_background="#635BFF",
    key_inventory_url=KEYS_URL,
)
