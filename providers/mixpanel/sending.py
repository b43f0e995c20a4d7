"""Everything that goes into Mixpanel: events, past events, profiles, identities."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from providers.kit.errors import InvalidRequest
from providers.kit.http import Answer
from providers.kit.vocabulary.analytics import EventProblem, PersonProfile, TrackedEvent, TrackResult

from . import identity
from .client import Client
from .errors import clean, error_from, unreadable
from .events import MAX_BATCH, Row, batches, person_problem, prepare
from .people import updates_of
from .shapes import count, mapping, sequence, text

_OUR_WORDS = {"event": "name", "distinct_id": "person", "time": "occurred_at", "$insert_id": "id"}


class Sender:
    def __init__(self, client: Client) -> None:
        self.client = client

    # ------------------------------------------------------------------------------------------------ events

    def check(self, events: Sequence[TrackedEvent]) -> tuple[EventProblem, ...]:
        """What is wrong with events that are to be sent now. No call."""
        return self._prepared(events)[1]

    def track(self, events: Sequence[TrackedEvent]) -> TrackResult:
        """Sends what has no problem. Never confirmed: Mixpanel takes events of any token, known or not."""
        self.client.need_token()
        rows, problems = self._prepared(events)
        for batch in batches(rows):
            self.client.track([row.data for row in batch])
        return TrackResult(accepted=len(rows), problems=problems)

    def _prepared(self, events: Sequence[TrackedEvent]) -> tuple[tuple[Row, ...], tuple[EventProblem, ...]]:
        now = self.client.connection.now()
        rows, problems = prepare(events, token=self.client.token, now=now, past=False)
        refused = {
            index: EventProblem(index=index, message=words, field="person")
            for index, words in ((one.index, person_problem(events[one.index].person)) for one in rows)
            if words
        }
        found = sorted((*problems, *refused.values()), key=lambda one: one.index)
        return tuple(one for one in rows if one.index not in refused), tuple(found)

    def import_events(self, events: Sequence[TrackedEvent]) -> TrackResult:
        """Past events of any age. Mixpanel says which rows it refused; the others are in, and confirmed.

        Each batch may be imported again: an event with the same $insert_id, name, person and moment counts once.
        """
        rows, problems = prepare(events, token=self.client.token, now=self.client.connection.now(), past=True)
        self.client.need_service_account()
        self.client.need_project()
        accepted, told = 0, list(problems)
        for batch in batches(rows):
            answer = self.client.import_batch([row.data for row in batch])
            imported, refused = _outcome(answer, batch)
            accepted += imported
            told += refused
        return TrackResult(
            accepted=accepted,
            problems=tuple(sorted(told, key=lambda one: one.index)),
            confirmed=True if rows else None,
        )

    # ---------------------------------------------------------------------------------------------- profiles

    def update(self, profiles: Sequence[PersonProfile], *, path: str, group_key: str = "") -> TrackResult:
        """Changes profiles of people or groups. What counts up is never sent twice by itself."""
        updates = updates_of(profiles, token=self.client.need_token(), group_key=group_key)
        for part, repeatable in ((updates.repeatable, True), (updates.counting, False)):
            for start in range(0, len(part), MAX_BATCH):
                self.client.update(path, part[start : start + MAX_BATCH], repeatable=repeatable)
        return TrackResult(accepted=updates.accepted, problems=updates.problems)

    def merge(self, person: str, other: str) -> None:
        """Says that both ids are one person, in the way of the project's “Identity Merge” setting."""
        for one in (person, other):
            if not one.strip() or person_problem(one):
                raise InvalidRequest("Both ids of the person are needed.", field="person", fix="Enter both ids.")
        if person == other:
            raise InvalidRequest("The two ids are the same.", field="other", fix="Enter two different ids.")
        client, now = self.client, self.client.connection.now()
        mark = hashlib.sha256(f"{person}\x1f{other}".encode()).hexdigest()[:36]
        original = client.connection.configuration.get("identity_merge") == identity.ORIGINAL
        if original and not identity.is_anonymous(other):
            if not client.has_service_account:
                client.track([identity.alias_event(person, other, token=client.need_token())])
                return
            row = Row(index=0, data=identity.merge_event(person, other, token=client.token, now=now, insert_id=mark))
            _, refused = _outcome(client.import_batch([row.data]), (row,))
            if refused:
                raise InvalidRequest(
                    f"Mixpanel did not merge the two: {refused[0].message}",
                    field="other",
                    fix="Look whether one of the two is already merged with somebody else.",
                )
            return
        token = client.need_token()
        client.track([identity.identify_event(person, other, token=token, now=now, insert_id=mark)])


def _outcome(answer: Answer, batch: Sequence[Row]) -> tuple[int, list[EventProblem]]:
    """How many of a batch were imported, and the refused rows with their place in what the caller gave."""
    body = answer.json()
    if not isinstance(body, dict):
        raise unreadable(answer, detail="no object")
    records = body.get("failed_records")
    if answer.status == 400 and not isinstance(records, list):
        raise error_from(answer)
    problems = []
    for record in sequence(records):
        place = count(mapping(record).get("index"))
        if 0 <= place < len(batch):
            message = clean(text(mapping(record).get("message"))) or "Mixpanel refused this event."
            field = text(mapping(record).get("field")).removeprefix("properties.")
            problems.append(
                EventProblem(index=batch[place].index, message=message, field=_OUR_WORDS.get(field, field))
            )
    imported = body.get("num_records_imported")
    if isinstance(imported, bool) or not isinstance(imported, int) or not 0 <= imported <= len(batch):
        raise unreadable(answer, detail="no num_records_imported")
    return imported, problems
