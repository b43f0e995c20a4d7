"""The smallest complete provider, for the tests of the kit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import orjson

from providers.kit import signatures
from providers.kit.contract import (
    Account,
    Activity,
    ApiVersion,
    Category,
    Connection,
    Environment,
    Field,
    FieldKind,
    InboundEvent,
    InboundRequest,
    Manifest,
    Permission,
    Pricing,
    PricingTier,
    Provider,
    SetupStep,
    Step,
    StepOutcome,
    Template,
    TestDefinition,
    WebhookEventType,
    WebhookSettings,
    passed,
    provider_id,
)
from providers.kit.errors import AuthenticationFailed, InvalidRequest
from providers.kit.http import error_for_status

ID = provider_id(__name__)


class AcmeMail(Provider):
    manifest = Manifest(
        id=ID,
        name="Acme Mail",
        category=Category.EMAIL,
        tagline="Sends letters",
        description="Sends letters for people.",
        website="https://acme.example",
        documentation="https://acme.example/docs",
        fields=(
            Field(
                name="api_key",
                label="API key",
                env="ACME_API_KEY",
                kind=FieldKind.SECRET,
                pattern=r"acme_[a-z0-9]{12}",
                pattern_hint="acme_ and twelve letters or digits",
                example="acme_abcdefghijkl",
                prefixes={"acme_": None},
                how_to="Settings, then Keys.",
            ),
            Field(
                name="signing_secret",
                label="Signing secret",
                env="ACME_SIGNING_SECRET",
                kind=FieldKind.SECRET,
                required=False,
                how_to="Settings, then Events.",
                webhook_secret=True,
            ),
        ),
        permissions=(Permission(scope="read", label="Read", reason="To show your letters here."),),
        setup_steps=(
            SetupStep(title="Make a key", text="Press New key.", url="https://acme.example/keys", url_label="Keys"),
        ),
        pricing=Pricing(
            model="per letter",
            tiers=(PricingTier(name="Free", price="€0"),),
            as_of=date(2026, 11, 1),
            url="https://acme.example/pricing",
        ),
        templates=(Template(id="letters", name="Letters", description="Send letters."),),
        api_versions=(ApiVersion(name="1"),),
        tests=(TestDefinition(id=f"{ID}-connection", name="Connection", description="Looks at the key."),),
        api_base="https://api.acme.example",
        environments=(Environment.LIVE, Environment.SANDBOX),
        webhook=WebhookSettings(
            events=(WebhookEventType(type="letter.sent", label="A letter was sent"),),
            signature="HMAC-SHA256",
            secret_field="signing_secret",
            steps=("Paste the address.",),
        ),
    )

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        key = connection.configuration["api_key"]
        self._http = connection.http.bound(headers={"Authorization": f"Bearer {key}"})

    def identify(self) -> Account:
        answer = self._http.request("GET", "/v1/account", operation="read account")
        if answer.status == 401:
            raise AuthenticationFailed("Acme Mail does not accept the key.", fix="Copy the key again.", status=401)
        if not answer.ok:
            raise error_for_status(answer, "Acme Mail")
        return Account(**answer.json())

    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:
        self.manifest.test(test_id)
        return (
            Step(name="key", label="The key is accepted", run=self._key),
            Step(name="account", label="The account is known", run=self._key, needs=("key",), permissions=("read",)),
        )

    def _key(self) -> StepOutcome:
        account = self.identify()
        return passed(f"This is {account.name}.", account=account)

    @staticmethod
    def verify(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
        value = signatures.header(request.headers, "acme-signature")
        signatures.verify_timestamped(request.body, value, secrets, now)

    @staticmethod
    def read(request: InboundRequest) -> tuple[InboundEvent, ...]:
        try:
            body = orjson.loads(request.body)
            return (InboundEvent(external_id=body["id"], type=body["type"], payload=body),)
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise InvalidRequest("This is no event of Acme Mail.") from error

    @staticmethod
    def describe(event: InboundEvent) -> Activity:
        if event.type == "letter.sent":
            return Activity(kind="letter.sent", sentence="A letter went out")
        return Activity(kind="other.event", sentence="Something happened at Acme Mail")

    @staticmethod
    def sample_delivery(event_type: str, secret: str, now: datetime, seed: int, url: str = "") -> InboundRequest:
        body = orjson.dumps({"id": f"evt_{seed}", "type": event_type})
        value = signatures.sign_timestamped(body, secret, int(now.timestamp()))
        return InboundRequest(method="POST", url=url, headers={"acme-signature": value}, query={}, body=body)
