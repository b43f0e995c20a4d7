"""Whose usage is asked for: a workspace, one of its providers or one connection, in which environments."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

REAL = ("live", "test")
SANDBOX = ("sandbox",)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Sandbox figures are never mixed with others: `environments` is either SANDBOX or some of REAL.

    `instance_id` stands for itself; the caller has checked that it belongs to the workspace (and to `provider_id`).
    """

    workspace_id: str
    environments: tuple[str, ...] = REAL
    provider_id: str = ""
    instance_id: str = ""

    def __post_init__(self) -> None:
        if not self.environments or ("sandbox" in self.environments and len(self.environments) > 1):
            raise ValueError("sandbox figures are never mixed with others")

    @property
    def level(self) -> str:
        return "instance" if self.instance_id else "provider" if self.provider_id else "workspace"

    @property
    def subject(self) -> str:
        return self.instance_id or self.provider_id


def usual_environments(in_use: Collection[str]) -> tuple[str, ...]:
    """What is shown when nobody chose: live and test; the sandbox only while there is nothing but sandbox."""
    return SANDBOX if "sandbox" in in_use and not set(REAL) & set(in_use) else REAL
