"""Keeps secrets out of texts: by how secrets begin, by how fields are named, and by exact live values."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

HIDDEN = "[hidden]"
_MIN_LIVE_LENGTH = 6

_BY_SHAPE = re.compile(
    r"""
    (?<![A-Za-z0-9])(?:
        (?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{4,}      # payment keys
      | [sr]k_[A-Za-z0-9_]{8,}
      | whsec_[A-Za-z0-9+/=_-]{4,}                      # webhook signing secrets
      | SG\.[A-Za-z0-9_-]{6,}\.?[A-Za-z0-9_-]*
      | key-[0-9A-Za-z]{8,}
      | re_[A-Za-z0-9_]{8,}
      | pat-[A-Za-z0-9-]{8,}
      | xox[a-z]-[A-Za-z0-9-]{6,}
      | ya29\.[A-Za-z0-9_.-]{6,}
      | EAA[A-Za-z0-9]{12,}
      | eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*   # JSON web tokens
    )
    """,
    re.VERBOSE,
)
_SCHEMES = re.compile(r"\b(Bearer|Basic)(\s+)(?!\[hidden\])[A-Za-z0-9+/=_.~:-]{6,}", re.IGNORECASE)
_NAMES = (
    r"(?:api[_-]?key|api[_-]?secret|access[_-]?token|refresh[_-]?token|id[_-]?token|client[_-]?secret|app[_-]?secret"
    r"|appsecret_proof|secret[_-]?key|private[_-]?key|signing[_-]?key|authorization|password|passwd|secret|token|code"
    r"|state|signature|sig|code_verifier)"
)
_QUERY = re.compile(rf"([?&;]{_NAMES}=)[^&#\s\"'<>]+", re.IGNORECASE)
_PAIRS = re.compile(
    rf"""(["']?\b{_NAMES}["']?\s*[:=]\s*)(["'])(?:\\.|(?!\2).)+\2""",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"(://)[^/\s@]+@")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without anything that looks like a secret, and without the given live values."""
    for secret in sorted({one for one in secrets if len(one) >= _MIN_LIVE_LENGTH}, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    text = _QUERY.sub(rf"\1{HIDDEN}", text)
    text = _PAIRS.sub(rf"\1\2{HIDDEN}\2", text)
    text = _SCHEMES.sub(rf"\1\2{HIDDEN}", text)
    return _BY_SHAPE.sub(HIDDEN, text)


class RedactingFilter(logging.Filter):
    """Redacts every record that passes a handler, its traceback included.

    Put it on handlers: a logger's own filters do not see the records of its children.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(secrets)
        self._formatter = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(record.getMessage(), self._secrets)
        record.args = ()
        if record.exc_info and not record.exc_text:
            record.exc_text = self._formatter.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text, self._secrets)
        return True
