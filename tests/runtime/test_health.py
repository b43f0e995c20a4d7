"""/healthz, /readyz, /metrics and the doctor's checks, without the whole product around them."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.conftest import settings_for
from webapp import create_app
from webapp.core.clock import now
from webapp.core.crypto import Keyring
from webapp.extensions import db
from webapp.health import checks, service, surroundings
from webapp.instances.models import Instance
from webapp.runtime.preparation import check_keys
from webapp.webhooks.models import WebhookEvent
from webapp.workspaces.models import Workspace


def test_without_a_queue_pages_answer_and_readyz_says_what_is_wrong(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/healthz").text == "alive\n"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    said = {one["name"]: one for one in answer.json["checks"]}
    assert said["database"]["ok"] is True
    assert said["queue"]["ok"] is False
    assert "deliveries are stored" in said["queue"]["says"]
    assert said["worker"]["fix"] == "Mend the queue first."


def test_metrics_are_prometheus_text_even_without_a_queue(app: Flask) -> None:
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    assert "toolkit_queue_up 0.0" in answer.text
    assert 'toolkit_backlog{kind="webhooks"} 0.0' in answer.text


def test_every_wrong_finding_says_what_to_do(app: Flask) -> None:
    with app.app_context():
        found = service.findings()
    assert [one.name for one in found if not one.ok and not one.fix] == []
    assert {"queue", "worker", "scheduler", "public address"} <= {one.name for one in found if not one.ok}
    assert {"database", "schema", "writable", "keys", "outbound guard"} <= {one.name for one in found if one.ok}


def test_wrong_keys_are_found_and_named(app: Flask, workspace: Workspace) -> None:
    with app.app_context():
        check_keys(app)
        app.extensions["keyring"] = Keyring(["another key, which is long enough to be one"])
        finding = checks.keys(app.config["SETTINGS"])
    assert not finding.ok
    assert "is not among ENCRYPTION_KEYS" in finding.says


def test_a_database_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    app = create_app(settings_for(tmp_path, database_url=f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}"))
    with app.app_context():
        found = {one.name: one for one in service.readiness()}
        db.engine.dispose()
    assert not found["database"].ok
    assert "DATA_DIR" in found["database"].fix or "belongs to the user" in found["database"].fix


def test_key_files_that_others_can_read_are_a_finding(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    file = settings.data_dir / "encryption_keys"
    file.write_text("a key")
    file.chmod(0o640)
    assert not checks.key_files(settings).ok
    file.chmod(0o600)
    assert checks.key_files(settings).ok


@pytest.mark.parametrize(
    ("seconds", "words"),
    [((-120,), "our clock is behind"), ((900, 901, 902, 903, 904), "may be ahead"), ((1, 900), "")],
)
def test_the_clock_is_held_against_the_vendors(
    app: Flask, session: Session, workspace: Workspace, seconds: tuple[int, ...], words: str
) -> None:
    instance = Instance(workspace_id=workspace.id, provider_id="any", name="Any")
    session.add(instance)
    session.flush()
    for number, delay in enumerate(seconds):
        session.add(
            WebhookEvent(
                id=f"evt_{number}",
                workspace_id=workspace.id,
                instance_id=instance.id,
                provider_id="any",
                external_id=str(number),
                body=b"",
                received_at=now(),
                created_at=now() - timedelta(seconds=delay),
            )
        )
    session.commit()
    finding = surroundings.clock(app.config["SETTINGS"])
    assert finding.ok is (words == "")
    assert words in finding.says


def test_a_network_carved_out_too_widely_is_a_finding(tmp_path: Path) -> None:
    assert not checks.outbound_guard(settings_for(tmp_path, egress_allow=("169.254.0.0/16",))).ok
    assert checks.outbound_guard(settings_for(tmp_path, egress_allow=("127.0.0.1:4010",))).ok


def test_a_check_that_breaks_is_a_finding(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_settings: object) -> checks.Finding:
        raise RuntimeError("no")

    monkeypatch.setattr(service, "ALL", (broken,))
    with app.app_context():
        (finding,) = service.findings()
    assert not finding.ok
    assert "RuntimeError" in finding.says


def test_metrics_folders_are_only_used_when_asked_for() -> None:
    assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ
