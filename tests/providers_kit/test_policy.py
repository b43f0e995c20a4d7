"""Where the door goes and where it does not: by text, by resolved address, by connected peer."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.kit import guard
from providers.kit.errors import RefusedByPolicy, Unavailable
from providers.kit.http import Door, DoorPolicy
from providers.kit.policy import check_url, is_public

POLICY = DoorPolicy()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://0x7f.0.0.1/",
        "http://0x7f000001/",
        "http://127.0.0.0x1/",
        "http://10.0.0.1/",
        "http://172.16.9.9/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.100.100.200/",
        "http://168.63.129.16/",
        "http://192.88.99.1/",
        "http://0.0.0.0/",
        "http://255.255.255.255/",
        "http://224.0.0.1/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:db8::1]/",
        "http://[3fff::1]/",
        "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fc00::1]/",
        "http://[fec0::1]/",
        "http://localhost/",
        "http://LOCALHOST/",
        "http://localhost./",
        "http://app.localhost/",
        "http://printer.local/",
        "http://metadata.google.internal/",
        "http://redis/",
        "http://example.com:6379/",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://user:pass@example.com/",
        "http://example.com@127.0.0.1/",
        "http://example.com\\@127.0.0.1/",
        "http://127.0.0.1#@example.com/",
        "http://exam ple.com/",
        "http://example.com/a b",
        "http://example.com/\r\nHost: evil",
        "http://exämple.com/",
        "http://①②⑦.0.0.1/",
        "http://127。0。0。1/",
        "http://%31%32%37.0.0.1/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:alert(1)",
        "//example.com/",
        "example.com",
        "http://",
        "http:///x",
        "http://-bad.example/",
        "http://a..b.example/",
        "https://" + "a" * 64 + ".example/",
        "",
    ],
)
def test_an_address_that_could_lead_inside_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(RefusedByPolicy) as refusal:
        check_url(url, POLICY)
    assert "Nothing was sent" in str(refusal.value)
    assert refusal.value.fix


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/v1/things?x=1&y=%20z#part",
        "http://example.com",
        "https://xn--exmple-cua.com/",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
        "https://api.example.com:443/users/me@example.com",
    ],
)
def test_a_public_address_passes_the_syntax_gate(url: str) -> None:
    assert check_url(url, POLICY).port in (80, 443)


def test_a_saved_custom_address_must_be_encrypted() -> None:
    with pytest.raises(RefusedByPolicy, match="https://"):
        check_url("http://example.com/", DoorPolicy(https_only=True))


@given(st.text(max_size=60))
def test_no_text_makes_the_gate_fail_in_another_way(text: str) -> None:
    for url in (text, "http://" + text, "https://" + text + "/"):
        try:
            check_url(url, POLICY)
        except RefusedByPolicy:
            continue


@given(st.ip_addresses(v=4))
def test_every_range_that_python_calls_private_is_refused(address: ipaddress.IPv4Address) -> None:
    if address.is_private or address.is_multicast or address.is_reserved or address.is_link_local:
        assert not is_public(address)


def _resolves_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def answer(host: str, port: int, **_rest: Any) -> list[Any]:
        return [
            (
                socket.AF_INET6 if ":" in one else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (one, port, 0, 0) if ":" in one else (one, port),
            )
            for one in addresses
        ]

    monkeypatch.setattr(guard.socket, "getaddrinfo", answer)


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("10.1.2.3",),
        ("93.184.216.34", "127.0.0.1"),
        ("93.184.216.34", "::1"),
        ("::ffff:10.0.0.1",),
        ("169.254.169.254",),
        ("64:ff9b::a00:1",),
    ],
)
def test_a_name_is_refused_if_any_of_its_addresses_is_private(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    _resolves_to(monkeypatch, *addresses)
    with pytest.raises(RefusedByPolicy, match="private network") as refusal:
        Door(POLICY, "https://rebind.example").request("GET", "/", operation="look")
    assert not any(one in str(refusal.value) + refusal.value.detail for one in addresses)


def test_the_name_is_resolved_once_so_that_rebinding_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def answer(host: str, port: int, **rest: Any) -> Any:
        asked.append(host)
        return real("192.0.2.1" if len(asked) == 1 else "127.0.0.1", port, **rest)

    monkeypatch.setattr(guard.socket, "getaddrinfo", answer)
    with pytest.raises(RefusedByPolicy):
        Door(POLICY, "http://rebind.example").request("POST", "/", operation="look")
    assert asked == ["rebind.example"]


def test_the_connected_peer_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolves_to(monkeypatch, "93.184.216.34")

    class Elsewhere(socket.socket):
        def connect(self, _address: Any) -> None:
            """Pretends: something between us and the address answered in its place."""

        def getpeername(self) -> Any:
            return ("127.0.0.1", 80)

    monkeypatch.setattr(guard.socket, "socket", Elsewhere)
    with pytest.raises(RefusedByPolicy):
        guard.open_socket("fine.example", 80, POLICY, 1.0)


def test_a_name_that_does_not_exist_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(*_args: Any, **_rest: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(guard.socket, "getaddrinfo", answer)
    with pytest.raises(Unavailable, match="name was not found"):
        Door(POLICY, "https://nowhere.example").request("GET", "/", operation="look")


def test_the_operator_can_carve_out_a_host_and_port_or_a_network() -> None:
    policy = DoorPolicy.from_egress_allow("mock.internal:4010, 127.0.0.0/8,[::1]:8080")
    assert check_url("http://mock.internal:4010/", policy).port == 4010
    assert check_url("http://127.0.0.1:9999/", policy).port == 9999
    assert check_url("http://[::1]:8080/", policy).host == "::1"
    for url in ("http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/"):
        with pytest.raises(RefusedByPolicy):
            check_url(url, policy)


def test_a_carved_out_network_lets_a_local_name_in_only_when_it_lies_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = DoorPolicy.from_egress_allow("127.0.0.0/8")
    for private in ("10.0.0.9", "93.184.216.34"):
        _resolves_to(monkeypatch, private)
        with pytest.raises(RefusedByPolicy):
            guard.open_socket("mock", 4010, policy, 1.0)
    _resolves_to(monkeypatch, "93.184.216.34")
    with pytest.raises(RefusedByPolicy):
        guard.open_socket("public.example", 6379, policy, 1.0)


@pytest.mark.parametrize("text", ["localhost", "10.0.0.0/99", "a b:80", "host:0", "host:70000", "10.0.0.1/8"])
def test_a_wrong_carve_out_is_refused_at_start(text: str) -> None:
    with pytest.raises(ValueError, match="EGRESS_ALLOW"):
        DoorPolicy.from_egress_allow(text)
