"""Against answers nobody here wrote: made from the vendor's description, which every request must fit."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from providers.kit.errors import ProviderError
from providers.kit.steps import run_steps
from providers.kit.testing import description_of

from ..manifest import CONNECTION_TEST
from ..provider import HubSpot
from .answers import answering
from .exercise import undescribed
from .test_errors import VERBS


@pytest.fixture
def described() -> tuple[HubSpot, list[str]]:
    """(the provider, what is wrong with its requests)."""
    description = description_of("hubspot")
    if description is None:
        pytest.skip("the vendors' data is not here; set VENDOR_DATA to its folder")
    findings: list[str] = []

    def reply(request: requests.PreparedRequest) -> Any:
        method, path = request.method or "GET", request.path_url
        if undescribed(method, path):
            return 200, {"scopes": ["crm.objects.contacts.read"]}
        findings.extend(description.check_request(method, path, dict(request.headers), request.body))
        return description.sample(method, path)

    return answering(reply)[0], findings


@pytest.mark.parametrize("name", VERBS)
def test_every_request_fits_and_every_sample_is_understood(name: str, described: tuple[HubSpot, list[str]]) -> None:
    hubspot, findings = described
    category = ""
    try:
        VERBS[name](hubspot)
    except ProviderError as error:
        category = error.category
    # A sample's one stage, one row and one moment are not those that were asked about.
    assert category in ("", "invalid_request", "unexpected")
    assert findings == []


def test_the_connection_test_asks_as_the_description_wants_it(described: tuple[HubSpot, list[str]]) -> None:
    hubspot, findings = described
    outcomes = {step.name: outcome for step, outcome in run_steps(hubspot.steps(CONNECTION_TEST, {}))}
    assert outcomes["contacts-read"].status == "passed"
    assert findings == []
