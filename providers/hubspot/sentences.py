"""Events as sentences. An event's type is `<object>.<what happened>`; any shape is survived.

HubSpot's events name no person: they carry ids, and for a change the property and its new value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from providers.kit.contract import Activity, InboundEvent, Tone

from .webhooks import moment_of

_Payload = Mapping[str, Any]
_Said = tuple[str, str, Tone, str]
"""What a handler says: what happened, sentence, tone, icon."""

OBJECTS = {"0-1": "contact", "0-2": "company", "0-3": "deal", "0-5": "ticket", "0-136": "lead"}
_TYPE_IDS = {name: number for number, name in OBJECTS.items()}
_PROPERTIES = {
    "email": "e-mail address",
    "firstname": "first name",
    "lastname": "last name",
    "phone": "phone number",
    "jobtitle": "job title",
    "company": "company name",
    "lifecyclestage": "lifecycle stage",
    "hubspot_owner_id": "owner",
    "hs_lead_status": "lead status",
    "dealname": "name",
    "dealstage": "stage",
    "amount": "amount",
    "closedate": "close date",
    "name": "name",
    "domain": "domain",
}
_VALUES = {
    "closedwon": "won",
    "closedlost": "lost",
    "appointmentscheduled": "appointment scheduled",
    "qualifiedtobuy": "qualified to buy",
    "presentationscheduled": "presentation scheduled",
    "decisionmakerboughtin": "decision maker bought in",
    "contractsent": "contract sent",
    "subscriber": "subscriber",
    "lead": "lead",
    "marketingqualifiedlead": "marketing qualified lead",
    "salesqualifiedlead": "sales qualified lead",
    "opportunity": "opportunity",
    "customer": "customer",
}
_LONGEST = 80


def describe_event(event: InboundEvent) -> Activity:
    """The event in our words. Never raises: what is missing or odd is left out of the sentence."""
    payload: _Payload = event.payload if isinstance(event.payload, Mapping) else {}
    family, _, what = event.type.partition(".")
    thing = _object(family, payload)
    handler = _HANDLERS.get(what) if thing else None
    if handler is None:
        said = _words(event.type) or "an event without a name"
        return Activity(
            kind=event.type or "event.unknown",
            sentence=f"HubSpot reported “{said}”",
            occurred_at=event.created_at or moment_of(payload.get("occurredAt")),
        )
    happened, sentence, tone, icon = handler(thing, payload)
    object_id = _id(payload.get("objectId") or payload.get("primaryObjectId") or payload.get("fromObjectId"))
    return Activity(
        kind=f"{thing}.{happened}",
        sentence=sentence,
        tone=tone,
        icon=icon,
        object_type=thing,
        object_id=object_id,
        occurred_at=event.created_at or moment_of(payload.get("occurredAt")),
        url=_url(thing, payload, object_id),
    )


def _object(family: str, payload: _Payload) -> str:
    """ "contact" for `contact.creation`, and for `object.creation` with its `objectTypeId`; "" if unknown."""
    if family != "object":
        return family if family in _TYPE_IDS else ""
    type_id = payload.get("objectTypeId")
    return OBJECTS.get(type_id, "record") if isinstance(type_id, str) else "record"


def _created(thing: str, payload: _Payload) -> _Said:
    source = _SOURCES.get(_words(payload.get("changeSource")).upper(), "")
    return "created", f"{_which(thing, payload)} was added{source}", Tone.GOOD, "plus"


def _changed(thing: str, payload: _Payload) -> _Said:
    name = _words(payload.get("propertyName"))
    value = _words(payload.get("propertyValue"))
    label = _PROPERTIES.get(name, name.replace("_", " "))
    which = _which(thing, payload)
    if not label:
        return "changed", f"{which} was changed", Tone.NEUTRAL, "edit"
    if name == "dealstage":
        tone = {"closedwon": Tone.GOOD, "closedlost": Tone.BAD}.get(value, Tone.NEUTRAL)
        said = {"closedwon": "was won", "closedlost": "was lost"}.get(value)
        return "moved", f"{which} {said or f'moved to the stage “{_VALUES.get(value, value)}”'}", tone, "arrow-right"
    if not value:
        return "changed", f"{which}: the {label} was emptied", Tone.NEUTRAL, "edit"
    return "changed", f"{which}: the {label} is now “{_VALUES.get(value, value)}”", Tone.NEUTRAL, "edit"


def _deleted(thing: str, payload: _Payload) -> _Said:
    return "deleted", f"{_which(thing, payload)} was deleted", Tone.ATTENTION, "trash"


def _erased(thing: str, payload: _Payload) -> _Said:
    sentence = f"{_which(thing, payload)} was erased for privacy reasons: erase it everywhere else, too"
    return "erased", sentence, Tone.ATTENTION, "shield"


def _merged(thing: str, payload: _Payload) -> _Said:
    others = payload.get("mergedObjectIds")
    count = len(others) if isinstance(others, list) else 0
    into = _id(payload.get("newObjectId") or payload.get("primaryObjectId"))
    what = f"{count} {_plural(thing) if count != 1 else thing}" if count else f"A {thing}"
    verb = "was" if count == 1 or not count else "were"
    sentence = f"{what} {verb} merged into {thing} {into}" if into else f"{what} {verb} merged into another"
    return "merged", sentence, Tone.NEUTRAL, "arrow-merge"


def _restored(thing: str, payload: _Payload) -> _Said:
    return "restored", f"{_which(thing, payload)} was restored", Tone.GOOD, "rotate"


def _linked(thing: str, payload: _Payload) -> _Said:
    start, end = _id(payload.get("fromObjectId")), _id(payload.get("toObjectId"))
    other = _words(payload.get("associationType")).upper().partition("_TO_")[2].replace("_", " ").lower()
    removed = payload.get("associationRemoved") is True
    ends = f"{_named(thing, start)} and {_named(other or 'record', end)}"
    sentence = f"{ends} are no longer linked" if removed else f"{ends} were linked"
    return ("unlinked" if removed else "linked"), sentence, Tone.NEUTRAL, ("unlink" if removed else "link")


_HANDLERS: dict[str, Callable[[str, _Payload], _Said]] = {
    "creation": _created,
    "propertyChange": _changed,
    "deletion": _deleted,
    "privacyDeletion": _erased,
    "merge": _merged,
    "restore": _restored,
    "associationChange": _linked,
}
_SOURCES = {
    "FORM": " through a form",
    "FORMS": " through a form",
    "IMPORT": " by an import",
    "INTEGRATION": " by an integration",
    "API": " by an integration",
    "CRM_UI": " by hand",
    "CRM": " by hand",
    "CONVERSATIONS": " through a chat",
    "MEETINGS": " by booking a meeting",
}


def _which(thing: str, payload: _Payload) -> str:
    text = _named(thing, _id(payload.get("objectId")))
    return text[:1].upper() + text[1:]


def _named(thing: str, number: str) -> str:
    return f"{thing} {number}" if number else f"a {thing}"


def _plural(thing: str) -> str:
    return "companies" if thing == "company" else f"{thing}s"


def _id(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    text = str(value)
    return text if re.fullmatch(r"[0-9]{1,20}", text) else ""


def _words(value: Any) -> str:
    """A text on one line, without control characters and cut to length; "" for anything else."""
    if not isinstance(value, str):
        return ""
    line = " ".join("".join(c if c.isprintable() else " " for c in value[: _LONGEST * 2]).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _url(thing: str, payload: _Payload, object_id: str) -> str:
    portal, type_id = _id(payload.get("portalId")), _TYPE_IDS.get(thing)
    if not (portal and object_id and type_id):
        return ""
    return f"https://app.hubspot.com/contacts/{portal}/record/{type_id}/{object_id}"
