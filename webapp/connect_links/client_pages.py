"""What the client's pages show: no stored value, nothing of the workspace but its name."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import render_template
from sqlalchemy.orm import Session

from providers.kit.contract import Environment, Manifest
from webapp.accounts.models import User
from webapp.catalog import service as catalog
from webapp.connect_links import queries
from webapp.connect_links.models import ConnectLink, ConnectLinkItem
from webapp.connect_links.queries import LinkView
from webapp.connection_tests import judging
from webapp.connection_tests import queries as tests
from webapp.connection_tests.lines import Line
from webapp.connection_tests.queries import TestView
from webapp.core.forms import ProductForm
from webapp.extensions import db
from webapp.instances.forms import PREFIX, asked_fields, how_to, provider_form
from webapp.instances.models import Instance
from webapp.oauth import queries as sign_ins
from webapp.oauth.queries import SignInCard
from webapp.oauth.scopes import Asked, in_words
from webapp.workspaces.models import Workspace

STAYS_OURS = "This account is connected here already, so there is nothing left for you to do with it."


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Whose link it is."""

    name: str
    workspace: str


def sender_of(session: Session, link: ConnectLink) -> Sender:
    maker = session.get(User, link.created_by) if link.created_by else None
    workspace = session.get_one(Workspace, link.workspace_id)
    return Sender(name=maker.display_name if maker else "", workspace=workspace.name)


def page(template: str, link: ConnectLink, **values: object) -> str:
    session = db.session()
    shown: LinkView = queries.view(session, link)
    return render_template(
        f"connect_links/client/{template}", link=shown, sender=sender_of(session, link),
        sandbox=link.environment == Environment.SANDBOX, **values,
    )  # fmt: skip


def manifests_of(link: ConnectLink) -> dict[str, Manifest]:
    return {
        one.provider_id: catalog.manifest_of(one.provider_id)
        for one in link.items
        if one.provider_id in catalog.registry()
    }


def permissions_of(manifest: Manifest) -> tuple[Asked, ...]:
    return in_words(manifest, (one.scope for one in manifest.permissions))


def keys_page(
    link: ConnectLink,
    item: ConnectLinkItem,
    instance: Instance,
    form: ProductForm | None = None,
    *,
    refused: str = "",
) -> str:
    """The form is always empty but for defaults: what was sent can't be read back."""
    manifest = catalog.manifest_of(item.provider_id)
    fields = asked_fields(manifest)
    card: SignInCard | None = sign_ins.card(db.session(), instance)
    return page(
        "keys.html",
        link,
        item=item,
        manifest=manifest,
        fields=fields,
        form=form or provider_form(fields)(),
        guides={one.name: how_to(manifest, one) for one in fields},
        prefix=PREFIX,
        sign_in=card if card is not None and card.app else None,
        permissions=permissions_of(manifest),
        refused=refused,
        sent_before=bool(instance.secrets) and instance.environment != Environment.SANDBOX,
    )


def run_of(session: Session, instance: Instance) -> TestView | None:
    """The newest test of the connection, in words fit for strangers: no name of another connection, no way inside."""
    run = tests.latest(session, instance.id, test_id=f"{instance.provider_id}-connection")
    return replace(run, steps=tuple(_for_strangers(one) for one in run.steps)) if run is not None else None


def _for_strangers(line: Line) -> Line:
    if line.name == judging.ACCOUNT_LINE and line.fix_url.startswith("/"):
        return replace(line, message=STAYS_OURS, fix="Tell whoever sent you the link.", fix_url="")
    return replace(line, fix_url="") if line.fix_url.startswith("/") else line


def run_values(item: ConnectLinkItem, instance: Instance, run: TestView | None) -> dict[str, object]:
    return {
        "item": item,
        "manifest": catalog.manifest_of(item.provider_id),
        "run": run,
        "usable": judging.usable(instance, run),
        "account": (instance.account_name, instance.account_detail),
        "problem": "",
    }
