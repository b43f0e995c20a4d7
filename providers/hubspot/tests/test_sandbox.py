"""The stand-in, asked directly: tokens, limits, and records that stay as they were left."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from providers.kit.faults import Fault, set_fault
from providers.kit.sandbox import SandboxRequest
from providers.kit.testing import NOW, description_of

from ..sandbox import Sandbox
from ..sandbox_access import FULL_TOKEN, READ_ONLY_TOKEN

CONTACTS = "/crm/objects/2026-09/contacts"


class Talk:
    """Speaks to one stand-in; answers are held against the vendor's description where it is at hand."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.now: datetime = NOW
        self.headers: dict[str, str] = {}
        self.description = description_of("hubspot")

    def __call__(self, method: str, path: str, body: Any = None, token: str = FULL_TOKEN) -> tuple[int, Any]:
        bare, _, query = path.partition("?")
        pairs = dict(part.partition("=")[::2] for part in query.split("&") if part)
        raw = body if isinstance(body, bytes) else (b"" if body is None else json.dumps(body).encode())
        answer = Sandbox(self.state, lambda: self.now).respond(
            SandboxRequest(
                method=method,
                path=bare,
                query={name: [value] for name, value in pairs.items()},
                headers={"authorization": f"Bearer {token}"} if token else {},
                body=raw,
            )
        )
        json.dumps(self.state)  # it must stay fit to be stored
        parsed = json.loads(answer.body) if answer.body else None
        self.headers = dict(answer.headers)
        if answer.status < 300 and self.description and parsed is not None and "access-token-info" not in path:
            assert self.description.check_response(method, bare, answer.status, parsed) == []
        if answer.status >= 300:
            assert parsed.keys() >= {"status", "message", "correlationId", "category"}
        return answer.status, parsed


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_a_missing_and_a_wrong_token_are_refused(talk: Talk) -> None:
    assert talk("GET", CONTACTS, token="")[0] == 401
    assert talk("GET", CONTACTS, token="pat-na1-wrong")[1]["category"] == "INVALID_AUTHENTICATION"


def test_a_missing_scope_is_named(talk: Talk) -> None:
    status, body = talk("POST", CONTACTS, {"properties": {}}, token=READ_ONLY_TOKEN)
    assert status == 403
    assert body["errors"][0]["context"]["requiredGranularScopes"] == ["crm.objects.contacts.write"]


def test_it_seeds_itself_although_a_fault_was_set_first(talk: Talk) -> None:
    set_fault(talk.state, Fault.RATE_LIMIT, 1)
    status, body = talk("GET", CONTACTS)
    assert (status, body["policyName"], talk.headers["retry-after"]) == (429, "TEN_SECONDLY_ROLLING", "60")
    assert len(talk("GET", f"{CONTACTS}?limit=100")[1]["results"]) == 100


def test_an_unknown_path_a_wrong_method_and_an_unknown_object_are_told_apart(talk: Talk) -> None:
    assert talk("GET", "/nonsense")[0] == 404
    assert talk("PUT", CONTACTS)[0] == 405
    assert talk("GET", "/crm/objects/2026-09/unicorns")[0] == 400


def test_limits_are_counted_by_day_and_ten_seconds_and_left_out_of_searches(talk: Talk) -> None:
    talk("GET", CONTACTS)
    talk("GET", CONTACTS)
    assert talk.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "249998"
    assert talk.headers["X-HubSpot-RateLimit-Remaining"] == "98"
    talk("POST", f"{CONTACTS}/search", {})
    assert not any("RateLimit" in name for name in talk.headers)
    talk.now += timedelta(days=1)
    talk("GET", CONTACTS)
    assert talk.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "249999"


def test_only_properties_that_were_asked_for_come_back_and_values_are_texts(talk: Talk) -> None:
    _, body = talk("GET", f"{CONTACTS}/101?properties=phone,nothing")
    assert body["properties"].keys() == {
        *("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname", "phone", "nothing")
    }
    assert body["properties"]["nothing"] is None
    assert all(value is None or isinstance(value, str) for value in body["properties"].values())
    assert talk("GET", f"{CONTACTS}/{body['properties']['email']}?idProperty=email")[1]["id"] == "101"


def test_a_record_is_made_changed_archived_and_listed_as_archived(talk: Talk) -> None:
    made = talk("POST", CONTACTS, {"properties": {"email": "N@example.com", "firstname": "N"}})[1]
    assert made["properties"]["email"] == "n@example.com"
    path = f"{CONTACTS}/{made['id']}"
    assert talk("PATCH", path, {"properties": {"firstname": ""}})[0] == 200
    assert talk("GET", path)[1]["properties"]["firstname"] is None
    assert talk("DELETE", path)[0] == talk("DELETE", path)[0] == 204
    assert talk("GET", path)[0] == 404
    assert [one["id"] for one in talk("GET", f"{CONTACTS}?archived=true")[1]["results"]] == [made["id"]]
    assert talk("POST", CONTACTS, {"properties": {"email": "n@example.com"}})[0] == 201


