"""Checks against what is around this installation: the clock, its public address, its mail server."""

from __future__ import annotations

from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from sqlalchemy import func, select

from webapp.audit.models import AuditEntry
from webapp.config import Settings
from webapp.core.clock import now
from webapp.extensions import db
from webapp.health.finding import Finding
from webapp.mail import senders, smtp
from webapp.mail.models import OutgoingMail
from webapp.webhooks.models import WebhookEvent

_SKEW = timedelta(seconds=60)
_LATE = timedelta(seconds=300)
_LOOK_AT = 50
_FIX_CLOCK = "Turn on time synchronisation on this machine (for example: timedatectl set-ntp true)."


def clock(settings: Settings) -> Finding:
    """Our clock against the vendors': an event can't arrive before it was made, and some arrive at once."""
    newest_audit = db.session.scalar(select(AuditEntry.at).order_by(AuditEntry.sequence.desc()).limit(1))
    if newest_audit and newest_audit - now() > _SKEW:
        says = (
            f"The newest audit entry lies {_whole(newest_audit - now())} seconds in the future: our clock went back."
        )
        return Finding(name="clock", ok=False, says=says, fix=_FIX_CLOCK)
    delays = _delays()
    if not delays:
        return Finding(name="clock", ok=True, says="No delivery has come lately to compare our clock with.")
    quickest = min(delays)
    if quickest < -_SKEW:
        says = f"Deliveries come {_whole(-quickest)} seconds before they were made: our clock is behind."
        return Finding(name="clock", ok=False, says=says, fix=_FIX_CLOCK)
    if quickest > _LATE and len(delays) >= 5:
        says = f"Even the quickest of {len(delays)} deliveries seems {_whole(quickest)} seconds old."
        return Finding(name="clock", ok=False, says=f"{says} Our clock may be ahead.", fix=_FIX_CLOCK)
    return Finding(name="clock", ok=True, says="Our clock agrees with those of the services that send to us.")


def _delays() -> list[timedelta]:
    rows = db.session.execute(
        select(WebhookEvent.received_at, WebhookEvent.created_at)
        .where(WebhookEvent.source == "delivery", WebhookEvent.created_at.is_not(None))
        .order_by(WebhookEvent.sequence.desc())
        .limit(_LOOK_AT)
    )
    day_ago = now() - timedelta(days=1)
    return [row.received_at - row.created_at for row in rows if row.received_at > day_ago and row.created_at]


def _whole(span: timedelta) -> int:
    return round(span.total_seconds())


def public_address(settings: Settings) -> Finding:
    """Fetches our own /healthz by PUBLIC_URL, as a vendor's delivery would come. Not through the door: this address
    is the operator's own setting, and behind a router it is rightly a private one."""
    url = settings.public_url
    try:
        status, body = _fetch(url + "/healthz")
    except (OSError, HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        says = f"{url} can't be reached from here: {reason}."
        fix = "If the product is running, look at PUBLIC_URL, the name's DNS entry, the proxy and its certificate."
        return Finding(name="public address", ok=False, says=says, fix=fix)
    if status != 200 or body.strip() != b"alive":
        says = f"{url} answers, but not with this product (status {status})."
        fix = "Set PUBLIC_URL to the address under which people open this product, or mend the proxy in front of it."
        return Finding(name="public address", ok=False, says=says, fix=fix)
    if not settings.https:
        says = f"{url} answers. It is plain http, so vendors on the internet will not deliver to it."
        return Finding(name="public address", ok=True, says=says, fix="Before live use, set PUBLIC_URL to https://…")
    return Finding(name="public address", ok=True, says=f"{url} answers.")


def _fetch(url: str) -> tuple[int, bytes]:
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        return answer.status, answer.read(1000)
    finally:
        connection.close()


def mail(settings: Settings) -> Finding:
    """Signs in at the mail server without sending, and tells of mails that nobody could deliver today."""
    through_account = senders.chosen(db.session()) is not None
    db.session.rollback()
    if through_account:
        return Finding(
            name="mail", ok=True, says="Mail goes out through the connected account chosen under Admin, Mail."
        )
    if settings.mail is None:
        says = "No mail is set up: reset links are made by an admin, and notices are shown in the product only."
        return Finding(name="mail", ok=True, says=says, fix="Set SMTP_HOST and MAIL_FROM to send mail.")
    given_up = db.session.scalar(
        select(func.count()).where(
            OutgoingMail.status == "given_up", OutgoingMail.created_at > now() - timedelta(days=1)
        )
    )
    db.session.rollback()
    try:
        smtp.check(settings.mail)
    except smtp.NotSent as error:
        fix = "Look at SMTP_HOST, SMTP_PORT, SMTP_SECURITY, SMTP_USERNAME and SMTP_PASSWORD, and at the mail server."
        return Finding(name="mail", ok=False, says=str(error), fix=fix)
    says = f"The mail server {settings.mail.host} answers."
    if given_up:
        says += f" {given_up} mails of today could not be delivered."
        return Finding(name="mail", ok=True, says=says, fix="The worker's log says why.")
    return Finding(name="mail", ok=True, says=says)
