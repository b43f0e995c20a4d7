"""kill -9 of web, worker, Valkey and the supervisor during a load: nothing acknowledged is lost or applied twice."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
import requests

from tests.e2e.conftest import EMAIL, create_person
from tests.runtime.product import Product, toolkit, wait_for
from tests.webapp.webhooks.test_kill import SECRET, Senders

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("processes")]
SCOPES = ("integrations:read", "integrations:write")
VICTIMS = ("toolkit-web", "toolkit-worker", "valkey-server", "toolkit-web", "toolkit-worker", "valkey-server")


def connected(hub: Product) -> tuple[str, str]:
    """(id, path of the delivery address) of a connection that proves deliveries with SECRET."""
    create_person(hub.folder, email=EMAIL, workspace="Northwind")
    words = [word for scope in SCOPES for word in ("--scope", scope)]
    token = toolkit(
        hub.folder, "tokens", "create", "--email", EMAIL, "--workspace", "northwind", *words
    ).stdout.strip()
    answer = requests.post(
        f"http://127.0.0.1:{hub.port}/api/integrations",
        json={
            "providerId": "stripe",
            "name": "Under fire",
            "environment": "sandbox",
            "configuration": {"STRIPE_SECRET_KEY": "sk_test_Sandbox", "STRIPE_WEBHOOK_SECRET": SECRET},
        },
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    assert answer.status_code == 201, answer.text
    instance = answer.json()["instance"]
    return instance["id"], "/webhooks/" + instance["webhookUrl"].split("/webhooks/")[1]


def ledger(hub: Product, instance_id: str) -> Counter[str]:
    """External id → how many times its effect was applied."""
    listed = toolkit(hub.folder, "events", "list", "--instance", instance_id, "--effects")
    assert listed.returncode == 0, listed.stderr
    rows = (line.split("\t") for line in listed.stdout.splitlines())
    return Counter({external_id: int(times) for external_id, times in rows})


def kill_one(hub: Product, name: str) -> None:
    for process in hub.processes(name)[:1]:
        os.kill(process.pid, signal.SIGKILL)


def test_nothing_acknowledged_is_lost_whatever_is_killed(tmp_path: Path) -> None:
    hub = Product(tmp_path / "data")
    acknowledged: set[str] = set()
    try:
        hub.wait_ready()
        instance_id, path = connected(hub)
        with Senders(hub.port, path) as senders:
            for victim in VICTIMS:
                time.sleep(1)
                kill_one(hub, victim)
            wait_for(lambda: len(senders.acknowledged) > 100, "the senders are heard again")
            os.kill(hub.process.pid, signal.SIGKILL)
        acknowledged |= senders.acknowledged
        hub.process.wait()
        wait_for(lambda: hub.get("/healthz")[0] == 0, "the orphans are gone")
        hub = Product(hub.folder)
        hub.wait_ready()
        wait_for(lambda: acknowledged <= set(+ledger(hub, instance_id)), "every acknowledged event is applied", 150)
        found = ledger(hub, instance_id)
    finally:
        hub.kill()
    assert len(acknowledged) > 100
    assert {external_id for external_id in acknowledged if found[external_id] != 1} == set()
    assert {external_id for external_id, times in found.items() if times > 1} == set()
