"""Every verb works on the stand-in, and every exchange fits X's description."""

from __future__ import annotations

import pytest

from providers.kit.testing import Bench, description_of

from ..manifest import ID
from .exercise import exercise


def test_every_verb_works_on_the_stand_in(bench: Bench) -> None:
    exercise(bench)
    assert bench.transport.outside == set()
    assert all(call.host == "sandbox" for call in bench.records)


def test_every_call_the_stand_in_knows_is_made(bench: Bench) -> None:
    if description_of(ID) is None:
        pytest.skip("the vendors' data is not here; set VENDOR_DATA to its folder")
    exercise(bench)
    assert bench.transport.operations == {
        "GET /2/users/me",
        "POST /2/tweets",
        "DELETE /2/tweets/{id}",
        "GET /2/tweets",
        "GET /2/tweets/search/recent",
        "GET /2/users/{id}/tweets",
        "POST /2/media/upload/initialize",
        "POST /2/media/upload/{id}/append",
        "POST /2/media/upload/{id}/finalize",
        "GET /2/media/upload",
        "POST /2/media/metadata",
        "GET /2/webhooks",
        "POST /2/webhooks",
        "PUT /2/webhooks/{webhook_id}",
        "DELETE /2/webhooks/{webhook_id}",
        "GET /2/activity/subscriptions",
        "POST /2/activity/subscriptions",
        "DELETE /2/activity/subscriptions/{subscription_id}",
        "GET /2/usage/tweets",
        "POST /2/oauth2/token",
    }
