"""Where the one door out may go: decided from the address's text, then from every address the name resolves to.

The ranges are spelled out here and not taken from `ipaddress` flags, which differ between Python versions and call
several private or translated ranges global. Nothing here can be switched off: an operator can only carve out
single `host:port` pairs or networks with EGRESS_ALLOW.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from urllib.parse import urlsplit

from providers.kit.errors import RefusedByPolicy
from providers.kit.reach import HostRule

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

BLOCKED_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
BLOCKED_V6 = tuple(
    ipaddress.IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48")
)
STANDARD_PORTS = frozenset({80, 443})
LOCAL_SUFFIXES = ("localhost", "local", "internal", "onion", "localdomain", "home.arpa")

_PRINTABLE_URL = re.compile(r"[!-\[\]-~]+")  # ASCII without space, control characters and the backslash
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_FIX_ADDRESS = "Check the address. It must begin with https:// and name a public service."
_FIX_PRIVATE = (
    "Use the service's public address. If it really is on your own network, ask the person who runs this "
    "installation to add it to EGRESS_ALLOW."
)
_FIX_REACH = "If it should, an owner can allow that host under Settings, Outbound calls; a site admin for everybody."


@dataclass(frozen=True, kw_only=True)
class DoorPolicy:
    """What every call out is held to. `allow_hosts` holds (host, port); sizes in bytes, times in seconds.

    Calls may reach an address inside `allow_networks` on any port. `ca_bundle` is a file of extra authorities
    for TLS ("" = the built-in ones); certificates are always verified, by name. Every rule in `reach` must let a
    host pass.
    """

    allow_hosts: frozenset[tuple[str, int]] = frozenset()
    allow_networks: tuple[IPNetwork, ...] = ()
    https_only: bool = False
    connect_seconds: float = 5.0
    total_seconds: float = 20.0
    max_bytes: int = 1024 * 1024
    ca_bundle: str = ""
    reach: tuple[HostRule, ...] = ()

    @cached_property
    def of_all(self) -> DoorPolicy:
        """What everybody is held to: connections are shared by all whose policy differs only in `reach`."""
        return replace(self, reach=()) if self.reach else self

    @classmethod
    def from_egress_allow(cls, text: str, *, https_only: bool = False, ca_bundle: str = "") -> DoorPolicy:
        """The policy of a comma-separated EGRESS_ALLOW. Raises ValueError with a plain sentence."""
        hosts: set[tuple[str, int]] = set()
        networks: list[IPNetwork] = []
        for entry in filter(None, (part.strip() for part in text.split(","))):
            if "/" in entry:
                try:
                    networks.append(ipaddress.ip_network(entry))
                except ValueError as error:
                    raise ValueError(f"EGRESS_ALLOW: {entry!r} is not a network such as 10.1.0.0/16.") from error
                continue
            match = _AUTHORITY.fullmatch(entry)
            if match is None or match["port"] is None or not 0 < int(match["port"]) < 65536:
                raise ValueError(f"EGRESS_ALLOW: {entry!r} is neither host:port nor a network such as 10.1.0.0/16.")
            hosts.add((match["host"].strip("[]").lower(), int(match["port"])))
        return cls(
            allow_hosts=frozenset(hosts), allow_networks=tuple(networks), https_only=https_only, ca_bundle=ca_bundle
        )

    def carved_out(self, address: IPAddress) -> bool:
        return any(address in network for network in self.allow_networks if network.version == address.version)


@dataclass(frozen=True)
class Target:
    """Where a checked address leads. `host` is lower case, an IPv6 literal stands without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> tuple[str, str, int]:
        return (self.scheme, self.host, self.port)


