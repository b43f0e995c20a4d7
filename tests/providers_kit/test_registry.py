"""Discovery, opening, and the conformance suite, on the smallest complete provider."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from providers.kit.conformance import check
from providers.kit.contract import Category, Environment, StepStatus
from providers.kit.errors import AuthenticationFailed, InvalidConfiguration, UnexpectedResponse
from providers.kit.http import CallRecord, DoorPolicy
from providers.kit.registry import ProviderFolderError, Registered, Registry
from providers.kit.sandbox import MemoryState
from providers.kit.sandbox_http import SandboxApplication
from providers.kit.steps import run_steps

SAMPLES = Path(__file__).parent / "samples"
KEY = "acme_sandbox00001"


@pytest.fixture
def registry() -> Registry:
    return Registry.discover(SAMPLES, "tests.providers_kit.samples")


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Registered]]:
    """Copies the sample under another name, with texts in its files replaced, and discovers it."""
    shutil.copytree(SAMPLES / "acme_mail", tmp_path / "damaged" / "copied_one")
    monkeypatch.syspath_prepend(str(tmp_path))
    folder = tmp_path / "damaged" / "copied_one"

    def damaged(file: str = "provider.py", old: str = "", new: str = "") -> Registered:
        path = folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        return Registry.discover(tmp_path / "damaged", "damaged").entry("copied-one")

    yield damaged
    for name in [one for one in sys.modules if one.partition(".")[0] == "damaged"]:
        del sys.modules[name]


def test_a_folder_is_found_with_all_that_belongs_to_it(registry: Registry) -> None:
    assert registry.ids() == ("acme-mail",)
    assert registry.get("acme-mail").manifest.id == "acme-mail"
    assert registry.by_category() == {Category.EMAIL: registry.all()}
    assert registry.logo_path("acme-mail").is_file()
    assert registry.guide("acme-mail").startswith("# Connect")
    assert registry.sandbox("acme-mail") is not None
    with pytest.raises(KeyError):
        registry.get("nobody")


def test_a_complete_provider_has_no_findings(registry: Registry) -> None:
    assert [str(one) for one in check(registry.entry("acme-mail"))] == []


def test_a_copied_folder_is_a_complete_provider(copy: Callable[..., Registered]) -> None:
    entry = copy()
    assert entry.manifest.id == "copied-one"
    assert [str(one) for one in check(entry)] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("provider.py", "provider_id(__name__)", '"acme-mail"', "provider_id(__name__)"),
        ("provider.py", "acme_abcdefghijkl", "acme_short", "does not match its pattern"),
        ("provider.py", 'prefixes={"acme_"', 'prefixes={"amce_"', "none of its prefixes"),
        ("provider.py", 'reason="To show your letters here."', 'reason=""', "reason in plain words"),
        ("provider.py", "-connection", "-other", "copied-one-connection is missing"),
        ("provider.py", ", now: datetime, seed: int,", ", now: datetime, number: int,", "must be sample_delivery"),
        ("provider.py", "import orjson", "import orjson\nimport socket", "imports socket"),
        ("provider.py", "\nID =", "\ndef late():\n    import providers.acme\n\nID =", "relative import"),
        ("provider.py", "AuthenticationFailed(", "InvalidRequest(", "not AuthenticationFailed"),
        ("provider.py", 'fix="Copy the key again."', 'fix=f"Not {self.configuration}"', "can be read"),
        (
            "provider.py",
            "signatures.verify_timestamped(request.body",
            "(lambda *_: None)(request.body",
            "is accepted",
        ),
        ("provider.py", "A letter went out", "Something happened at Acme Mail", "says nothing"),
        ("provider.py", "self.manifest.test(test_id)", "", "must raise KeyError"),
        ("provider.py", "account=account", "account=None", "whose account"),
        ("provider.py", 'permissions=("read",)', "", "no line of the connection test looks at it"),
        ("provider.py", 'permissions=("read",)', 'permissions=("read", "write")', "'write', which is not asked for"),
        ("provider.py", "run=self._key),", 'run=self._key, permissions=("read",)),', "several lines look at it"),
        ("provider.py", 'letters here."', 'letters here.", untested="No call tells it."', "but a line looks at it"),
        ("provider.py", "The account is known", "The key is accepted", "two lines are called"),
        ("sandbox.py", "!= ", "== ", "fails with the sandbox's own credentials"),
        ("sandbox.py", '"acme_sandbox00001",', '"short",', "does not match the field's own pattern"),
        ("logo.svg", "<path", "<script/><path", "<script>"),
        ("logo.svg", "<path", '<path onclick="x()"', "onclick"),
        ("logo.svg", "<path", '<path fill="url(https://evil.example)"', "fill"),
        ("logo.svg", "CC0-1.0", "", "licence"),
        ("guide.md", "## Troubleshooting", "", "Troubleshooting"),
        ("fixtures/sent.json", "_source", "source", "_source"),
    ],
)
def test_what_is_wrong_is_found_and_said(
    copy: Callable[..., Registered], file: str, old: str, new: str, words: str
) -> None:
    findings = "\n".join(str(one) for one in check(copy(file, old, new)))
    assert words in findings


@pytest.mark.parametrize("name", ["logo.svg", "guide.md"])
def test_a_missing_file_is_named_at_start(tmp_path: Path, name: str) -> None:
    shutil.copytree(SAMPLES / "acme_mail", tmp_path / "broken")
    (tmp_path / "broken" / name).unlink()
    with pytest.raises(ProviderFolderError, match=f"providers/broken: {name}"):
        Registry.discover(tmp_path, "nowhere")


def _open(registry: Registry, calls: list[CallRecord], state: MemoryState, key: str = KEY):  # a test's
    return registry.open(
        "acme-mail",
        configuration={"api_key": key},
        environment=Environment.SANDBOX,
        policy=DoorPolicy(),
        on_call=calls.append,
        sandbox_state=state,
    )


def test_the_sandbox_is_metered_like_the_network_and_remembers(registry: Registry) -> None:
    calls: list[CallRecord] = []
    state = MemoryState()
    provider = _open(registry, calls, state)
    provider.identify()
    assert _open(registry, calls, state).identify().detail == "2 "
    assert [(one.host, one.status, one.operation) for one in calls] == [("sandbox", 200, "read account")] * 2
    assert all(one.latency_ms >= 5 for one in calls)
    with pytest.raises(UnexpectedResponse, match="larger"):
        provider._http.request("GET", "/v1/large", operation="look")
    assert provider._http.session().get("https://api.acme.example/v1/account").status_code == 401


def test_a_wrong_key_fails_the_line_with_a_fix_and_skips_what_needs_it(registry: Registry) -> None:
    provider = _open(registry, [], MemoryState(), "acme_sandbox00002")
    with pytest.raises(AuthenticationFailed):
        provider.identify()
    outcomes = [outcome for _, outcome in run_steps(provider.steps("acme-mail-connection", {}))]
    assert [one.status for one in outcomes] == [StepStatus.FAILED, StepStatus.SKIPPED]
    assert outcomes[0].fix == "Copy the key again."
    assert KEY not in repr(provider.connection)


def test_another_base_address_is_used_live_but_not_in_the_sandbox(registry: Registry) -> None:
    for environment, base in (
        (Environment.LIVE, "http://127.0.0.1:4010"),
        (Environment.SANDBOX, "https://api.acme.example"),
    ):
        provider = registry.open(
            "acme-mail",
            configuration={"api_key": KEY},
            environment=environment,
            policy=DoorPolicy(),
            on_call=lambda _record: None,
            api_base_override="http://127.0.0.1:4010",
        )
        assert provider.connection.api_base == base


def test_a_provider_without_a_stand_in_has_no_sandbox(registry: Registry) -> None:
    entry = registry.entry("acme-mail")
    bare = Registry({entry.id: Registered(id=entry.id, provider=entry.provider, sandbox=None, folder=entry.folder)})
    with pytest.raises(InvalidConfiguration, match="no sandbox"):
        _open(bare, [], MemoryState())


def test_every_stand_in_is_served_over_http_with_the_vendors_own_paths(registry: Registry) -> None:
    from werkzeug.test import Client

    client = Client(SandboxApplication(registry))
    good = {"Authorization": f"Bearer {KEY}"}
    assert client.get("/acme-mail/v1/account?q=é", headers=good).get_json()["detail"] == "1 é"
    assert client.get("/acme-mail/v1/account", headers=good).get_json()["detail"] == "2 "
    assert client.get("/acme-mail/v1/account").status_code == 401
    answer = client.get("/nobody/x")
    assert (answer.status_code, answer.get_json()["sandboxes"]) == (404, ["acme-mail"])
