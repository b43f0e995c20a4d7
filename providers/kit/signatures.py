"""Proving who sent a delivery: primitives over raw bytes, in constant time, with words for the owner.

Each raises SignatureInvalid and nothing else, whatever bytes come in. `secrets` may be several (old and new during
a rotation): one that fits is enough. An empty list, or an empty secret, never proves anything.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from providers.kit.errors import SignatureInvalid

DEFAULT_TOLERANCE = 300
_UNIX = re.compile(r"[0-9]{10}", re.ASCII)
_UNIX_MS = re.compile(r"[0-9]{13}", re.ASCII)
_HEX64 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TIMESTAMPED = re.compile(
    r"t=(?P<t>[0-9]{10})(?P<rest>(?:,\s?[a-z0-9]{1,8}=[0-9A-Za-z+/=_-]{1,200}){1,20})", re.ASCII
)
_STANDARD_ID = re.compile(r"[A-Za-z0-9_.:-]{1,256}", re.ASCII)
_STANDARD = re.compile(
    r"v[0-9a-z]{1,3},[A-Za-z0-9+/=]{1,200}(?: v[0-9a-z]{1,3},[A-Za-z0-9+/=]{1,200}){0,19}", re.ASCII
)


def header(headers: Mapping[str, str], name: str) -> str:
    """One header by its lower-case name. Raises SignatureInvalid(reason="missing")."""
    value = headers.get(name, "")
    if not value:
        raise SignatureInvalid(
            f"The delivery has no {name} header.",
            reason="missing",
            fix="It did not come from the service, or something on the way removes headers.",
        )
    return value


def verify_timestamped(
    body: bytes,
    value: str,
    secrets: Sequence[str],
    now: datetime,
    *,
    scheme: str = "v1",
    tolerance: int = DEFAULT_TOLERANCE,
) -> None:
    """`t=<unix>,v1=<hex>[,v1=<hex>…]` over `<t>.<body>`, HMAC-SHA256 keyed with the whole secret text."""
    keys = _keys(secrets)
    match = _TIMESTAMPED.fullmatch(value)
    if match is None:
        raise _malformed()
    pairs = [pair.strip().split("=", 1) for pair in match["rest"].split(",") if pair]
    given = [text for name, text in pairs if name == scheme]
    given = [text for text in given if _HEX64.fullmatch(text)]  # a broken one beside a good one takes nothing away
    if not given:
        raise _malformed()
    signed = match["t"].encode() + b"." + body
    _compare(([_hmac(key, signed)] for key in keys), [bytes.fromhex(text) for text in given])
    check_time(int(match["t"]), now, tolerance)


def verify_standard(
    body: bytes,
    message_id: str,
    timestamp: str,
    value: str,
    secrets: Sequence[str],
    now: datetime,
    *,
    tolerance: int = DEFAULT_TOLERANCE,
) -> None:
    """Standard Webhooks: `v1,<base64>[ v1,…]` over `<id>.<timestamp>.<body>`.

    The key is what the base64 after `whsec_` stands for.
    """
    keys = [_standard_key(secret) for secret in _texts(secrets)]
    for text, name in ((message_id, "id"), (timestamp, "timestamp"), (value, "signature")):
        if not text:
            raise SignatureInvalid(
                f"The delivery does not carry its {name}.",
                reason="missing",
                fix="It did not come from the service, or something on the way removes headers.",
            )
    if not (_STANDARD_ID.fullmatch(message_id) and _UNIX.fullmatch(timestamp) and _STANDARD.fullmatch(value)):
        raise _malformed()
    given = [_base64(part[3:]) for part in value.split(" ") if part.startswith("v1,")]
    if not given:
        raise _malformed()
    signed = f"{message_id}.{timestamp}.".encode("ascii") + body
    _compare(([_hmac(key, signed)] for key in keys), given)
    check_time(int(timestamp), now, tolerance)


def verify_hmac(
    signed: bytes,
    value: str,
    secrets: Sequence[str],
    *,
    encoding: str = "hex",
    prefix: str = "",
    digest: str = "sha256",
) -> None:
    """A plain HMAC of `signed` in a header: `<prefix><hex or base64>`. It says nothing about time."""
    keys = _keys(secrets)
    if not value:
        raise SignatureInvalid(
            "The delivery carries no signature.",
            reason="missing",
            fix="It did not come from the service, or something on the way removes headers.",
        )
    if not value.startswith(prefix):
        raise _malformed()
    given = decode_digest(value[len(prefix) :], encoding, size=hashlib.new(digest).digest_size)
    _compare(([_hmac(key, signed, digest)] for key in keys), [given])


def verify_token(
    timestamp: str,
    token: str,
    value: str,
    secrets: Sequence[str],
    now: datetime,
    *,
    tolerance: int = DEFAULT_TOLERANCE,
) -> None:
    """HMAC-SHA256 (hex) over `<timestamp><token>`, as some services put it inside the body.

    The body itself is not signed: refuse a token that was seen before.
    """
    keys = _keys(secrets)
    if not (
        isinstance(timestamp, str)
        and isinstance(token, str)
        and isinstance(value, str)
        and _UNIX.fullmatch(timestamp)
        and _HEX64.fullmatch(value)
        and re.fullmatch(r"[!-~]{1,200}", token)
    ):
        raise _malformed()
    _compare(([_hmac(key, (timestamp + token).encode())] for key in keys), [bytes.fromhex(value)])
    check_time(int(timestamp), now, tolerance)


def verify_ecdsa_p256(
    signed: bytes,
    value: str,
    public_keys: Sequence[str],
    *,
    timestamp: str = "",
    now: datetime | None = None,
    tolerance: int | None = None,
) -> None:
    """ECDSA over P-256 with SHA-256: `value` is base64 of the DER signature, keys are base64 DER or PEM.

    With `now` and `tolerance`, `timestamp` (unix seconds) is held to them; it must be part of `signed`.
    """
    keys = [_public_key(text) for text in _texts(public_keys)]
    if not value:
        raise SignatureInvalid(
            "The delivery carries no signature.",
            reason="missing",
            fix="Switch on signed deliveries in the service's webhook settings.",
        )
    signature = _base64(value)
    if not any(_ecdsa_fits(key, signature, signed) for key in keys):
        raise _mismatch()
    if now is not None and tolerance is not None:
        if not _UNIX.fullmatch(timestamp):
            raise _malformed()
        check_time(int(timestamp), now, tolerance)


def check_time(unix_seconds: int, now: datetime, tolerance: int) -> None:
    """Holds the moment of signing to the clock, both ways."""
    late = int(now.timestamp()) - unix_seconds
    if late > tolerance:
        raise SignatureInvalid(
            f"The delivery was signed {_span(late)} ago; at most {_span(tolerance)} are allowed.",
            reason="too_old",
            fix="It may be a repeat of an old delivery. If all deliveries fail, set this server's clock.",
        )
    if -late > tolerance:
        raise SignatureInvalid(
            f"The delivery was signed {_span(-late)} in the future.",
            reason="in_future",
            fix="Set this server's clock: it is behind.",
        )


def timestamp_of(text: str, *, milliseconds: bool = False) -> int:
    """Unix seconds of a strict decimal timestamp. Raises SignatureInvalid(reason="malformed")."""
    if not (_UNIX_MS if milliseconds else _UNIX).fullmatch(text):
        raise _malformed()
    return int(text) // 1000 if milliseconds else int(text)


def decode_digest(text: str, encoding: str, *, size: int = 32) -> bytes:
    """A digest written as "hex" (either case) or "base64". Raises SignatureInvalid(reason="malformed")."""
    if encoding == "hex":
        if re.fullmatch(rf"[0-9A-Fa-f]{{{size * 2}}}", text) is None:
            raise _malformed()
        return bytes.fromhex(text)
    return _base64(text)


def sign_timestamped(body: bytes, secret: str, unix_seconds: int, *, scheme: str = "v1") -> str:
    """The header that `verify_timestamped` accepts, for sandboxes and tests."""
    mac = _hmac(secret.encode(), f"{unix_seconds}.".encode() + body).hex()
    return f"t={unix_seconds},{scheme}={mac}"


def sign_standard(body: bytes, message_id: str, unix_seconds: int, secret: str) -> str:
    """The header that `verify_standard` accepts, for sandboxes and tests."""
    mac = _hmac(_standard_key(secret), f"{message_id}.{unix_seconds}.".encode() + body)
    return "v1," + base64.b64encode(mac).decode()


def sign_hmac(signed: bytes, secret: str, *, encoding: str = "hex", prefix: str = "", digest: str = "sha256") -> str:
    """The header that `verify_hmac` accepts, for sandboxes, challenges and tests."""
    mac = _hmac(secret.encode(), signed, digest)
    return prefix + (mac.hex() if encoding == "hex" else base64.b64encode(mac).decode())


# ------------------------------------------------------------------------------------------------------ inside


def _texts(secrets: Sequence[str]) -> list[str]:
    texts = [secret for secret in secrets if secret]
    if not texts:
        raise SignatureInvalid(
            "No signing secret is stored for this connection, so no delivery can be trusted.",
            reason="no_secret",
            fix="Copy the signing secret from the service's webhook page into this connection.",
        )
    return texts


def _keys(secrets: Sequence[str]) -> list[bytes]:
    return [secret.encode("utf-8", "surrogatepass") for secret in _texts(secrets)]


def _standard_key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise SignatureInvalid(
            "The stored signing secret is not one: it should look like whsec_ followed by letters and digits.",
            reason="bad_secret",
            fix="Copy the signing secret again from the service's webhook page.",
        )
    return key


def _public_key(text: str) -> ec.EllipticCurvePublicKey:
    try:
        if text.lstrip().startswith("-----BEGIN"):
            key = serialization.load_pem_public_key(text.encode())
        else:
            key = serialization.load_der_public_key(base64.b64decode(text, validate=True))
    except Exception as error:  # the library raises many kinds for broken keys
        raise _bad_public_key() from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _bad_public_key()
    return key


def _bad_public_key() -> SignatureInvalid:
    return SignatureInvalid(
        "The stored verification key is not one.",
        reason="bad_secret",
        fix="Copy the verification key again from the service's webhook page.",
    )


def _ecdsa_fits(key: ec.EllipticCurvePublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _hmac(key: bytes, signed: bytes, digest: str = "sha256") -> bytes:
    return hmac.digest(key, signed, digest)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed() from error


def _compare(expected: Iterable[Sequence[bytes]], given: Sequence[bytes]) -> None:
    """Compares every pair, so that the time taken tells nothing about which one fitted."""
    fits = False
    for group in expected:
        for mac in group:
            for one in given:
                fits |= hmac.compare_digest(mac, one)
    if not fits:
        raise _mismatch()


def _malformed() -> SignatureInvalid:
    return SignatureInvalid(
        "The delivery's signature is not written the way this service writes it.",
        reason="malformed",
        fix="It probably did not come from the service. Check that the address was given to this service only.",
    )


def _mismatch() -> SignatureInvalid:
    return SignatureInvalid(
        "The delivery's signature does not fit the stored signing secret.",
        reason="mismatch",
        fix=(
            "Most often the secret belongs to another webhook or to the other mode (test or live): copy the secret "
            "of exactly this webhook again."
        ),
    )


def _span(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} seconds"
    if seconds < 7200:
        return f"{seconds // 60} minutes"
    return f"{seconds // 3600} hours" if seconds < 172_800 else f"{seconds // 86_400} days"
