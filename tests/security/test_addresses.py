"""The door out against every way to write or reach an address that is not everybody's."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from providers.kit import guard
from providers.kit.errors import ProviderError, RefusedByPolicy, Unavailable, UnexpectedResponse
from providers.kit.http import Door, DoorPolicy
from providers.kit.policy import check_address, check_url
from tests.providers_kit.wire import reply, send, serving

V4 = {
    "this network": "0.0.0.0",
    "private 10": "10.1.2.3",
    "shared (CGNAT)": "100.64.0.1",
    "metadata in CGNAT": "100.100.100.200",
    "loopback": "127.0.0.1",
    "loopback elsewhere": "127.8.9.10",
    "link-local": "169.254.1.1",
    "metadata": "169.254.169.254",
    "metadata of containers": "169.254.170.2",
    "private 172": "172.16.0.1",
    "private 172, last": "172.31.255.255",
    "protocol assignments": "192.0.0.8",
    "metadata in assignments": "192.0.0.192",
    "documentation 1": "192.0.2.1",
    "AS112": "192.31.196.1",
    "AMT": "192.52.193.1",
    "6to4 relay": "192.88.99.1",
    "private 192": "192.168.0.1",
    "direct delegation AS112": "192.175.48.1",
    "benchmarking": "198.18.0.1",
    "benchmarking, last": "198.19.255.255",
    "documentation 2": "198.51.100.1",
    "documentation 3": "203.0.113.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "a cloud's agent": "168.63.129.16",
}
V6 = {
    "unspecified": "::",
    "loopback": "::1",
    "compatible": "::127.0.0.1",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped metadata": "::ffff:169.254.169.254",
    "mapped, in hexadecimal": "::ffff:a9fe:a9fe",
    "translated (SIIT)": "::ffff:0:127.0.0.1",
    "NAT64": "64:ff9b::7f00:1",
    "NAT64 of metadata": "64:ff9b::169.254.169.254",
    "local NAT64": "64:ff9b:1::a00:1",
    "discard only": "100::1",
    "6to4 of loopback": "2002:7f00:1::",
    "6to4 of private": "2002:c0a8:1::1",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "ORCHID": "2001:10::1",
    "ORCHIDv2": "2001:20::1",
    "documentation": "2001:db8::1",
    "new documentation": "3fff::1",
    "AS112": "2620:4f:8000::1",
    "segment routing": "5f00::1",
    "unique local": "fc00::1",
    "unique local, usual": "fd12:3456:789a::1",
    "metadata over IPv6": "fd00:ec2::254",
    "link-local": "fe80::1",
    "site-local": "fec0::1",
    "multicast": "ff02::1",
    "multicast, global": "ff0e::1",
    "outside global unicast": "4000::1",
}


def spellings(address: str) -> Iterator[tuple[str, str]]:
    """How one IPv4 address can be written for one of the many programs that read addresses kindly."""
    a, b, c, d = (int(part) for part in address.split("."))
    number = int(ipaddress.IPv4Address(address))
    yield "decimal", str(number)
    yield "hexadecimal", hex(number)
    yield "hexadecimal, capital", hex(number).upper()
    yield "octal", f"0{number:o}"
    yield "octal parts", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}"
    yield "octal with many noughts", f"000{a:o}.{b}.{c}.{d}"
    yield "hexadecimal parts", ".".join(hex(part) for part in (a, b, c, d))
    yield "mixed parts", f"{a}.{hex(b)}.0{c:o}.{d}"
    yield "two parts", f"{a}.{(b << 16) + (c << 8) + d}"
    yield "three parts", f"{a}.{b}.{(c << 8) + d}"
    yield "last part in hexadecimal", f"{a}.{b}.{c}.{hex(d)}"
    yield "trailing dot", f"{address}."
    yield "leading noughts", f"{a:03}.{b:03}.{c:03}.{d:03}" if max(a, b, c, d) < 100 else f"0{a}.{b}.{c}.{d}"
    yield "too large by 2^32", str(number + 2**32)
    yield "full-width digits", "".join(chr(ord(one) + 0xFEE0) if one.isdigit() else one for one in address)
    yield "circled digit", address.replace("1", "①").replace("2", "②")
    yield "ideographic dots", address.replace(".", "。")
    yield "half-width dots", address.replace(".", "｡")
    yield "percent-encoded", "".join(f"%{ord(one):02x}" for one in address)
    yield "percent-encoded dots", address.replace(".", "%2e")
    yield "soft hyphen", f"{address[:1]}\u00ad{address[1:]}"
    yield "zero-width space", f"{address[:1]}\u200b{address[1:]}"
    yield "mapped", f"[::ffff:{address}]"
    yield "mapped in full", f"[0:0:0:0:0:ffff:{number >> 16:x}:{number & 0xFFFF:x}]"
    yield "compatible", f"[::{number >> 16:x}:{number & 0xFFFF:x}]"
    yield "NAT64", f"[64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}]"
    yield "6to4", f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]"
    yield "behind a user name", f"example.com@{address}"
    yield "behind a user name and password", f"example.com:443@{address}"
    yield "in brackets", f"[{address}]"
    yield "with a backslash", f"example.com\\@{address}"
    yield "behind an encoded at", f"example.com%40{address}"
    yield "with a tab", f"{address}\t"
    yield "with a line break", f"{address}\r\nx"
    yield "with a nought", f"{address}\x00.example.com"


CASES = [
    *(pytest.param(address, id=f"v4 {name}") for name, address in V4.items()),
    *(pytest.param(f"[{address}]", id=f"v6 {name}") for name, address in V6.items()),
    *(
        pytest.param(written, id=f"{name} as {how}")
        for name, address in V4.items()
        if name in ("loopback", "private 10", "metadata", "this network")
        for how, written in spellings(address)
    ),
    *(
        pytest.param(written, id=f"zone {number}")
        for number, written in enumerate(
            ("[fe80::1%eth0]", "[fe80::1%25eth0]", "[::1%lo]", "[2606:4700::1%1]", "[fe80::1%25]")
        )
    ),
]
POLICY = DoorPolicy(connect_seconds=1)


@pytest.fixture
def never_connected(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """No socket is connected to anything, whatever the resolver says."""
    tried: list[Any] = []

    class Watched(socket.socket):
        def connect(self, address: Any) -> None:
            tried.append(address)
            raise OSError("a connection was tried")

    monkeypatch.setattr(guard.socket, "socket", Watched)
    yield tried
    assert tried == []


@pytest.mark.parametrize("host", CASES)
@pytest.mark.parametrize("port", ["", ":80", ":443"])
def test_no_way_to_write_it_leads_to_an_address_that_is_not_everybodys(
    never_connected: list[Any], host: str, port: str
) -> None:
    for scheme in ("http", "https"):
        with pytest.raises(RefusedByPolicy) as refusal:
            Door(POLICY, "https://api.example.com").request("GET", f"{scheme}://{host}{port}/", operation="look")
        assert "Nothing was sent" in str(refusal.value)


@pytest.mark.parametrize("host", CASES)
def test_the_socket_refuses_it_too_whoever_asks(never_connected: list[Any], host: str) -> None:
    """Below the HTTP library, for a caller that never saw the address check (an SDK, a redirect of its own)."""
    with pytest.raises((RefusedByPolicy, Unavailable)):
        guard.open_socket(host, 80, POLICY, 1.0)


@pytest.mark.parametrize("address", [pytest.param(one, id=name) for name, one in (V4 | V6).items()])
@pytest.mark.parametrize("order", ["alone", "first", "last"])
def test_a_name_that_resolves_to_it_is_refused_even_beside_a_good_address(
    monkeypatch: pytest.MonkeyPatch, never_connected: list[Any], address: str, order: str
) -> None:
    found = {"alone": [address], "first": [address, "93.184.216.34"], "last": ["93.184.216.34", address]}[order]

    def answer(_host: str, port: int, **_rest: Any) -> list[Any]:
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "",
             (one, port, 0, 0) if ":" in one else (one, port))
            for one in found
        ]  # fmt: skip

    monkeypatch.setattr(guard.socket, "getaddrinfo", answer)
    with pytest.raises(RefusedByPolicy, match="private network") as refusal:
        Door(POLICY, "https://service.example").request("GET", "/", operation="look")
    assert address not in f"{refusal.value} {refusal.value.detail} {refusal.value.fix}"


@pytest.mark.parametrize("peer", [pytest.param(one, id=name) for name, one in (V4 | V6).items()])
def test_what_is_connected_in_the_end_is_looked_at_again(monkeypatch: pytest.MonkeyPatch, peer: str) -> None:
    class Elsewhere(socket.socket):
        def connect(self, _address: Any) -> None:
            """Pretends: something on the way answered in the address's place."""

        def getpeername(self) -> Any:
            return (peer, 443)

        def close(self) -> None:
            closed.append(True)
            super().close()

    closed: list[bool] = []

    def answer(_host: str, port: int, **_rest: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))]

    monkeypatch.setattr(guard.socket, "getaddrinfo", answer)
    monkeypatch.setattr(guard.socket, "socket", Elsewhere)
    with pytest.raises(RefusedByPolicy):
        guard.open_socket("service.example", 443, POLICY, 1.0)
    assert closed


