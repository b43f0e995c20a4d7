"""Writes docs/providers/ from the providers themselves: a page each, the capability matrix, and what is covered.

`python scripts/provider_docs.py` writes; `--check` only says what is out of date (exit code 1). The coverage page
needs the vendors' published descriptions (VENDOR_DATA) and is left as it is without them.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from providers.kit.capabilities import CAPABILITY_WORDS, capabilities_of  # noqa: E402
from providers.kit.contract import Category, Field, Manifest  # noqa: E402
from providers.kit.registry import Registered, Registry  # noqa: E402
from providers.kit.testing import Bench, description_of  # noqa: E402

FOLDER = ROOT / "docs" / "providers"
MADE = "<!-- Made by scripts/provider_docs.py from the provider's folder. Change it there. -->\n"
COVERAGE = "coverage.md"


def pages() -> dict[str, str]:
    """File name → text, for everything but the coverage."""
    registry = Registry.discover()
    found = {f"{entry.id}.md": provider_page(entry) for entry in registry}
    found["capabilities.md"] = matrix(registry)
    return found


def provider_page(entry: Registered) -> str:
    manifest = entry.manifest
    guide = (entry.folder / "guide.md").read_text(encoding="utf-8").partition("\n")[2].strip()
    parts = [
        MADE,
        f"# {manifest.name}\n",
        f"{manifest.tagline}\n",
        f"{manifest.description}\n",
        f"Category: {manifest.category}. Time to set up: about {manifest.setup_minutes} minutes. "
        f"[Website]({manifest.website}), [API documentation]({manifest.documentation}).\n",
        guide + "\n",
        "## What it can do\n",
        "\n".join(f"- {CAPABILITY_WORDS[one][1]}" for one in capabilities_of(entry.provider)) + "\n",
        *_section("What it can't do, and why", [f"- {reason}" for reason in manifest.unsupported.values()]),
        "## Fields\n",
        _fields(manifest),
        *_section("Permissions", [_permission(manifest, one.scope) for one in manifest.permissions]),
        *_section("Tests", [f"- `{one.id}`: {one.description}{_writes(one.changes_data)}" for one in manifest.tests]),
        *_events(manifest),
        *_limits(manifest),
        "## Prices\n",
        f"{manifest.pricing.model} As of {manifest.pricing.as_of}: [the vendor's page]({manifest.pricing.url}).\n",
        "\n".join(_tier(one.name, one.price, one.detail) for one in manifest.pricing.tiers) + "\n",
    ]
    return "\n".join(parts)


def _writes(changes_data: bool) -> str:
    return " (writes to the account)" if changes_data else ""


def _tier(name: str, price: str, detail: str) -> str:
    return f"- {name}: {price}" + (f" ({detail})" if detail else "")


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"## {title}\n", "\n".join(lines) + "\n"] if lines else []


def _fields(manifest: Manifest) -> str:
    rows = ["| field | setting | needed | what it is |", "|---|---|---|---|"]
    rows += [
        f"| `{one.name}` | `{one.env}` | {'yes' if one.required else 'no'} | {_field_words(one)} |"
        for one in manifest.fields
        if not one.hidden
    ]
    return "\n".join(rows) + "\n"


def _field_words(field: Field) -> str:
    secret = " Kept encrypted." if field.secret else ""
    return f"{field.label}. {field.help}{secret}".replace("|", "\\|").replace("\n", " ")


def _permission(manifest: Manifest, scope: str) -> str:
    one = next(each for each in manifest.permissions if each.scope == scope)
    optional = "" if one.required else " (optional)"
    return f"- **{one.label}**{optional}, `{one.scope}`: {one.reason}"


def _events(manifest: Manifest) -> list[str]:
    if manifest.webhook is None:
        return []
    return _section("Events", [f"- `{one.type}`: {one.label}" for one in manifest.webhook.events])


def _limits(manifest: Manifest) -> list[str]:
    limit = manifest.rate_limit
    if limit is None:
        return []
    words = f"The hub keeps each account below {limit.requests} calls in {limit.per_seconds:g} seconds. {limit.note}"
    return ["## Limits\n", words.strip() + "\n"]


def matrix(registry: Registry) -> str:
    """Which provider can do what, by category; what it can't do comes with the reason."""
    parts = [MADE, "# What each provider can do\n"]
    for category, _ in registry.by_category().items():
        members = [entry for entry in registry if entry.manifest.category is category]
        parts += [f"## {_category_words(category)}\n", _table(members)]
        reasons = [
            f"- **{entry.manifest.name}**: {reason}"
            for entry in members
            for reason in entry.manifest.unsupported.values()
        ]
        if reasons:
            parts += ["What can't be done, and why:\n", "\n".join(reasons) + "\n"]
    return "\n".join(parts)


def _category_words(category: Category) -> str:
    return {"crm": "CRM", "email": "E-mail"}.get(category.value, category.value.capitalize())


def _table(members: list[Registered]) -> str:
    able = {entry.id: set(capabilities_of(entry.provider)) for entry in members}
    rows = [
        "| | " + " | ".join(entry.manifest.name for entry in members) + " |",
        "|---|" + "---|" * len(members),
    ]
    for capability, (_, words) in CAPABILITY_WORDS.items():
        if any(capability in found for found in able.values()):
            marks = ["yes" if capability in able[entry.id] else "–" for entry in members]
            rows.append(f"| {words} | " + " | ".join(marks) + " |")
    return "\n".join(rows) + "\n"


def coverage() -> str:
    """The operations of each vendor's own description that the provider and its stand-in were held against."""
    parts = [
        MADE,
        "# What is held against the vendors' own descriptions\n",
        "Each line is an operation of the vendor's published description. The provider's request and the sandbox's "
        "answer were checked against it in a run of every verb the provider has (`tests/exercise.py` in its folder); "
        "a violation fails the tests. Calls that the vendor documents elsewhere are listed apart.\n",
    ]
    for entry in Registry.discover():
        bench = exercised(entry)
        if bench is None:
            continue
        lines = [f"- `{one}`" for one in sorted(bench.transport.operations)]
        parts += [f"## {entry.manifest.name}\n", f"{len(lines)} operations.\n", "\n".join(lines) + "\n"]
        if bench.transport.outside:
            outside = "\n".join(f"- `{one}`" for one in sorted(bench.transport.outside))
            parts += ["Documented elsewhere:\n", outside + "\n"]
    return "\n".join(parts)


def exercise_of(entry: Registered) -> ModuleType | None:
    """The provider's `tests/exercise.py`."""
    if not (entry.folder / "tests" / "exercise.py").is_file():
        return None
    return importlib.import_module(f"providers.{entry.folder.name}.tests.exercise")


def exercised(entry: Registered) -> Bench | None:
    """The bench on which every verb was run; None without a script for it or without the vendors' data."""
    module = exercise_of(entry)
    if module is None or description_of(entry.folder.name) is None:
        return None
    bench = Bench(entry, module.undescribed)
    module.exercise(bench)
    return bench


def outdated() -> Iterator[str]:
    wanted = pages()
    if any(description_of(entry.folder.name) for entry in Registry.discover()):
        wanted[COVERAGE] = coverage()
    for name, text in wanted.items():
        file = FOLDER / name
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            yield name
            if "--check" not in sys.argv:
                file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    names = list(outdated())
    sys.stdout.write("".join(f"{name}\n" for name in names))
    sys.exit(bool(names) and "--check" in sys.argv)
