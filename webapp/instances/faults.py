"""Making a sandbox connection's stand-in fail on purpose, to see what the hub says when a vendor does."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit import faults
from providers.kit.contract import Environment
from providers.kit.faults import Fault
from webapp.core.errors import Conflict
from webapp.extensions import db
from webapp.instances.models import Instance, SandboxMemory
from webapp.instances.sandbox_state import StoredState


@dataclass(frozen=True, kw_only=True)
class FaultChoice:
    """`value` "" is "everything works"."""

    value: str
    label: str
    meaning: str


CHOICES = (
    FaultChoice(value="", label="Everything works", meaning="Calls are answered as usual."),
    *(FaultChoice(value=one.value, label=words[0], meaning=words[1]) for one, words in faults.FAULT_WORDS.items()),
)


def chosen(session: Session, instance: Instance) -> str:
    """The fault that is set, "" for none."""
    state = session.scalar(select(SandboxMemory.state).where(SandboxMemory.instance_id == instance.id))
    found = faults.fault_of(state or {})
    return found.value if found else ""


def choose(session: Session, instance: Instance, value: str, *, times: int | None = None) -> None:
    """Sets or takes away a fault; `times` is how many calls meet it (None: all). Commits first: the stand-in's memory
    is written on a connection of its own. Raises Conflict (not a sandbox), ValueError (no such fault)."""
    fault = Fault(value) if value else None
    kept = _state(instance)
    session.commit()
    with kept.exclusive():
        state = kept.read()
        faults.set_fault(state, fault, times)
        kept.write(state)


def _state(instance: Instance) -> StoredState:
    if instance.environment != Environment.SANDBOX:
        raise Conflict("Only a sandbox connection can be made to fail.", fix="Make one to try things out.")
    return StoredState(db.engine, instance.id)