@pytest.mark.parametrize(
    "location",
    [
        *(f"http://{one}/" for one in V4.values()),
        *(f"https://[{one}]/" for one in V6.values()),
        *(f"//{written}/" for _how, written in spellings("127.0.0.1")),
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_INFO",
        "dict://127.0.0.1:11211/",
        "http://[::1",
        "https://example.com:22/",
        "https://user:pass@example.com/",
    ],
)
def test_a_redirect_gets_no_further(location: str) -> None:
    header = location.encode().decode("latin-1").replace("\r", "").replace("\n", "")
    with serving(reply("302 Found", b"", {"Location": header})) as server:
        policy = DoorPolicy(allow_hosts=frozenset({("127.0.0.1", server.port)}), connect_seconds=1)
        with pytest.raises(ProviderError) as refusal:
            Door(policy, server.url).request("GET", "/", operation="look", follow_redirects=True)
        assert isinstance(refusal.value, RefusedByPolicy), refusal.value
        assert len(server.requests) == 1


@pytest.mark.parametrize("port", [0, 1, 21, 22, 23, 25, 53, 110, 139, 445, 1433, 2375, 3306, 5432, 5984, 6379, 8080,
                                  8443, 9200, 10250, 11211, 27017, 65535, 65536, 99999])  # fmt: skip