@pytest.mark.parametrize(
    ("properties", "error"),
    [
        ({"nope": "x"}, "PROPERTY_DOESNT_EXIST"),
        ({"hs_object_id": "1"}, "READ_ONLY_VALUE"),
        ({"lifecyclestage": "king"}, "INVALID_OPTION"),
        ({"email": "nobody"}, "INVALID_EMAIL"),
    ],
)
def test_bad_values_are_refused_by_name(talk: Talk, properties: dict[str, str], error: str) -> None:
    status, body = talk("PATCH", f"{CONTACTS}/101", {"properties": properties})
    assert status == 400
    assert error in body["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"after": "9999", "limit": 2},
        {"sorts": ["email", "phone"]},
        {"filterGroups": [{"filters": []}] * 6},
        {"filterGroups": [{"filters": [{"propertyName": "email", "operator": "EQ", "value": "x"}] * 7}]},
        {"filterGroups": [{"filters": [{"propertyName": "email", "operator": "IS", "value": "x"}]}]},
        {"filterGroups": "x"},
    ],
)
def test_a_search_beyond_its_limits_is_refused(talk: Talk, body: dict[str, Any]) -> None:
    assert talk("POST", f"{CONTACTS}/search", body)[0] == 400


def test_a_search_ends_at_10000_results(talk: Talk) -> None:
    talk.state["generated"] = 30_000
    status, body = talk("POST", f"{CONTACTS}/search", {"after": "9800", "limit": 200})
    assert (status, body["total"]) == (200, 30_120)
    assert talk("POST", f"{CONTACTS}/search", {"after": body["paging"]["next"]["after"], "limit": 200})[0] == 400


@pytest.mark.parametrize(
    ("operator", "more", "count"),
    [
        ("EQ", {"value": "ada"}, 1),
        ("NEQ", {"value": "Ada"}, -1),
        ("IN", {"values": ["ada", "grace"]}, 2),
        ("NOT_IN", {"values": ["ada", "grace"]}, -2),
        ("CONTAINS_TOKEN", {"value": "ad*"}, 1),
        ("HAS_PROPERTY", {}, 120),
        ("NOT_HAS_PROPERTY", {}, 0),
    ],
)
def test_filters_mean_what_they_say(talk: Talk, operator: str, more: dict[str, Any], count: int) -> None:
    everyone = talk("POST", f"{CONTACTS}/search", {"limit": 200})[1]["results"]
    names = [one["properties"]["firstname"] for one in everyone]
    sizes = {1: names.count("Ada"), 2: names.count("Ada") + names.count("Grace")}
    expected = {1: sizes[1], -1: 120 - sizes[1], 2: sizes[2], -2: 120 - sizes[2]}.get(count, count)
    filters = [{"propertyName": "firstname", "operator": operator, **more}]
    assert talk("POST", f"{CONTACTS}/search", {"filterGroups": [{"filters": filters}]})[1]["total"] == expected


def test_an_unusual_sort_or_question_gives_the_same_records_as_the_quick_way(talk: Talk) -> None:
    talk.state.update(generated=50, generated_per_ms=7)
    up = talk("POST", f"{CONTACTS}/search", {"limit": 200, "sorts": ["hs_object_id"]})[1]
    down = talk("POST", f"{CONTACTS}/search", {"limit": 200, "sorts": ["-hs_object_id"]})[1]
    assert [one["id"] for one in up["results"]] == [one["id"] for one in reversed(down["results"])]
    middle = up["results"][130]["properties"]["lastmodifieddate"]
    for operator in ("GT", "GTE", "LT", "LTE"):
        one = {"propertyName": "lastmodifieddate", "operator": operator, "value": middle}
        quick = talk("POST", f"{CONTACTS}/search", {"filterGroups": [{"filters": [one]}]})[1]["total"]
        slow = talk("POST", f"{CONTACTS}/search", {"filterGroups": [{"filters": [one]}], "sorts": ["email"]})[1]
        assert quick == slow["total"]


def test_batches_fail_row_by_row_with_trace_ids_and_whole_without(talk: Talk) -> None:
    good, bad = {"properties": {"email": "a@example.com"}}, {"properties": {"nope": "x"}}
    status, body = talk("POST", f"{CONTACTS}/batch/create", {"inputs": [good, bad]})
    assert status == 400
    assert talk("POST", f"{CONTACTS}/search", {"query": "a@example.com"})[1]["total"] == 0
    traced = [{**good, "objectWriteTraceId": "1"}, {**bad, "objectWriteTraceId": "2"}]
    status, body = talk("POST", f"{CONTACTS}/batch/create", {"inputs": traced})
    assert (status, body["numErrors"]) == (207, 1)
    assert body["errors"][0]["context"] == {"objectWriteTraceId": ["2"]}
    assert (
        talk("POST", f"{CONTACTS}/batch/update", {"inputs": [{"id": "101", "properties": {"city": "Rome"}}]})[0]
        == 200
    )
    asked = {"inputs": [{"id": "101"}, {"id": "999"}], "properties": ["city"], "propertiesWithHistory": []}
    status, body = talk("POST", f"{CONTACTS}/batch/read", asked)
    assert (status, body["results"][0]["properties"]["city"]) == (207, "Rome")
    assert talk("POST", f"{CONTACTS}/batch/archive", {"inputs": [{"id": "101"}]})[0] == 204
    assert talk("GET", f"{CONTACTS}/101")[0] == 404


