"""Says at the start whether ENCRYPTION_KEYS are the ones this database was written with.

The canary is a data key of nobody, wrapped like those of workspaces and kept in `installation_facts`.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from webapp.core.crypto import Keyring
from webapp.core.installation import fact, set_fact

_FACT = "encryption_canary"
_PLACE = "this installation"


def check(session: Session, keyring: Keyring) -> bool:
    """False when the database has no canary yet. Raises CannotDecrypt, naming the key that is missing."""
    wrapped = fact(session, _FACT)
    if wrapped:
        keyring.unwrap(wrapped, _PLACE)
    return bool(wrapped)


def is_under(session: Session, keyring: Keyring) -> bool:
    """Whether the canary is wrapped by today's first key. True when there is none to be wrapped."""
    return (fact(session, _FACT) or f"w1.{keyring.primary_id}.").startswith(f"w1.{keyring.primary_id}.")


def plant(session: Session, keyring: Keyring) -> None:
    """Writes a canary under today's first key."""
    set_fact(session, _FACT, keyring.new_data_key(_PLACE))


def rewrap(session: Session, keyring: Keyring) -> None:
    """Raises CannotDecrypt when the old canary does not open."""
    check(session, keyring)
    plant(session, keyring)
