"""Whatever a vendor, or something between, answers: a ProviderError at most, never a KeyError or TypeError."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
import requests

from providers.kit.errors import ProviderError, UnexpectedResponse
from providers.kit.http import Answer, SandboxTransport
from providers.kit.sandbox import MemoryState
from providers.kit.steps import run_steps
from providers.kit.testing import NOW, vendor_json
from providers.kit.transport import Limits, with_body
from providers.kit.vocabulary.analytics import FunnelQuery, PersonProfile, ReportQuery, TrackedEvent

from .. import reports
from ..events import Row
from ..exporting import events_of
from ..funnels import ask, insights
from ..provider import Mixpanel
from ..retention import retention
from ..sandbox import Sandbox
from ..sending import _outcome
from .conftest import MixpanelBench

TODAY = NOW.date()
START = TODAY - timedelta(days=6)
ODD: tuple[Any, ...] = (None, 7, -1.5, True, [], ["x"], {}, "", "text")

Change = Callable[[Any], Any]


class Bent(SandboxTransport):
    """The sandbox, whose answers are bent by `change` on their way."""

    def __init__(self) -> None:
        super().__init__(Sandbox, MemoryState(), lambda: NOW, latency=0)
        self.change: Change = lambda body: body
        self.seen: list[Any] = []

    def exchange(self, request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        response = super().exchange(request, limits)
        lines = [orjson.loads(line) for line in response.content.splitlines()]
        if request.path_url.startswith("/api/2.0"):
            self.seen += lines[:1]
            return with_body(response, b"\n".join(orjson.dumps(self.change(line)) for line in lines))
        self.seen.append(lines[0])
        return with_body(response, orjson.dumps(self.change(lines[0])))


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every node of a JSON value, the value itself included; of long lists and objects the first three."""
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for place, (key, value) in enumerate(items):
        if place < 3 or key in ("data", "properties", "status", "error"):
            yield from leaves(value, (*path, key))


