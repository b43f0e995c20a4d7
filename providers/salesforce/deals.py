"""Opportunities: their stages, how one is made and moved, and how records belong together.

Salesforce keeps one list of stages for all opportunities; which of them a sales process uses is decided by record
types, which its REST API does not tell. So there is one pipeline with every active stage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from providers.kit.errors import InvalidRequest, Unsupported
from providers.kit.vocabulary.crm import CrmObject, Pipeline, Stage

from . import soql
from .client import DATA, Client, Record
from .records import KINDS, text

PIPELINE = "Opportunity"
CLOSES_IN = timedelta(days=30)
"""Salesforce insists on a close date: what a deal gets when nobody names one."""

_STAGE_FIELDS = ("Id", "MasterLabel", "ApiName", "DefaultProbability", "IsClosed", "IsWon", "SortOrder")
_LINKS = {
    (CrmObject.CONTACT, CrmObject.COMPANY): "Contact",
    (CrmObject.DEAL, CrmObject.COMPANY): "Opportunity",
}


class Deals:
    """One organisation's opportunities. `now` dates those that have no close date."""

    def __init__(self, client: Client, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now

    def pipeline(self) -> Pipeline:
        asked = soql.select(_STAGE_FIELDS, "OpportunityStage", where="IsActive = TRUE", order="SortOrder ASC")
        stages = tuple(_stage(one) for one in self._client.query(asked))
        return Pipeline(id=PIPELINE, name="Sales", stages=tuple(one for one in stages if one.id))

    def create(
        self,
        name: str,
        stage_id: str,
        *,
        amount: Decimal | None,
        close_date: date | None,
        contact_id: str,
        company_id: str,
        owner_id: str,
    ) -> str:
        """The new deal's id. With a contact both the deal and the contact's role in it are made, or neither."""
        self._check_stage(stage_id)
        values: dict[str, Any] = {
            "Name": name,
            "StageName": stage_id,
            "CloseDate": (close_date or (self._now() + CLOSES_IN).date()).isoformat(),
        }
        values |= {"Amount": float(amount)} if amount is not None else {}
        values |= {"AccountId": soql.record_id(company_id, what="company_id")} if company_id else {}
        values |= {"OwnerId": soql.record_id(owner_id, what="owner_id")} if owner_id else {}
        if not contact_id:
            return self._client.create("Opportunity", values)
        role = {"OpportunityId": "@{deal.id}", "ContactId": soql.record_id(contact_id, what="contact_id")}
        answers = self._client.together(
            [_create("deal", "Opportunity", values), _create("role", "OpportunityContactRole", role)]
        )
        made = answers.get("deal")
        return text(made, "id") if isinstance(made, Mapping) else ""

    def move(self, deal_id: str, stage_id: str) -> None:
        self._check_stage(stage_id)
        self._client.update("Opportunity", soql.record_id(deal_id), {"StageName": stage_id})

    def link(self, from_object: CrmObject, from_id: str, to_object: CrmObject, to_id: str) -> None:
        """Makes a contact or deal belong to an account, or gives a contact a role in a deal. Raises Unsupported."""
        from_id, to_id = soql.record_id(from_id, what="from_id"), soql.record_id(to_id, what="to_id")
        pair = (from_object, to_object)
        if {from_object, to_object} == {CrmObject.DEAL, CrmObject.CONTACT}:
            deal, contact = (from_id, to_id) if from_object is CrmObject.DEAL else (to_id, from_id)
            if contact not in self.linked(CrmObject.DEAL, deal, CrmObject.CONTACT):
                self._client.create("OpportunityContactRole", {"OpportunityId": deal, "ContactId": contact})
        elif pair in _LINKS:
            self._client.update(_LINKS[pair], from_id, {"AccountId": to_id})
        elif pair[::-1] in _LINKS:
            self._client.update(_LINKS[pair[::-1]], to_id, {"AccountId": from_id})
        else:
            raise _cannot_link(from_object, to_object)

    def linked(self, from_object: CrmObject, from_id: str, to_object: CrmObject) -> tuple[str, ...]:
        """Ids of the records that belong to this one. Raises Unsupported."""
        pair, value = (from_object, to_object), soql.quoted(soql.record_id(from_id, what="from_id"))
        if {from_object, to_object} == {CrmObject.DEAL, CrmObject.CONTACT}:
            mine, other = ("OpportunityId", "ContactId")
            if from_object is CrmObject.CONTACT:
                mine, other = other, mine
            return self._ids(other, "OpportunityContactRole", f"{mine} = {value}")
        if pair in _LINKS:
            return self._ids("AccountId", _LINKS[pair], f"Id = {value}")
        if pair[::-1] in _LINKS:
            return self._ids("Id", _LINKS[pair[::-1]], f"AccountId = {value}")
        raise _cannot_link(from_object, to_object)

    def _ids(self, field: str, kind: str, where: str) -> tuple[str, ...]:
        found = self._client.query(soql.select((field,), kind, where=where, order="Id ASC"))
        return tuple(dict.fromkeys(text(one, field) for one in found if text(one, field)))

    def _check_stage(self, stage_id: str) -> None:
        """Salesforce itself takes any word as a stage."""
        known = {one.id for one in self.pipeline().stages}
        if stage_id not in known:
            raise InvalidRequest(
                f"This organisation has no stage “{stage_id[:60]}”.",
                field="stage_id",
                fix=f"Use one of: {', '.join(sorted(known))[:300]}.",
            )


def _stage(found: Record) -> Stage:
    share = found.get("DefaultProbability")
    known = isinstance(share, int | float) and not isinstance(share, bool)
    return Stage(
        id=text(found, "ApiName") or text(found, "MasterLabel"),
        name=text(found, "MasterLabel") or text(found, "ApiName"),
        probability=float(str(share)) / 100 if known else None,
        closed=found.get("IsClosed") is True,
        won=found.get("IsWon") is True,
    )


def _create(reference: str, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    return {"method": "POST", "url": f"{DATA}/sobjects/{kind}", "referenceId": reference, "body": dict(body)}


def _cannot_link(from_object: CrmObject, to_object: CrmObject) -> Unsupported:
    return Unsupported(
        f"Salesforce does not link a {KINDS[from_object]} with a {KINDS[to_object]}.",
        fix="A contact or deal belongs to an account, and a contact can have a role in a deal. Convert a lead first.",
        code="no_link",
    )
