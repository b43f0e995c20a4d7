"""Another way out than the operator's mail server: a feature above registers one, and mail knows it only by this."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from flask import Flask, current_app
from sqlalchemy.orm import Session

_NAME = "mail_sender"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One mail. `mail_id` is the same at each attempt: a vendor that knows such keys takes it once."""

    mail_id: str
    to: str
    subject: str = field(repr=False)
    text: str = field(repr=False)


class Sender(Protocol):
    def ready(self, session: Session) -> bool:
        """Whether it was chosen and can send. Reads only."""
        ...

    def deliver(self, session: Session, letter: Letter) -> None:
        """Returns once the vendor took it. Commits before it calls, and what the call cost afterwards. Raises
        `smtp.NotSent`, final also where nobody knows whether it was sent."""
        ...


def register(app: Flask, sender: Sender) -> None:
    """At most one in an installation."""
    app.extensions[_NAME] = sender


def chosen(session: Session) -> Sender | None:
    """The registered way if it is ready, else None: then it is the mail server's turn."""
    found: Sender | None = current_app.extensions.get(_NAME)
    return found if found is not None and found.ready(session) else None
