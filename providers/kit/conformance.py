"""What every provider must keep: the rules as functions that say what is wrong, where, and in plain words.

`check(entry)` runs them all. They need no network and no database: what a provider does is tried on its own
sandbox, through the real door.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator

from providers.kit.capabilities import CAPABILITY_WORDS, AnswersChallenges, MakesSamples
from providers.kit.conformance_behaviour import behaviour_findings
from providers.kit.conformance_faults import fault_findings
from providers.kit.conformance_files import file_findings
from providers.kit.conformance_manifest import manifest_findings
from providers.kit.conformance_permissions import permission_findings
from providers.kit.conformance_webhooks import webhook_findings
from providers.kit.findings import Finding
from providers.kit.registry import Registered

__all__ = ["RULES", "Finding", "check"]

PROTOCOLS = (*CAPABILITY_WORDS, AnswersChallenges, MakesSamples)


def check(entry: Registered) -> tuple[Finding, ...]:
    """Everything that is wrong with a provider; empty when it is complete."""
    found: list[Finding] = []
    for rule in RULES:
        try:
            found.extend(rule(entry))
        except Exception as error:  # a provider that breaks a rule's own run is a finding, not a crash
            found.append(
                Finding(
                    rule=rule.__name__.removesuffix("_findings"),
                    message=f"could not be looked at: {type(error).__name__}: {error}",
                    where=entry.folder.name,
                )
            )
    return tuple(found)


def capability_findings(entry: Registered) -> Iterator[Finding]:
    """Methods of a capability have exactly the protocol's parameters (a protocol itself compares names only)."""
    for protocol in PROTOCOLS:
        if not issubclass(entry.provider, protocol):
            continue
        for name in _methods(protocol):
            expected, actual = _shape(protocol, name), _shape(entry.provider, name)
            if expected != actual:
                yield Finding(
                    rule="capability",
                    message=f"{name}{actual} must be {name}{expected}, as {protocol.__name__} has it",
                    where=f"{entry.provider.__name__}.{name}",
                )


def _methods(protocol: type) -> list[str]:
    return [name for name, value in vars(protocol).items() if not name.startswith("_") and callable(value)] + [
        name for name, value in vars(protocol).items() if isinstance(value, staticmethod) and not callable(value)
    ]


def _shape(owner: type, name: str) -> str:
    """Parameters with their kinds and defaults, without types, and whether the method is static."""
    static = isinstance(inspect.getattr_static(owner, name), staticmethod)
    signature = inspect.signature(getattr(owner, name))
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return f"{inspect.Signature(bare)}{' (static)' if static else ''}"


RULES: tuple[Callable[[Registered], Iterable[Finding]], ...] = (
    manifest_findings,
    capability_findings,
    file_findings,
    behaviour_findings,
    permission_findings,
    fault_findings,
    webhook_findings,
)
