"""Bodies that work as written, for the description and its curl lines, made from what providers say of themselves.
The keys in them are none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from providers.kit.contract import Environment, Field, Manifest, TestDefinition
from providers.kit.registry import Registry

Examples = Mapping[str, Mapping[str, Any]]
"""By name: {"summary": …, "value": …}, as OpenAPI has them."""

INSTANCE = "ins_8fj2k5m0p3q7r9s1t4v6"
LINK = "lnk_5m0p3q7r9s1t4v68fj2k"


def examples_of(registry: Registry) -> Mapping[str, Examples]:
    """For each call by name; {} when there is no provider to show one with."""
    known = sorted((one.manifest for one in registry), key=lambda one: (-one.popularity, one.id))
    shown = next((one for one in known if _secret(one)), None)
    if shown is None:
        return {}
    key = _secret(shown)
    assert key is not None, "the provider was chosen for it"
    value = {key.env or key.name: key.example}
    return {
        "create_integration": {
            "keys": _example(
                "Connect an account",
                providerId=shown.id,
                name=f"My {shown.name} integration",
                description=shown.tagline,
                configuration={one.env: one.example for one in shown.fields if one.env and one.example},
            ),
            "sandbox": _example(
                "Connect the sandbox: no account needed",
                providerId=shown.id,
                name="Try it out",
                environment="sandbox",
                configuration={},
            ),
        },
        "change_integration": {
            "rename": _example("Rename", id=INSTANCE, name="Northwind shop"),
            "secret": _example("Replace a key", id=INSTANCE, configuration=value),
            "pause": _example("Pause", id=INSTANCE, status="paused"),
        },
        "remove_integration": {"one": _example("Remove one", id=INSTANCE)},
        "run_test": {
            "keys": _example("Check a key", testId=shown.tests[0].id, configuration=value),
            "stored": _example("Check a connection", testId=shown.tests[0].id, instanceId=INSTANCE),
            **_with_inputs(known),
        },
        "create_connect_link": {
            "one": _example(
                "Ask for one account",
                clientName="Ben Baker",
                providerIds=[shown.id],
                message="So that we can show your figures in the monthly report.",
            )
        },
        "revoke_connect_link": {"one": _example("Take one back", id=LINK)},
        "create_contact": {
            "one": _example(
                "Create one", instanceId=INSTANCE, email="ada@example.com", firstName="Ada", lastName="Lovelace"
            )
        },
        "change_contact": {"phone": _example("Change the phone number", phone="+44 20 7946 0000")},
        "show_provider": {"one": _example("Show one", providerId=shown.id)},
    }


def _with_inputs(known: Iterable[Manifest]) -> dict[str, Mapping[str, Any]]:
    """A test that asks for something, in the same object as the configuration; the sandbox fills in the key."""
    for manifest in known:
        for test in manifest.tests:
            asked = _inputs(test)
            if asked and Environment.SANDBOX in manifest.environments:
                title = f"{test.name}, in the sandbox"
                return {"inputs": _example(title, testId=test.id, environment="sandbox", configuration=asked)}
    return {}


def _inputs(test: TestDefinition) -> dict[str, str]:
    """{} unless everything that is needed has an example."""
    asked = {one.name: one.example or one.default for one in test.inputs}
    needed = [one.name for one in test.inputs if one.required]
    return asked if needed and all(asked.values()) else {}


def _secret(manifest: Manifest) -> Field | None:
    """What is entered as the key, if it can be shown by example."""
    return next((one for one in manifest.fields if one.secret and one.example and not one.webhook_secret), None)


def _example(summary: str, **value: Any) -> Mapping[str, Any]:
    return {"summary": summary, "value": value}