def test_only_the_ports_of_the_web_are_open(port: int) -> None:
    with pytest.raises(RefusedByPolicy):
        check_url(f"https://api.example.com:{port}/", POLICY)


@pytest.mark.parametrize("scheme", ["file", "ftp", "gopher", "dict", "ldap", "tftp", "jar", "data", "javascript",
                                    "ws", "unix", "http+unix", "HTTPS ", "", "h\u0074tp\u0000"])  # fmt: skip
def test_only_the_schemes_of_the_web_are_spoken(scheme: str) -> None:
    with pytest.raises(RefusedByPolicy):
        check_url(f"{scheme}://api.example.com/", POLICY)


@pytest.mark.parametrize("host", ["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "192.167.255.255", "11.0.0.0",
                                  "100.63.255.255", "100.128.0.0", "169.253.255.255", "223.255.255.255",
                                  "[2606:4700:4700::1111]", "[2001:4860:4860::8888]", "[2a00:1450:4001::1]",
                                  "api.example.com", "xn--exmple-cua.com", "1password.com", "0x.example.com",
                                  "127.0.0.1.example.com", "localhost.example.com"])  # fmt: skip
def test_what_is_everybodys_is_let_through(host: str) -> None:
    assert check_url(f"https://{host}/v1?x=http://127.0.0.1/", POLICY).port == 443


@pytest.mark.parametrize("family", ["127.0.0.1", "::1"])
def test_an_address_the_operator_opened_is_reached_over_both_families(family: str) -> None:
    six = ":" in family
    listener = socket.create_server((family, 0), family=socket.AF_INET6 if six else socket.AF_INET)
    port = listener.getsockname()[1]
    answering = threading.Thread(target=_answer_once, args=(listener,), daemon=True)
    answering.start()
    policy = DoorPolicy(allow_hosts=frozenset({(family, port)}))
    host = f"[{family}]" if six else family
    assert Door(policy, f"http://{host}:{port}").request("GET", "/", operation="look").json() == {"ok": True}
    answering.join(5)
    listener.close()
    with pytest.raises(RefusedByPolicy):
        check_address(ipaddress.ip_address(family), "other.example", port, policy)


