"""The whole provider once, and which calls of the description it makes."""

from __future__ import annotations

from .conftest import LinkedInBench
from .exercise import UNDESCRIBED, exercise


def test_every_verb_works_on_the_sandbox_and_keeps_to_the_description(bench: LinkedInBench) -> None:
    exercise(bench)
    assert {one.rpartition("/dms-uploads/")[0] or one for one in bench.transport.outside} == {
        one.partition("/dms-uploads/")[0] for one in UNDESCRIBED
    }
    if bench.transport.description is not None:
        assert bench.transport.operations == {
            "DELETE /rest/posts/{postUrn}",
            "GET /rest/organizationAcls",
            "GET /rest/organizationalEntityShareStatistics",
            "GET /rest/organizations/{organizationId}",
            "GET /rest/posts",
            "GET /rest/posts/{postUrn}",
            "GET /rest/socialActions/{postUrn}/comments",
            "GET /v2/me",
            "GET /v2/userinfo",
            "POST /oauth/v2/accessToken",
            "POST /oauth/v2/introspectToken",
            "POST /oauth/v2/revoke",
            "POST /rest/images",
            "POST /rest/posts",
            "POST /rest/socialActions/{postUrn}/comments",
            "POST /rest/videos",
        }
