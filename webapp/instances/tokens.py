"""A connection's OAuth token: kept sealed with its other secrets, renewed by one process at a time.

The parts of a token are fields of the provider's manifest: `access_token`, `refresh_token`, `token_expires_at` and
what else the vendor says about the account under the name of a field that is hidden or an address (`instance_url`).
"""

from __future__ import annotations

import secrets as random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import timedelta

from flask import Flask, current_app, has_app_context
from sqlalchemy import Engine, or_, select, update
from sqlalchemy.orm import Session

from providers.kit.contract import Field, FieldKind, Manifest
from providers.kit.errors import Unavailable
from providers.kit.tokens import Token, token_of
from webapp.core.clock import now
from webapp.instances import secrets
from webapp.instances.models import Instance

LEASE = timedelta(seconds=45)
"""Longer than a renewal may take: the door gives up before."""
PATIENCE = 30.0
LOOK_AGAIN = 0.1
TOKEN, REFRESH_TOKEN, ENDS = "access_token", "refresh_token", "token_expires_at"  # names of fields
PARTS = frozenset({TOKEN, REFRESH_TOKEN, ENDS})


class StoredTokens:
    """A `TokenStore` on sessions of its own: the caller must hold no write transaction.

    The right to renew is a lease in the connection's row, so that no transaction is open while the vendor is asked.
    """

    def __init__(self, engine: Engine, instance_id: str, manifest: Manifest, known: Mapping[str, str]) -> None:
        self._engine = engine
        self._instance_id = instance_id
        self._manifest = manifest
        self._token: Token | None = self._from(known)
        # Tokens are renewed in threads too, which have no application of their own to take the keys from.
        self._app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # what the proxy stands for

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with nullcontext() if has_app_context() else self._app.app_context(), Session(self._engine) as session:
            yield session

    def load(self) -> Token:
        if self._token is None:
            with self._session() as session:
                instance = session.get_one(Instance, self._instance_id)
                stored = {name: str(value) for name, value in instance.configuration.items()}
                self._token = self._from(stored | secrets.open_current(session, instance))
        return self._token

    def save(self, token: Token) -> None:
        with self._session() as session, session.begin():
            instance = session.get_one(Instance, self._instance_id, with_for_update=True)
            write(session, instance, self._manifest, token)
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
        with self._session() as session, session.begin():
            session.execute(claim)
            return session.scalar(select(Instance.token_lease).where(Instance.id == self._instance_id)) == holder

    def _give_back(self, holder: str) -> None:
        mine = update(Instance).where(Instance.id == self._instance_id, Instance.token_lease == holder)
        with self._session() as session, session.begin():
            session.execute(mine.values(token_lease=None, token_lease_until=None))

    def _from(self, values: Mapping[str, str]) -> Token:
        token = token_of(values)
        told = {one.name for one in self._manifest.fields if one.name not in PARTS and _told(one)}
        extra = {name: values[name] for name in told if values.get(name)}
        return Token(
            access_token=token.access_token,
            refresh_token=token.refresh_token,
            expires_at=token.expires_at,
            extra=extra,
        )


def write(
    session: Session, instance: Instance, manifest: Manifest, token: Token, *, actor_id: str | None = None
) -> None:
    """Keeps a token in the fields of its connection; a refresh token stays where there is no new one. The caller
    commits, and holds the lease."""
    fields = {one.name: one for one in manifest.fields}
    values = {
        TOKEN: token.access_token,
        REFRESH_TOKEN: token.refresh_token,
        ENDS: token.expires_at.isoformat() if token.expires_at else "",
    }
    for name, told in token.extra.items():
        field = fields.get(name)
        if field is not None and name not in PARTS and _told(field) and field.matches(str(told)):
            values[name] = str(told)
    for name, value in values.items():
        field = fields.get(name)
        if field is None:
            continue
        if field.secret and value:
            secrets.add_version(session, instance, field, value, overlap=secrets.NO_OVERLAP, actor_id=actor_id)
        elif not field.secret:
            instance.configuration = {**instance.configuration, name: value}


def forget_companions(session: Session, instance: Instance, fields: Sequence[Field]) -> None:
    """Ends what came with an earlier token, of those of `fields` that are its parts: a new one, of another sign-in or
    pasted, must never be renewed with another account's refresh token."""
    names = {one.name for one in fields} & {REFRESH_TOKEN, ENDS}
    secrets.retire_fields(session, instance, [one for one in fields if one.name in names and one.secret])
    instance.configuration = {name: value for name, value in instance.configuration.items() if name not in names}
    instance.sign_in_app = ""


def _told(field: Field) -> bool:
    """Whether the vendor's answer to a sign-in may fill this field: the account's address, or what nobody types."""
    return field.hidden or (field.kind is FieldKind.URL and not field.secret)
