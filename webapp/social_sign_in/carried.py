"""What the browser itself carries of its sign-ins under way: in its signed cookie, so that no other browser has it,
and neither links nor verifiers lie in the database."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flask import session

from webapp.accounts.identity import KEPT

MOST = 3
MOST_FOLLOWING = 500


@dataclass(frozen=True, kw_only=True, repr=False)
class Carried:
    """`following`: where to go afterwards. `ticket`: what lets somebody new in, an invitation's or the set-up
    link's token; `kind` says which ("invitation", "set-up", "")."""

    verifier: str = ""
    nonce: str = ""
    following: str = ""
    kind: str = ""
    ticket: str = ""


def carry(attempt_id: str, what: Carried) -> None:
    """The oldest makes room: a cookie holds four kilobytes."""
    kept = {name: value for name, value in _all().items() if name != attempt_id}
    kept[attempt_id] = {name: value for name, value in asdict(what).items() if value}
    session[KEPT] = dict(list(kept.items())[-MOST:])


def carried(attempt_id: str) -> Carried | None:
    """None in every browser but the one that began it."""
    found = _all().get(attempt_id)
    if not isinstance(found, dict):
        return None
    names = Carried.__dataclass_fields__
    return Carried(**{name: str(value) for name, value in found.items() if name in names})


def forget(attempt_id: str) -> None:
    session[KEPT] = {name: value for name, value in _all().items() if name != attempt_id}


def _all() -> dict[str, dict[str, str]]:
    found = session.get(KEPT)
    return dict(found) if isinstance(found, dict) else {}
