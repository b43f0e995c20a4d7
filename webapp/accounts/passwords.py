"""Password hashing (argon2id; parameters of OWASP's Password Storage Cheat Sheet: m=19 MiB, t=2, p=1)."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from webapp.core.errors import Invalid

LEAST, MOST = 10, 200
_hasher = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
_NOBODY = _hasher.hash("nobody has this password")
_COMMON = frozenset(
    (
        "0123456789",
        "1234567890",
        "1q2w3e4r5t",
        "administrator",
        "agencytoolkit",
        "changeme123",
        "iloveyou12",
        "letmein1234",
        "passw0rd123",
        "password123",
        "password1234",
        "qwerty12345",
        "qwertyuiop",
        "welcome123",
    )
)
"""Well-known ones that are long enough for the rule above."""


def check_strength(password: str, *, email: str = "") -> None:
    """Raises Invalid for a password that is too short, too long, well known, or the e-mail address."""
    said = ""
    if len(password) < LEAST:
        said = f"Use at least {LEAST} characters. A few unrelated words work well."
    elif len(password) > MOST:
        said = f"Use at most {MOST} characters."
    elif password.casefold() in _COMMON or len(set(password)) < 4:
        said = "This password is easy to guess. A few unrelated words work well."
    elif email and password.casefold() in (email.casefold(), email.casefold().split("@")[0]):
        said = "Your e-mail address is the first thing anyone would try. Choose another."
    if said:
        raise Invalid(said, fields={"password": said})


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def verify_password(stored: str, password: str) -> bool:
    """Takes as long for an account that does not exist (stored "") as for one that does."""
    try:
        return _hasher.verify(stored or _NOBODY, password) and bool(stored)
    except (Argon2Error, InvalidHashError):
        return False
