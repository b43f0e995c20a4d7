"""Deliveries: the challenge that proves an address, the signature that proves a delivery, and the events inside.

https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/organization-social-action-notifications

Two families: a page's social actions come in batches of up to ten below "notifications", each with its
`notificationId`; leads come one by one and without an id. LinkedIn repeats a delivery every five minutes for hours.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from providers.kit.contract import InboundEvent, InboundRequest, WebhookEventType
from providers.kit.errors import InvalidRequest
from providers.kit.signatures import header, sign_hmac, verify_hmac

from .shapes import moment, text

SIGNATURE = "x-li-signature"
SIGNED_PREFIX = b"hmacsha256="
SOCIAL_ACTIONS = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"
LEAD = "LEAD_ACTION"

_JSON = "application/json"
_MAX_TYPE = 100
_MAX_EVENTS = 100
_CODE = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)

EVENT_TYPES = (
    WebhookEventType(type="COMMENT", label="Somebody commented on a page's post"),
    WebhookEventType(type="SHARE", label="Somebody shared a page's post"),
    WebhookEventType(type="SHARE_MENTION", label="Somebody mentioned the page in a post"),
    WebhookEventType(type="LIKE", label="Somebody reacted to a page's post", default=False),
    WebhookEventType(type="ADMIN_COMMENT", label="The page itself commented", default=False),
    WebhookEventType(type="COMMENT_EDIT", label="A comment was changed", default=False),
    WebhookEventType(type="COMMENT_DELETE", label="A comment was deleted", default=False),
    WebhookEventType(type=LEAD, label="Somebody filled in a lead form, or the lead was deleted", default=False),
)


def answer_challenge(request: InboundRequest, secrets: Sequence[str]) -> tuple[int, str, str]:
    """(status, content type, body) for LinkedIn's GET with `challengeCode`.

    Only a UUID is answered: deliveries are signed with the same key, and whoever could have any text answered could
    have "hmacsha256=<a body>" answered, which is that body's signature.
    """
    code = request.query.get("challengeCode", "")
    secret = next((one for one in secrets if one), "")
    if not _CODE.fullmatch(code) or not secret:
        return 400, _JSON, '{"error":"no challenge that can be answered"}'
    answer = {"challengeCode": code, "challengeResponse": sign_hmac(code.encode(), secret)}
    return 200, _JSON, orjson.dumps(answer).decode()


def verify_delivery(request: InboundRequest, secrets: Sequence[str]) -> None:
    """Raises SignatureInvalid. Senders write the header as bare hex or with the prefix: both are taken."""
    value = header(request.headers, SIGNATURE) if any(secrets) else request.headers.get(SIGNATURE, "")
    verify_hmac(SIGNED_PREFIX + request.body, value.removeprefix(SIGNED_PREFIX.decode()), secrets)


def sign_delivery(body: bytes, secret: str) -> str:
    return sign_hmac(SIGNED_PREFIX + body, secret)


def read_delivery(request: InboundRequest) -> tuple[InboundEvent, ...]:
    """The events of a delivery. Raises InvalidRequest for a body that LinkedIn does not send."""
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest("The delivery is not valid JSON.", detail=str(error)) from None
    kind = body.get("type") if isinstance(body, dict) else None
    if not isinstance(kind, str) or not 0 < len(kind) <= _MAX_TYPE:
        raise InvalidRequest("The delivery does not say which kind of event it is.", field="type")
    listed = body.get("notifications")
    if not isinstance(listed, list):
        return (_event(kind, body),)
    found = [one for one in listed[:_MAX_EVENTS] if isinstance(one, dict)]
    return tuple(_event(_action(one) or kind, one) for one in found)


def _event(kind: str, payload: Mapping[str, Any]) -> InboundEvent:
    happened = moment(payload.get("lastModifiedAt")) or moment(payload.get("occurredAt"))
    return InboundEvent(external_id=_identifier(payload), type=kind, payload=payload, created_at=happened)


def _identifier(payload: Mapping[str, Any]) -> str:
    """The vendor's id; where it sends none, one made of what is the same in each repetition."""
    number = payload.get("notificationId")
    if isinstance(number, int | str) and not isinstance(number, bool) and 0 < len(str(number)) <= _MAX_TYPE:
        return str(number)
    lead, action = text(payload.get("leadGenFormResponse")), text(payload.get("leadAction"))
    if lead and len(lead) <= _MAX_TYPE and len(action) <= _MAX_TYPE:
        return f"{lead}:{action}:{payload.get('occurredAt')!s:.30}"
    whole = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
    return "sha256-" + hashlib.sha256(whole).hexdigest()[:40]


def _action(notification: Mapping[str, Any]) -> str:
    action = text(notification.get("action"))
    return action if len(action) <= _MAX_TYPE else ""
