"""What a provider can do, as protocols: implementing the methods is the declaration.

Inputs and outputs are ours; vendor words stop at the provider's folder. `runtime_checkable` compares names only,
so the conformance suite compares signatures too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from providers.kit.contract import (
    Account,
    Activity,
    InboundEvent,
    InboundRequest,
    WebhookRegistration,
)
from providers.kit.vocabulary import analytics, billing, crm, email, payments, social


@runtime_checkable
class ChecksConnection(Protocol):
    """Can say whose account the credentials open. Raises ProviderError."""

    def identify(self) -> Account: ...


@runtime_checkable
class ReceivesWebhooks(Protocol):
    """Proves and reads deliveries. Static: needs no connection, does no I/O, is called once per delivery."""

    @staticmethod
    def verify(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
        """Raises SignatureInvalid; an empty `secrets` is SignatureInvalid(reason="no_secret")."""
        ...

    @staticmethod
    def read(request: InboundRequest) -> tuple[InboundEvent, ...]:
        """The events of a proven delivery. Raises InvalidRequest for a body that is not what the vendor sends."""
        ...

    @staticmethod
    def describe(event: InboundEvent) -> Activity:
        """The event in our words. Never raises for an event of an unknown type or an odd shape."""
        ...


@runtime_checkable
class AnswersChallenges(Protocol):
    """Answers the GET a vendor sends to prove that an address is ours."""

    @staticmethod
    def challenge(request: InboundRequest, secrets: Sequence[str]) -> tuple[int, str, str]:
        """(status, content type, body)."""
        ...


@runtime_checkable
class RegistersWebhooks(Protocol):
    """Creates and removes the webhook through the vendor's API. Raises ProviderError."""

    def register_webhook(self, url: str, events: Sequence[str]) -> WebhookRegistration: ...

    def unregister_webhook(self, registration_id: str) -> None: ...


@runtime_checkable
class CatchesUp(Protocol):
    """Lists events the vendor has sent since a moment, for finding what never arrived. Raises ProviderError."""

    def events_since(self, since: datetime, limit: int) -> tuple[InboundEvent, ...]: ...


@runtime_checkable
class MakesSamples(Protocol):
    """The sandbox can deliver believable signed events, with no vendor involved."""

    @staticmethod
    def sample_delivery(event_type: str, secret: str, now: datetime, seed: int, url: str = "") -> InboundRequest:
        """A delivery exactly as the vendor would send it to `url`, signed with `secret`."""
        ...


CAPABILITY_WORDS: dict[type, tuple[str, str]] = {
    ChecksConnection: ("plug-connected", "Checks the connection line by line"),
    ReceivesWebhooks: ("webhook", "Receives events as they happen"),
    RegistersWebhooks: ("link", "Sets up event delivery for you"),
    CatchesUp: ("history", "Finds events that never arrived"),
    payments.TakesPayments: ("credit-card", "Takes payments and refunds"),
    payments.KeepsCustomers: ("users", "Keeps customers"),
    payments.SellsProducts: ("package", "Keeps products and prices"),
    payments.HostsCheckout: ("shopping-cart", "Makes checkout pages and payment links"),
    billing.ManagesSubscriptions: ("repeat", "Starts, changes, pauses and ends subscriptions"),
    billing.SendsInvoices: ("receipt", "Writes, sends and collects invoices"),
    billing.GuardsAgainstFraud: ("shield-check", "Shows risks, and keeps block and allow lists"),
    billing.HandlesDisputes: ("scale", "Answers disputes with evidence"),
    billing.RefetchesObjects: ("refresh", "Looks up how a thing stands now"),
    billing.TravelsInTime: ("clock", "Moves time forward, with test money"),
    email.SendsEmail: ("mail", "Sends e-mail"),
    email.SendsEmailInBatches: ("mail", "Sends many e-mails in one go"),
    email.CancelsScheduledEmail: ("calendar-off", "Takes scheduled e-mail back"),
    email.TracksEmail: ("mail-opened", "Tells what became of each e-mail"),
    email.ListsEmailEvents: ("history", "Lists past e-mail events"),
    email.VerifiesDomains: ("world-check", "Checks the DNS of sending domains"),
    email.KeepsTemplates: ("template", "Keeps e-mail templates"),
    email.KeepsSuppressions: ("mail-off", "Keeps the list of people not to write to"),
    email.ReportsEmail: ("chart-bar", "Reports e-mail figures by day"),
    email.HasUnsubscribeGroups: ("users-minus", "Has unsubscribe groups"),
    email.RoutesInboundEmail: ("route", "Routes mail that arrives"),
    email.SendsBroadcasts: ("speakerphone", "Sends broadcasts to audiences"),
    crm.SyncsContacts: ("address-book", "Keeps contacts in step"),
    crm.KeepsCompanies: ("building", "Keeps companies"),
    crm.KeepsLeads: ("user-plus", "Keeps leads"),
    crm.TracksDeals: ("briefcase", "Follows deals through their stages"),
    crm.DescribesFields: ("forms", "Lists fields and owners, for mapping"),
    crm.LinksRecords: ("link", "Links records with each other"),
    crm.ShowsAllowances: ("gauge", "Shows what is left of its limits"),
    analytics.TracksEvents: ("activity", "Sends events"),
    analytics.ImportsEvents: ("database-import", "Brings in past events"),
    analytics.ConfirmsEvents: ("circle-check", "Confirms that events arrived"),
    analytics.ProfilesPeople: ("user-circle", "Keeps profiles of people and groups"),
    analytics.ReportsAnalytics: ("chart-bar", "Makes reports and funnels"),
    analytics.ReportsRealtime: ("activity", "Shows what happens right now"),
    analytics.ListsProperties: ("list", "Lists accounts and properties"),
    analytics.KeepsSavedReports: ("bookmark", "Opens saved reports"),
    analytics.ExportsEvents: ("download", "Exports raw events"),
    social.PublishesPosts: ("send", "Publishes posts"),
    social.PublishesThreads: ("messages", "Publishes threads"),
    social.SchedulesPosts: ("calendar", "Schedules posts by itself"),
    social.ReadsPosts: ("chart-bar", "Reads posts and their figures"),
    social.Converses: ("message", "Reads and writes comments"),
    social.SignsPeopleIn: ("login", "Signs people in"),
}
"""Icon and plain words for what a provider page lists under "What it can do"."""


def capabilities_of(provider: type) -> tuple[type, ...]:
    """The protocols this provider class implements, in the order of CAPABILITY_WORDS."""
    return tuple(protocol for protocol in CAPABILITY_WORDS if issubclass(provider, protocol))
