"""A small provider that exists only in tests, with its stand-in: `Acme`, which takes payments of a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from providers.kit.contract import (
    Account,
    ApiVersion,
    Category,
    Choice,
    Environment,
    Field,
    FieldKind,
    InboundEvent,
    InboundRequest,
    Manifest,
    Mistake,
    Permission,
    Pricing,
    Provider,
    SetupStep,
    Step,
    StepOutcome,
    Template,
    TestDefinition,
    WebhookEventType,
    WebhookRegistration,
    WebhookSettings,
    passed,
    warning,
)
from providers.kit.errors import AuthenticationFailed, Unavailable
from providers.kit.registry import Registered, Registry
from providers.kit.sandbox import SandboxRequest, SandboxResponse, VendorStandIn

GOOD_KEY = "ak_test_0123456789abcdefGOOD"
LIVE_KEY = "ak_live_0123456789abcdefLIVE"
SIGNING = "whs_0123456789abcdef"

MANIFEST = Manifest(
    id="acme",
    name="Acme Pay",
    category=Category.PAYMENT,
    tagline="Payments for shops",
    description="Takes payments.",
    website="https://acme.example.com",
    documentation="https://acme.example.com/docs",
    fields=(
        Field(
            name="api_key",
            label="Secret key",
            env="ACME_SECRET_KEY",
            kind=FieldKind.SECRET,
            aliases=("secret_key",),
            pattern=r"ak_(test|live)_([A-Za-z0-9]{3,100}|\.\.\.)",
            pattern_hint="Begins with ak_test_ or ak_live_.",
            prefixes={"ak_test_": Environment.TEST, "ak_live_": Environment.LIVE},
            mistakes=(Mistake(pattern="pk_", message="This is the publishable key."),),
        ),
        Field(
            name="publishable_key",
            label="Publishable key",
            env="NEXT_PUBLIC_ACME_KEY",
            required=False,
            pattern=r"pk_(test|live)_[A-Za-z0-9]{3,100}",
            pattern_hint="Begins with pk_.",
            prefixes={"pk_test_": Environment.TEST, "pk_live_": Environment.LIVE},
        ),
        Field(
            name="region",
            label="Region",
            env="ACME_REGION",
            kind=FieldKind.CHOICE,
            choices=(Choice(value="eu", label="Europe"), Choice(value="us", label="United States")),
            default="eu",
        ),
        Field(
            name="sender",
            label="Receipts from",
            env="ACME_FROM",
            kind=FieldKind.EMAIL,
            required=False,
        ),
        Field(
            name="webhook_secret",
            label="Signing secret",
            env="ACME_WEBHOOK_SECRET",
            kind=FieldKind.SECRET,
            required=False,
            webhook_secret=True,
            pattern=r"whs_[A-Za-z0-9]{4,100}",
            prefixes={"whs_": None},
        ),
    ),
    permissions=(Permission(scope="read", label="Read", reason="Shows payments."),),
    setup_steps=(SetupStep(title="Make a key", text="On the page “Keys”."),),
    pricing=Pricing(model="Per payment", tiers=(), as_of=date(2026, 1, 1), url="https://acme.example.com/pricing"),
    templates=(
        Template(id="shop", name="Shop", description="A shop.", configuration={"sender": "shop@example.com"}),
    ),
    api_versions=(ApiVersion(name="1"),),
    tests=(
        TestDefinition(id="acme-connection", name="Test the connection", description="Checks the key."),
        TestDefinition(
            id="acme-charge",
            name="Try a payment",
            description="Makes one.",
            inputs=(Field(name="amount", label="Amount", env="", kind=FieldKind.NUMBER),),
            changes_data=True,
        ),
    ),
    api_base="https://api.acme.example.com",
    environments=(Environment.LIVE, Environment.TEST, Environment.SANDBOX),
    webhook=WebhookSettings(
        events=(
            WebhookEventType(type="payment.paid", label="Paid"),
            WebhookEventType(type="payment.noise", label="Noise", default=False),
        ),
        signature="HMAC",
        secret_field="webhook_secret",
        steps=("Open “Webhooks”.",),
    ),
    popularity=60,
    keywords=("cards", "checkout"),
)


class Acme(Provider):
    """Asks its stand-in (or any server) one thing per line. `hook` lets a test run something inside a line."""

    manifest = MANIFEST
    hook: Callable[[str], None] = staticmethod(lambda name: None)

    def identify(self) -> Account:
        answer = self.connection.http.request(
            "GET",
            "/account",
            operation="read account",
            headers={"Authorization": f"Bearer {self.configuration['api_key']}"},
            timeout=5.0,
        )
        if answer.status == 401:
            raise AuthenticationFailed("Acme does not know this key.", fix="Copy it again.", status=401)
        if answer.status >= 500:
            raise Unavailable("Acme does not answer.", fix="Wait.", status=answer.status)
        body = answer.json()
        return Account(id=body["id"], name=body["name"])

    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:
        if test_id == f"{self.manifest.id}-charge":
            return (Step(name="charge", label="Payment made", run=self._charge),)
        if test_id != f"{self.manifest.id}-connection":
            raise KeyError(test_id)
        return (
            Step(name="key", label="Key accepted", run=self._key),
            Step(name="webhook", label="Deliveries", run=self._webhook, needs=("key",)),
        )

    def _key(self) -> StepOutcome:
        self.hook("key")
        account = self.identify()
        return passed(f"This is {account.name}.", account=account)

    def _webhook(self) -> StepOutcome:
        self.hook("webhook")
        if self.configuration.get("sender") == "warn@example.com":
            return warning("No delivery yet.", fix="Send one.")
        return passed("All good.")

    def _charge(self) -> StepOutcome:
        self.hook("charge")
        return passed("Paid.")

    @staticmethod
    def verify(request: InboundRequest, secrets: Sequence[str], now: Any) -> None: ...

    @staticmethod
    def read(request: InboundRequest) -> tuple[InboundEvent, ...]:
        return ()

    @staticmethod
    def describe(event: InboundEvent) -> Any: ...

    def register_webhook(self, url: str, events: Sequence[str]) -> WebhookRegistration:
        answer = self.connection.http.request("POST", "/webhooks", operation="create webhook", json={"url": url})
        return WebhookRegistration(id=answer.json()["id"], secret=SIGNING, url=url, events=tuple(events))

    def unregister_webhook(self, registration_id: str) -> None:
        self.connection.http.request("DELETE", f"/webhooks/{registration_id}", operation="delete webhook")


class AcmeSandbox(VendorStandIn):
    @staticmethod
    def credentials() -> dict[str, str]:
        return {"api_key": GOOD_KEY}

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        self.state["calls"] = self.state.get("calls", 0) + 1
        if request.path == "/account" and request.headers.get("authorization") != f"Bearer {GOOD_KEY}":
            return SandboxResponse(status=401, body=b"{}")
        if request.path.startswith("/webhooks"):
            return SandboxResponse(status=201, body=orjson.dumps({"id": f"wh_{self.state['calls']}"}))
        return SandboxResponse(status=200, body=orjson.dumps({"id": "acct_1", "name": "Ada's shop"}))


LOGO = "<svg xmlns='http://www.w3.org/2000/svg'/>"


def registered(folder: Path, manifest: Manifest = MANIFEST) -> Registered:
    """Acme, or a copy of it under another manifest, with its files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "logo.svg").write_text(LOGO)
    (folder / "guide.md").write_text(f"# {manifest.name}")
    kind = type("Acme", (Acme,), {"manifest": manifest}) if manifest is not MANIFEST else Acme
    return Registered(id=manifest.id, provider=kind, sandbox=AcmeSandbox, folder=folder)


def registry_in(folder: Path, *others: Manifest) -> Registry:
    return Registry({one.id: registered(folder / one.id, one) for one in (MANIFEST, *others)})


def other(provider_id: str, name: str, **changes: Any) -> Manifest:
    """A manifest like Acme's, under another name."""
    tests = tuple(replace(one, id=one.id.replace("acme", provider_id)) for one in MANIFEST.tests)
    return replace(MANIFEST, id=provider_id, name=name, tests=tests, **changes)
