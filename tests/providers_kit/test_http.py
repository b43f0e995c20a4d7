"""The door: bounds, retries, what is written down, and what each failure is called."""

from __future__ import annotations

import gzip
import os
import socket
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests

from providers.kit import retries
from providers.kit.contract import RateLimit
from providers.kit.errors import OutcomeUnknown, RateLimited, RefusedByPolicy, Unavailable, UnexpectedResponse
from providers.kit.http import CallRecord, Door, DoorPolicy, Retry, guarded_session, kit_error
from tests.providers_kit.wire import RawServer, reply, send, serving

SECRET = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"


def door(server: RawServer, calls: list[CallRecord] | None = None, **options: Any) -> Door:
    policy = DoorPolicy(allow_hosts=frozenset({("127.0.0.1", server.port)}), **options.pop("policy", {}))
    on_call = (calls if calls is not None else []).append
    return Door(policy, server.url, on_call=on_call, provider_id="acme", account_key="one", **options)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "_jitter", lambda _state: 0.01)


def test_an_answer_says_what_came_back() -> None:
    with serving(reply(headers={"X-Request-Id": "req_1"})) as server:
        answer = door(server, headers={"Authorization": "Bearer x"}).request(
            "get", "/v1/things", operation="list", params={"limit": 2}
        )
    assert (answer.status, answer.json(), answer.request_id) == (200, {"ok": True}, "req_1")
    assert answer.headers["content-length"] == "12"
    assert server.requests[0].startswith(b"GET /v1/things?limit=2 HTTP/1.1\r\n")
    assert b"Accept-Encoding: identity" in server.requests[0]


def test_an_answer_that_is_not_2xx_is_returned_for_the_provider_to_read() -> None:
    with serving(reply("402 Payment Required", b'{"error": "card"}')) as server:
        assert door(server).request("POST", "/", operation="pay", json={"a": 1}).status == 402


def test_an_answer_that_is_no_json_is_unexpected() -> None:
    with serving(reply(body=b"<html>")) as server:
        answer = door(server).request("GET", "/", operation="look")
    with pytest.raises(UnexpectedResponse, match="could not be read"):
        answer.json()


def test_connections_are_kept_for_the_next_call() -> None:
    with serving(reply()) as server:
        one = door(server)
        for _ in range(5):
            one.request("GET", "/", operation="look")
        door(server).request("GET", "/", operation="look")
    assert (server.connections, len(server.requests)) == (1, 6)


def test_a_forked_process_opens_its_own_connections() -> None:
    with serving(reply()) as server:
        one = door(server, rate_limit=RateLimit(requests=10, per_seconds=1))
        one.request("GET", "/", operation="look")
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if one.request("GET", "/", operation="look", timeout=2).ok else 1
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        one.request("GET", "/", operation="look")
    assert (server.connections, len(server.requests)) == (2, 3)


def test_many_threads_share_one_door() -> None:
    with serving(reply()) as server:
        one = door(server)
        with ThreadPoolExecutor(16) as pool:
            statuses = list(pool.map(lambda _: one.request("GET", "/", operation="look").status, range(200)))
    assert statuses == [200] * 200
    assert server.connections <= 16


def test_a_failed_call_does_not_show_a_secret_of_its_address() -> None:
    def script(connection: socket.socket, _number: int, _head: bytes) -> None:
        connection.shutdown(socket.SHUT_RDWR)

    with serving(script) as server, pytest.raises(Unavailable) as error:
        door(server, secrets=["live-value-1"]).request(
            "GET", "/live-value-1", operation="look", params={"api_key": "abcdef123"}
        )
    text = "".join(traceback.format_exception(error.value)) + error.value.detail
    assert "abcdef123" not in text.replace('"abcdef123"', "")
    assert "live-value-1" not in error.value.detail


