"""The stand-in as any client meets it: the vendor's shapes, limits and oddities; the vendor's own library on it."""

from __future__ import annotations

import base64
import gzip
import importlib
import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from providers.kit.faults import Fault
from providers.kit.http import SandboxTransport
from providers.kit.sandbox import MemoryState, SandboxRequest, SandboxResponse
from providers.kit.testing import NOW, description_of

from ..sandbox import ELSEWHERE, FULL, READ_ONLY, SECRET, USED_UP, Sandbox
from ..sandbox_store import MAX_KEPT, PROJECT_ID, TOKEN
from .conftest import ENTRY

FORM = "application/x-www-form-urlencoded"
NAMES = f"/api/query/events/names?type=general&project_id={PROJECT_ID}"


class Vendor:
    """A stand-in with a fresh state."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def call(
        self, method: str, url: str, body: Any = None, *, account: str = "", secret: str = SECRET, **headers: str
    ) -> SandboxResponse:
        if account:
            headers["authorization"] = "Basic " + base64.b64encode(f"{account}:{secret}".encode()).decode()
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        parts = urlsplit(url)
        request = SandboxRequest(
            method=method,
            path=parts.path,
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}},
            body=raw,
        )
        return Sandbox(self.state, lambda: NOW).respond(request)


def said(answer: SandboxResponse) -> Any:
    return json.loads(answer.body)


def event(name: str = "A", **properties: Any) -> dict[str, Any]:
    moment = round(NOW.timestamp())
    return {
        "event": name,
        "properties": {"token": TOKEN, "distinct_id": "p", "time": moment, "$insert_id": "i-1", **properties},
    }


def test_a_fresh_sandbox_is_always_the_same_and_may_hold_other_keys_already() -> None:
    one, other = Vendor(), Vendor()
    other.state["more"] = 1
    for vendor in (one, other):
        vendor.call("GET", NAMES, account=FULL)
    assert one.state == {name: value for name, value in other.state.items() if name != "more"}
    assert said(one.call("GET", NAMES, account=FULL)) == ["Viewed page", "Signed up", "Order placed"]


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("/api/app/me", {"error", "status"}),
        (NAMES, {"error", "request"}),
        ("/api/2.0/export?from_date=2026-11-01&to_date=2026-11-01", {"error", "request"}),
    ],
)
def test_a_refusal_has_the_shape_of_its_family(path: str, keys: set[str]) -> None:
    for account, secret in (("", ""), (FULL, "wrong"), ("nobody", SECRET)):
        answer = Vendor().call("GET", path, account=account, secret=secret)
        assert (answer.status, set(said(answer))) == (401, keys)
    refused = Vendor().call("POST", "/import?strict=1", [event()])
    assert said(refused) == {"code": 401, "error": "Invalid credentials", "status": "Unauthorized"}


@pytest.mark.parametrize("fault", [Fault.BAD_KEY, Fault.MISSING_PERMISSION, Fault.RATE_LIMIT])
def test_a_fault_is_told_without_a_time_to_wait_as_the_vendor_does(fault: Fault) -> None:
    vendor = Vendor()
    vendor.state["_fault"] = {"kind": fault.value, "left": None}
    for path in ("/track", "/import", "/api/query/events", "/api/app/me", "/api/2.0/export"):
        answer = vendor.call("GET", path)
        assert answer.status == {Fault.BAD_KEY: 401, Fault.MISSING_PERMISSION: 403, Fault.RATE_LIMIT: 429}[fault]
        assert said(answer)["error"]
        assert "retry-after" not in answer.headers


@pytest.mark.parametrize(
    ("account", "url", "status"),
    [
        (READ_ONLY, NAMES, 200),
        (USED_UP, NAMES, 429),
        (USED_UP, "/api/app/me", 200),
        (ELSEWHERE, NAMES, 403),
        (FULL, NAMES.replace(PROJECT_ID, "1"), 403),
        (FULL, "/api/query/events/names?type=general", 400),
        (FULL, "/api/query/nothing", 404),
        (FULL, f"/api/query/segmentation?project_id={PROJECT_ID}&event=A&from_date=x&to_date=y", 400),
        (
            FULL,
            f"/api/query/funnels?project_id={PROJECT_ID}&funnel_id=1&from_date=2026-01-01&to_date=2026-01-02",
            404,
        ),
    ],
)
def test_each_service_account_and_mistake_meets_what_the_vendor_says(account: str, url: str, status: int) -> None:
    assert Vendor().call("GET", url, account=account).status == status


def test_a_wrong_method_is_refused() -> None:
    assert Vendor().call("GET", "/track").status == 405
    assert Vendor().call("POST", "/api/app/me", account=FULL).status == 405


def test_track_says_one_for_any_token_and_keeps_only_its_own() -> None:
    vendor = Vendor()
    assert vendor.call("POST", "/track", [event(token="wrong")]).body == b"1"
    assert vendor.call("POST", "/track?verbose=1", [event()]).body == b'{"status": 1, "error": null}'
    assert vendor.call("POST", "/track", [{"event": "A", "properties": {}}]).body == b"0"
    assert [one[0] for one in vendor.state["events"]].count("A") == 1


def test_track_drops_what_is_older_than_five_days_without_a_word() -> None:
    vendor = Vendor()
    old = round((NOW - timedelta(days=6)).timestamp())
    assert vendor.call("POST", "/track", [event(time=old)]).body == b"1"
    assert "A" not in [one[0] for one in vendor.state["events"]]


def test_the_same_event_counts_once() -> None:
    vendor = Vendor()
    for _ in range(2):
        vendor.call("POST", "/track", [event(), event(distinct_id="q")])
    assert [one[0] for one in vendor.state["events"]].count("A") == 2


def test_a_form_with_json_or_base64_is_taken_too() -> None:
    vendor = Vendor()
    text = json.dumps(event())
    for data in (text, base64.b64encode(text.encode()).decode()):
        body = urlencode({"data": data, "verbose": "1"}).encode()
        assert said(vendor.call("POST", "/track", body, content_type=FORM)) == {"status": 1, "error": None}


def test_an_import_takes_lines_and_compression_and_tells_each_bad_row() -> None:
    vendor = Vendor()
    url = f"/import?strict=1&project_id={PROJECT_ID}"
    rows = [event(), event(time="soon"), event(distinct_id="null"), event(**{"$insert_id": "a_b"}), {"event": "A"}]
    lines = gzip.compress(b"\n".join(json.dumps(row).encode() for row in rows))
    answer = vendor.call(
        "POST", url, lines, account=FULL, content_type="application/x-ndjson", content_encoding="gzip"
    )
    assert answer.status == 400
    assert said(answer)["num_records_imported"] == 1
    assert [(one["index"], one["field"]) for one in said(answer)["failed_records"]] == [
        (1, "properties.time"),
        (2, "properties.distinct_id"),
        (3, "properties.$insert_id"),
        (4, "properties"),
    ]


def test_the_limits_of_an_import_are_the_vendors() -> None:
    vendor = Vendor()
    url = f"/import?strict=1&project_id={PROJECT_ID}"
    assert vendor.call("POST", url, [event()] * 2001, account=FULL).status == 413
    assert vendor.call("POST", url, [event(x="y" * 10_000_000)], account=FULL).status == 413
    assert said(vendor.call("POST", url, b"{", account=FULL))["error"]
    assert vendor.call("POST", url, [event()], account=READ_ONLY).status == 403


def test_profiles_know_all_operations_and_can_be_deleted() -> None:
    vendor = Vendor()
    who = {"$token": TOKEN, "$distinct_id": "ada"}
    for operation in (
        {"$set": {"a": 1}},
        {"$append": {"list": "x"}},
        {"$append": {"list": "y"}},
        {"$remove": {"list": "x"}},
        {"$add": {"a": 2}},
    ):
        assert vendor.call("POST", "/engage", [{**who, **operation}]).body == b"1"
    assert vendor.state["people"]["ada"] == {"a": 3, "list": ["y"]}
    vendor.call("POST", "/engage", [{**who, "$delete": None}])
    assert "ada" not in vendor.state["people"]
    assert said(vendor.call("POST", "/engage?verbose=1", [{"$set": {}}]))["status"] == 0


def test_a_sandbox_left_running_stays_small() -> None:
    vendor = Vendor()
    url = f"/import?strict=1&project_id={PROJECT_ID}"
    vendor.call("GET", NAMES, account=FULL)
    vendor.state["events"] = [["A", {"time": 1, "$insert_id": f"x{n}", "distinct_id": "p"}] for n in range(MAX_KEPT)]
    vendor.call("POST", url, [event()], account=FULL)
    assert len(vendor.state["events"]) == MAX_KEPT


def test_the_sandboxs_refusals_fit_the_published_description() -> None:
    description = description_of(ENTRY.folder.name)
    if description is None:
        pytest.skip("the vendors' data is not here; set VENDOR_DATA to its folder")
    url = f"/import?strict=1&project_id={PROJECT_ID}"
    for answer in (
        Vendor().call("POST", url, [event(time="x")], account=FULL),
        Vendor().call("POST", url, [event()]),
        Vendor().call("POST", url, [event()], account=USED_UP),
        Vendor().call("POST", url, [event()] * 2001, account=FULL),
    ):
        assert description.check_response("POST", url, answer.status, said(answer)) == []


# ------------------------------------------------------------------------------------- the vendor's own library


@pytest.fixture
def library() -> tuple[Any, Any, MemoryState]:
    """(the library's module, a consumer whose calls go to a stand-in, the stand-in's state)."""
    mixpanel = importlib.import_module("mixpanel")
    state = MemoryState()
    credentials = mixpanel.ServiceAccountCredentials(username=FULL, secret=SECRET, project_id=PROJECT_ID)
    consumer = mixpanel.Consumer(credentials=credentials)
    consumer._session.mount("https://", SandboxTransport(Sandbox, state, lambda: NOW, latency=0))
    return mixpanel, consumer, state


def test_the_official_library_sends_imports_and_keeps_profiles(library: tuple[Any, Any, MemoryState]) -> None:
    mixpanel, consumer, state = library
    client = mixpanel.Mixpanel(TOKEN, consumer=consumer)
    client.track("ada", "From the library", {"plan": "plus"}, meta={})
    client.import_data(None, "ada", "Long ago", round(NOW.timestamp()) - 90 * 86400, {"plan": "basic"})
    client.people_set("ada", {"$name": "Ada"})
    client.people_increment("ada", {"orders": 2})
    client.people_union("ada", {"tags": ["vip"]})
    client.people_unset("ada", ["old"])
    client.group_set("company", "studio", {"seats": 4})
    client.merge(None, "ada", "visitor")
    kept = state.read()
    assert {"From the library", "Long ago"} <= {one[0] for one in kept["events"]}
    assert kept["people"]["ada"] == {"$name": "Ada", "orders": 2, "tags": ["vip"]}
    assert kept["groups"]["company/studio"] == {"seats": 4}
    assert kept["aliases"] == {"visitor": "ada"}


def test_the_official_library_understands_a_refusal(library: tuple[Any, Any, MemoryState]) -> None:
    mixpanel, consumer, _ = library
    with pytest.raises(mixpanel.MixpanelException, match="missing or empty"):
        consumer.send("events", "[]")
    with pytest.raises(mixpanel.MixpanelException, match="failed validation"):
        consumer.send("imports", json.dumps([{"event": "A"}]))
