"""The head of the audit chain, signed and kept outside the database: a chain alone does not show a cut tail."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.audit.models import AuditEntry
from webapp.audit.service import ChainFault, head
from webapp.core.clock import now
from webapp.core.crypto import Keyring

FILE = "audit_anchor.json"


def write(session: Session, keyring: Keyring, folder: Path) -> bool:
    """Notes the head in `folder`/audit_anchor.json. False when it stands there already, or when what stands there
    does not fit the chain: evidence is never overwritten."""
    sequence, digest = head(session)
    kept = _read(folder)
    if sequence == 0 or (kept and kept["sequence"] == sequence) or check(session, keyring, folder):
        return False
    facts = {"sequence": sequence, "digest": digest, "at": now().isoformat(), "key_id": keyring.primary_id}
    text = json.dumps(facts | {"signature": _signature(facts, keyring)})
    fresh = folder / f"{FILE}.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / FILE)
    return True


def check(session: Session, keyring: Keyring, folder: Path) -> ChainFault | None:
    """What is wrong between the anchor and the chain; None when they agree or there is no anchor yet."""
    kept = _read(folder)
    if kept is None:
        return None
    sequence = int(str(kept["sequence"]))
    facts = {name: kept[name] for name in ("sequence", "digest", "at", "key_id")}
    try:
        genuine = hmac.compare_digest(_signature(facts, keyring), str(kept["signature"]))
    except KeyError:
        return ChainFault(
            sequence=sequence, what=f"the anchor was signed under the key {kept['key_id']}, which is gone"
        )
    if not genuine:
        return ChainFault(sequence=sequence, what="the anchor file was changed")
    digest = session.scalar(select(AuditEntry.digest).where(AuditEntry.sequence == sequence))
    if digest is None:
        return ChainFault(sequence=sequence, what=f"the log was cut: the anchor of {kept['at']} knows this entry")
    if digest != kept["digest"]:
        return ChainFault(sequence=sequence, what=f"differs from what the anchor of {kept['at']} knows")
    return None


def _signature(facts: dict[str, object], keyring: Keyring) -> str:
    body = b"anchor\0" + json.dumps(facts, sort_keys=True).encode()
    return hmac.new(keyring.audit_key(str(facts["key_id"])), body, hashlib.sha256).hexdigest()


def _read(folder: Path) -> dict[str, object] | None:
    """None when there is none; a file that is not ours in shape counts as changed."""
    try:
        kept = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        kept = {}
    blank = {"sequence": 0, "digest": "", "at": "", "key_id": "", "signature": ""}
    return blank | kept if isinstance(kept, dict) else blank
