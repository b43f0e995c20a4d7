"""Facts about this installation that belong in its database: one row a fact."""

from __future__ import annotations

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.extensions import Model


class InstallationFact(Model):
    __tablename__ = "installation_facts"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


def fact(session: Session, name: str) -> str:
    """ "" when not set."""
    row = session.get(InstallationFact, name)
    return row.value if row else ""


def set_fact(session: Session, name: str, value: str) -> None:
    session.merge(InstallationFact(name=name, value=value))


def forget_fact(session: Session, name: str) -> None:
    row = session.get(InstallationFact, name)
    if row:
        session.delete(row)