def check_url(url: str, policy: DoorPolicy) -> Target:
    """The syntax gate: what can be said before any name is resolved. Raises RefusedByPolicy."""
    if not _PRINTABLE_URL.fullmatch(url):
        raise refused("The address has characters that addresses may not have.", code="address_characters")
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise refused("The address is not complete.", code="address_syntax")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    try:
        agrees = urlsplit(url).netloc == authority
    except ValueError:
        agrees = False
    if not agrees:
        raise refused("The address can be read in two ways.", code="address_syntax")
    target = _check_authority(scheme.lower(), authority, policy.of_all)
    for rule in policy.reach:
        if not rule.allows(target.host):
            raise refused(
                f"{rule.by} does not let calls go to {target.host}.", code="outbound_policy", fix=_FIX_REACH
            )
    return target


@lru_cache(maxsize=2048)
def _check_authority(scheme: str, authority: str, policy: DoorPolicy) -> Target:
    if scheme not in ("http", "https"):
        raise refused("Only addresses that begin with https:// can be called.", code="address_scheme")
    if "@" in authority:
        raise refused("The address has a user name or password in it.", code="address_credentials")
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise refused("The address names no host that can be called.", code="address_host")
    host = match["host"].strip("[]").lower()
    port = int(match["port"]) if match["port"] else (443 if scheme == "https" else 80)
    check_host(host, port, policy)
    if scheme == "http" and policy.https_only and (host, port) not in policy.allow_hosts:
        raise refused("Only addresses that begin with https:// can be called.", code="address_scheme")
    return Target(scheme, host, port)


def check_host(host: str, port: int, policy: DoorPolicy) -> None:
    """Holds a host and port to the policy before resolving. Raises RefusedByPolicy."""
    if (host, port) in policy.allow_hosts:
        return
    if port not in STANDARD_PORTS and not policy.allow_networks:
        raise refused("The address uses a port that is not open to calls.", code="address_port", fix=_FIX_PRIVATE)
    literal = parse_literal(host)
    if literal is not None:
        check_address(literal, host, port, policy)
        return
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise refused("The address names no host that can be called.", code="address_host")
    if not labels[-1][0].isalpha():
        raise refused("The address is a number written in an unusual way.", code="address_host")
    local = len(labels) < 2 or any(host == end or host.endswith("." + end) for end in LOCAL_SUFFIXES)
    # A carved-out network may well be reached by a local name: then each resolved address must lie inside it.
    if local and not policy.allow_networks:
        raise refused("The address names a machine of a private network.", code="address_private", fix=_FIX_PRIVATE)


def parse_literal(host: str) -> IPAddress | None:
    """The address if the host is one, written in its one standard way; None for a name."""
    try:
        return ipaddress.ip_address(host) if "%" not in host else None
    except ValueError:
        return None


def check_address(address: IPAddress, host: str, port: int, policy: DoorPolicy) -> None:
    """Holds one resolved address to the policy. Raises RefusedByPolicy, which never says what is there."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if (host, port) in policy.allow_hosts or policy.carved_out(address):
        return
    local_name = parse_literal(host) is None and ("." not in host or host.endswith(LOCAL_SUFFIXES))
    if not is_public(address) or port not in STANDARD_PORTS or local_name:
        raise refused("The address belongs to a private network.", code="address_private", fix=_FIX_PRIVATE)


def is_public(address: IPAddress) -> bool:
    """Whether an address may be called by anyone's request."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in BLOCKED_V4)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address.scope_id is not None or address not in GLOBAL_V6:
        return False
    return not any(address in network for network in BLOCKED_V6)


def refused(message: str, *, code: str, fix: str = _FIX_ADDRESS) -> RefusedByPolicy:
    return RefusedByPolicy(f"{message} Nothing was sent.", fix=fix, code=code)


def unsendable() -> RefusedByPolicy:
    """For a header value (mostly a pasted key) with a line break or a letter of another alphabet. Never shows it."""
    return refused(
        "A value to be sent has characters that cannot be sent, such as a line break.",
        code="header_characters",
        fix="Copy the key again, without spaces or line breaks around it.",
    )
