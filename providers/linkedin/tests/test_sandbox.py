"""The stand-in by itself: what LinkedIn refuses, it refuses, in LinkedIn's shape."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from providers.kit.conformance import check
from providers.kit.faults import Fault, set_fault
from providers.kit.sandbox import SandboxRequest
from providers.kit.testing import NOW, description_of

from ..sandbox import Sandbox
from ..sandbox_people import CLIENT_ID, CLIENT_SECRET, FULL_TOKEN, REFRESH_TOKEN
from .conftest import ENTRY
from .conftest import published as published_by_the_vendor

HEADERS = {
    "authorization": f"Bearer {FULL_TOKEN}",
    "linkedin-version": "202607",
    "x-restli-protocol-version": "2.0.0",
}
APP = f"client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}"
PAGE = "urn:li:organization:5515715"


class Vendor:
    """The stand-in, asked directly."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        where, _, query = path.partition("?")
        raw = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
        request = SandboxRequest(
            method=method,
            path=where,
            query=parse_qs(query),
            headers=HEADERS if headers is None else headers,
            body=raw,
        )
        answer = Sandbox(self.state, lambda: NOW).respond(request)
        return answer.status, json.loads(answer.body) if answer.body else None, dict(answer.headers)


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


def post(**changes: Any) -> dict[str, Any]:
    sample = {
        "author": PAGE,
        "commentary": "Hello",
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    return {**sample, **changes}


def test_the_folder_is_a_complete_provider() -> None:
    assert check(ENTRY) == ()


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/v2/userinfo", {}, 401, "EMPTY_ACCESS_TOKEN"),
        ("GET", "/v2/userinfo", {"authorization": "Bearer x"}, 401, "INVALID_ACCESS_TOKEN"),
        ("GET", "/rest/posts", {"authorization": HEADERS["authorization"]}, 400, "VERSION_MISSING"),
        ("GET", "/rest/posts", {**HEADERS, "linkedin-version": "202501"}, 426, "NONEXISTENT_VERSION"),
        ("GET", "/rest/posts", {**HEADERS, "x-restli-protocol-version": ""}, 400, "ILLEGAL_ARGUMENT"),
        ("GET", "/rest/nothing", HEADERS, 404, "RESOURCE_NOT_FOUND"),
        ("PUT", "/rest/posts", HEADERS, 405, "METHOD_NOT_ALLOWED"),
        ("GET", f"/rest/posts?q=author&author={PAGE}&count=101", HEADERS, 400, "ILLEGAL_ARGUMENT"),
        ("GET", f"/rest/posts?q=author&author={PAGE}&start=x", HEADERS, 400, "ILLEGAL_ARGUMENT"),
        ("GET", "/rest/posts?q=author&author=urn:li:person:782bbtaQ", HEADERS, 403, "ACCESS_DENIED"),
        ("GET", "/rest/posts?q=author&author=urn:li:organization:9", HEADERS, 403, "ACCESS_DENIED"),
        ("GET", "/rest/posts/urn%3Ali%3Ashare%3A1", HEADERS, 404, "NOT_FOUND"),
        ("GET", "/rest/organizations/9", HEADERS, 404, "NOT_FOUND"),
        ("GET", "/rest/images/urn%3Ali%3Aimage%3A1", HEADERS, 404, "NOT_FOUND"),
    ],
)
def test_what_linkedin_refuses(
    vendor: Vendor, method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    answered, body, _ = vendor.ask(method, path, headers=headers)
    assert (answered, body["status"], body["code"]) == (status, status, code)
    assert body["message"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"author": "urn:li:person:somebodyElse"}, 403),
        ({"author": 7}, 400),
        ({"commentary": "a" * 3001}, 400),
        ({"commentary": None}, 400),
        ({"visibility": "CONNECTIONS"}, 400),
        ({"distribution": None}, 400),
        ({"lifecycleState": "LATER"}, 400),
        ({"content": {"media": {"id": "urn:li:image:unknown"}}}, 400),
        ({"content": {"multiImage": {"images": []}}}, 400),
        ({"content": {"article": {}, "media": {}}}, 400),
    ],
)
def test_which_posts_are_refused(vendor: Vendor, changes: dict[str, Any], status: int) -> None:
    assert vendor.ask("POST", "/rest/posts", post(**changes))[0] == status


def test_the_vendors_own_sample_post_is_taken(vendor: Vendor) -> None:
    sample = published_by_the_vendor("fixtures/linkedin/documented.json")
    status, body, headers = vendor.ask("POST", "/rest/posts", sample["create_post_request"])
    assert (status, body) == (sample["create_post_response"]["status"], None)
    assert headers["x-restli-id"].startswith("urn:li:share:")