def test_every_attempt_is_written_down_without_query_or_secret() -> None:
    calls: list[CallRecord] = []

    def script(connection: socket.socket, number: int, _head: bytes) -> None:
        send(connection, "503 Service Unavailable" if number == 1 else "200 OK", b"{}")

    with serving(script) as server:
        door(server, calls, headers={"Authorization": f"Bearer {SECRET}"}, secrets=[SECRET]).request(
            "GET", "/v1/x", operation="list things", params={"api_key": SECRET}
        )
    assert [(one.attempt, one.status, one.ok, one.error_category) for one in calls] == [
        (1, 503, False, "unavailable"),
        (2, 200, True, ""),
    ]
    assert calls[0].operation == "list things"
    assert calls[0].host == "127.0.0.1"
    assert calls[1].bytes_in == 2
    assert calls[1].latency_ms > 0
    assert SECRET not in repr(calls)


def test_a_read_is_repeated_but_a_write_is_not() -> None:
    with serving(reply("503 Service Unavailable")) as server:
        assert door(server).request("POST", "/", operation="make", json={}).status == 503
        assert len(server.requests) == 1
        assert door(server).request("GET", "/", operation="look").status == 503
        assert len(server.requests) == 1 + retries.MAX_ATTEMPTS


@pytest.mark.parametrize(
    ("options", "times"),
    [
        ({"idempotency_key": "k1"}, retries.MAX_ATTEMPTS),
        ({"retry": Retry.SAFE}, retries.MAX_ATTEMPTS),
        ({"idempotency_key": "k1", "retry": Retry.NONE}, 1),
        ({"idempotency_key": "k1", "expect": (503,)}, 1),
    ],
)
def test_a_write_is_repeated_only_where_that_is_harmless(options: dict[str, Any], times: int) -> None:
    with serving(reply("503 Service Unavailable")) as server:
        door(server).request("POST", "/", operation="make", json={}, **options)
    assert len(server.requests) == times
    if "idempotency_key" in options:
        assert all(b"Idempotency-Key: k1" in one for one in server.requests)


def test_a_client_error_is_never_repeated() -> None:
    with serving(reply("404 Not Found")) as server:
        door(server).request("GET", "/", operation="look")
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", ["seconds", "date"])
def test_retry_after_is_waited_for(kind: str) -> None:
    def script(connection: socket.socket, number: int, _head: bytes) -> None:
        moment = datetime.now(UTC) + timedelta(seconds=2)
        value = "1" if kind == "seconds" else format_datetime(moment, usegmt=True)
        send(connection, *(("429 Slow", b"", {"Retry-After": value}) if number == 1 else ("200 OK", b"{}")))

    began = time.monotonic()
    with serving(script) as server:
        assert door(server).request("GET", "/", operation="look").status == 200
    assert 0.9 < time.monotonic() - began < 3


def test_too_many_calls_is_said_with_the_time_to_wait_and_the_vendors_words() -> None:
    with serving(reply("429 Slow", b'{"name": "daily_quota"}', {"Retry-After": "3600"})) as server:
        with pytest.raises(RateLimited) as error:
            door(server).request("GET", "/", operation="look")
        assert door(server).request("GET", "/", operation="look", expect=(429,)).status == 429
    assert error.value.retry_after == 3600
    assert error.value.answer.json() == {"name": "daily_quota"}
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("value", "seconds"), [("7", 7.0), ("0.5", 0.5), ("soon", None), ("", None), ("-3", None), ("9" * 40, None)]
)
def test_retry_after_is_read_or_left_out(value: str, seconds: float | None) -> None:
    assert retries.retry_after({"Retry-After": value}) == seconds


def test_a_write_without_an_answer_has_an_unknown_outcome() -> None:
    def script(connection: socket.socket, _number: int, _head: bytes) -> None:
        connection.shutdown(socket.SHUT_RDWR)

    with serving(script) as server:
        with pytest.raises(OutcomeUnknown, match="may have been done"):
            door(server).request("POST", "/", operation="pay", json={})
        assert len(server.requests) == 1
        with pytest.raises(Unavailable):
            door(server).request("POST", "/", operation="pay", json={}, idempotency_key="k")
        with pytest.raises(Unavailable):
            door(server).request("GET", "/", operation="look")


def test_a_write_that_never_left_is_only_unavailable() -> None:
    with serving(reply()) as server:
        port = server.port
    policy = DoorPolicy(allow_hosts=frozenset({("127.0.0.1", port)}))
    with pytest.raises(Unavailable) as error:
        Door(policy, f"http://127.0.0.1:{port}").request("POST", "/", operation="pay", json={})
    assert not isinstance(error.value, OutcomeUnknown)


