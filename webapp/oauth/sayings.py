"""What people read when a sign-in at a vendor did not end well. No database."""

from __future__ import annotations

import re

from webapp.core.crypto import CannotDecrypt

REFUSED = frozenset({"access_denied", "user_cancelled_login", "user_cancelled_authorize", "consent_required"})
PASSING = frozenset({"server_error", "temporarily_unavailable"})


def refusal(name: str, error: str) -> tuple[str, str]:
    """(words, tone). What the address says besides the code is anybody's text and is not shown."""
    if error in REFUSED:
        return (
            f"You did not allow it at {name}, so nothing was changed. You can sign in again at any time.",
            "warning",
        )
    if error in PASSING:
        return f"{name} can't sign anybody in at the moment. Try again in a few minutes.", "error"
    code = f" ({error})" if re.fullmatch(r"[a-z_]{3,60}", error) else ""
    return (
        f"{name} refused the sign-in{code}. Compare the app's permissions and its redirect address there with the "
        "ones on this page, then sign in again.",
        "error",
    )


def words(error: Exception) -> str:
    if isinstance(error, CannotDecrypt):
        return "The stored keys can't be opened. Enter them again."
    return f"{error} {getattr(error, 'fix', '')}".strip()