def test_the_life_of_a_post(vendor: Vendor) -> None:
    _, _, headers = vendor.ask("POST", "/rest/posts", post())
    path = "/rest/posts/" + headers["x-restli-id"].replace(":", "%3A")
    assert vendor.ask("POST", "/rest/posts", post())[1]["message"].startswith(
        "Content is a duplicate of urn:li:share:"
    )
    change = {"patch": {"$set": {"commentary": "Changed"}}}
    assert vendor.ask("POST", path, change)[0] == 400
    assert vendor.ask("POST", path, change, {**HEADERS, "x-restli-method": "PARTIAL_UPDATE"})[0] == 204
    assert vendor.ask("GET", path)[1]["commentary"] == "Changed"
    assert vendor.ask("DELETE", path)[0] == 204
    assert vendor.ask("DELETE", path)[0] == 204
    assert vendor.ask("GET", path)[0] == 404


def test_a_file_that_was_not_uploaded_cannot_be_posted(vendor: Vendor) -> None:
    wanted = {"initializeUploadRequest": {"owner": PAGE}}
    _, body, _ = vendor.ask("POST", "/rest/images?action=initializeUpload", wanted)
    image = body["value"]["image"]
    path = "/rest/images/" + image.replace(":", "%3A")
    content = {"media": {"id": image}}
    assert vendor.ask("GET", path)[1]["status"] == "WAITING_UPLOAD"
    assert vendor.ask("POST", "/rest/posts", post(content=content))[0] == 400
    address = body["value"]["uploadUrl"].removeprefix("https://www.linkedin.com")
    assert vendor.ask("PUT", address, "bytes", {})[0] == 201
    assert vendor.ask("GET", path)[1]["status"] == "AVAILABLE"
    assert vendor.ask("POST", "/rest/posts", post(content=content))[0] == 201
    assert vendor.ask("POST", "/rest/posts", post(author="urn:li:organization:2414183", content=content))[0] == 400


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ("grant_type=authorization_code&code=sandbox-code", 400, "invalid_request"),
        (f"client_id={CLIENT_ID}&client_secret=x&grant_type=refresh_token", 401, "invalid_client"),
        (f"{APP}&grant_type=authorization_code&code=other", 400, "invalid_grant"),
        (f"{APP}&grant_type=authorization_code&code=sandbox-code&code_verifier=x", 401, "invalid_client"),
        (f"{APP}&grant_type=password", 400, "unsupported_grant_type"),
        (f"{APP}&grant_type=refresh_token&refresh_token=x", 400, "invalid_grant"),
    ],
)
def test_what_oauth_refuses(vendor: Vendor, form: str, status: int, error: str) -> None:
    answered, body, _ = vendor.ask("POST", "/oauth/v2/accessToken", form, {})
    assert (answered, body["error"]) == (status, error)


def test_a_token_that_was_revoked_opens_nothing_more(vendor: Vendor) -> None:
    form = f"{APP}&grant_type=refresh_token&refresh_token={REFRESH_TOKEN}"
    token = vendor.ask("POST", "/oauth/v2/accessToken", form, {})[1]["access_token"]
    bearer = {"authorization": f"Bearer {token}"}
    assert vendor.ask("GET", "/v2/userinfo", headers=bearer)[0] == 200
    vendor.ask("POST", "/oauth/v2/revoke", f"{APP}&token={token}", {})
    assert vendor.ask("GET", "/v2/userinfo", headers=bearer)[1]["serviceErrorCode"] == 65601
    assert vendor.ask("POST", "/oauth/v2/introspectToken", f"{APP}&token={token}", {})[1]["status"] == "revoked"


def test_it_begins_with_its_posts_even_when_a_fault_was_set_first(vendor: Vendor) -> None:
    set_fault(vendor.state, Fault.RATE_LIMIT, times=1)
    assert vendor.ask("GET", "/v2/userinfo")[0] == 429
    listed = vendor.ask("GET", f"/rest/posts?q=author&author={PAGE}")[1]["elements"]
    assert len(listed) == 3


def test_refusals_have_the_described_shape(vendor: Vendor) -> None:
    description = description_of("linkedin")
    if description is None:
        pytest.skip("the vendors' data is not here; set VENDOR_DATA to its folder")
    for fault in (Fault.BAD_KEY, Fault.MISSING_PERMISSION, Fault.RATE_LIMIT):
        set_fault(vendor.state, fault, times=1)
        status, body, _ = vendor.ask("GET", "/rest/posts")
        assert description.check_response("GET", "/rest/posts", status, body) == []
