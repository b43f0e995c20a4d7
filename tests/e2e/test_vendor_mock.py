"""The whole product against servers nobody here wrote: they answer from the vendors' descriptions, and refuse
whatever does not fit them."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.conftest import EMAIL, create_person
from tests.runtime.product import Product, free_port, toolkit, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("processes")]


def opens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def vendors() -> Iterator[dict[str, int]]:
    from tests.conftest import VENDOR_DATA

    if not VENDOR_DATA.is_dir():
        pytest.skip(f"VENDOR_DATA ({VENDOR_DATA}) is not there")
    ports = {"stripe": free_port(), "resend": free_port()}
    tool = VENDOR_DATA / "tools" / "contract_check.py"
    servers = [
        subprocess.Popen(
            [sys.executable, str(tool), "--serve", str(port), str(VENDOR_DATA / "specs" / f"{name}.json")]
        )
        for name, port in ports.items()
    ]
    try:
        for port in ports.values():
            wait_for(lambda port=port: opens(port), "the vendor's mock")
        yield ports
    finally:
        for server in servers:
            server.kill()
            server.wait()


@pytest.fixture(scope="module")
def hub(vendors: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product(
        tmp_path_factory.mktemp("mock") / "data",
        STRIPE_API_BASE=f"http://127.0.0.1:{vendors['stripe']}",
        RESEND_API_BASE=f"http://127.0.0.1:{vendors['resend']}",
        EGRESS_ALLOW=",".join(f"127.0.0.1:{port}" for port in vendors.values()),
    )
    try:
        running.wait_ready()
        create_person(running.folder, email=EMAIL, workspace="Northwind")
        yield running
    finally:
        running.kill()


@pytest.fixture(scope="module")
def program(hub: Product) -> requests.Session:
    scopes = ["integrations:read", "integrations:write", "tests:run", "analytics:read", "events:read"]
    words = [word for scope in scopes for word in ("--scope", scope)]
    made = toolkit(hub.folder, "tokens", "create", "--email", EMAIL, "--workspace", "northwind", *words)
    assert made.returncode == 0, made.stderr
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {made.stdout.strip()}"
    session.headers["Prefer"] = "wait=20"
    return session


def call(hub: Product, program: requests.Session, method: str, path: str, **body: Any) -> tuple[int, Any]:
    answer = program.request(method, f"http://127.0.0.1:{hub.port}{path}", json=body or None, timeout=40)
    return answer.status_code, answer.json()


CONFIGURATIONS = {
    "stripe": {"STRIPE_SECRET_KEY": "sk_test_51ContractContractContract"},
    "resend": {"RESEND_API_KEY": "re_Contract_ContractContractContract", "RESEND_FROM": "hub@example.com"},
}


@pytest.mark.parametrize("provider_id", list(CONFIGURATIONS))
def test_a_connection_and_its_test_break_no_rule_of_the_vendor(
    provider_id: str, hub: Product, program: requests.Session
) -> None:
    status, made = call(
        hub, program, "POST", "/api/integrations",
        providerId=provider_id, name="Against the description", configuration=CONFIGURATIONS[provider_id],
    )  # fmt: skip
    assert status == 201, made
    instance_id = made["instance"]["id"]
    status, run = call(
        hub, program, "POST", "/api/integrations/test", testId=f"{provider_id}-connection", instanceId=instance_id
    )
    assert status == 200, run
    failed = {step["name"]: step["message"] for step in run["test"]["steps"] if step["status"] == "failed"}
    assert (run["test"]["status"], failed) == ("passed", {})
    _, figures = call(hub, program, "GET", f"/api/integrations/analytics?instanceId={instance_id}")
    assert figures["analytics"]["usage"]["apiCalls"] >= 2
    assert figures["analytics"]["errors"]["total"] == 0


def test_an_email_is_sent_as_the_vendor_wants_it(hub: Product, program: requests.Session) -> None:
    status, run = call(
        hub, program, "POST", "/api/integrations/test",
        testId="resend-send",
        configuration=CONFIGURATIONS["resend"] | {"to": "user@example.com", "subject": "Test", "text": "Hello"},
    )  # fmt: skip
    assert status == 200, run
    assert run["test"]["status"] == "passed", run


def test_nothing_was_kept_in_the_clear(hub: Product, program: requests.Session) -> None:
    secrets = [value.encode() for configuration in CONFIGURATIONS.values() for value in configuration.values()]
    secrets = [secret for secret in secrets if b"@" not in secret]
    files: list[Path] = [path for path in hub.folder.rglob("*") if path.is_file()]
    files.append(hub.log)
    leaks = [path.name for path in files for secret in secrets if secret in path.read_bytes()]
    assert leaks == []
