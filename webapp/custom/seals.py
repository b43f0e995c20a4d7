"""Whether a version is still what was submitted: a digest that only a holder of our key can have sealed."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from webapp.core.crypto import CannotDecrypt
from webapp.core.errors import NotFound
from webapp.custom.models import CustomVersion
from webapp.workspaces.service import data_key


def canonical(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(document)).hexdigest()


def is_untouched(session: Session, version: CustomVersion) -> bool:
    """Whether the document is still what was submitted: its digest, and the digest's seal that needs our key."""
    if not hmac.compare_digest(digest_of(version.document), version.digest):
        return False
    try:
        sealed = data_key(session, version.workspace_id).open(version.seal, *_place(version))
    except (CannotDecrypt, NotFound):
        return False
    return hmac.compare_digest(sealed, version.digest)


def seal(session: Session, version: CustomVersion) -> str:
    """The version's digest, sealed for its row. Raises NotFound."""
    return data_key(session, version.workspace_id).seal(version.digest, *_place(version))


def _place(version: CustomVersion) -> tuple[str, ...]:
    return ("custom_versions", version.id, "digest", str(version.number))
