"""Secrets at rest: envelope encryption with AES-256-GCM, bound to the place where a value is stored.

The operator's root keys (`ENCRYPTION_KEYS`, first encrypts, all decrypt) wrap one data key per workspace; the data
key seals values. Associated data names table, row and field, so a sealed value copied elsewhere does not open.
Wrapped key: `w1.<root key id>.<base64url(nonce | ciphertext | tag)>`; sealed value: `s1.<base64url(…)>`.
AES-GCM with random 96-bit nonces: NIST SP 800-38D; HKDF: RFC 5869.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PAD = 64


class CannotDecrypt(Exception):
    """The value was not sealed by any of the keys we have, or not for this place, or was changed."""


def key_id(root_key: str) -> str:
    """A short public name of a root key, so that a wrapped key says which one it needs."""
    return hashlib.sha256(b"toolkit key id\0" + root_key.encode()).hexdigest()[:8]


def _derive(root_key: str, purpose: str) -> bytes:
    info = f"toolkit/{purpose}/v1/{key_id(root_key)}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(root_key.encode())


def _place(parts: Sequence[str]) -> bytes:
    """Length-framed, so that characters cannot move from one part to the next."""
    return b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Keyring:
    """The root keys. The first one encrypts, all decrypt.

    `reread` gives the keys as they are now: it is asked when a key is needed that we do not have, so that a running
    process follows `toolkit keys rotate` without a restart.
    """

    def __init__(self, root_keys: Sequence[str], reread: Callable[[], Sequence[str]] | None = None) -> None:
        if not root_keys:
            raise ValueError("a keyring needs at least one key")
        self._reread = reread
        self._primary = key_id(root_keys[0])
        self._keys = {key_id(key): AESGCM(_derive(key, "kek")) for key in root_keys}
        self._audit = {key_id(key): _derive(key, "audit") for key in root_keys}

    @property
    def primary_id(self) -> str:
        return self._primary

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def new_data_key(self, workspace_id: str) -> str:
        """A fresh data key, wrapped for storage."""
        return self._wrap(AESGCM.generate_key(256), workspace_id)

    def _wrap(self, data_key: bytes, workspace_id: str) -> str:
        self._follow()
        nonce = os.urandom(12)
        sealed = self._keys[self._primary].encrypt(nonce, data_key, _place(("data key", workspace_id)))
        return f"w1.{self._primary}.{_encode(nonce + sealed)}"

    def unwrap(self, wrapped: str, workspace_id: str) -> DataKey:
        """Raises CannotDecrypt, naming the key that is missing."""
        try:
            version, root_id, text = wrapped.split(".")
            raw = _decode(text)
        except ValueError as error:
            raise CannotDecrypt("this is not a wrapped key") from error
        if version != "w1" or not self._has(root_id):
            raise CannotDecrypt(f"the encryption key {root_id} is not among ENCRYPTION_KEYS")
        try:
            return DataKey(self._keys[root_id].decrypt(raw[:12], raw[12:], _place(("data key", workspace_id))))
        except InvalidTag as error:
            raise CannotDecrypt("the wrapped key was changed or belongs to another workspace") from error

    def rewrap(self, wrapped: str, workspace_id: str) -> str:
        """The same data key under today's first root key; unchanged if it already is."""
        if wrapped.split(".")[1] == self._primary:
            return wrapped
        return self._wrap(self.unwrap(wrapped, workspace_id).raw, workspace_id)

    def audit_key(self, root_id: str | None = None) -> bytes:
        """The key of the audit chain under a root key (today's first by default). Raises KeyError."""
        if root_id:
            self._has(root_id)
        return self._audit[root_id or self._primary]

    def _has(self, root_id: str) -> bool:
        """Learns keys that were added since."""
        if root_id not in self._keys:
            self._learn()
        return root_id in self._keys

    def _learn(self) -> str:
        """Reads the keys as they are now and says which is the first. Raises what `reread` raises: a key that is
        gone from its place must not seal anything more."""
        if self._reread is None:
            return self._primary
        keys = self._reread()
        for key in keys:
            if key_id(key) not in self._keys:
                self._audit[key_id(key)] = _derive(key, "audit")
                self._keys[key_id(key)] = AESGCM(_derive(key, "kek"))
        return key_id(keys[0])

    def _follow(self) -> None:
        """A new data key is rare, and must not go under a root key that was rotated away."""
        self._primary = self._learn()


class DataKey:
    """One workspace's key."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._cipher = AESGCM(raw)

    def __repr__(self) -> str:
        return "DataKey(…)"

    def fingerprint(self, value: str) -> str:
        """Says whether two secrets of this workspace are equal without telling either: 16 hex digits of an
        HMAC-SHA256. It stays the same when root keys are rotated, since the data key does."""
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"toolkit/fingerprint/v1").derive(self.raw)
        return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:16]

    def seal(self, value: str, *place: str) -> str:
        """Encrypts for one place, e.g. ("integration_secrets", instance id, field, version). Padded to 64-byte
        steps: the length of a key is a hint."""
        data = value.encode()
        framed = len(data).to_bytes(4, "big") + data
        framed += b"\0" * (-len(framed) % _PAD)
        nonce = os.urandom(12)
        return "s1." + _encode(nonce + self._cipher.encrypt(nonce, framed, _place(place)))

    def open(self, sealed: str, *place: str) -> str:
        """Raises CannotDecrypt."""
        try:
            version, text = sealed.split(".")
            raw = _decode(text)
            framed = self._cipher.decrypt(raw[:12], raw[12:], _place(place))
        except (ValueError, InvalidTag) as error:
            raise CannotDecrypt("this value was not sealed here or was changed") from error
        if version != "s1":
            raise CannotDecrypt("this value was sealed by another version")
        return framed[4 : 4 + int.from_bytes(framed[:4], "big")].decode()