@pytest.mark.parametrize("inputs", [None, [7], [{}] * 101, [{"id": "a@example.com"}] * 2, [{"id": "x"}]])
def test_a_batch_that_cannot_be_is_refused(talk: Talk, inputs: Any) -> None:
    assert talk("POST", f"{CONTACTS}/batch/upsert", {"inputs": inputs})[0] == 400


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b"\xff", b"[" * 999, b'{"properties": 7}', b'{"inputs": 7}']
)
def test_a_broken_body_is_refused_and_not_a_crash(talk: Talk, body: bytes) -> None:
    for path in ("", "/batch/upsert", "/batch/create", "/merge"):
        assert talk("POST", CONTACTS + path, body)[0] in (400, 404)
    assert talk("POST", f"{CONTACTS}/search", body)[0] in (200, 400)


def test_records_are_merged_and_erased(talk: Talk) -> None:
    assert talk("POST", f"{CONTACTS}/merge", {"primaryObjectId": "101", "objectIdToMerge": "102"})[0] == 200
    assert talk("GET", f"{CONTACTS}/102")[0] == 404
    assert talk("POST", f"{CONTACTS}/gdpr-delete", {"objectId": "103"})[0] == 204
    assert talk("GET", f"{CONTACTS}/103?archived=true")[0] == 404


def test_properties_can_be_added_and_removed(talk: Talk) -> None:
    path = "/crm/properties/2026-09/contacts"
    body = {"name": "shoe_size", "label": "Shoe size", "type": "number", "fieldType": "number", "groupName": "x"}
    assert talk("POST", path, body)[0] == 201
    assert talk("POST", path, body)[0] == 409
    assert talk("GET", f"{path}/shoe_size")[1]["hubspotDefined"] is False
    assert talk("PATCH", f"{CONTACTS}/101", {"properties": {"shoe_size": "big"}})[0] == 400
    assert talk("PATCH", f"{CONTACTS}/101", {"properties": {"shoe_size": "41"}})[0] == 200
    assert talk("DELETE", f"{path}/shoe_size")[0] == 204
    assert talk("GET", f"{path}/shoe_size")[0] == 404


def test_owners_and_associations_come_in_pages(talk: Talk) -> None:
    first = talk("GET", "/crm/owners/2026-09?limit=2")[1]
    rest = talk("GET", f"/crm/owners/2026-09?limit=2&after={first['paging']['next']['after']}")[1]
    assert len(first["results"]) + len(rest["results"]) == 3
    path = "/crm/objects/2026-09/companies/501/associations/contacts"
    first = talk("GET", f"{path}?limit=6")[1]
    rest = talk("GET", f"{path}?limit=6&after={first['paging']['next']['after']}")[1]
    assert len(first["results"]) + len(rest["results"]) == 10
    assert talk("DELETE", f"{path}/{rest['results'][0]['toObjectId']}")[0] == 204
    assert len(talk("GET", path)[1]["results"]) == 9


def test_what_is_missing_cannot_be_linked(talk: Talk) -> None:
    assert talk("PUT", f"{CONTACTS}/101/associations/default/companies/999")[0] == 404
    assert talk("PUT", f"{CONTACTS}/101/associations/default/contacts/102")[0] == 400
    bad = [{"to": {"id": "999"}, "types": [{"associationTypeId": 3, "associationCategory": "HUBSPOT_DEFINED"}]}]
    deals = "/crm/objects/2026-09/deals"
    assert talk("POST", deals, {"properties": {"dealname": "x"}, "associations": bad})[0] == 404
    assert talk("POST", deals, {"properties": {"dealname": "x", "dealstage": "nope"}})[0] == 400


def test_a_hundred_thousand_contacts_take_no_room(talk: Talk) -> None:
    talk.state["generated"] = 100_000
    assert talk("POST", f"{CONTACTS}/search", {"limit": 1})[1]["total"] == 100_120
    assert talk("GET", f"{CONTACTS}/50000099999")[1]["properties"]["email"] == "person99999@generated.example.com"
    row = {"id": "person7@generated.example.com", "idProperty": "email", "properties": {"city": "Rome"}}
    (result,) = talk("POST", f"{CONTACTS}/batch/upsert", {"inputs": [row]})[1]["results"]
    assert (result["id"], result["new"]) == ("50000000007", False)
    assert talk("POST", f"{CONTACTS}/search", {"limit": 1})[1]["total"] == 100_120
    assert len(json.dumps(talk.state)) < 100_000
