"""Sending domains and what their DNS still lacks. States: https://resend.com/docs/dashboard/domains/introduction."""

from __future__ import annotations

from providers.kit.vocabulary.email import DnsRecord, SendingDomain

from .client import Client, part
from .shapes import Found, objects, text

_RECORD_STATES = {
    "verified": "valid",
    "pending": "missing",
    "not_started": "missing",
    "failed": "wrong",
    "temporary_failure": "wrong",
}


class Domains:
    def __init__(self, client: Client) -> None:
        self.client = client

    def all(self) -> tuple[SendingDomain, ...]:
        """All of them; DNS entries are given for those that are not verified yet."""
        known = (one for one in self.client.domains() if text(one, "id") and text(one, "name"))
        return tuple(self._with_records(one) for one in known)

    def verify(self, domain_id: str) -> SendingDomain:
        """Resend looks at the DNS in its own time: what it knows at once is given."""
        self.client.call("POST", f"/domains/{part(domain_id)}/verify", "verify domain")
        return _domain(self.client.domain(domain_id), domain_id)

    def _with_records(self, listed: Found) -> SendingDomain:
        domain_id = text(listed, "id")
        if listed.get("status") == "verified":
            return _domain(listed, domain_id)
        return _domain({**listed, "records": self.client.domain(domain_id).get("records")}, domain_id)


def _domain(found: Found, domain_id: str) -> SendingDomain:
    return SendingDomain(
        name=text(found, "name"),
        status=text(found, "status"),
        region=text(found, "region"),
        records=tuple(_record(one) for one in objects(found.get("records"))),
        id=domain_id,
    )


def _record(found: Found) -> DnsRecord:
    state, priority = text(found, "status"), found.get("priority")
    return DnsRecord(
        type=text(found, "type"),
        name=text(found, "name"),
        value=text(found, "value"),
        status=_RECORD_STATES.get(state, state or "unknown"),
        purpose=text(found, "record"),
        priority=priority if isinstance(priority, int) and not isinstance(priority, bool) else None,
    )
