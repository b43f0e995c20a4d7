"""Whose account it is: the projects that a service account opens, and what stands for one with a token only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from providers.kit.contract import Account
from providers.kit.errors import PermissionMissing
from providers.kit.vocabulary.analytics import AnalyticsProperty

from .client import Client
from .fields import SERVICE_ACCOUNTS_URL
from .manifest import QUERY
from .shapes import mapping, text


def properties_of(me: Mapping[str, Any]) -> tuple[AnalyticsProperty, ...]:
    """The projects that the service account opens, each below its organisation."""
    organisations = {
        key: Account(
            id=text(mapping(one).get("id")) or key, name=text(mapping(one).get("name")) or f"Organization {key}"
        )
        for key, one in mapping(me.get("organizations")).items()
    }
    only = next(iter(organisations.values())) if len(organisations) == 1 else Account(id="", name="Mixpanel")
    found = []
    for key, project in mapping(me.get("projects")).items():
        number = text(mapping(project).get("id")) or key
        owner = organisations.get(text(mapping(project).get("organization_id")), only)
        found.append(
            AnalyticsProperty(
                id=number, name=text(mapping(project).get("name")) or f"Project {number}", account=owner
            )
        )
    return tuple(found)


def account_of(client: Client, me: Mapping[str, Any]) -> Account:
    """The configured project, or the organisation where none is. Raises PermissionMissing for a closed project."""
    projects = properties_of(me)
    if not client.project_id:
        first = projects[0].account if projects else Account(id="", name="")
        return Account(
            id=first.id or client.username,
            name=first.name or "Mixpanel",
            detail=f"{len(projects)} project{'' if len(projects) == 1 else 's'}",
            url=client.region.app,
        )
    project = next((one for one in projects if one.id == client.project_id), None)
    if project is None:
        raise PermissionMissing(
            "The service account does not open this project.",
            permission=QUERY,
            fix="Check the project ID. If it is right, add the service account to the project in Mixpanel.",
            fix_url=SERVICE_ACCOUNTS_URL,
            detail=f"{len(projects)} other projects",
        )
    return Account(
        id=project.id,
        name=project.name,
        detail=f"{project.account.name}, {client.region.label}",
        url=f"{client.region.app}/project/{project.id}",
    )


def account_of_token(client: Client) -> Account:
    """What stands for a project when there is only a token: nobody at Mixpanel says whose it is."""
    fingerprint = hashlib.sha256(client.need_token().encode()).hexdigest()[:16]
    detail = f"Token only, not proven; {client.region.label}"
    return Account(
        id=f"token-{fingerprint}", name="Mixpanel project", detail=detail, url=client.region.app, certain=False
    )
