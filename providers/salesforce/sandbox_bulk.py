"""The stand-in's Bulk API 2.0: a job is open, uploaded, in progress at the first look, and complete at the second."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

from .sandbox_records import allowed, by_field, change, make, remove
from .sandbox_store import Call, Refusal, State, new_id, stamp

Answer = tuple[int, Any]

_OPERATIONS = {"insert": "createable", "update": "updateable", "upsert": "updateable", "delete": "deletable"}
_SHOWN = ("sheet", "done", "refused")


def create(state: State, call: Call) -> Answer:
    body = call.object()
    operation, kind = str(body.get("operation", "")), str(body.get("object", ""))
    if operation not in _OPERATIONS:
        raise Refusal(400, "INVALIDJOB", "Unsupported operation")
    allowed(call, kind, _OPERATIONS[operation])
    if operation == "upsert" and not body.get("externalIdFieldName"):
        raise Refusal(400, "INVALIDJOB", "externalIdFieldName is required for upsert")
    identity = new_id(state, "750")
    job = {
        "id": identity,
        "operation": operation,
        "object": kind,
        "createdById": next(iter(state["records"]["User"])),
        "createdDate": stamp(call.now),
        "systemModstamp": stamp(call.now),
        "state": "Open",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(call.version.removeprefix("v")),
        "contentUrl": f"services/data/{call.version}/jobs/ingest/{identity}/batches",
        "lineEnding": body.get("lineEnding", "LF"),
        "columnDelimiter": body.get("columnDelimiter", "COMMA"),
    }
    if body.get("externalIdFieldName"):
        job["externalIdFieldName"] = body["externalIdFieldName"]
    state["jobs"][identity] = job | {"sheet": "", "done": "", "refused": ""}
    while len(state["jobs"]) > 20:
        del state["jobs"][next(iter(state["jobs"]))]
    return 200, job


def list_jobs(state: State, call: Call) -> Answer:
    return 200, {"done": True, "nextRecordsUrl": None, "records": [_told(one) for one in state["jobs"].values()]}


def upload(state: State, call: Call, job_id: str) -> Answer:
    job = _job(state, job_id)
    if job["state"] != "Open":
        raise Refusal(400, "INVALIDJOBSTATE", f"Upload not allowed in state {job['state']}")
    job["sheet"] = call.body.decode("utf-8", "replace")
    return 201, None


def change_state(state: State, call: Call, job_id: str) -> Answer:
    job, wanted = _job(state, job_id), call.object().get("state")
    if wanted not in ("UploadComplete", "Aborted") or job["state"] in ("JobComplete", "Failed", "Aborted"):
        raise Refusal(400, "INVALIDJOBSTATE", "State transition is not allowed")
    job["state"] = wanted
    return 200, _told(job)


def look(state: State, call: Call, job_id: str) -> Answer:
    job = _job(state, job_id)
    if job["state"] == "InProgress":
        _process(state, call, job)
    elif job["state"] == "UploadComplete":
        job["state"] = "InProgress"
    return 200, _told(job)


def delete(state: State, call: Call, job_id: str) -> Answer:
    del state["jobs"][_job(state, job_id)["id"]]
    return 204, None


def results(state: State, call: Call, job_id: str, which: str) -> Answer:
    job = _job(state, job_id)
    columns = {"successfulResults": "done", "failedResults": "refused"}
    if which in columns:
        return 200, job[columns[which]]
    return 200, job["sheet"] if job["state"] == "Aborted" else ""


def _job(state: State, job_id: str) -> dict[str, Any]:
    if job_id not in state["jobs"]:
        raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")
    job: dict[str, Any] = state["jobs"][job_id]
    return job


def _told(job: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in job.items() if name not in _SHOWN}


def _process(state: State, call: Call, job: dict[str, Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(job["sheet"]), restval=""))
    columns = list(rows[0]) if rows else []
    done: list[list[str]] = [["sf__Id", "sf__Created", *columns]]
    refused: list[list[str]] = [["sf__Id", "sf__Error", *columns]]
    work = _worker(state, call, job)
    # The vendor promises no order: the last row comes first here.
    for row in reversed(rows):
        values: dict[str, Any] = {name: value for name, value in row.items() if value != ""}
        try:
            identity, created = work(values)
            done.append([identity, str(created).lower(), *row.values()])
        except Refusal as refusal:
            error = f"{refusal.code}:{refusal}:{' '.join(refusal.fields) or '--'}"
            refused.append([str(values.get("Id", "")), error, *row.values()])
    job.update(state="JobComplete", done=_sheet(done), refused=_sheet(refused))
    job.update(numberRecordsProcessed=len(rows), numberRecordsFailed=len(refused) - 1)


def _worker(state: State, call: Call, job: dict[str, Any]) -> Callable[[dict[str, Any]], tuple[str, bool]]:
    kind, operation, field = job["object"], job["operation"], str(job.get("externalIdFieldName", ""))

    def work(values: dict[str, Any]) -> tuple[str, bool]:
        identity = str(values.get("Id", ""))
        if operation == "upsert":
            found = by_field(state, kind, field, str(values.get(field, "")))
            identity = found[0] if found else ""
        if operation == "delete":
            remove(state, call, kind, identity)
            return identity, False
        if operation == "insert" or (operation == "upsert" and not identity):
            return make(state, call, kind, values), True
        change(state, call, kind, identity, values)
        return identity, False

    return work


def _sheet(rows: list[list[str]]) -> str:
    sheet = io.StringIO()
    csv.writer(sheet, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return sheet.getvalue()
