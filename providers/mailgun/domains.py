"""Sending domains and their DNS entries.

https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/domains
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.kit.errors import PermissionMissing
from providers.kit.http import Retry
from providers.kit.vocabulary.email import DnsRecord, SendingDomain

from .client import Client, part
from .reading import mapping, objects, text, texts, whole

ACTIVE = "active"


class Domains:
    """All domains of the account in the region that was chosen."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def all(self) -> tuple[SendingDomain, ...]:
        """DNS entries are given for those that are not active. With a sending key, the connected one, unexamined."""
        try:
            listed = [one for one in self._client.domains() if text(one.get("name"))]
        except PermissionMissing as error:
            if error.code != "sending_key":
                raise
            return (self.unexamined(),)
        return tuple(
            self._domain(one) if one.get("state") == ACTIVE else self.one(text(one.get("name"))) for one in listed
        )

    def one(self, name: str) -> SendingDomain:
        body = self._client.call("GET", f"/v4/domains/{part(name)}", "read domain", permission="domains")
        return self.read(body, name)

    def verify(self, name: str) -> SendingDomain:
        """Has the vendor look at the DNS at once. Raises NotFoundAtVendor, RateLimited, PermissionMissing."""
        path = f"/v4/domains/{part(name)}/verify"
        body = self._client.call("PUT", path, "verify domain", permission="domains", retry=Retry.SAFE)
        return self.read(body, name)

    def read(self, body: Mapping[str, Any], name: str) -> SendingDomain:
        domain = mapping(body.get("domain"))
        found = self._domain({"name": name, **domain})
        sending = [_record(one, found.name, "") for one in objects(body.get("sending_dns_records"))]
        receiving = [_record(one, found.name, "receives mail") for one in objects(body.get("receiving_dns_records"))]
        return SendingDomain(
            id=found.id, name=found.name, status=found.status, region=found.region, records=(*sending, *receiving)
        )

    def unexamined(self) -> SendingDomain:
        name = self._client.domain
        return SendingDomain(id=name, name=name, status="unknown", region=self._client.region)

    def _domain(self, domain: Mapping[str, Any]) -> SendingDomain:
        """The vendor's calls want the name: it is the id."""
        name = text(domain.get("name"))
        state = "disabled" if domain.get("is_disabled") is True else text(domain.get("state"))
        return SendingDomain(id=name, name=name, status=state or "unknown", region=self._client.region)


def _record(record: Mapping[str, Any], domain: str, purpose: str) -> DnsRecord:
    kind, value = text(record.get("record_type")), text(record.get("value"))
    priority = text(record.get("priority"))
    return DnsRecord(
        type=kind,
        name=text(record.get("name")) or domain,
        value=value,
        status=_status(record),
        purpose=purpose or _purpose(kind, text(record.get("name")), value),
        priority=whole(priority) if priority else None,
    )


def _status(record: Mapping[str, Any]) -> str:
    """`cached` is what the vendor found when it looked last."""
    said = text(record.get("valid"))
    if said == "valid":
        return "valid"
    if said in ("invalid", "unknown") and texts(record.get("cached")):
        return "wrong"
    return "missing" if said == "invalid" else said or "unknown"


def _purpose(kind: str, name: str, value: str) -> str:
    if "._domainkey." in name or value.startswith("k=rsa"):
        return "signs e-mail (DKIM)"
    if value.startswith("v=spf1"):
        return "says who may send (SPF)"
    if value.startswith("v=DMARC1"):
        return "says what to do with forgeries (DMARC)"
    return "counts opens and clicks" if kind == "CNAME" else ""
