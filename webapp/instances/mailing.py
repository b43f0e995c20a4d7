"""The hub's own mails through a connected e-mail account. Chosen by a site admin."""

from __future__ import annotations

from email.utils import formataddr, parseaddr

from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit.contract import Category, Environment
from providers.kit.errors import InvalidRequest, OutcomeUnknown, ProviderError
from providers.kit.vocabulary.email import EmailMessage, SendsEmail
from webapp.accounts.service import normal_email
from webapp.audit.service import record
from webapp.catalog import service as catalog
from webapp.core.crypto import CannotDecrypt
from webapp.core.errors import Invalid, ProductError
from webapp.core.installation import fact, forget_fact, set_fact
from webapp.core.permissions import Role
from webapp.instances.models import Instance
from webapp.instances.opening import open_provider
from webapp.mail.senders import Letter
from webapp.mail.smtp import NotSent
from webapp.usage.service import CallMeter
from webapp.workspaces.models import Membership

CHOSEN, FROM = "mail_instance", "mail_from"


class ConnectedMail:
    """A `webapp.mail.senders.Sender`."""

    def ready(self, session: Session) -> bool:
        return chosen(session) is not None

    def deliver(self, session: Session, letter: Letter) -> None:
        instance = chosen(session)
        if instance is None:
            raise NotSent("The connected account that sends mail is gone or paused.")
        meter, sender = CallMeter(instance), fact(session, FROM)
        try:
            provider = open_provider(session, instance, meter=meter)
        except (ProductError, ProviderError, CannotDecrypt) as error:
            raise NotSent(f"The connected account can't be opened ({type(error).__name__}).") from None
        session.commit()  # nothing is held while the vendor is asked
        try:
            _send(provider, sender, letter)
        finally:
            meter.flush(session)
            session.commit()


def _send(provider: object, sender: str, letter: Letter) -> None:
    if not isinstance(provider, SendsEmail):
        raise NotSent("The connected account can't send mail.", final=True)
    message = EmailMessage(
        sender=sender,
        to=(letter.to,),
        subject=letter.subject,
        text=letter.text,
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        provider.send(message, idempotency_key=letter.mail_id)
    except OutcomeUnknown:
        raise NotSent("No answer came, so it may have been sent; it is not sent again.", final=True) from None
    except ProviderError as error:
        final = isinstance(error, InvalidRequest)
        raise NotSent(f"The connected account did not take it ({error.category}).", final=final) from None


def chosen(session: Session) -> Instance | None:
    """The account that sends, while it can: neither paused nor removed."""
    instance_id = fact(session, CHOSEN)
    row = session.get(Instance, instance_id) if instance_id else None
    if row is None or row.status != "active" or row.deleted_at is not None:
        return None
    return row if row.provider_id in catalog.registry() else None


def candidates(session: Session, user_id: str) -> list[Instance]:
    """Real e-mail accounts of workspaces that this admin manages: being a site admin opens no workspace."""
    ids = [one.id for one in catalog.registry() if one.manifest.category is Category.EMAIL]
    return list(
        session.scalars(
            select(Instance)
            .join(Membership, Membership.workspace_id == Instance.workspace_id)
            .where(
                Membership.user_id == user_id,
                Membership.role.in_((Role.MANAGER.slug, Role.OWNER.slug)),
                Instance.provider_id.in_(ids),
                Instance.status == "active",
                Instance.deleted_at.is_(None),
                Instance.environment != Environment.SANDBOX.value,
            )
            .order_by(Instance.name)
        )
    )


def choose(session: Session, *, instance_id: str, sender: str, user_id: str) -> None:
    """Raises Invalid (keyed `instance_id`, `sender`). The caller commits."""
    found = next((one for one in candidates(session, user_id) if one.id == instance_id), None)
    name, address = parseaddr(sender)
    problems: dict[str, str] = {}
    if found is None:
        problems["instance_id"] = "Choose an account from the list."
    try:
        address = normal_email(address)
    except Invalid:
        problems["sender"] = "Enter the address that mail comes from, such as: Hub <hub@example.com>"
    if not sender.isprintable() or len(sender) > 200:
        problems["sender"] = "Use one line of at most 200 characters."
    if problems or found is None:
        raise Invalid("Some values need your attention.", fields=problems)
    set_fact(session, CHOSEN, found.id)
    set_fact(session, FROM, formataddr((name, address)) if name else address)
    record(session, "mail.account_chosen", object_kind="instance", object_id=found.id, object_name=found.name)


def stop(session: Session) -> None:
    """Back to the mail server, if there is one. The caller commits."""
    if fact(session, CHOSEN):
        forget_fact(session, CHOSEN)
        record(session, "mail.account_left", object_kind="mail")
