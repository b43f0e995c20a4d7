"""Mailgun's events in our words, and the events API.

Events: https://documentation.mailgun.com/docs/mailgun/user-manual/events/events. A list is read by following "
"the "next"
address until a page is empty; it is kept from one day to thirty, by plan.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

import orjson

from providers.kit.contract import InboundEvent
from providers.kit.errors import InvalidRequest
from providers.kit.vocabulary.email import EmailEvent, EmailStatus, RejectReason
from providers.kit.vocabulary.pages import Page

from .client import Client
from .reading import mapping, moment, objects, text, texts, whole, words
from .webhooks import event_type, to_inbound

MAX_PAGE = 300
_MAX_PAGES = 100
_LOOK_BACK = timedelta(days=31)
_PAGE_TOKEN = re.compile(r"[A-Za-z0-9_=.~%-]{1,2000}")

_STATUSES = {
    "accepted": EmailStatus.QUEUED,
    "delivered": EmailStatus.DELIVERED,
    "temporary_fail": EmailStatus.DEFERRED,
    "permanent_fail": EmailStatus.FAILED,
    "rejected": EmailStatus.REJECTED,
    "opened": EmailStatus.OPENED,
    "clicked": EmailStatus.CLICKED,
    "unsubscribed": EmailStatus.UNSUBSCRIBED,
    "complained": EmailStatus.COMPLAINED,
}
_NOT_OURS = frozenset(
    {"stored", "received", "email_validation", "list_member_uploaded", "list_member_upload_error", "list_uploaded"}
)
_SUPPRESSED = {
    "suppress-bounce": RejectReason.BOUNCED,
    "suppress-complaint": RejectReason.SPAM,
    "suppress-unsubscribe": RejectReason.UNSUBSCRIBED,
}
_REASONS = {"old": RejectReason.TIMED_OUT, "espblock": RejectReason.BLOCKED, "hardfail": RejectReason.BLOCKED}
_CODES = {
    499: RejectReason.TIMED_OUT,
    605: RejectReason.BOUNCED,
    606: RejectReason.UNSUBSCRIBED,
    607: RejectReason.SPAM,
}
"""Codes of Mailgun's own, in the place of an SMTP code, for mail it did not try to deliver."""

_NO_MAILBOX = re.compile(r"\b5\.1\.[0-6]\b")


def email_event(event: InboundEvent) -> EmailEvent | None:
    """What an event says of one e-mail; None for mail that came in, and for what is not about mail. Never raises."""
    payload = mapping(event.payload)
    kind = event_type(payload) or event.type
    message_id, recipient = message_id_of(payload), recipient_of(payload)
    if kind in _NOT_OURS or not (message_id or recipient):
        return None
    status = _STATUSES.get(kind, EmailStatus.UNKNOWN)
    reason = RejectReason.NONE
    if kind in ("permanent_fail", "temporary_fail", "rejected"):
        status, reason = _ending(kind, payload)
    return EmailEvent(
        status=status,
        message_id=message_id,
        recipient=recipient,
        occurred_at=event.created_at or moment(payload.get("timestamp")),
        reason=reason,
        detail=detail_of(payload) if reason else "",
        link=text(payload.get("url")) if kind == "clicked" else "",
        tags=texts(payload.get("tags")),
        subject=words(mapping(mapping(payload.get("message")).get("headers")).get("subject")),
    )


def message_id_of(payload: Mapping[str, Any]) -> str:
    """Without its angle brackets, as our own ids are."""
    headers = mapping(mapping(payload.get("message")).get("headers"))
    return text(headers.get("message-id") or payload.get("Message-Id")).strip("<> ")


def recipient_of(payload: Mapping[str, Any]) -> str:
    listed = mapping(mapping(payload.get("message")).get("headers")).get("to")
    given = text(payload.get("recipient")) or text(listed)
    return parseaddr(given)[1] or words(given)


def detail_of(payload: Mapping[str, Any]) -> str:
    """Why an e-mail did not arrive, in the words of the server that said so."""
    status, reject = mapping(payload.get("delivery-status")), mapping(payload.get("reject"))
    candidates = (status.get("message"), status.get("description"), reject.get("reason"), payload.get("description"))
    return next((words(one) for one in (*candidates, payload.get("error")) if words(one)), "")


