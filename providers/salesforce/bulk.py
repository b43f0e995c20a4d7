"""Bulk API 2.0, for more records than collections are meant for: a job, its CSV, the results by row.

create (POST jobs/ingest) → upload (PUT …/batches) → close (PATCH state UploadComplete) → poll → lists of results.
The order of results is not that of the rows, so that each row is found again by its `key` column.
https://developer.salesforce.com/docs/platform/api-asynch/guide/bulk-api-2-0-ingest.html
https://developer.salesforce.com/docs/platform/api-asynch/guide/walkthrough-upsert.html
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from providers.kit.errors import OutcomeUnknown
from providers.kit.http import Retry

from .client import DATA, MAX_BYTES, Client, Record, Saved, part, record
from .errors import Said, unreadable
from .records import text

BEGIN_WITH = 2_000
"""Rows above which a job is used: Salesforce recommends it from there."""

ROWS_IN_JOB = 10_000
_JOBS = f"{DATA}/jobs/ingest"
_DONE = frozenset({"JobComplete", "Failed", "Aborted"})
_FIRST_PAUSE, _LONGEST_PAUSE, _PATIENCE = 0.05, 10.0, 600.0
_CSV = {"Content-Type": "text/csv; charset=UTF-8"}


class BulkWriter:
    """Writes rows through jobs. `pause(seconds)` waits between two looks at a job."""

    def __init__(self, client: Client, pause: Callable[[float], None]) -> None:
        self._client = client
        self._pause = pause

    def write(
        self, operation: str, kind: str, records: Sequence[Record], *, key: str, by: str = ""
    ) -> tuple[Saved, ...]:
        """`operation` is insert, update or upsert (then `by` names the external id). In the order of `records`.

        `key` is a column whose value is different in every record. Raises ProviderError.
        """
        outcomes: list[Saved] = []
        for start in range(0, len(records), ROWS_IN_JOB):
            outcomes.extend(self._job(operation, kind, records[start : start + ROWS_IN_JOB], key, by))
        return tuple(outcomes)

    def _job(self, operation: str, kind: str, records: Sequence[Record], key: str, by: str) -> Iterator[Saved]:
        job_id = self._created(operation, kind, by)
        path = f"{_JOBS}/{part(job_id)}"
        sheet = sheet_of(records).encode()
        self._client.request("PUT", f"{path}/batches", "upload job", data=sheet, headers=_CSV)
        self._close(path)
        state = self._wait(path, job_id)
        done = self._results(path, "successfulResults")
        refused = self._results(path, "failedResults")
        outcomes = {one.get(key, ""): _well(one) for one in done} | {one.get(key, ""): _badly(one) for one in refused}
        left = Saved(problem=Said(code=state, message=_NOT_REACHED))
        for one in records:
            yield outcomes.get(cell(one.get(key)), left)

    def _created(self, operation: str, kind: str, by: str) -> str:
        body = {"object": kind, "operation": operation, "contentType": "CSV", "lineEnding": "LF"}
        body |= {"externalIdFieldName": by} if by else {}
        job = record(self._client.request("POST", _JOBS, "create job", json=body).json(), "the job")
        if not text(job, "id"):
            raise unreadable("the job's id")
        return text(job, "id")

    def _close(self, path: str) -> None:
        """Says that all is uploaded. Without an answer the job's own state tells whether it was heard."""
        try:
            self._client.request("PATCH", path, "close job", json={"state": "UploadComplete"})
        except OutcomeUnknown:
            if self._state(path) == "Open":
                self._client.request("PATCH", path, "close job", json={"state": "UploadComplete"})

    def _wait(self, path: str, job_id: str) -> str:
        """The state in which the job ended. Raises OutcomeUnknown when that takes too long."""
        waited, pause = 0.0, _FIRST_PAUSE
        while (state := self._state(path)) not in _DONE:
            if waited >= _PATIENCE:
                raise OutcomeUnknown(
                    f"Salesforce is still working on the records (job {job_id}).",
                    fix="Look in Salesforce's Setup under “Bulk Data Load Jobs” before you write them again.",
                    code=job_id,
                )
            self._pause(pause)
            waited, pause = waited + pause, min(pause * 2, _LONGEST_PAUSE)
        return state

    def _state(self, path: str) -> str:
        job = record(self._client.request("GET", path, "look at job").json(), "the job")
        if not text(job, "state"):
            raise unreadable("the job's state")
        return text(job, "state")

    def _results(self, path: str, which: str) -> list[dict[str, str]]:
        answer = self._client.request(
            "GET",
            f"{path}/{which}",
            "read job results",
            headers={"Accept": "text/csv"},
            max_bytes=MAX_BYTES,
            retry=Retry.SAFE,
        )
        return rows_of(answer.text)


def sheet_of(records: Sequence[Record]) -> str:
    """Records as CSV. A field that a record lacks stays empty, which leaves it as it is in Salesforce."""
    columns = list(dict.fromkeys(name for one in records for name in one))
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([cell(one.get(name)) for name in columns] for one in records)
    return sheet.getvalue()


def cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def rows_of(sheet: str) -> list[dict[str, str]]:
    """The rows of a CSV answer, by column. Raises UnexpectedResponse for anything else."""
    reader = csv.DictReader(io.StringIO(sheet.removeprefix("\ufeff")), restkey="", restval="")
    try:
        rows = list(reader)
    except csv.Error as error:
        raise unreadable("the results of the job") from error
    if sheet.strip() and "sf__Id" not in (reader.fieldnames or ()):
        raise unreadable("the results of the job")
    return rows


_NOT_REACHED = "Salesforce's job ended before it came to this record."


def _well(row: dict[str, str]) -> Saved:
    return Saved(id=row.get("sf__Id", ""), created=row.get("sf__Created", "").lower() == "true")


def _badly(row: dict[str, str]) -> Saved:
    """A failed row: `sf__Error` is `CODE:message:fields`."""
    code, _, rest = row.get("sf__Error", "").partition(":")
    message, _, names = rest.rpartition(":")
    fields = tuple(one for one in names.strip().split() if one.isidentifier())
    return Saved(problem=Said(code=code, message=(message or rest or code)[:300], fields=fields))
