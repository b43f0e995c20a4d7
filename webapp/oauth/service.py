"""Signing in: `begin` notes who goes where, `claim` takes them back once, `connect` keeps the token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from providers.kit.capabilities import ChecksConnection
from providers.kit.contract import Environment
from providers.kit.errors import AuthenticationFailed, ProviderError
from providers.kit.metering import CallRecord
from providers.kit.tokens import MemoryTokens, Token
from webapp.core.clock import now
from webapp.core.errors import BadRequest, Conflict
from webapp.core.identifiers import digest
from webapp.extensions import db
from webapp.instances import tokens
from webapp.instances.configuration import look_anew
from webapp.instances.lifecycle import note
from webapp.instances.models import Instance
from webapp.oauth import timing
from webapp.oauth.models import OAuthGrant, SignIn
from webapp.oauth.plan import Plan, origin, plan_of, redirect_address
from webapp.oauth.scopes import missing_words, not_given
from webapp.workspaces.service import data_key

LASTS = timedelta(minutes=10)
KEPT = timedelta(days=1)
TABLE = "oauth_sign_ins"
RETURNS = ("credentials", "settings")
Meter = Callable[[CallRecord], None]


class NotOurs(BadRequest):
    """The state is nobody's, somebody else's, another provider's or another browser's: never said which."""

    title = "This sign-in was not begun here"

    def __init__(self) -> None:
        super().__init__(
            "Nothing was connected: this browser has no such sign-in under way.",
            fix="Open the connection and begin again there, in one browser and without signing out in between.",
            link="/integrations",
            link_label="To the connections",
        )


class Over(Conflict):
    """The rightful person came too late, or a second time. `instance_id` and `return_to` say where they were."""

    def __init__(self, message: str, *, fix: str, instance_id: str, return_to: str) -> None:
        super().__init__(message, fix=fix)
        self.instance_id = instance_id
        self.return_to = return_to


@dataclass(frozen=True, kw_only=True)
class Traveller:
    """Who goes to the vendor and must be the one who comes back: a person in their session, or a client's browser
    (`visit_digest`, the digest of its cookie's token)."""

    user_id: str | None = None
    session_id: str | None = None
    visit_digest: str = ""


@dataclass(frozen=True, kw_only=True)
class Departure:
    """Where to send the browser."""

    url: str
    host: str
    sandbox: bool


@dataclass(frozen=True, kw_only=True, repr=False)
class Claim:
    """A sign-in that came back, taken once. Nothing of the database in it."""

    instance_id: str
    workspace_id: str
    user_id: str | None
    purpose: str
    return_to: str
    app_digest: str
    verifier: str
    asked: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Connected:
    """`missing`: one sentence about permissions that were not given, or ""."""

    missing: str


def begin(session: Session, instance: Instance, *, who: Traveller, return_to: str) -> Departure:
    """Notes a sign-in and says where it is. The caller commits, then sends the browser there.

    Raises NoApp, Conflict, and as `open_provider`."""
    plan = plan_of(session, instance, meter=_unmetered)
    asked = plan.settings.scopes
    going = plan.client("sign in").authorize(redirect_address(instance.provider_id), scopes=asked)
    mark = digest(going.state)
    key = data_key(session, instance.workspace_id)
    session.add(
        SignIn(
            state_digest=mark,
            instance_id=instance.id,
            workspace_id=instance.workspace_id,
            user_id=who.user_id,
            session_id=who.session_id,
            visit_digest=who.visit_digest,
            provider_id=instance.provider_id,
            purpose="connect" if instance.status == "draft" else "reconnect",
            return_to=return_to if return_to in RETURNS else RETURNS[0],
            app_digest=plan.digest,
            sealed_verifier=key.seal(going.code_verifier, TABLE, instance.id, mark) if going.code_verifier else "",
            asked=list(asked),
            expires_at=now() + LASTS,
        )
    )
    session.flush()
    return Departure(
        url=going.url,
        host=origin(going.url).partition("://")[2],
        sandbox=instance.environment == Environment.SANDBOX,
    )


def visit_of(session: Session, state: str) -> str:
    """The digest of the client's visit that this state was given to; "" for a person's sign-in, and for nobody's."""
    row = session.get(SignIn, digest(state))
    return row.visit_digest if row is not None else ""


def claim(session: Session, *, state: str, provider_id: str, who: Traveller) -> Claim:
    """Takes a sign-in back, once in all processes, and commits. Raises NotOurs, Over."""
    row = session.get(SignIn, digest(state))
    if row is None or row.provider_id != provider_id:
        raise NotOurs
    if Traveller(user_id=row.user_id, session_id=row.session_id, visit_digest=row.visit_digest) != who:
        raise NotOurs
    verifier = ""
    if row.sealed_verifier:
        key = data_key(session, row.workspace_id)
        verifier = key.open(row.sealed_verifier, TABLE, row.instance_id, row.state_digest)
    found = Claim(
        instance_id=row.instance_id,
        workspace_id=row.workspace_id,
        user_id=row.user_id,
        purpose=row.purpose,
        return_to=row.return_to,
        app_digest=row.app_digest,
        verifier=verifier,
        asked=tuple(row.asked),
    )
    late = row.expires_at <= now()
    taken = session.execute(
        update(SignIn)
        .where(SignIn.state_digest == row.state_digest, SignIn.used_at.is_(None))
        .values(used_at=now(), sealed_verifier="")
        .execution_options(synchronize_session=False)
    )
    session.commit()
    if not taken.rowcount:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise Over(
            "That sign-in was used already.",
            fix="If it shows no sign-in below, sign in again.",
            instance_id=found.instance_id,
            return_to=found.return_to,
        )
    if late:
        raise Over(
            "That took longer than ten minutes, so nothing was connected.",
            fix="Sign in again.",
            instance_id=found.instance_id,
            return_to=found.return_to,
        )
    return found


def connect(session: Session, claimed: Claim, *, code: str, issuer: str, meter: Meter) -> Connected:
    """Exchanges the code and keeps the token. Commits before it calls, and at the end.

    Raises Conflict (the connection or its app is not what it was, another account), ProviderError, and as
    `open_provider`."""
    instance = _alive(session, claimed.instance_id)
    plan = plan_of(session, instance, meter=meter)
    if plan.digest != claimed.app_digest:
        raise Conflict("The app or its address was changed while you signed in.", fix="Sign in again.")
    if issuer and origin(issuer) != origin(plan.settings.authorize_url):
        raise Conflict("The answer came from another place than you were sent to.", fix="Sign in again.")
    known = "" if instance.status == "draft" else instance.account_id or ""
    known_name, redirect = instance.account_name or known, redirect_address(instance.provider_id)
    session.commit()  # nothing is held while the vendor is asked
    token = _exchanged(plan, code, redirect, claimed.verifier)
    if known:
        _check_account(plan, token, known=known, known_name=known_name)
    return _keep(session, claimed, plan, token)


def forget_old(session: Session) -> int:
    """Removes sign-ins that ended long ago; returns how many. The caller commits."""
    result = session.execute(delete(SignIn).where(SignIn.expires_at < now() - KEPT))
    return int(result.rowcount)  # type: ignore[attr-defined]  # a DELETE's result has it


def _alive(session: Session, instance_id: str) -> Instance:
    instance = session.get(Instance, instance_id, populate_existing=True)
    if instance is None or instance.deleted_at is not None:
        raise Conflict("This connection was removed while you signed in.", link="/integrations", link_label="Back")
    return instance


def _exchanged(plan: Plan, code: str, redirect: str, verifier: str) -> Token:
    name = plan.provider.manifest.name
    client = plan.client("sign in", (code, verifier))
    try:
        token = client.exchange(code, redirect_uri=redirect, code_verifier=verifier)
    except AuthenticationFailed as error:
        raise AuthenticationFailed(
            f"{name} did not accept this sign-in.",
            fix="Begin again, and go through it without long pauses.",
            code=error.code,
            status=error.status,
        ) from error
    return plan.provider.finish_sign_in(token)


def _check_account(plan: Plan, token: Token, *, known: str, known_name: str) -> None:
    """Another account than before must not take over history and schedules. What can't be known now, the
    connection's test finds out."""
    manifest = plan.provider.manifest
    told = {name: str(value) for name, value in token.extra.items() if any(f.name == name for f in manifest.fields)}
    connection = replace(
        plan.provider.connection,
        configuration={**plan.provider.configuration, **told, tokens.TOKEN: token.access_token},
        tokens=MemoryTokens(token),
    )
    fresh = type(plan.provider)(connection)
    if not isinstance(fresh, ChecksConnection):
        return
    try:
        account = fresh.identify()
    except ProviderError:
        return
    if account.id[:200] != known:
        raise Conflict(
            f"You signed in to another account ({account.name or account.id}) than this connection is for "
            f"({known_name}). Nothing was changed.",
            fix=f"Sign in to {manifest.name} as the right account first, or make a new connection for the other one.",
        )


def _keep(session: Session, claimed: Claim, plan: Plan, token: Token) -> Connected:
    manifest = plan.provider.manifest
    stays = bool(token.refresh_token)
    granted = token.scopes or claimed.asked
    missing = not_given(claimed.asked, granted, stays=stays)
    with tokens.StoredTokens(db.engine, claimed.instance_id, manifest, {}).exclusive():
        instance = _alive(session, claimed.instance_id)
        tokens.forget_companions(session, instance, manifest.fields)
        tokens.write(session, instance, manifest, token, actor_id=claimed.user_id)
        instance.sign_in_app = plan.app.owner
        look_anew(instance)
        grant = session.get(OAuthGrant, instance.id) or OAuthGrant(instance_id=instance.id)
        session.add(grant)
        grant.granted_by, grant.granted_at = claimed.user_id, now()
        grant.asked, grant.granted = list(claimed.asked), list(granted)
        grant.revoked_at, grant.revoke_attempts, grant.revoke_next_at = None, 0, None
        timing.worked(grant, token)
        action = "connection.signed_in" if claimed.purpose == "connect" else "connection.signed_in_again"
        note(session, instance, action, {"granted": list(granted), "not_given": list(missing)})
        session.commit()
    return Connected(missing=missing_words(manifest, missing))


def _unmetered(record: CallRecord) -> None:
    """Beginning calls nobody."""
