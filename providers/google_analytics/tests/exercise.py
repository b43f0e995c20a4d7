"""Every verb of the provider on its stand-in, each exchange held against Google's published description."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from providers.kit.http import Door, DoorPolicy
from providers.kit.oauth import OAuthClient
from providers.kit.steps import run_steps
from providers.kit.testing import Bench
from providers.kit.vocabulary.analytics import FunnelQuery, ReportQuery, TrackedEvent

from ..provider import GoogleAnalytics
from ..sandbox_access import CODE

UNDESCRIBED: frozenset[str] = frozenset({"POST /v1alpha/properties/{propertyId}:runFunnelReport"})
"""Funnels are in v1alpha, and the description is of v1beta. Documented at
https://developers.google.com/analytics/devguides/reporting/data/v1/rest/v1alpha/properties/runFunnelReport"""

BACK = "https://hub.example.com/oauth/return"
_FUNNEL = re.compile(r"/v1alpha/properties/[^/:]+:runFunnelReport")


def undescribed(method: str, path: str) -> bool:
    return method == "POST" and _FUNNEL.fullmatch(path) is not None


def exercise(bench: Bench) -> None:
    provider = bench.open()
    assert isinstance(provider, GoogleAnalytics)
    _account(bench, provider)
    _events(bench, provider)
    _reports(bench, provider)
    _funnel(bench, provider)
    _signing_in(bench)
    for test in provider.manifest.tests:
        inputs = {one.name: one.example for one in test.inputs}
        ends = {step.name: outcome.status for step, outcome in run_steps(provider.steps(test.id, inputs))}
        assert set(ends.values()) == {"passed"}, ends


def _account(bench: Bench, provider: GoogleAnalytics) -> None:
    account = provider.identify()
    assert (account.id, account.name) == ("properties/300100200", "Example Shop")
    listed = provider.properties()
    assert [one.name for one in listed] == ["Example Shop", "Example Blog", "Bakery website", "News (quota used up)"]
    assert len({one.account.id for one in listed}) == 3  # two on each page: there was a second one
    assert listed[0].streams == ("G-SANDBOX001", "G-SANDBOX002", "Shop app")
    pages = [call.path_url for call in bench.transport.calls if "pageToken=" in call.path_url]
    for kind in ("accountSummaries", "dataStreams", "measurementProtocolSecrets"):
        assert any(f"/{kind}?" in one for one in pages), kind
    searched = bench.open({"property_id": ""})
    assert isinstance(searched, GoogleAnalytics)
    assert searched.identify() == account


def _events(bench: Bench, provider: GoogleAnalytics) -> None:
    order = TrackedEvent(
        name="purchase",
        person="1234.5678",
        id="order-1",
        properties={"value": 49.9, "currency": "EUR", "items": [{"item_id": "shoe", "price": 49.9, "quantity": 1}]},
    )
    lead = TrackedEvent(name="workshop_booked", person="1234.5678", properties={"seats": 3, "vip": True})
    taken = TrackedEvent(name="session_start", person="1234.5678")
    stale = TrackedEvent(name="call", person="9", occurred_at=bench.moment - timedelta(hours=73))
    assert [one.index for one in provider.check_events([order, lead, taken, stale])] == [2, 3]
    assert not provider.arrived("workshop_booked")
    sent = provider.track([order, lead, taken, stale])
    assert (sent.accepted, len(sent.problems), sent.confirmed) == (2, 2, None)
    assert provider.arrived("workshop_booked")
    assert "workshop_booked" in {row[0] for row in provider.realtime().rows}
    bench.open({"region": "global"}).track([replace(lead, name="booked_elsewhere")])  # type: ignore[attr-defined]
    hosts = {call.url.split("/")[2] for call in bench.transport.calls if call.url and "/mp/collect" in call.url}
    assert hosts == {"region1.google-analytics.com", "www.google-analytics.com"}


def _reports(bench: Bench, provider: GoogleAnalytics) -> None:
    assert "activeUsers" in {one.name for one in provider.metrics()}
    today = bench.moment.date()
    query = ReportQuery(
        start=today - timedelta(days=27),
        end=today,
        metrics=("activeUsers", "sessions", "purchaseRevenue"),
        dimensions=("date", "country"),
        order_by="date",
        descending=False,
        limit=60,
    )
    first = provider.report(query)
    assert first.next_offset == 60
    assert first.rows[0][0] == (today - timedelta(days=27)).isoformat()
    assert "Report tokens left" in first.note
    second = provider.report(replace(query, offset=60))
    assert second.next_offset is None
    assert len(first.rows) + len(second.rows) == first.total_rows == second.total_rows
    filtered = provider.report(
        replace(query, filters={"country": "Japan", "deviceCategory": "mobile"}, dimensions=("country",), order_by="")
    )
    assert [row[0] for row in filtered.rows] == ["Japan"]


def _funnel(bench: Bench, provider: GoogleAnalytics) -> None:
    today = bench.moment.date()
    names = ("page_view", "view_item", "add_to_cart", "purchase", "never_happened")
    steps = provider.funnel(FunnelQuery(steps=names, start=today - timedelta(days=30), end=today))
    assert [one.name for one in steps] == list(names)
    people = [one.people for one in steps]
    assert people == sorted(people, reverse=True)
    assert people[0] > people[3] > people[4] == 0
    assert steps[0].share == 1.0


def _signing_in(bench: Bench) -> None:
    settings = GoogleAnalytics.manifest.oauth
    assert settings is not None
    door = Door(DoorPolicy(), "", transport=bench.transport)
    client = OAuthClient(
        settings,
        client_id="1-app.apps.googleusercontent.com",
        client_secret="GOCSPX-sandbox",
        session=door.session(),
        now=bench.now,
    )
    asked = client.authorize(BACK)
    assert "access_type=offline" in asked.url
    assert "prompt=consent" in asked.url
    token = client.exchange(CODE, redirect_uri=BACK, code_verifier=asked.code_verifier)
    assert token.refresh_token
    fresh = client.refresh(token)
    values = {"service_account": "", "access_token": fresh.access_token, "refresh_token": fresh.refresh_token}
    person = bench.open(values)
    assert isinstance(person, GoogleAnalytics)
    assert person.finish_sign_in(fresh) == fresh
    assert person.identify().name == "Example Shop"
    assert client.revoke(replace(fresh, refresh_token=""))
