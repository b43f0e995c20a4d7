"""A connection's OAuth token: kept sealed with its other secrets, renewed by one process at a time.

The parts of a token are fields of the provider's manifest: `access_token`, `refresh_token`, `token_expires_at` and
what else the vendor says about the account under a hidden field's name (`instance_url`).
"""

from __future__ import annotations

import secrets as random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Engine, or_, select, update
from sqlalchemy.orm import Session

from providers.kit.contract import Manifest
from providers.kit.errors import Unavailable
from providers.kit.tokens import Token, token_of
from webapp.core.clock import now
from webapp.instances import secrets
from webapp.instances.models import Instance

LEASE = timedelta(seconds=45)
"""Longer than a renewal may take: the door gives up before."""
PATIENCE = 30.0
LOOK_AGAIN = 0.1


class StoredTokens:
    """A `TokenStore` on sessions of its own: the caller must hold no write transaction.

    The right to renew is a lease in the connection's row, so that no transaction is open while the vendor is asked.
    """

    def __init__(self, engine: Engine, instance_id: str, manifest: Manifest, known: Mapping[str, str]) -> None:
        self._engine = engine
        self._instance_id = instance_id
        self._manifest = manifest
        self._token: Token | None = self._from(known)

    def load(self) -> Token:
        if self._token is None:
            with Session(self._engine) as session:
                instance = session.get_one(Instance, self._instance_id)
                stored = {name: str(value) for name, value in instance.configuration.items()}
                self._token = self._from(stored | secrets.open_current(session, instance))
        return self._token

    def save(self, token: Token) -> None:
        names = {one.name: one for one in self._manifest.fields}
        values = {
            "access_token": token.access_token,
            "refresh_token": token.refresh_token,
            "token_expires_at": token.expires_at.isoformat() if token.expires_at else "",
            **{name: str(value) for name, value in token.extra.items() if name in names and names[name].hidden},
        }
        with Session(self._engine) as session, session.begin():
            instance = session.get_one(Instance, self._instance_id, with_for_update=True)
            for name, value in values.items():
                field = names.get(name)
                if field is None:
                    continue
                if field.secret and value:
                    secrets.add_version(session, instance, field, value, overlap=secrets.NO_OVERLAP, actor_id=None)
                elif not field.secret:
                    instance.configuration = {**instance.configuration, name: value}
        self._token = token

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Raises Unavailable when another process has been renewing for half a minute."""
        holder = random.token_hex(8)
        give_up = time.monotonic() + PATIENCE
        while not self._take(holder):
            if time.monotonic() > give_up:
                raise Unavailable(
                    "The permission for this account is being renewed.", fix="Try again in a minute.", code="renewing"
                )
            time.sleep(LOOK_AGAIN)
        self._token = None  # another process may have renewed it meanwhile
        try:
            yield
        finally:
            self._give_back(holder)

    def _take(self, holder: str) -> bool:
        free = or_(Instance.token_lease_until.is_(None), Instance.token_lease_until < now())
        claim = (
            update(Instance)
            .where(Instance.id == self._instance_id, free)
            .values(token_lease=holder, token_lease_until=now() + LEASE)
        )
        with Session(self._engine) as session, session.begin():
            session.execute(claim)
            return session.scalar(select(Instance.token_lease).where(Instance.id == self._instance_id)) == holder

    def _give_back(self, holder: str) -> None:
        mine = update(Instance).where(Instance.id == self._instance_id, Instance.token_lease == holder)
        with Session(self._engine) as session, session.begin():
            session.execute(mine.values(token_lease=None, token_lease_until=None))

    def _from(self, values: Mapping[str, str]) -> Token:
        token = token_of(values)
        hidden = {one.name for one in self._manifest.fields if one.hidden} - {"refresh_token", "token_expires_at"}
        extra = {name: values[name] for name in hidden if values.get(name)}
        return Token(
            access_token=token.access_token,
            refresh_token=token.refresh_token,
            expires_at=token.expires_at,
            extra=extra,
        )
