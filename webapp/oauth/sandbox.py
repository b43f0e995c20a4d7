"""Consent in the sandbox: the hub shows the page, and the vendor's stand-in gives the code where it can."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from sqlalchemy.orm import Session

from providers.kit.errors import ProviderError
from providers.kit.metering import CallRecord
from webapp.catalog.service import entry_for
from webapp.instances.models import Instance
from webapp.oauth.plan import plan_of

REDIRECTS = frozenset({302, 303, 307})


def code_of(session: Session, instance: Instance, asked: Mapping[str, str]) -> str:
    """A code for what the address of the consent page asks for; "" when this stand-in has no sign-in. Ends the
    transaction: the stand-in remembers in one of its own. Raises as `plan_of`."""
    plan = plan_of(session, instance, meter=_unmetered)
    stand_in = entry_for(instance).sandbox
    session.commit()
    try:
        answer = plan.provider.connection.http.request(
            "GET", plan.settings.authorize_url, operation="consent", params=dict(asked)
        )
    except ProviderError:
        answer = None
    if answer is not None and answer.status in REDIRECTS:
        location = next((value for name, value in answer.headers.items() if name.lower() == "location"), "")
        codes = parse_qs(urlsplit(location).query).get("code")
        if codes:
            return codes[0]
    return stand_in.sandbox_code if stand_in is not None else ""


def _unmetered(record: CallRecord) -> None:
    """A consent page is for people: it counts as nobody's call."""