def replaced(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    body = copy.deepcopy(body)
    node = body
    for key in path[:-1]:
        try:
            node = node[key]
        except (KeyError, IndexError, TypeError):
            return body
    if path[-1] in (node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()):
        node[path[-1]] = value
    return body


VERBS = (
    *("identify", "properties", "connection", "metrics", "report", "by day", "by plan", "retention", "funnel"),
    *("saved", "saved funnel", "insights", "split insights", "export", "track", "import", "people"),
)


def verbs(provider: Mixpanel) -> dict[str, Callable[[], Any]]:
    both = ("Viewed page", "unique:Viewed page")
    return {
        "identify": provider.identify,
        "properties": provider.properties,
        "connection": lambda: [
            outcome.error for _, outcome in run_steps(provider.steps(f"{provider.manifest.id}-connection", {}))
        ],
        "metrics": provider.metrics,
        "report": lambda: provider.report(ReportQuery(start=START, end=TODAY, metrics=both)),
        "by day": lambda: provider.report(ReportQuery(start=START, end=TODAY, metrics=both, dimensions=("date",))),
        "by plan": lambda: provider.report(ReportQuery(start=START, end=TODAY, metrics=both, dimensions=("plan",))),
        "retention": lambda: provider.retention(start=START, end=TODAY, born_event="Viewed page"),
        "funnel": lambda: provider.funnel(
            FunnelQuery(steps=("Viewed page", "Signed up"), start=START, end=TODAY, within_days=2)
        ),
        "saved": provider.saved_reports,
        "saved funnel": lambda: provider.saved_report("funnel-7509"),
        "insights": lambda: provider.saved_report("75315985"),
        "split insights": lambda: provider.saved_report("75315990"),
        "export": lambda: list(provider.export_events(start=START, end=TODAY)),
        "track": lambda: provider.track([TrackedEvent(name="A", person="p")]),
        "import": lambda: provider.import_events(
            [TrackedEvent(name="A", person=one, occurred_at=NOW) for one in ("p", "null")]
        ),
        "people": lambda: provider.update_people([PersonProfile(person="p", set={"a": 1}, add={"b": 1})]),
    }


@pytest.mark.parametrize("verb", VERBS)
def test_no_bent_answer_raises_anything_but_a_provider_error(bench: MixpanelBench, verb: str) -> None:
    bent = Bent()
    bench.transport = bent  # type: ignore[assignment]  # the same sandbox, bent
    verbs(bench.open())[verb]()
    paths = {path for body in bent.seen for path in leaves(body)}
    assert paths
    fixes = []
    for number, (path, value) in enumerate((path, value) for path in paths for value in ODD):
        bent.change = lambda body, path=path, value=value: replaced(body, path, value)  # type: ignore[misc]
        # A token of its own gives each try an allowance of its own at the door.
        provider = bench.open({"project_token": f"{number:032x}"})
        try:
            found = verbs(provider)[verb]()
        except ProviderError as error:
            fixes.append(error.fix)
            continue
        if verb == "connection":
            refused = [one for one in found if one is not None]
            assert all(isinstance(one, ProviderError) for one in refused), path
            fixes += [one.fix for one in refused]
    assert fixes
    assert all(fixes)


# ------------------------------------------------------------------------------------- the vendor's own examples


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    try:
        found: dict[str, Any] = vendor_json("fixtures/mixpanel/openapi_examples.json")["operations"]
    except FileNotFoundError:
        pytest.skip("the vendors' data is not here; set VENDOR_DATA to its folder")
    return found


def example(published: dict[str, Any], operation: str, status: str = "200") -> Any:
    return published[operation]["responses"][status][0]


class Told:
    """Stands for the client: gives one answer to every question."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def query(self, *_: Any, **__: Any) -> Any:
        return self.answer


def test_the_published_insights_report_is_a_table(published: dict[str, Any]) -> None:
    report = insights(example(published, "GET /api/query/insights"))
    assert report.rows[0] == ("Logged in", "2020-08-31", 9852)
    assert report.note == "From 2020-08-31 to 2020-09-12, as the saved report says."


def test_the_published_funnel_adds_up(published: dict[str, Any]) -> None:
    client: Any = Told(example(published, "GET /api/query/funnels"))
    steps = ask(client, "funnel-1", start=START, end=TODAY)
    assert [(one.name, one.people) for one in steps] == [("App Open", 81277), ("Game Played", 54012)]
    assert round(steps[1].share, 4) == 0.6645


def test_the_published_retention_is_a_table(published: dict[str, Any]) -> None:
    client: Any = Told(example(published, "GET /api/query/retention"))
    report = retention(client, born_event="", event="", start=START, end=TODAY, unit="day", intervals=2)
    assert report.rows[1] == ("2012-01-02", 10, 9, 7, 6)


def test_the_published_series_are_read(published: dict[str, Any]) -> None:
    dates, values = reports._series(example(published, "GET /api/query/segmentation"))
    assert values == {"Signed up": {"2011-08-06": 147, "2011-08-07": 146, "2011-08-08": 776, "2011-08-09": 1376}}
    assert len(dates) == 4


def test_the_published_export_is_read(published: dict[str, Any]) -> None:
    content = example(published, "GET /api/2.0/export").encode()
    first, second = events_of(Answer(status=200, headers={}, content=content, elapsed_ms=1))
    assert (first.name, first.id, first.person) == ("Signed up", "hpuDqcvpltpCjBsebtxwadtEBDnFAdycabFb", "")
    assert second.properties == {"mp_processing_time_ms": 1602801521561}


def test_the_published_refusal_of_rows_is_read(published: dict[str, Any]) -> None:
    body = orjson.dumps(example(published, "POST /import", "400"))
    batch = [Row(index=10 + n, data=b"") for n in range(1000)]
    imported, problems = _outcome(Answer(status=400, headers={}, content=body, elapsed_ms=1), batch)
    assert (imported, problems[0].index, problems[0].field) == (999, 10, "occurred_at")
    with pytest.raises(UnexpectedResponse):
        _outcome(Answer(status=200, headers={}, content=b'{"num_records_imported": "2"}', elapsed_ms=1), batch)