def test_a_slow_drip_is_cut_off_by_the_total_time() -> None:
    def script(connection: socket.socket, _number: int, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.1)

    began = time.monotonic()
    calls: list[CallRecord] = []
    with serving(script) as server, pytest.raises(Unavailable, match="in time"):
        door(server, calls).request("GET", "/", operation="look", timeout=0.6)
    assert time.monotonic() - began < 1.5
    assert calls[0].error_category == "unavailable"


def test_a_drip_of_headers_is_cut_off_too() -> None:
    def script(connection: socket.socket, _number: int, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nX-Slow: ")
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.1)

    began = time.monotonic()
    with serving(script) as server, pytest.raises(OutcomeUnknown, match="no answer"):
        door(server).request("POST", "/", operation="pay", timeout=0.6)
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("declared", [True, False])
def test_an_answer_larger_than_the_limit_is_refused(declared: bool) -> None:
    def script(connection: socket.socket, _number: int, _head: bytes) -> None:
        length = b"Content-Length: 3000000\r\n" if declared else b"Connection: close\r\n"
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n")
        for _ in range(30):
            connection.sendall(b"x" * 100_000)
        if not declared:
            connection.shutdown(socket.SHUT_RDWR)

    with serving(script) as server:
        with pytest.raises(UnexpectedResponse, match="larger"):
            door(server).request("GET", "/", operation="look")
        answer = door(server).request("GET", "/", operation="look", max_bytes=4_000_000)
        assert len(answer.content) == 3_000_000


def test_a_compressed_answer_is_refused_unread() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    answer = reply(body=bomb, headers={"Content-Encoding": "gzip"})
    with serving(answer) as server, pytest.raises(UnexpectedResponse, match="compressed"):
        door(server).request("GET", "/", operation="look")


def test_redirects_are_not_followed_unless_asked() -> None:
    with serving(reply("302 Found", headers={"Location": "http://127.0.0.1/"})) as server:
        assert door(server).request("GET", "/", operation="look").status == 302
        assert door(server).request("POST", "/", operation="make", follow_redirects=True).status == 302


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/", "http://127.0.0.1:1/", "//10.0.0.1/", "file:///etc/passwd"]
)
def test_a_redirect_to_a_private_address_is_refused(location: str) -> None:
    with serving(reply("302 Found", headers={"Location": location})) as server, pytest.raises(RefusedByPolicy):
        door(server).request("GET", "/", operation="look", follow_redirects=True)


def test_a_redirect_keeps_credentials_only_on_the_same_host() -> None:
    with serving(reply()) as other:

        def script(connection: socket.socket, number: int, _head: bytes) -> None:
            location = "/second" if number == 1 else f"{other.url}/third"
            send(connection, "302 Found", b"", {"Location": location})

        with serving(script) as server:
            policy = DoorPolicy(allow_hosts=frozenset({("127.0.0.1", server.port), ("127.0.0.1", other.port)}))
            one = Door(policy, server.url, headers={"Authorization": "Bearer x", "X-Api-Key": "y"})
            assert one.request("GET", "/", operation="look", follow_redirects=True).status == 200
    assert b"Authorization" in server.requests[1]
    assert b"Authorization" not in other.requests[0]
    assert b"X-Api-Key" not in other.requests[0]


def test_redirects_in_a_circle_end() -> None:
    answer = reply("302 Found", headers={"Location": "/again"})
    with serving(answer) as server, pytest.raises(UnexpectedResponse, match="too many times"):
        door(server).request("GET", "/", operation="look", follow_redirects=True)
    assert len(server.requests) == 4


def test_the_doors_credentials_are_not_given_to_another_host() -> None:
    with serving(reply()) as server, serving(reply()) as other:
        policy = DoorPolicy(allow_hosts=frozenset({("127.0.0.1", server.port), ("127.0.0.1", other.port)}))
        one = Door(policy, server.url, headers={"Authorization": "Bearer x"})
        one.request("GET", f"{other.url}/next", operation="look")
        one.request("GET", f"{server.url}/next", operation="look")
    assert b"Authorization" not in other.requests[0]
    assert b"Authorization" in server.requests[0]


