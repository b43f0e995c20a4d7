"""Sends a sample event through the real way in: for sandbox connections, with no vendor involved."""

from __future__ import annotations

import secrets
from datetime import timedelta
from enum import StrEnum
from typing import cast

from sqlalchemy.orm import Session

from providers.kit.capabilities import MakesSamples
from providers.kit.contract import Environment
from webapp.catalog.service import class_for
from webapp.core.clock import now
from webapp.core.errors import Conflict, Invalid, NotFound, Unavailable
from webapp.instances import service
from webapp.instances.models import Instance
from webapp.webhooks import ingest


def can_send(instance: Instance) -> bool:
    """Whether this connection can get sample events at all."""
    if instance.environment != Environment.SANDBOX:
        return False
    try:
        return issubclass(class_for(instance), MakesSamples)
    except NotFound:  # its provider is no longer installed
        return False


def event_types(instance: Instance) -> tuple[tuple[str, str], ...]:
    """(type, label) of the events to choose from: the chosen ones, else the usual ones."""
    manifest = class_for(instance).manifest
    if manifest.webhook is None:
        return ()
    every = manifest.webhook.events
    usual = {one.type for one in every if one.default} or {one.type for one in every}
    chosen = set(instance.webhook_events) or usual
    return tuple((one.type, one.label) for one in every if one.type in chosen)


class Manner(StrEnum):
    """How vendors really deliver: once, the same thing twice, or the newer event before the older one."""

    ONCE = "once"
    TWICE = "twice"
    LATE = "late"


LATE_BY = timedelta(minutes=2)
"""Old enough to be told apart, young enough for every vendor's tolerance."""


def send(session: Session, instance: Instance, *, event_type: str = "", manner: Manner = Manner.ONCE) -> None:
    """Delivers signed sample events. Commits first: the way in writes on a connection of its own.
    Raises Conflict (no sandbox, no secret yet), Invalid (unknown event), Unavailable (it was not taken)."""
    if not can_send(instance):
        raise Conflict("Sample events are for sandbox connections.", fix="Make one to try things out.")
    known = [one for one, _ in event_types(instance)]
    wanted = event_type or (secrets.choice(known) if known else "")
    if wanted not in known:
        raise Invalid("There is no event of this name.", fields={"event_type": "Choose one of the list."})
    signing = service.webhook_secrets(session, instance.id)
    if not signing:
        raise Conflict("Events can't be proven yet: there is no signing secret.", fix="Set up the events first.")
    provider = cast(MakesSamples, class_for(instance))
    seed, moment = secrets.randbelow(2**31), now()
    planned = {
        Manner.ONCE: ((wanted, moment),),
        Manner.TWICE: ((wanted, moment), (wanted, moment)),
        Manner.LATE: ((_another(known, wanted), moment), (wanted, moment - LATE_BY)),
    }[manner]
    url, key = service.webhook_url(instance), instance.webhook_key
    deliveries = [provider.sample_delivery(one, signing[0], at, seed, url) for one, at in planned]
    session.commit()
    for request in deliveries:
        receipt = ingest.accept(request, key, source="sample")
        if receipt.status != 200:
            raise Unavailable("The sample event was not taken in.", fix="Try again in a moment.")


def _another(known: list[str], event_type: str) -> str:
    """An event about the same kind of thing where there is one: the next in the list."""
    family = [one for one in known if one != event_type and one.split(".")[0] == event_type.split(".")[0]]
    return (family or [one for one in known if one != event_type] or [event_type])[0]
