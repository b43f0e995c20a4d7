"""Slows guessing down without letting strangers lock anybody out (ADR 0051).

Failures are counted for (what is tried, the address it is tried from). A device that signed in before has a count of
its own, so nothing that strangers do makes its person wait. Where guesses come from many addresses, devices that are
not known wait too, and the person is told.
"""

from __future__ import annotations

import ipaddress
import math
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.accounts.models import FailedTries
from webapp.core.clock import now
from webapp.core.identifiers import digest

FORGOTTEN = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """So many tries are free; then the wait doubles from `first` to `longest` seconds."""

    free: int
    first: int
    longest: int

    def wait(self, count: int) -> timedelta | None:
        if count < self.free:
            return None
        return timedelta(seconds=min(self.first * 2 ** min(count - self.free, 20), self.longest))


HERE = Ladder(free=5, first=15, longest=900)
ADDRESS = Ladder(free=50, first=30, longest=900)
EVERYWHERE = {"password": Ladder(free=100, first=60, longest=900), "code": Ladder(free=20, first=60, longest=900)}


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try at proving `kind` ("password" or "code") for `account` (an e-mail address or an id) from `address`.
    `device` is the id of a device that signed in to this account before, or ""."""

    kind: str
    account: str
    address: str
    device: str = ""

    def counts(self) -> list[tuple[str, Ladder]]:
        account = self.account.strip().lower()[:254]
        if self.device:
            return [(_key(self.kind, account, "device", self.device), HERE)]
        return [
            (_key(self.kind, account, "address", _network(self.address)), HERE),
            (_key("any", "", "address", _network(self.address)), ADDRESS),
            (_key(self.kind, account, "everywhere", ""), EVERYWHERE[self.kind]),
        ]


def _key(*parts: str) -> str:
    return digest("\0".join(parts))


def _network(address: str) -> str:
    """One person's share of IPv6 is a whole /64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def seconds_to_wait(session: Session, attempt: Attempt) -> int:
    """0 when the attempt may be made now."""
    keys = [key for key, _ in attempt.counts()]
    moment = now()
    until = session.scalars(
        select(FailedTries.wait_until).where(
            FailedTries.key.in_(keys), FailedTries.wait_until > moment, FailedTries.last_at > moment - FORGOTTEN
        )
    ).all()
    return max((math.ceil((one - moment).total_seconds()) for one in until if one), default=0)


def failed(session: Session, attempt: Attempt) -> bool:
    """Counts a failure. True when guesses from many places have just reached the mark: tell the person."""
    mark = False
    moment = now()
    for key, ladder in attempt.counts():
        row = _locked(session, key)
        if row.last_at <= moment - FORGOTTEN:
            row.count = 0
        row.count += 1
        row.last_at = moment
        wait = ladder.wait(row.count)
        row.wait_until = moment + wait if wait else None
        mark = mark or (ladder is EVERYWHERE[attempt.kind] and row.count == ladder.free)
        session.flush()
    return mark


def _locked(session: Session, key: str) -> FailedTries:
    """The row, made if there is none, and ours until the commit: two tries at once both count."""
    if session.get(FailedTries, key) is None:
        with suppress(IntegrityError), session.begin_nested():
            session.add(FailedTries(key=key, count=0))
    return session.get_one(FailedTries, key, with_for_update=True, populate_existing=True)


def succeeded(session: Session, attempt: Attempt) -> None:
    """Forgets the failures of this place with this account: not those of its whole address, nor of strangers."""
    key, _ = attempt.counts()[0]
    session.execute(delete(FailedTries).where(FailedTries.key == key))


def forget_old(session: Session) -> None:
    session.execute(delete(FailedTries).where(FailedTries.last_at < now() - FORGOTTEN))


def words(seconds: int) -> str:
    """ "40 seconds", "3 minutes"."""
    if seconds < 90:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return f"{math.ceil(seconds / 60)} minutes"
