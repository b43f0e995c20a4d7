"""A provider on its own sandbox, as the hub would open it, with everything that went over the door kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from providers.kit.contract import Environment, Provider, WebhookState
from providers.kit.http import CallRecord, DoorPolicy
from providers.kit.registry import Registered, Registry
from providers.kit.sandbox import MemoryState
from providers.kit.testing.published import description_of
from providers.kit.testing.transport import HeldTransport

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Bench:
    """One stand-in's state, several providers on it. `moment` is the clock of all of them; set it to travel."""

    def __init__(
        self, entry: Registered, undescribed: Callable[[str, str], bool] = lambda method, path: False
    ) -> None:
        assert entry.sandbox is not None, f"{entry.id} has no sandbox"
        self.entry = entry
        self.state = MemoryState()
        self.moment = NOW
        self.records: list[CallRecord] = []
        self.transport = HeldTransport(
            entry.sandbox, self.state, self.now, description_of(entry.folder.name), undescribed
        )

    def now(self) -> datetime:
        return self.moment

    def open(
        self,
        configuration: Mapping[str, str] | None = None,
        *,
        environment: Environment = Environment.SANDBOX,
        webhook: WebhookState | None = None,
        tokens: Any = None,
    ) -> Provider:
        """The provider with the stand-in's credentials, changed by `configuration`."""
        assert self.entry.sandbox is not None
        provider = Registry({self.entry.id: self.entry}).open(
            self.entry.id,
            configuration={**self.entry.sandbox.credentials(), **(configuration or {})},
            environment=environment,
            policy=DoorPolicy(),
            on_call=self.records.append,
            webhook_state=webhook,
            now=self.now,
            transport=self.transport,
            tokens=tokens,
        )
        door = provider.connection.http
        door.rate_limit = door._bucket = None  # our own pace is the door's to test, and slow
        return provider
