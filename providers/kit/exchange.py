"""What passes between the hub and a provider: accounts, lines of a test, deliveries, events in our words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Account:
    """Whose account it is, as the vendor says. `id` is stable and unique at the vendor in this environment.

    `certain` is False where the vendor would not say and `id` only stands for the key: nobody may conclude from it
    that another key opens another account.
    """

    id: str
    name: str
    detail: str = ""
    url: str = ""
    livemode: bool | None = None
    certain: bool = True


class StepStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class StepOutcome:
    """What one line of a test found. `fix` says what to do, `fix_url` opens the very page.

    `degrades` is False for a warning about something not done yet, which does not make the connection unwell.
    """

    status: StepStatus
    message: str
    fix: str = ""
    fix_url: str = ""
    account: Account | None = None
    error: Exception | None = None
    degrades: bool = True


def passed(message: str, *, account: Account | None = None) -> StepOutcome:
    return StepOutcome(status=StepStatus.PASSED, message=message, account=account)


def failed(message: str, *, fix: str, fix_url: str = "", error: Exception | None = None) -> StepOutcome:
    return StepOutcome(status=StepStatus.FAILED, message=message, fix=fix, fix_url=fix_url, error=error)


def warning(message: str, *, fix: str = "", fix_url: str = "", degrades: bool = True) -> StepOutcome:
    return StepOutcome(status=StepStatus.WARNING, message=message, fix=fix, fix_url=fix_url, degrades=degrades)


def skipped(message: str) -> StepOutcome:
    return StepOutcome(status=StepStatus.SKIPPED, message=message)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of a test. `needs` names steps that must have passed (or warned), else this one is skipped.
    `permissions` are the manifest's (by scope) that this line looks at.

    `run` may raise any ProviderError: the runner turns it into a failed line with the error's words and fix.
    """

    name: str
    label: str
    run: Callable[[], StepOutcome]
    needs: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WebhookState:
    """What the hub knows about deliveries of this connection when a test runs. The hub fills it in."""

    address: str = ""
    secret_set: bool = False
    registration_id: str = ""
    last_received_at: datetime | None = None
    last_refused_at: datetime | None = None
    last_refused_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class InboundRequest:
    """A delivery as it arrived. Header names are lower case. `url` is the public address the vendor called."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class InboundEvent:
    """One event of a delivery (a delivery may carry many). `payload` is this event's own JSON object.

    `external_id` is the vendor's id: the key for de-duplication within one instance. `replay_key` is what a vendor
    that does not sign the whole delivery signs for one delivery only: another event that comes with it is no event.
    """

    external_id: str
    type: str
    payload: Mapping[str, Any]
    created_at: datetime | None = None
    livemode: bool | None = None
    replay_key: str = ""


class Tone(StrEnum):
    GOOD = "good"
    BAD = "bad"
    NEUTRAL = "neutral"
    ATTENTION = "attention"


@dataclass(frozen=True, kw_only=True)
class Activity:
    """An event in our words. `sentence` is what the inbox shows ("Payment of €120.00 succeeded for Ada").

    `kind` is of our vocabulary: `<object>.<what happened>`, e.g. `payment.succeeded`, `email.delivered`.
    `amount_minor` is in the currency's minor unit; `currency` is ISO 4217 upper case.
    """

    kind: str
    sentence: str
    tone: Tone = Tone.NEUTRAL
    icon: str = "activity"
    object_type: str = ""
    object_id: str = ""
    occurred_at: datetime | None = None
    amount_minor: int | None = None
    currency: str = ""
    person: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class WebhookRegistration:
    """What the vendor answered when we registered an address. `secret` is shown by vendors only once."""

    id: str
    secret: str = field(repr=False)
    url: str
    events: tuple[str, ...]
