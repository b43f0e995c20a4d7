"""Writes docs/guide/permissions.md from the one table of permissions; `--check` fails when it is not current."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from webapp.core.permissions import POWERS, ROLE_WORDS, SCOPES, Role, table  # noqa: E402  (the path comes first)

PAGE = ROOT / "docs/guide/permissions.md"
HEAD = """# Who may do what

Written by `python scripts/permission_docs.py` from the table that the product itself goes by
(`webapp/core/permissions.py`). The same is shown under *Settings → Who may do what*.

## Roles
Each may do all that the ones before it may.
"""
CONNECTIONS = """
## One connection for named people only
*The connection → Who may use it* (managers and owners) keeps a connection to chosen roles and people. Whoever is not
named finds it nowhere: not in lists, searches, figures, contacts, deliveries, errors, exports or by API; its address
says "not found". What is given never goes beyond the role. A line for a person goes before the line of their role.
Owners always may everything, and managers always see a connection: it can't get lost. Every change is in the audit
log.

What can be given of a connection:

"""
REST = """
**Live writes** are apart: changing data at a service through a *live* connection takes "{live}" besides "{use}"; test
and sandbox connections don't ask for it. For a token it is the scope `live:write`.

## Looking as a client
*Settings → People → See it as they see it* (managers and owners) shows the workspace as a role or a person sees it,
to try things before a client is invited. Every page says so and has the button that ends it; it ends by itself after
half an hour. Nothing can be changed meanwhile, and personal pages (profile, sign-in, security) stay shut: your own
and theirs. You never see more than you may yourself. Beginning and ending are in the audit log.

## Site admins
Site admins look after the installation: providers, people, workspaces, health. That gives them **nothing inside a
workspace**: there they may what their role there allows, and without one they see none of it. Somebody who should see
a workspace's connections is invited to it, which its members and the audit log see.

## API tokens
A token may never more than the person who made it, connection by connection, and of that only what its scopes say.
When the person's role changes or they leave, it counts from the next call on; the same is true for browsers.

| Scope | Opens |
|---|---|
"""


def page() -> str:
    """The whole page."""
    lines = [HEAD, "| Role | In words |", "|---|---|"]
    lines += [f"| {role.slug.capitalize()} | {words} |" for role, words in ROLE_WORDS.items()]
    columns = " | ".join(role.slug.capitalize() for role in Role)
    for heading, rules in table().items():
        lines += ["", f"### {heading}", f"| What | {columns} | Scope of a token |", "|---|" + ":-:|" * 4 + "---|"]
        for rule in rules:
            marks = " | ".join("yes" if rule.role is not None and role >= rule.role else "–" for role in Role)
            needed = f"`{rule.scope}`" if rule.scope else "site admins only" if rule.role is None else "–"
            lines.append(f"| {rule.words} | {marks} | {needed} |")
    lines.append(CONNECTIONS.rstrip("\n"))
    lines += ["", *(f"- {words}" for words in POWERS.values())]
    lines.append(REST.format(live=POWERS["live"], use=POWERS["use"]).rstrip("\n"))
    lines += [f"| `{scope}` | {words} |" for scope, words in SCOPES.items()]
    return "\n".join(lines) + "\n"


def main() -> int:
    """0, or 1 when `--check` finds another text."""
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page()
    if not current:
        sys.stderr.write(f"{PAGE.name} is not current: run python scripts/permission_docs.py\n")
    return 0 if current else 1


if __name__ == "__main__":
    raise SystemExit(main())