def _ending(kind: str, payload: Mapping[str, Any]) -> tuple[EmailStatus, RejectReason]:
    """How an e-mail ended that did not arrive, or did not yet."""
    reason, status = text(payload.get("reason")), mapping(payload.get("delivery-status"))
    code = whole(status.get("code", payload.get("code")))
    held = _SUPPRESSED.get(reason)
    if held is None and 605 <= code <= 607:
        held = _CODES[code]
    if held is not None:
        return EmailStatus.REJECTED, held
    if kind == "rejected":
        return EmailStatus.REJECTED, RejectReason.OTHER
    said = f"{text(status.get('enhanced-code'))} {text(status.get('message'))} {text(payload.get('error'))}"
    why = _REASONS.get(reason) or _CODES.get(code) or RejectReason.OTHER
    if kind == "temporary_fail":
        return EmailStatus.DEFERRED, why
    if reason == "bounce" or (500 <= code < 600 and why is RejectReason.OTHER):
        invalid = _NO_MAILBOX.search(said)
        return EmailStatus.BOUNCED, RejectReason.INVALID if invalid else RejectReason.BOUNCED
    return EmailStatus.FAILED, why


class Events:
    """The events API of one domain."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def page(self, since: datetime, cursor: str, limit: int) -> tuple[list[Mapping[str, Any]], str]:
        """One page, oldest first, and the cursor of the next; "" after the empty page that ends the list."""
        limit = max(1, min(limit, MAX_PAGE))
        params: dict[str, Any] = {}
        path = self._client.own("events")
        if cursor:
            if not _PAGE_TOKEN.fullmatch(cursor):
                raise InvalidRequest("This page does not exist.", field="cursor", fix="Begin with the first page.")
            path = f"{path}/{cursor}"
        else:
            params = {"begin": str(int(since.timestamp())), "ascending": "yes", "limit": limit}
        body = self._client.call("GET", path, "list events", permission="events", params=params)
        found = objects(body.get("items"))
        return found, _page_token(body) if found else ""

    def listed(self, since: datetime, cursor: str, limit: int) -> Page[EmailEvent]:
        found, cursor = self.page(since, cursor, limit)
        events = (email_event(self.inbound(one)) for one in found)
        return Page(items=tuple(one for one in events if one is not None), next_cursor=cursor)

    def since(self, since: datetime, limit: int) -> tuple[InboundEvent, ...]:
        """At most `limit` events, as webhooks would have brought them, with the same external ids."""
        kept: list[InboundEvent] = []
        cursor = ""
        for _ in range(_MAX_PAGES):
            found, cursor = self.page(since, cursor, limit)
            kept += [self.inbound(one) for one in found if event_type(one)]
            if not cursor or len(kept) >= limit:
                break
        return tuple(kept[:limit])

    def of_message(self, message_id: str) -> list[Mapping[str, Any]]:
        """What the vendor knows of one message, oldest first; [] for one it never took (or not yet shows)."""
        begin = int((self._client.connection.now() - _LOOK_BACK).timestamp())
        params = {"begin": str(begin), "ascending": "yes", "limit": 25, "message-id": message_id}
        body = self._client.call(
            "GET", self._client.own("events"), "look for message", permission="events", params=params
        )
        return [one for one in objects(body.get("items")) if message_id_of(one) == message_id]

    @staticmethod
    def inbound(payload: Mapping[str, Any]) -> InboundEvent:
        own = text(payload.get("id"))
        if not own:  # not seen so far; the content itself tells two events apart
            own = "sha256:" + hashlib.sha256(orjson.dumps(dict(payload), option=orjson.OPT_SORT_KEYS)).hexdigest()
        return to_inbound(own, payload)


def _page_token(body: Mapping[str, Any]) -> str:
    """The last part of the "next" address, which is all that differs from our own address."""
    try:
        token = urlsplit(text(mapping(body.get("paging")).get("next"))).path.rpartition("/")[2]
    except ValueError:
        return ""
    return token if _PAGE_TOKEN.fullmatch(token) else ""
