"""Writing contacts: one, or many without doubles.

By e-mail (which is no external id in Salesforce) we look first and then create or update; by an external id
Salesforce decides itself. Above 2,000 rows both go through the Bulk API. A blank never overwrites.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from providers.kit.errors import InvalidRequest, OutcomeUnknown, ProviderError
from providers.kit.vocabulary.crm import ContactValues, Written

from . import soql
from .bulk import BEGIN_WITH, BulkWriter
from .client import DATA, MAX_COLLECTION, Client, Record, Saved
from .errors import Said
from .records import text

_IN_ONE_QUESTION = 100
_SEVERAL = "Several contacts in Salesforce have this e-mail address. Merge them there, or write by another field."


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One row on its way: its place, what it was called, and Salesforce's values."""

    place: int
    key: str
    mark: str
    values: Record


class ContactWriter:
    """Writes one organisation's contacts. `pause` waits between two looks at a bulk job."""

    def __init__(self, client: Client, pause: Callable[[float], None]) -> None:
        self._client = client
        self._bulk = BulkWriter(client, pause)

    def create(self, values: ContactValues) -> str:
        """The new contact's id; a company that Salesforce does not have is created with it, both or neither.

        Raises InvalidRequest(field="email"), with the id as its code, when the address is there already.
        """
        body = fields_of(values)
        if not body.get("LastName"):
            raise InvalidRequest("A contact needs a last name.", field="last_name", fix="Enter a last name.")
        if values.email and (known := self._ids_by_email([values.email]).get(values.email.lower())):
            raise InvalidRequest(
                f"Salesforce has a contact with the address {values.email} already.",
                field="email",
                fix="Change that contact instead.",
                code=known[0],
            )
        company = (values.company_name or "").strip()
        if not company:
            return self._client.create("Contact", body)
        account = self._companies([company]).get(company.lower())
        if account:
            return self._client.create("Contact", body | {"AccountId": account})
        answers = self._client.together(
            [
                _step("company", "Account", {"Name": company}),
                _step("contact", "Contact", body | {"AccountId": "@{company.id}"}),
            ]
        )
        made = answers.get("contact")
        return text(made, "id") if isinstance(made, Mapping) else ""

    def update(self, contact_id: str, values: ContactValues) -> None:
        body = fields_of(values)
        company = (values.company_name or "").strip()
        if company:
            account = self._companies([company]).get(company.lower())
            body |= {"AccountId": account or self._client.create("Account", {"Name": company})}
        if body:
            self._client.update("Contact", soql.record_id(contact_id), body)

    def upsert(self, rows: Sequence[ContactValues], by: str) -> tuple[Written, ...]:
        """One result each, in the order of `rows`."""
        external = "" if by == "email" else soql.name(by)
        results: dict[int, Written] = {}
        waiting: list[_Row] = []
        accounts = self._accounts_for(rows)
        for place, one in enumerate(rows):
            mark = one.external_id if external else (one.email or "").strip()
            key = one.key or mark or str(place)
            if not mark:
                missing = f"{by} is missing: without it we cannot tell who this is."
                results[place] = Written(key=key, problem=missing, field=by)
                continue
            body = fields_of(one) | accounts.get((one.company_name or "").strip().lower(), {})
            body |= {external: mark} if external else {}
            waiting.append(_Row(place=place, key=key, mark=mark.lower() if not external else mark, values=body))
        while waiting:  # a mark that comes twice is written one after the other, so that the second finds the first
            first = {one.mark: one for one in reversed(waiting)}
            turn = [one for one in waiting if first[one.mark] is one]
            waiting = [one for one in waiting if first[one.mark] is not one]
            outcomes = self._by_field(turn, external) if external else self._by_email(turn)
            results |= outcomes
        return tuple(results[place] for place in range(len(rows)))

    # ---------------------------------------------------------------------------------- one turn of an upsert

    def _by_field(self, rows: Sequence[_Row], field: str) -> dict[int, Written]:
        if len(rows) > BEGIN_WITH:
            return _told(
                rows, self._bulk.write("upsert", "Contact", [one.values for one in rows], key=field, by=field)
            )
        if len(rows) == 1:
            return _told(rows, [self._one_by_field(rows[0], field)])
        return self._in_parts(rows, lambda part: self._client.save_many("PATCH", "Contact", part, by=field))

    def _one_by_field(self, row: _Row, field: str) -> Saved:
        values = {name: value for name, value in row.values.items() if name != field}
        try:
            outcome = self._client.upsert("Contact", values, by=field, value=row.mark)
        except InvalidRequest as error:
            return Saved(problem=Said(code=error.code, message=str(error), fields=(error.field,)))
        if outcome.id or outcome.problem:
            return outcome
        asked = soql.select(("Id",), "Contact", where=f"{field} = {soql.quoted(row.mark)}", limit=1)
        found = next(self._client.query(asked), {})
        return Saved(id=text(found, "Id"), created=outcome.created)

    def _by_email(self, rows: Sequence[_Row]) -> dict[int, Written]:
        known = self._ids_by_email([one.mark for one in rows])
        several = [one for one in rows if len(known.get(one.mark, ())) > 1]
        fresh = [one for one in rows if not known.get(one.mark)]
        there = [one for one in rows if len(known.get(one.mark, ())) == 1]
        results = {one.place: Written(key=one.key, problem=_SEVERAL, field="email") for one in several}
        update = [_with(one, {"Id": known[one.mark][0]}) for one in there]
        if len(rows) > BEGIN_WITH:
            for operation, part, column in (("insert", fresh, "Email"), ("update", update, "Id")):
                values = [one.values for one in part]
                results |= _told(part, self._bulk.write(operation, "Contact", values, key=column)) if part else {}
            return results
        results |= self._in_parts(fresh, lambda part: self._client.save_many("POST", "Contact", part))
        changed = [_with(one, {"id": one.values["Id"]}, without="Id") for one in update]
        done = self._in_parts(changed, lambda part: self._client.save_many("PATCH", "Contact", part))
        return results | {
            place: Written(
                key=one.key, id=one.id, created=False if one.ok else None, problem=one.problem, field=one.field
            )
            for place, one in done.items()
        }

    def _in_parts(self, rows: Sequence[_Row], save: Callable[[list[Record]], Sequence[Saved]]) -> dict[int, Written]:
        """Writes 200 rows at a time. What fails later does not hide what was written before."""
        results: dict[int, Written] = {}
        for start in range(0, len(rows), MAX_COLLECTION):
            part = rows[start : start + MAX_COLLECTION]
            try:
                results |= _told(part, save([one.values for one in part]))
            except OutcomeUnknown as error:
                results |= {one.place: Written(key=one.key, problem=f"{error} {error.fix}") for one in part}
            except ProviderError as error:
                if not results:
                    raise
                rest = rows[start:]
                return results | {one.place: Written(key=one.key, problem=f"{error} {error.fix}") for one in rest}
        return results

    # --------------------------------------------------------------------------------------------- looking up

    def _ids_by_email(self, addresses: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Ids of contacts by address in small letters, as Salesforce compares them."""
        found: dict[str, tuple[str, ...]] = {}
        for start in range(0, len(addresses), _IN_ONE_QUESTION):
            where = f"Email IN {soql.listed(addresses[start : start + _IN_ONE_QUESTION])}"
            for one in self._client.query(soql.select(("Id", "Email"), "Contact", where=where, order="Id ASC")):
                address = text(one, "Email").lower()
                found[address] = (*found.get(address, ()), text(one, "Id"))
        return found

    def _companies(self, names: Sequence[str]) -> dict[str, str]:
        """Ids of accounts by name in small letters; the oldest where several have it."""
        found: dict[str, str] = {}
        for start in range(0, len(names), _IN_ONE_QUESTION):
            where = f"Name IN {soql.listed(names[start : start + _IN_ONE_QUESTION])}"
            for one in self._client.query(
                soql.select(("Id", "Name"), "Account", where=where, order="CreatedDate ASC")
            ):
                found.setdefault(text(one, "Name").lower(), text(one, "Id"))
        return found

    def _accounts_for(self, rows: Sequence[ContactValues]) -> dict[str, dict[str, str]]:
        """The accounts that rows name, by name in small letters; those that are missing are created."""
        names = {(one.company_name or "").strip().lower(): (one.company_name or "").strip() for one in rows}
        names.pop("", None)
        if not names:
            return {}
        known = self._companies(list(names.values()))
        missing = [name for small, name in names.items() if small not in known]
        for start in range(0, len(missing), MAX_COLLECTION):
            part = missing[start : start + MAX_COLLECTION]
            made = self._client.save_many("POST", "Account", [{"Name": name} for name in part])
            known |= {name.lower(): one.id for name, one in zip(part, made, strict=True) if one.id}
        return {small: {"AccountId": known[small]} for small in names if small in known}


def fields_of(values: ContactValues) -> dict[str, Any]:
    """Our values by Salesforce's names, without blanks. Raises InvalidRequest for a name that cannot be one."""
    ours = {
        "Email": values.email,
        "FirstName": values.first_name,
        "LastName": values.last_name,
        "Phone": values.phone,
        "Title": values.title,
        "OwnerId": values.owner_id,
    }
    own = {soql.name(name): value for name, value in values.more.items()}
    return {name: value for part in (own, ours) for name, value in part.items() if value not in (None, "")}


def written(saved: Saved, key: str) -> Written:
    """What became of a row, in our words."""
    if saved.problem is None:
        return Written(key=key, id=saved.id, created=saved.created)
    return Written(key=key, problem=saved.problem.message or saved.problem.code, field=saved.problem.field)


def _told(rows: Sequence[_Row], outcomes: Sequence[Saved]) -> dict[int, Written]:
    return {
        row.place: written(_created(outcome, row.values), row.key)
        for row, outcome in zip(rows, outcomes, strict=True)
    }


def _created(outcome: Saved, values: Record) -> Saved:
    """Collections that only create do not say so."""
    if outcome.problem is None and outcome.created is None and "id" not in values:
        return Saved(id=outcome.id, created=True)
    return outcome


def _with(row: _Row, more: Record, *, without: str = "") -> _Row:
    values = {name: value for name, value in row.values.items() if name != without} | dict(more)
    return _Row(place=row.place, key=row.key, mark=row.mark, values=values)


def _step(reference: str, kind: str, body: Record) -> dict[str, Any]:
    return {"method": "POST", "url": f"{DATA}/sobjects/{kind}", "referenceId": reference, "body": body}