def _answer_once(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        send(connection, "200 OK", b'{"ok": true}', {"Connection": "close"})


# ------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "name_not_found"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), "no_connection"),
        (OSError("the network is down"), "no_connection"),
        (UnicodeError("label too long"), "no_connection"),
        ([], "no_connection"),
    ],
)
def test_a_name_that_is_not_resolved_is_said_in_words(
    monkeypatch: pytest.MonkeyPatch, failure: Any, code: str
) -> None:
    def answer(*_args: Any, **_rest: Any) -> Any:
        if isinstance(failure, Exception):
            raise failure
        return failure

    monkeypatch.setattr(guard.socket, "getaddrinfo", answer)
    with pytest.raises(Unavailable, match="name was not found") as error:
        guard.open_socket("service.example", 443, POLICY, 1.0)
    assert error.value.code == code
    assert error.value.fix


def test_a_resolver_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    hang = threading.Event()
    monkeypatch.setattr(guard.socket, "getaddrinfo", lambda *_args, **_rest: hang.wait(30) and [])
    try:
        with pytest.raises(Unavailable, match="name was not found"):
            guard.open_socket("service.example", 443, POLICY, 0.1)
    finally:
        hang.set()


# ------------------------------------------------------------------------------------------- size and time


def opened(port: int, **changes: Any) -> Door:
    policy = DoorPolicy(allow_hosts=frozenset({("127.0.0.1", port)}), **changes)
    return Door(policy, f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    "encoding", ["gzip", "br", "deflate", "zstd", "x-gzip", "gzip, gzip", "GZIP", "identity, br"]
)
def test_a_compressed_answer_is_never_inflated(encoding: str) -> None:
    with serving(reply("200 OK", b"\x1f\x8b" + b"\x00" * 1000, {"Content-Encoding": encoding})) as server:
        with pytest.raises(UnexpectedResponse) as error:
            opened(server.port).request("GET", "/", operation="look")
        assert error.value.code == "encoding"


def forever(connection: socket.socket, piece: bytes) -> None:
    while True:
        connection.sendall(piece)


ENDLESS = {
    "a body without a length": b"HTTP/1.1 200 OK\r\n\r\n",
    "a body in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a header": b"HTTP/1.1 200 OK\r\nX-Long: ",
    "headers": b"HTTP/1.1 200 OK\r\n",
    "a status line": b"HTTP/1.1 200 ",
    "interim answers": b"",
}
PIECES = {
    "a body in chunks": b"1000\r\n" + b"x" * 4096 + b"\r\n",
    "headers": b"X-A: b\r\n",
    "interim answers": b"HTTP/1.1 100 Continue\r\n\r\n",
}


@pytest.mark.parametrize("what", ENDLESS)
def test_what_never_ends_is_cut_off(what: str) -> None:
    def script(connection: socket.socket, _number: int, _head: bytes) -> None:
        connection.sendall(ENDLESS[what])
        forever(connection, PIECES.get(what, b"x" * 4096))

    with serving(script) as server, pytest.raises(ProviderError) as error:
        opened(server.port).request("POST", "/", operation="look", timeout=2, json={})
    assert error.value.category in ("unexpected", "outcome_unknown", "unavailable")
    assert str(error.value)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\r\n\r\n",
        b"garbage\r\n\r\n",
        b"HTTP/9.9 999 \xff\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon here\r\n: no name\r\n\x00: y\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=range(14),
)
def test_nonsense_in_place_of_an_answer_is_an_error_of_ours_or_an_answer(answer: bytes) -> None:
    def script(connection: socket.socket, _number: int, _head: bytes) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    with serving(script) as server:
        try:
            opened(server.port).request("POST", "/", operation="look", timeout=5, json={})
        except ProviderError as error:
            assert error.fix or error.category  # noqa: PT017  # either an answer or this
