"""Deliveries: the challenge that proves an address, the signature that proves a delivery, and the events inside.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started. Signed is the body as it was sent
(other than ASCII as \\uXXXX), with the app secret. A delivery holds up to 1,000 changes below `entry`, none of which
has an id; it is repeated for 36 hours.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import orjson

from providers.kit.contract import InboundEvent, InboundRequest, WebhookEventType
from providers.kit.errors import InvalidRequest, SignatureInvalid
from providers.kit.signatures import header, sign_hmac, verify_hmac

from .shapes import mapping, moment, objects, text
from .signed_request import parse_signed_request, unproven

SIGNATURE = "x-hub-signature-256"
PREFIX = "sha256="
DEAUTHORIZE = "deauthorize"
FORM = "application/x-www-form-urlencoded"

_MAX_TYPE = 100
_MAX_EVENTS = 2000
_MAX_CHALLENGE = 200

EVENT_TYPES = (
    WebhookEventType(type="feed", label="Posts, comments and reactions on the Page"),
    WebhookEventType(type="mention", label="Somebody mentioned the Page"),
    WebhookEventType(type="ratings", label="Somebody recommended the Page, or not", default=False),
    WebhookEventType(
        type="leadgen", label="Somebody filled in a lead form (the app needs leads_retrieval)", default=False
    ),
    WebhookEventType(
        type="messages", label="Somebody wrote to the Page (the app needs pages_messaging)", default=False
    ),
    WebhookEventType(type=DEAUTHORIZE, label="Somebody took the app's access away", default=False),
)


# ------------------------------------------------------------------------------------------------------ challenge


def verify_token(secret: str) -> str:
    """The word that Facebook must say when it asks whether an address is ours: made from the app secret, so that
    nobody has to invent and keep one. It tells nothing about the secret."""
    return hmac.new(secret.encode("utf-8", "surrogatepass"), b"webhook verify token", hashlib.sha256).hexdigest()[:32]


def answer_challenge(request: InboundRequest, secrets: Sequence[str]) -> tuple[int, str, str]:
    """For secrets of the connection: the token made of each is taken."""
    return answer_with(request, [verify_token(one) for one in secrets if one])


def answer_with(request: InboundRequest, tokens: Sequence[str]) -> tuple[int, str, str]:
    """Echoes the challenge as text to whoever says one of the tokens; 403 to anybody else."""
    query = request.query
    given, challenge = query.get("hub.verify_token", ""), query.get("hub.challenge", "")
    known = False
    for one in tokens:
        known |= hmac.compare_digest(one.encode("utf-8", "replace"), given.encode("utf-8", "replace"))
    asked = query.get("hub.mode") == "subscribe" and 0 < len(challenge) <= _MAX_CHALLENGE and challenge.isprintable()
    if not (known and given and asked):
        return 403, "text/plain", "The verify token is not the one of this connection."
    return 200, "text/plain", challenge


# ---------------------------------------------------------------------------------------------------------- proof


def verify_delivery(request: InboundRequest, secrets: Sequence[str]) -> None:
    """Raises SignatureInvalid."""
    signed = _signed_request(request)
    if signed and SIGNATURE not in request.headers:
        parse_signed_request(signed, secrets)
        return
    value = header(request.headers, SIGNATURE) if any(secrets) else request.headers.get(SIGNATURE, "")
    verify_hmac(request.body, value, secrets, prefix=PREFIX)


def sign_delivery(body: bytes, secret: str) -> str:
    return sign_hmac(body, secret, prefix=PREFIX)


# -------------------------------------------------------------------------------------------------------- reading


def read_delivery(request: InboundRequest) -> tuple[InboundEvent, ...]:
    """The events of a delivery. Raises InvalidRequest for a body that Facebook does not send."""
    signed = _signed_request(request)
    if signed:
        return (_deauthorized(signed),)
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest("The delivery is not valid JSON.", detail=str(error)) from None
    kind, entries = mapping(body).get("object"), mapping(body).get("entry")
    if not isinstance(kind, str) or not isinstance(entries, list):
        raise InvalidRequest("The delivery does not say what changed.", field="entry")
    return tuple(_events(kind[:_MAX_TYPE], objects(entries)))


def _events(kind: str, entries: Sequence[Mapping[str, Any]]) -> Iterator[InboundEvent]:
    made = 0
    for entry in entries:
        about = {"object": kind, "id": text(entry.get("id")), "time": entry.get("time")}
        found = [(text(one.get("field")), one) for one in objects(entry.get("changes"))]
        found += [("messages", {"value": one}) for one in objects(entry.get("messaging"))]
        for field, one in found:
            if not 0 < len(field) <= _MAX_TYPE or made >= _MAX_EVENTS:
                continue
            made += 1
            payload = {**about, "field": field, "value": one.get("value")}
            yield InboundEvent(
                external_id=_identifier(payload), type=field, payload=payload, created_at=_time(payload)
            )


def _identifier(payload: Mapping[str, Any]) -> str:
    """Made of what is the same in each repetition: Facebook gives changes no id, only leads and messages."""
    value = mapping(payload.get("value"))
    own = text(value.get("leadgen_id")) or text(mapping(value.get("message")).get("mid"))
    if own and len(own) <= 200:
        return f"{payload['field']}:{own}"
    whole = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
    return "sha256-" + hashlib.sha256(whole).hexdigest()[:40]


def _time(payload: Mapping[str, Any]) -> Any:
    """Seconds; messages count in milliseconds."""
    told = mapping(payload.get("value")).get("created_time") or payload.get("time")
    if isinstance(told, int) and not isinstance(told, bool) and told >= 10**11:
        told //= 1000
    return moment(told)


def _signed_request(request: InboundRequest) -> str:
    if not request.body.startswith(b"signed_request="):
        return ""
    given = parse_qs(request.body.decode("ascii", "replace"), keep_blank_values=True).get("signed_request", [""])
    return given[0]


def _deauthorized(signed: str) -> InboundEvent:
    try:
        said = unproven(signed)
    except SignatureInvalid as error:
        raise InvalidRequest(str(error), field="signed_request", fix=error.fix) from None
    whole = hashlib.sha256(signed.encode("utf-8", "replace")).hexdigest()[:40]
    return InboundEvent(
        external_id=f"sha256-{whole}", type=DEAUTHORIZE, payload=said, created_at=moment(said.get("issued_at"))
    )
