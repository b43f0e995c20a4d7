"""Generated packages: they keep the hub's rules and the project's style, and behave as their documents do."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.kit import conformance
from providers.kit.contract import Environment
from providers.kit.declarative import Document, DocumentError, validate
from providers.kit.declarative.document_calls import (
    ApiKeyAuth,
    BasicAuth,
    BearerAuth,
    ByCursor,
    ByLinkHeader,
    ByNextUrl,
    ByOffset,
    ByPage,
    ErrorRule,
    FormBody,
    JsonBody,
    NoAuth,
    Operation,
    Response,
    SignedRequests,
    XmlBody,
)
from providers.kit.declarative.document_fields import InputField
from providers.kit.declarative.findings import Severity
from providers.kit.declarative.generating import folder_name, package, zip_bytes
from providers.kit.errors import ProviderError
from providers.kit.http import DoorPolicy
from providers.kit.registry import Registered, Registry
from providers.kit.steps import run_steps
from tests.providers_kit.declarative.bench import NAMES, NOW, Answers, document, opened, with_operation

PROJECT = Path(__file__).resolve().parents[3]
PACKAGE = "packages_of_documents"
Reply = Callable[[requests.PreparedRequest], tuple[int, dict[str, str], bytes]]


def write(one: Document, root: Path) -> None:
    for path, text in package(one).items():
        file = root / folder_name(one) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of packages: one for each document of these tests."""
    folder = tmp_path_factory.mktemp("generated") / PACKAGE
    folder.mkdir()
    (folder / "__init__.py").write_text("", encoding="utf-8")
    for name in NAMES:
        write(document(name), folder)
    sys.path.insert(0, str(folder.parent))
    yield folder
    sys.path.remove(str(folder.parent))
    for name in [one for one in sys.modules if one.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def registry(root: Path) -> Registry:
    return Registry.discover(root, PACKAGE)


def ran(*command: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        timeout=240,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "MYPYPATH": str(PROJECT)},
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_every_kind_of_service_is_among_the_documents() -> None:
    assert {"orders", "ledger", "planets", "warehouse", "forms"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_package_passes_the_conformance_suite_on_its_own(name: str, registry: Registry) -> None:
    assert [str(one) for one in conformance.check(registry.entry(document(name).id))] == []


def test_packages_are_formatted_and_pass_the_projects_lint_and_types(root: Path) -> None:
    settings_file = str(PROJECT / "pyproject.toml")
    assert ran("ruff", "format", "--diff", "--config", settings_file, str(root), folder=root) == ""
    assert ran("ruff", "check", "--config", settings_file, "--output-format", "concise", str(root), folder=root) == ""
    strict = ("--strict", "--ignore-missing-imports", "--follow-imports", "silent", "--allow-subclassing-any")
    cache_folder = str(root.parent / "types")
    assert ran("mypy", *strict, "--cache-dir", cache_folder, "-p", PACKAGE, folder=root.parent) == ""


def test_the_tests_of_a_package_pass(root: Path) -> None:
    options = ("-q", "-p", "no:cacheprovider", "--import-mode=importlib", "-o", "pythonpath=.")
    found = ran("pytest", *options, str(root / "northwind_orders"), folder=root.parent)
    assert found == ""


def replies(one: Document) -> list[Reply]:
    """Recorded traffic: the document's own samples, refusals, and answers that make no sense."""
    fixed: list[tuple[int, dict[str, str], bytes]] = [
        (200, {}, b"{}"),
        (200, {}, b"[]"),
        (200, {}, b"not json <"),
        (200, {}, b'{"data": [], "paging": {"next": "again"}}'),
        (200, {"Link": '<https://elsewhere.example.org/x>; rel="next"'}, b"[1]"),
        (204, {}, b""),
        (401, {}, b'{"error": {"message": "who"}}'),
        (422, {}, b'{"error": {"message": "bad", "code": "plan_limit"}}'),
        (429, {"Retry-After": "3600"}, b"{}"),
        (500, {}, b"<html>"),
    ]
    return [lambda request, answer=answer: answer for answer in fixed]  # type: ignore[misc]  # a default binds it


def outcome(provider: Any, operation: str, inputs: dict[str, Any], since: str) -> Any:
    """What an operation gave, or the words of its error."""
    try:
        found = provider.run_operation(operation, inputs, since=since)
    except ProviderError as error:
        return type(error).__name__, str(error), error.fix, error.code, error.status
    return found.status, found.data, found.picked, found.items, found.since, found.complete


def sent(transport: Answers) -> list[Any]:
    return [(one.method, one.url, dict(one.headers), one.body) for one in transport.requests]


def both(entry: Registered, one: Document, **options: Any) -> tuple[Any, Any]:
    assert entry.sandbox is not None
    written = Registry({entry.id: entry}).open(
        entry.id,
        configuration=entry.sandbox.credentials(),
        environment=Environment.SANDBOX,
        policy=DoorPolicy(),
        on_call=lambda record: None,
        now=lambda: NOW,
        transport=options.get("transport"),
    )
    run = opened(one, **({"transport": options["document_transport"]} if "document_transport" in options else {}))
    for provider in (written, run):
        provider.connection.http.rate_limit = provider.connection.http._bucket = None
    return written, run


def assert_alike(
    entry: Registered, one: Document, operation: Operation, reply: Reply, inputs: dict[str, Any]
) -> None:
    ours, theirs = Answers(reply), Answers(reply)
    written, run = both(entry, one, transport=ours, document_transport=theirs)
    for since in ("", "2026-11-01T00:00:00Z"):
        assert outcome(written, operation.id, inputs, since) == outcome(run, operation.id, inputs, since)
        assert sent(ours) == sent(theirs)


def inputs_of(operation: Operation) -> list[dict[str, Any]]:
    examples = {"email": "Eve@Example.com", "number": "3", "switch": "true", "json": '{"a": [1, null]}'}
    full = {one.name: one.default or examples.get(one.kind, "a/b é&<") for one in operation.inputs}
    needed = {name: value for name, value in full.items() if name in {n.name for n in operation.inputs if n.required}}
    return [full, needed, {}, {"unknown": 1}]


@pytest.mark.parametrize("name", NAMES)
def test_package_and_document_send_the_same_and_understand_the_same(
    name: str, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    one = document(name)
    entry = registry.entry(one.id)
    for operation in one.operations:
        for reply in replies(one):
            for inputs in inputs_of(operation):
                assert_alike(entry, one, operation, reply, inputs)


@pytest.mark.parametrize("name", NAMES)
def test_package_and_document_agree_on_their_own_stand_ins(name: str, registry: Registry) -> None:
    one = document(name)
    written, run = both(registry.entry(one.id), one)
    for operation in one.operations:
        inputs = inputs_of(operation)[0]
        assert outcome(written, operation.id, inputs, "") == outcome(run, operation.id, inputs, "")
    for test in run.manifest.tests:
        lines = [
            [(step.label, result.status) for step, result in run_steps(each.steps(test.id, {}))]
            for each in (written, run)
        ]
        assert lines[0] == lines[1]


def test_the_archive_is_the_same_each_time_and_holds_the_package() -> None:
    one = document("orders")
    first = zip_bytes(one)
    assert first == zip_bytes(one)
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        found = {name.removeprefix("northwind_orders/"): archive.read(name).decode() for name in archive.namelist()}
    assert found == package(one)


def test_a_document_with_errors_becomes_no_package() -> None:
    with pytest.raises(DocumentError, match="cannot become a package"):
        package(replace(document("orders"), base_url=""))


# ---------------------------------------------------------------------------------------- documents nobody thought of

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="{}"), max_size=150)
LINES = WORDS.map(lambda one: " ".join(one.split()))
VALUES = st.sampled_from(
    [
        "{{ input.a }}",
        "x-{{ input.a }}",
        "{{ input.b | upper }}",
        "{{ now | unix_time }}",
        "{{ since }}",
        "fixed",
        "{{ input.a | first(3) }}",
    ]
)
BODIES = st.one_of(
    st.none(),
    st.builds(
        JsonBody,
        content=st.dictionaries(st.sampled_from(["p", "q", "r"]), VALUES | st.none() | st.lists(VALUES, max_size=2)),
    ),
    st.builds(FormBody, fields=st.dictionaries(st.sampled_from(["p", "q"]), VALUES)),
    st.builds(XmlBody, content=st.just("<a>{{ input.a }}</a>")),
)
PAGES = st.one_of(
    st.none(),
    st.builds(ByPage, size=st.integers(0, 2), first=st.integers(0, 1), most_pages=st.integers(1, 3)),
    st.builds(ByOffset, size=st.integers(1, 2), more=st.sampled_from(["", "more"]), most_pages=st.integers(1, 3)),
    st.builds(ByCursor, select=st.just("next"), size=st.integers(0, 2), size_parameter=st.sampled_from(["", "n"])),
    st.builds(ByNextUrl, select=st.just("next")),
    st.builds(ByLinkHeader),
)
AUTHS = st.sampled_from(
    [
        NoAuth(),
        ApiKeyAuth(name="X-Key", value="{{ configuration.key }}"),
        ApiKeyAuth(place="query", name="key", value="{{ configuration.key }}"),
        BasicAuth(username="u", password="{{ configuration.key }}"),
        BearerAuth(token="{{ configuration.key }}", scheme="Token"),
        SignedRequests(secret="{{ configuration.key }}", prefix="v1=", headers={"X-Time": "{{ now | unix_time }}"}),
    ]
)
OPERATIONS = st.builds(
    Operation,
    id=st.sampled_from(["list", "class", "get-it", "client", "typed"]),
    label=LINES.map(lambda one: one or "Get"),
    method=st.sampled_from(["GET", "POST"]),
    path=st.sampled_from(["/a", "/a/{{ input.a }}", "b/{{ input.a }}/c"]),
    inputs=st.just((InputField(name="a", label="A"), InputField(name="b", label="B", required=False))),
    query=st.dictionaries(st.sampled_from(["x", "page", "y z"]), VALUES, max_size=2),
    headers=st.dictionaries(st.sampled_from(["X-One", "Accept"]), VALUES, max_size=1),
    body=BODIES,
    response=st.builds(
        Response,
        select=st.sampled_from(["", "items"]),
        outputs=st.dictionaries(st.sampled_from(["m", "n"]), st.sampled_from(["id", "a.b", "[0]"]), max_size=2),
    ),
    pagination=PAGES,
    errors=st.lists(
        st.builds(ErrorRule, statuses=st.just((400,)), message=LINES, fix=LINES, vendor_text=st.just("error"))
        | st.builds(ErrorRule, when=st.just("bad"), error=st.sampled_from(["quota", "rate_limit", "unsupported"])),
        max_size=2,
    ).map(tuple),
    repeat=st.sampled_from(["auto", "never"]),
)
ANSWERS = st.sampled_from(
    [
        (200, {}, {"items": [{"id": 1}, {"id": 2}], "next": "c", "more": True}),
        (200, {}, {"items": [{"id": 1}], "next": None}),
        (200, {"Link": '</b?page=2>; rel="next"'}, [{"id": 1}]),
        (200, {}, {"next": "/a?page=7", "items": []}),
        (200, {}, {"bad": True, "error": "key-0123456789abc"}),
        (400, {}, {"error": "no\nway"}),
        (404, {}, {}),
    ]
)


@cache
def _folder() -> Path:
    import tempfile

    return Path(tempfile.mkdtemp(prefix="documents-"))


made: list[str] = []


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(operation=OPERATIONS, auth=AUTHS, answers=st.lists(ANSWERS, min_size=1, max_size=3), words=WORDS, value=WORDS)
def test_any_document_behaves_as_its_package_does(
    operation: Operation, auth: Any, answers: list[Any], words: str, value: str
) -> None:
    base = document("forms")
    field = InputField(name="key", label="Key", kind="secret", example="key-0123456789abc", help=words)
    one = with_operation(
        replace(
            base,
            id=f"document-{len(made)}",
            fields=(*base.fields, field),
            auth=auth,
            base_url="https://api.example.com/v1",
            description=words,
        ),
        operation,
    )
    if any(each.severity is Severity.ERROR for each in validate(one)):
        return
    made.append(one.id)
    folder = _folder() / "any_documents"
    folder.mkdir(exist_ok=True)
    write(one, folder)
    files = {path: text for path, text in package(one).items() if path.endswith(".py")}
    namespace = _loaded(folder, one)

    def reply() -> Reply:
        left = iter(answers * 10)

        def answer(_: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
            status, headers, body = next(left, answers[-1])
            return status, headers, json.dumps(body).encode()

        return answer

    ours, theirs = Answers(reply()), Answers(reply())
    written, run = both(namespace, one, transport=ours, document_transport=theirs)
    inputs = {"a": value, "b": "q"}
    assert outcome(written, operation.id, inputs, "5") == outcome(run, operation.id, inputs, "5")
    assert sent(ours) == sent(theirs)
    settings_file = str(PROJECT / "pyproject.toml")
    assert files
    if len(made) == 25:  # one run for all of them: starting a linter is most of its time
        assert ran("ruff", "format", "--diff", "--config", settings_file, str(folder), folder=folder) == ""
        assert ran("ruff", "check", "--config", settings_file, "--output-format", "concise", ".", folder=folder) == ""


def _loaded(folder: Path, one: Document) -> Registered:
    (folder / "__init__.py").write_text("", encoding="utf-8")
    if str(folder.parent) not in sys.path:
        sys.path.insert(0, str(folder.parent))
    import importlib

    importlib.invalidate_caches()
    name = f"any_documents.{folder_name(one)}"
    provider = importlib.import_module(f"{name}.provider")
    sandbox = importlib.import_module(f"{name}.sandbox")
    found = next(
        each for each in vars(provider).values() if isinstance(each, type) and each.__module__ == provider.__name__
    )
    return Registered(id=one.id, provider=found, sandbox=sandbox.Sandbox, folder=folder / folder_name(one))
