"""A document becomes a provider: the same contract, the same door, the same conformance suite as any other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from providers.kit.contract import Account, Activity, InboundEvent, InboundRequest, Provider, Step
from providers.kit.declarative.checks import account_of, steps_of
from providers.kit.declarative.document import Document
from providers.kit.declarative.document_webhook import Webhook
from providers.kit.declarative.folder import guide_of, logo_of
from providers.kit.declarative.manifest import manifest_of
from providers.kit.declarative.plain_text import DocumentError
from providers.kit.declarative.running import OperationResult, Runner
from providers.kit.declarative.shown import Shown
from providers.kit.declarative.stand_in import DocumentStandIn, credentials_for
from providers.kit.declarative.validation import errors_of
from providers.kit.declarative.webhooks import describe_event, read_delivery, sample_delivery, verify_delivery
from providers.kit.errors import InvalidRequest
from providers.kit.registry import Registered


class DeclarativeProvider(Provider):
    """Base of the classes that `provider_class` makes."""

    document: ClassVar[Document]

    @cached_property
    def _runner(self) -> Runner:
        return Runner(self.document, self.connection)

    @property
    def exchanges(self) -> tuple[Shown, ...]:
        """What the last operation sent and got, secrets masked; also after it failed."""
        return tuple(self._runner.exchanges)

    def run_operation(self, operation_id: str, inputs: Mapping[str, Any], *, since: str = "") -> OperationResult:
        """Runs one operation. `since` is what the last incremental run gave. Raises ProviderError."""
        try:
            operation = self.document.operation(operation_id)
        except KeyError:
            raise InvalidRequest(
                f"There is no operation “{operation_id[:60]}”.", field="operation", fix="Choose one that is listed."
            ) from None
        return self._runner.run(operation, inputs, since)

    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:
        return steps_of(self.document, self._runner, test_id)


def provider_class(document: Document) -> type[DeclarativeProvider]:
    """The provider of a document, with the capabilities it describes. Raises DocumentError when it has errors."""
    found = errors_of(document)
    if found:
        raise DocumentError(
            f"The document cannot run yet: {found[0].message}",
            fix=found[0].fix,
            pointer=found[0].pointer,
            findings=found,
        )
    members: dict[str, Any] = {
        "__doc__": document.tagline,
        "document": document,
        "manifest": manifest_of(document),
    }
    if document.identify.operation:
        members["identify"] = _identify
    if document.webhook is not None:
        members |= _webhook_members(document.webhook, document.name)
    return type("CustomProvider", (DeclarativeProvider,), members)


def stand_in_class(document: Document) -> type[DocumentStandIn]:
    """The sandbox of a document that validates."""
    members = {"document": document, "credentials": staticmethod(lambda: credentials_for(document))}
    return type("Sandbox", (DocumentStandIn,), members)


def registered(document: Document, folder: Path) -> Registered:
    """The provider as the registry holds it, with logo and guide written into `folder`. Raises DocumentError."""
    provider = provider_class(document)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "logo.svg").write_text(logo_of(document), encoding="utf-8")
    (folder / "guide.md").write_text(guide_of(document), encoding="utf-8")
    return Registered(id=document.id, provider=provider, sandbox=stand_in_class(document), folder=folder)


def _identify(self: DeclarativeProvider) -> Account:
    """Raises ProviderError."""
    return account_of(self.document, self._runner)


def _webhook_members(webhook: Webhook, service: str) -> dict[str, Any]:
    def verify(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
        verify_delivery(webhook, request, secrets, now)

    def read(request: InboundRequest) -> tuple[InboundEvent, ...]:
        return read_delivery(webhook, request)

    def describe(event: InboundEvent) -> Activity:
        return describe_event(webhook, service, event)

    def sample(event_type: str, secret: str, now: datetime, seed: int, url: str = "") -> InboundRequest:
        return sample_delivery(webhook, event_type, secret, now, seed, url)

    functions: dict[str, Callable[..., Any]] = {"verify": verify, "read": read, "describe": describe}
    if any(isinstance(one.sample, dict | list) for one in webhook.events):
        functions["sample_delivery"] = sample
    return {name: staticmethod(one) for name, one in functions.items()}
