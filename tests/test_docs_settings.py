"""The documentation can't lie: every setting and command is in docs/operate, and what is there exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from webapp.cli import cli

ROOT = Path(__file__).resolve().parents[1]
OPERATE = ROOT / "docs" / "operate"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(OPERATE.glob("*.md"))]


def commands(
    group: click.Command = cli, words: tuple[str, ...] = ("toolkit",)
) -> Iterator[tuple[str, click.Command]]:
    """("toolkit db upgrade", command) for every command that does something."""
    if not isinstance(group, click.Group):
        yield " ".join(words), group
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from commands(command, (*words, name))


def settings_in_code() -> set[str]:
    source = (ROOT / "webapp" / "config.py").read_text(encoding="utf-8")
    return set(re.findall(r"_(?:value|whole_number|list|key)\(environ,[^\n]*?\"([A-Z_]{3,})\"", source))


def settings_in_docs() -> set[str]:
    return set(re.findall(r"^\| `([A-Z_]+)` \|", (OPERATE / "settings.md").read_text(encoding="utf-8"), re.MULTILINE))


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    assert settings_in_code() == settings_in_docs()


def test_every_command_is_documented_and_every_documented_one_exists() -> None:
    listed = re.findall(
        r"^\| `(toolkit [a-z -]+)` \|", (OPERATE / "commands.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(listed) == sorted(name for name, _ in commands())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_pages_tell_of_exist(page: Path) -> None:
    known = {name for name, _ in commands()}
    groups = {name.rpartition(" ")[0] for name in known} - {"toolkit"}
    told = set(re.findall(r"(?<![/\w-])toolkit (?:[a-z]+)(?: [a-z-]+)?", _code(page)))
    unknown = [name for name in told if name not in known | groups and " ".join(name.split()[:2]) not in known]
    assert unknown == []


def _code(page: Path) -> str:
    """What stands in backticks or indented blocks: prose may use the word otherwise."""
    text = page.read_text(encoding="utf-8")
    fenced = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join([*fenced, *re.findall(r"`([^`\n]+)`", text)])


def test_every_command_shows_an_example() -> None:
    assert [name for name, command in commands() if "Example: " not in (command.help or "")] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"(?<!!)\[[^\]]*\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