def test_a_key_with_a_line_break_is_refused_without_showing_it() -> None:
    with serving(reply()) as server:
        for key in (f"{SECRET}\r\nX-Evil: 1", "ключ-secret"):
            with pytest.raises(RefusedByPolicy) as error:
                door(server, headers={"Authorization": f"Bearer {key}"}).request("GET", "/", operation="look")
            assert key not in str(error.value) + error.value.detail
    assert server.requests == []


def test_our_own_ceiling_holds_for_all_doors_of_an_account() -> None:
    limit = RateLimit(requests=2, per_seconds=0.4)
    with serving(reply()) as server:
        began = time.monotonic()
        for _ in range(4):
            door(server, rate_limit=limit).request("GET", "/", operation="look")
        assert time.monotonic() - began > 0.35
        slow = RateLimit(requests=1, per_seconds=3600)
        door(server, rate_limit=slow).request("GET", "/", operation="look")
        with pytest.raises(RateLimited) as error:
            door(server, rate_limit=slow).request("GET", "/", operation="look")
    assert error.value.retry_after is not None
    assert error.value.retry_after > 60


def test_environment_proxies_and_netrc_are_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password netrc-secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(reply()) as server:
        assert door(server).request("GET", "/", operation="look").ok
        assert door(server).session().get(f"{server.url}/").ok
    assert all(b"Authorization" not in one for one in server.requests)


def test_an_sdks_session_goes_through_the_same_door() -> None:
    calls: list[CallRecord] = []

    def script(connection: socket.socket, number: int, _head: bytes) -> None:
        if number == 1:
            return send(connection, "503 Service Unavailable")
        return send(connection, "302 Found", b"moved", {"Location": "http://10.0.0.1/", "Set-Cookie": "a=b"})

    with serving(script) as server:
        session = door(server, calls).session()
        response = session.get(f"{server.url}/v1/charges/ch_123?x=1", stream=True, verify=False)
        with pytest.raises(RefusedByPolicy):
            session.get("http://169.254.169.254/latest")
        server.close()
        with pytest.raises(Unavailable):
            session.post(f"{server.url}/v1/charges", data={"a": 1})
    assert (response.status_code, response.raw.read(), len(session.cookies)) == (302, b"moved", 0)
    assert [one.attempt for one in calls[:2]] == [1, 2]
    assert calls[0].operation == "GET /v1/charges/:id"


def test_a_guarded_session_for_an_oauth_client_is_metered_too() -> None:
    calls: list[CallRecord] = []
    with serving(reply()) as server:
        policy = DoorPolicy(allow_hosts=frozenset({("127.0.0.1", server.port)}))
        assert guarded_session(policy, calls.append, provider_id="acme").get(f"{server.url}/token").json()
    assert calls[0].provider_id == "acme"


def test_the_kits_error_is_found_inside_an_sdks() -> None:
    inner, outer = Unavailable("gone"), requests.ConnectionError("sdk")
    outer.__cause__ = inner
    assert kit_error(outer) is inner
    assert kit_error(ValueError("x")) is None


def test_a_certificate_of_nobody_we_know_is_named_as_such(tmp_path: Any) -> None:
    import ssl
    import threading

    certificate, key = _self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
                with context.wrap_socket(connection, server_side=True) as secure:
                    secure.recv(65536)
                    secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            except ssl.SSLError:
                continue
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    port = listener.getsockname()[1]
    allowed = frozenset({("127.0.0.1", port), ("localhost", port)})
    with pytest.raises(Unavailable, match="certificate") as error:
        Door(DoorPolicy(allow_hosts=allowed), f"https://localhost:{port}").request("POST", "/", operation="look")
    assert error.value.code == "certificate"
    trusting = DoorPolicy(allow_hosts=allowed, ca_bundle=str(certificate))
    assert Door(trusting, f"https://localhost:{port}").request("GET", "/", operation="look").status == 200
    with pytest.raises(Unavailable, match="certificate"):
        Door(trusting, f"https://127.0.0.1:{port}").request("GET", "/", operation="look")
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def _self_signed(folder: Any) -> tuple[Any, Any]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"
