"""What the card about signing in shows. Asks one row; opens no secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from providers.kit.contract import Environment, Manifest
from webapp.accounts.models import User
from webapp.catalog.service import class_for
from webapp.instances import secrets, tokens
from webapp.instances.apps import app_fields
from webapp.instances.models import Instance
from webapp.oauth.models import OAuthGrant
from webapp.oauth.plan import origin, redirect_address, settings_of, usable_app
from webapp.oauth.scopes import Asked, in_words, missing_words, not_given


@dataclass(frozen=True, kw_only=True)
class GrantView:
    """What was granted. `missing`: a sentence, or ""; `ends_at`: when the access ends that nobody can renew."""

    by: str
    at: datetime
    given: tuple[Asked, ...]
    missing: str
    problem: str
    ends_at: datetime | None
    refreshed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class SignInCard:
    """`app`: own, server, or "" when there is none yet; then `settings` are the names an operator must set, and
    `fields` the labels of the fields that take an app of one's own."""

    name: str
    host: str
    asked: tuple[Asked, ...]
    app: str
    settings: tuple[str, ...]
    fields: tuple[str, ...]
    redirect_address: str
    sandbox: bool
    grant: GrantView | None


def card(session: Session, instance: Instance) -> SignInCard | None:
    """None where there is nothing to sign in to: the provider has no sign-in, or its stand-in knows no app."""
    kind = class_for(instance)
    manifest = kind.manifest
    values = {one.name: one.default for one in manifest.fields if one.default}
    values |= {name: str(value) for name, value in instance.configuration.items()}
    settings = settings_of(kind, values)
    if settings is None:
        return None
    have = values | dict.fromkeys(secrets.current(instance), "set")
    app = usable_app(manifest, settings, have, instance.environment)
    sandbox = instance.environment == Environment.SANDBOX
    if sandbox and app is None:
        return None
    grant = session.get(OAuthGrant, instance.id) if instance.sign_in_app else None
    id_field, secret_field = app_fields(manifest, settings)
    return SignInCard(
        name=manifest.name,
        host=origin(settings.authorize_url).partition("://")[2],
        asked=in_words(manifest, settings.scopes),
        app=app.owner if app else "",
        settings=tuple(one for one in (settings.client_id_env, settings.client_secret_env) if one),
        fields=tuple(one.label for one in (id_field, secret_field) if one) if id_field else (),
        redirect_address=redirect_address(instance.provider_id),
        sandbox=sandbox,
        grant=_grant(session, instance, manifest, grant) if grant is not None else None,
    )


def _grant(session: Session, instance: Instance, manifest: Manifest, grant: OAuthGrant) -> GrantView:
    stays = tokens.REFRESH_TOKEN in secrets.current(instance)
    ends = instance.configuration.get(tokens.ENDS)
    person = session.get(User, grant.granted_by) if grant.granted_by else None
    return GrantView(
        by=person.display_name if person else "",
        at=grant.granted_at,
        given=in_words(manifest, grant.granted),
        missing=missing_words(manifest, not_given(grant.asked, grant.granted, stays=stays)),
        problem=grant.problem,
        ends_at=datetime.fromisoformat(ends) if ends and not stays else None,
        refreshed_at=grant.refreshed_at,
    )
