"""Sending domains with the very DNS lines they need.

Source: https://www.twilio.com/docs/sendgrid/api-reference/domain-authentication. `dns` maps a record's purpose to
{"valid", "type", "host", "data"}; which purposes there are depends on how the domain was set up, so all are taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.kit.vocabulary.email import DnsRecord, SendingDomain

from .client import Client, Item, identifier, mapping, part, text

PATH = "/v3/whitelabel/domains"
_PURPOSES = {
    "mail_cname": "return path",
    "mail_server": "return path",
    "subdomain_spf": "SPF",
    "domain_spf": "SPF",
    "spf": "SPF",
    "dkim": "DKIM",
    "dkim1": "DKIM",
    "dkim2": "DKIM",
    "dmarc": "DMARC",
}
_MX_PRIORITY = 10
_ALIASES = {"spf": ("subdomain_spf", "domain_spf")}


class Domains:
    def __init__(self, client: Client) -> None:
        self.client = client

    def all(self) -> tuple[SendingDomain, ...]:
        listed = self.client.every(PATH, "list domains", scope="whitelabel.read")
        return tuple(self._domain(one) for one in listed if text(one, "domain"))

    def verify(self, domain_id: str) -> SendingDomain:
        """Lets SendGrid look at the DNS again, and gives the domain with what it found for each line."""
        path = f"{PATH}/{part(domain_id)}"
        found = mapping(
            self.client.call("POST", f"{path}/validate", "validate domain", scope="whitelabel.update")
        ).get("validation_results")
        domain = mapping(self.client.call("GET", path, "read domain", scope="whitelabel.read"))
        return self._domain(domain, results=found if isinstance(found, Mapping) else {})

    def _domain(self, found: Item, *, results: Mapping[str, Any] | None = None) -> SendingDomain:
        dns = found.get("dns")
        records = tuple(
            _record(name, one, results)
            for name, one in (dns.items() if isinstance(dns, Mapping) else ())
            if isinstance(one, Mapping) and text(one, "host") and text(one, "data")
        )
        valid = found.get("valid") is True
        return SendingDomain(
            id=identifier(found),
            name=text(found, "domain"),
            status="verified" if valid else "pending",
            region=text(found, "region") or self.client.region,
            records=records,
        )


def _record(name: str, found: Item, results: Mapping[str, Any] | None) -> DnsRecord:
    kind = text(found, "type").upper()
    return DnsRecord(
        type=kind,
        name=text(found, "host"),
        value=text(found, "data"),
        status=_status(name, found, results),
        purpose=_PURPOSES.get(name, name.replace("_", " ")),
        priority=_MX_PRIORITY if kind == "MX" else None,
    )


def _status(name: str, found: Item, results: Mapping[str, Any] | None) -> str:
    """After a look at the DNS, SendGrid's reason tells a wrong line ("… but found …") from a missing one."""
    names = [name, *(ours for ours, theirs in _ALIASES.items() if name in theirs)]
    result = next((one for one in map((results or {}).get, names) if isinstance(one, Mapping)), None)
    if result is None:
        return "valid" if found.get("valid") is True else "missing"
    if result.get("valid") is True:
        return "valid"
    return "wrong" if "but found" in text(result, "reason") else "missing"
