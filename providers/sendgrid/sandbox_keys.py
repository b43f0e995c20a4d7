"""The sandbox's own signing key. SendGrid signs with a private key nobody sees and shows the public one; here both
are made from a fixed text, so that whoever holds the sandbox's public key can be sent samples that fit it."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from providers.kit.errors import InvalidRequest

_SEED = b"the sandbox's event webhook, which proves nothing about anyone"


@cache
def _private_key() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(_SEED).digest(), "big"), ec.SECP256R1())


@cache
def public_key() -> str:
    """As SendGrid shows it: base64 of the DER form."""
    der = (
        _private_key()
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return base64.b64encode(der).decode()


def sign(timestamp: str, body: bytes, key: str) -> str:
    """The signature header over timestamp and body. Raises InvalidRequest for a public key whose private half the
    sandbox has not: real deliveries can only be signed by SendGrid."""
    if key.strip() != public_key():
        raise InvalidRequest(
            "Samples can only be signed for the sandbox's own webhook.",
            field="webhook_public_key",
            fix="Set up event delivery in the sandbox; it gives its own verification key.",
        )
    return sign_bytes(timestamp.encode() + body)


def sign_bytes(signed: bytes) -> str:
    signature = _private_key().sign(signed, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    return base64.b64encode(signature).decode()
