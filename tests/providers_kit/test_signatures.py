"""Signatures: what vendors published is proven as they say; nothing else gets in or breaks out."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from providers.kit import signatures
from providers.kit.errors import SignatureInvalid

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
UNIX = int(NOW.timestamp())
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTORS = Path(os.environ.get("VENDOR_DATA", "../shared/vendors")) / "vectors.json"


def _vectors() -> list[dict[str, Any]]:
    if not VECTORS.is_file():
        return []
    vectors = json.loads(VECTORS.read_text())["vectors"]
    # A repeat of a proven delivery is for whoever remembers deliveries, not for the signature.
    return [one for one in vectors if one["scheme"] in VERIFY and "replay_of" not in one]


def _get(vector: dict[str, Any], name: str) -> str:
    return {key.lower(): value for key, value in vector["request"]["headers"].items()}.get(name, "")


def _secrets(vector: dict[str, Any]) -> list[str]:
    return vector.get("secrets") or [vector.get("secret", "")]


def _body(vector: dict[str, Any]) -> bytes:
    return vector["request"]["body"].encode()


VERIFY = {
    "stripe-signature-v1": lambda v, now: signatures.verify_timestamped(
        _body(v), signatures.header(_lower(v), "stripe-signature"), _secrets(v), now
    ),
    "svix-v1": lambda v, now: signatures.verify_standard(
        _body(v),
        _get(v, "svix-id") or _get(v, "webhook-id"),
        _get(v, "svix-timestamp") or _get(v, "webhook-timestamp"),
        _get(v, "svix-signature") or _get(v, "webhook-signature"),
        _secrets(v),
        now,
    ),
    "sendgrid-ecdsa-p256-sha256": lambda v, now: signatures.verify_ecdsa_p256(
        _get(v, "x-twilio-email-event-webhook-timestamp").encode() + _body(v),
        _get(v, "x-twilio-email-event-webhook-signature"),
        [v["public_key"]],
    ),
    "mailgun-body-hmac-sha256-hex": lambda v, now: signatures.verify_token(
        *(v["parts"].get(name, "") for name in ("timestamp", "token", "signature")), _secrets(v), now
    ),
    "x-webhook-signature": lambda v, now: signatures.verify_hmac(
        _body(v), _get(v, "x-twitter-webhooks-signature"), _secrets(v), encoding="base64", prefix="sha256="
    ),
    "x-hub-signature-256": lambda v, now: signatures.verify_hmac(
        _body(v), _get(v, "x-hub-signature-256"), _secrets(v), prefix="sha256="
    ),
    "linkedin-x-li-signature": lambda v, now: signatures.verify_hmac(
        b"hmacsha256=" + _body(v), _get(v, "x-li-signature"), _secrets(v)
    ),
}


def _lower(vector: dict[str, Any]) -> dict[str, str]:
    return {key.lower(): value for key, value in vector["request"]["headers"].items()}


@pytest.mark.skipif(not VECTORS.is_file(), reason=f"the vendors' published vectors are not at {VECTORS}")
@pytest.mark.parametrize("vector", _vectors(), ids=lambda one: one["id"])
def test_a_published_vector_is_judged_as_its_vendor_says(vector: dict[str, Any]) -> None:
    now = datetime.fromtimestamp(vector["now"] if vector.get("now") else UNIX, UTC)
    if vector["expect"] == "valid":
        VERIFY[vector["scheme"]](vector, now)
    elif not vector.get("contested"):
        with pytest.raises(SignatureInvalid) as error:
            VERIFY[vector["scheme"]](vector, now)
        assert error.value.fix


def test_one_of_several_secrets_and_one_of_several_signatures_is_enough() -> None:
    old = signatures.sign_timestamped(b"{}", "old", UNIX)
    both = f"{old},v1={signatures.sign_timestamped(b'{}', 'new', UNIX).partition('v1=')[2]}"
    signatures.verify_timestamped(b"{}", both, ["new"], NOW)
    signatures.verify_timestamped(b"{}", old, ["new", "old"], NOW)
    standard = "v1,AAAA v2,BBBB " + signatures.sign_standard(b"{}", "msg_1", UNIX, SECRET)
    signatures.verify_standard(b"{}", "msg_1", str(UNIX), standard, ["whsec_AAAA", SECRET], NOW)


@pytest.mark.parametrize(("seconds", "reason"), [(301, "too_old"), (-301, "in_future"), (86_400 * 9, "too_old")])
def test_a_signature_from_another_time_is_refused_both_ways(seconds: int, reason: str) -> None:
    value = signatures.sign_timestamped(b"{}", "s", UNIX - seconds)
    with pytest.raises(SignatureInvalid) as error:
        signatures.verify_timestamped(b"{}", value, ["s"], NOW)
    assert error.value.reason == reason
    assert "clock" in error.value.fix
    signatures.verify_timestamped(b"{}", signatures.sign_timestamped(b"{}", "s", UNIX - 300), ["s"], NOW)


def test_a_forged_signature_is_refused_with_the_likely_reason() -> None:
    value = signatures.sign_timestamped(b"{}", "s", UNIX)
    with pytest.raises(SignatureInvalid, match="does not fit") as error:
        signatures.verify_timestamped(b"{} ", value, ["s"], NOW)
    assert error.value.reason == "mismatch"
    assert "test or live" in error.value.fix


@pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
def test_without_a_secret_nothing_is_proven(secrets: list[str]) -> None:
    empty = signatures.sign_hmac(b"{}", "")
    for verify in (
        lambda: signatures.verify_hmac(b"{}", empty, secrets),
        lambda: signatures.verify_timestamped(b"{}", f"t={UNIX},v1={empty}", secrets, NOW),
        lambda: signatures.verify_standard(b"{}", "m", str(UNIX), "v1,AA==", secrets, NOW),
        lambda: signatures.verify_token(str(UNIX), "t", empty, secrets, NOW),
        lambda: signatures.verify_ecdsa_p256(b"{}", "AA==", secrets),
    ):
        with pytest.raises(SignatureInvalid) as error:
            verify()
        assert error.value.reason == "no_secret"


@pytest.mark.parametrize(
    "value",
    [
        "t=1,v1=" + "a" * 64,
        f"t={UNIX}",
        f"v1={'a' * 64},t={UNIX}",
        f"t={UNIX},v1={'A' * 64}",
        f"t={UNIX},v1={'a' * 63}",
        f"t={UNIX}.5,v1={'a' * 64}",
        f"t={UNIX},v0={'a' * 64}",
        f"t={UNIX},v1={'a' * 64}\n",
        f"t=１７００００００００,v1={'a' * 64}",
        f"t={UNIX},v1=" + "é" * 64,
    ],
)
def test_a_header_written_in_another_way_is_malformed(value: str) -> None:
    with pytest.raises(SignatureInvalid) as error:
        signatures.verify_timestamped(b"{}", value, ["s"], NOW)
    assert error.value.reason == "malformed"


@pytest.mark.parametrize("secret", ["whsec_not base64!", "whsec_", "whsec_é"])
def test_a_stored_secret_that_is_none_is_said_so(secret: str) -> None:
    with pytest.raises(SignatureInvalid) as error:
        signatures.verify_standard(b"{}", "m", str(UNIX), "v1,AAAA", [secret], NOW)
    assert error.value.reason == "bad_secret"


def test_an_elliptic_signature_is_proven_with_its_moment() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    import base64

    signed = f"{UNIX}".encode() + b"[]"
    value = base64.b64encode(private.sign(signed, ec.ECDSA(hashes.SHA256()))).decode()
    signatures.verify_ecdsa_p256(signed, value, [pem.decode()], timestamp=str(UNIX), now=NOW, tolerance=300)
    for key, reason in ((SECRET, "bad_secret"), (_p384(), "bad_secret")):
        with pytest.raises(SignatureInvalid) as error:
            signatures.verify_ecdsa_p256(signed, value, [key])
        assert error.value.reason == reason
    with pytest.raises(SignatureInvalid) as error:
        signatures.verify_ecdsa_p256(signed, value, [pem.decode()], timestamp="now", now=NOW, tolerance=300)
    assert error.value.reason == "malformed"


def _p384() -> str:
    return (
        ec.generate_private_key(ec.SECP384R1())
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


TEXT = st.text(max_size=40) | st.from_regex(r"(t=|v1,|sha256=)?[0-9a-f=,+ ]{0,80}", fullmatch=True)


@given(body=st.binary(max_size=60), value=TEXT, secret=st.text(max_size=20), other=TEXT, stamp=TEXT)
def test_no_bytes_raise_anything_but_signature_invalid(
    body: bytes, value: str, secret: str, other: str, stamp: str
) -> None:
    for verify in (
        lambda: signatures.verify_timestamped(body, value, [secret], NOW),
        lambda: signatures.verify_standard(body, other, stamp, value, [secret], NOW),
        lambda: signatures.verify_hmac(body, value, [secret]),
        lambda: signatures.verify_hmac(body, value, [secret], encoding="base64", prefix="sha256="),
        lambda: signatures.verify_token(stamp, other, value, [secret], NOW),
        lambda: signatures.verify_ecdsa_p256(body, value, [secret], timestamp=stamp, now=NOW, tolerance=300),
        lambda: signatures.timestamp_of(stamp, milliseconds=True),
    ):
        with pytest.raises(SignatureInvalid):
            verify()
