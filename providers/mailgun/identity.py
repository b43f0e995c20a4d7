"""Whose account a key opens, and what kind of key it is."""

from __future__ import annotations

from dataclasses import dataclass

from providers.kit.contract import Account
from providers.kit.errors import InvalidConfiguration, ProviderError
from providers.kit.http import Answer
from providers.kit.vocabulary.email import SendingDomain

from .client import Client
from .domains import Domains
from .errors import unreadable
from .manifest import DOMAINS_URL
from .reading import mapping, text

REGION_NAMES = {"us": "the United States", "eu": "the European Union"}


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the first call found: the domain, or that the key may only send, or why neither is known."""

    answer: Answer
    domain: SendingDomain | None = None
    sending_only: bool = False
    error: ProviderError | None = None


def look(client: Client) -> Look:
    """Asks for the connected domain. Raises only where no answer came."""
    answer = client.domain_answer()
    if answer.ok:
        try:
            body = mapping(answer.json())
        except ProviderError as error:
            return Look(answer=answer, error=error)
        if not text(mapping(body.get("domain")).get("name")):
            return Look(answer=answer, error=unreadable(answer.status, "no domain name"))
        return Look(answer=answer, domain=Domains(client).read(body, client.domain))
    if answer.status in (401, 403) and client.may_only_send:
        return Look(answer=answer, sending_only=True)
    if answer.status in (401, 404) and _lives_elsewhere(client):
        return Look(answer=answer, error=_wrong_region(client))
    if answer.status == 404:
        return Look(answer=answer, error=_no_domain(client))
    return Look(answer=answer, error=client.refusal(answer, "domains"))


def account_of(client: Client, found: Look) -> Account:
    """The domain stands for the account: Mailgun has each domain once, and a sending key knows no more than it.

    Raises the look's error.
    """
    if found.error is not None:
        raise found.error
    region = f"region {client.region.upper()}"
    state = "domain sending key" if found.domain is None else f"domain {found.domain.status}"
    url = f"{DOMAINS_URL}/{client.domain}"
    return Account(id=client.domain, name=client.domain, detail=f"{state}, {region}", url=url)


def _lives_elsewhere(client: Client) -> bool:
    other = client.elsewhere()
    if other is None:
        return False
    try:
        return other.domain_answer().ok or other.may_only_send
    except ProviderError:
        return False


def _wrong_region(client: Client) -> InvalidConfiguration:
    here, there = ("eu", "us") if client.region == "eu" else ("us", "eu")
    return InvalidConfiguration(
        f"{client.domain} is not in {REGION_NAMES[here]}, but in {REGION_NAMES[there]}.",
        field="region",
        fix=f"Choose the region “{REGION_NAMES[there].removeprefix('the ')}” for this connection.",
        fix_url=DOMAINS_URL,
        code="wrong_region",
    )


def _no_domain(client: Client) -> InvalidConfiguration:
    return InvalidConfiguration(
        f"The key is good, but {client.domain} is not among the domains of this account.",
        field="domain",
        fix="Copy the domain's name from Mailgun's list of domains, or add the domain there.",
        fix_url=DOMAINS_URL,
        code="no_domain",
    )
