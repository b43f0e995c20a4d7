"""`toolkit up`, as a person starts it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.product import Product, alive, toolkit, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("runtime")]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product(tmp_path_factory.mktemp("product") / "data")
    running.wait_ready()
    yield running
    running.kill()


def test_the_first_start_prints_the_address_and_a_one_time_link(product: Product) -> None:
    wait_for(lambda: "Ready at" in product.output, "the address is printed")
    assert f"Ready at http://127.0.0.1:{product.port}" in product.output
    assert re.search(rf"http://127\.0\.0\.1:{product.port}/setup\?token=[\w-]{{20,}}", product.output)


def test_the_keys_are_for_the_owner_only(product: Product) -> None:
    for name in ("secret_key", "encryption_keys"):
        path = product.folder / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert len(path.read_text().strip()) >= 32
    assert stat.S_IMODE((product.folder / "toolkit.db").stat().st_mode) == 0o600


def test_everything_is_ready_and_the_doctor_agrees(product: Product) -> None:
    assert product.ready()["ready"] is True
    wait_for(lambda: "toolkit_seen_seconds" in product.get("/metrics")[1], "the metrics tell of the worker")
    said = toolkit(product.folder, "doctor", PORT=str(product.port))
    assert said.returncode == 0, said.stdout + said.stderr
    assert "Calls to private addresses are refused" in said.stdout
    assert "The encryption keys fit the data." in said.stdout


def test_requests_are_counted_over_all_processes(product: Product) -> None:
    product.get("/healthz")
    assert re.search(r'toolkit_requests_total\{endpoint="health.alive".*\} [1-9]', product.get("/metrics")[1])


@pytest.mark.parametrize("name", ["toolkit-web", "toolkit-worker", "toolkit-schedul", "valkey-server"])
def test_a_killed_process_comes_back(product: Product, name: str) -> None:
    before = {one.pid for one in product.processes(name)}
    assert before
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: len({one.pid for one in product.processes(name)} - before) >= len(before), f"{name} is back")
    wait_for(lambda: product.get("/readyz")[0] == 200, "ready again")


def test_a_second_one_on_the_same_data_refuses(product: Product) -> None:
    said = toolkit(product.folder, "up", "--port", "1")
    assert said.returncode == 1
    assert f"already running on {product.folder} (process {product.process.pid})" in said.stderr


def test_a_port_in_use_is_said_plainly_and_leaves_no_keys(product: Product, tmp_path: Path) -> None:
    said = toolkit(tmp_path / "other", "up", "--port", str(product.port))
    assert said.returncode == 1
    assert said.stderr.strip() == (
        f"toolkit: Port {product.port} on 127.0.0.1 is in use by another program. "
        "Stop it, or choose another with --port."
    )
    assert not (tmp_path / "other" / "secret_key").exists()


def test_a_backup_of_the_running_product_can_be_restored_elsewhere(product: Product, tmp_path: Path) -> None:
    kept = tmp_path / "kept.tar"
    assert toolkit(product.folder, "backup", str(kept)).returncode == 0
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    there = tmp_path / "there"
    assert toolkit(there, "restore", str(kept)).returncode == 0
    assert (there / "encryption_keys").read_text() == (product.folder / "encryption_keys").read_text()
    assert toolkit(there, "audit", "verify").returncode == 0
    again = toolkit(there, "restore", str(kept))
    assert again.returncode == 1
    assert "--force" in again.stderr


def test_life_and_death_of_a_supervisor(tmp_path: Path) -> None:
    """kill -9 leaves no orphan; a second start is quick; wrong keys refuse; Ctrl-C stops all."""
    folder = tmp_path / ("a long name " * 8) / "data"
    folder.parent.mkdir()
    first = Product(folder)
    try:
        first.wait_ready()
        family = first.processes()
        assert len(family) >= 5
        first.process.kill()
        first.process.wait()
        wait_for(lambda: not any(alive(one) for one in family), "no orphan is left")
    finally:
        first.kill()

    second = Product(folder)
    try:
        second.wait_ready()
        family = second.processes()
        asked = time.monotonic()
        second.process.send_signal(signal.SIGINT)
        assert second.process.wait(timeout=30) == 0
        assert time.monotonic() - asked < 15
        assert not any(alive(one) for one in family)
    finally:
        second.kill()

    right = (folder / "encryption_keys").read_text()
    (folder / "encryption_keys").write_text("another key that is long enough to be one\n")
    refused = toolkit(folder, "up")
    assert refused.returncode == 1
    assert "These are not the keys this database was made with" in refused.stderr
    (folder / "encryption_keys").unlink()
    refused = toolkit(folder, "up")
    assert "holds a database but not its encryption_keys" in refused.stderr
    assert not (folder / "encryption_keys").exists(), "keys are never silently replaced"
    (folder / "encryption_keys").write_text(right)
    refused = toolkit(folder, "up")
    assert "chmod 600" in refused.stderr
    shutil.rmtree(folder)
