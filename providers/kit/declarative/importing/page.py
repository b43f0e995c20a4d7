"""A documentation page's text: the calls that stand in it, as a draft, and what was not understood of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from providers.kit.declarative.importing.curl import seen_in
from providers.kit.declarative.importing.draft import Draft, NotImportable, SeenRequest, draft_of

MAX_LENGTH = 400_000
MAX_CALLS = 60
MAX_SAMPLES = 60
_METHODS = "GET|POST|PUT|PATCH|DELETE|HEAD"
_CALL = re.compile(rf"\b({_METHODS})[ \t]+`?(https?://[^\s`'\"<>)]{{1,500}}|/[A-Za-z0-9_\-./{{}}:?=&%]{{1,300}})")
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]{3,200}(?::[0-9]{2,5})?(?:/[A-Za-z0-9_\-./]{0,200})?")
_BASE = re.compile(
    r"(?i)(?:base|root|endpoint|host)[^\n]{0,60}?(https://[A-Za-z0-9.-]{3,200}[A-Za-z0-9_\-./]{0,120})"
)
_HEADER = re.compile(r"(?im)^[\s`>*-]*(Authorization|X-[A-Za-z-]{2,40}|[A-Za-z-]{0,20}Api-Key)\s*:\s*([^\n`]{1,200})")
_COLON = re.compile(r"(?<=/):([A-Za-z_][A-Za-z0-9_]{0,40})")


def from_page(text: str) -> Draft:
    """A draft of the text of a page. Raises NotImportable where no call stands in it."""
    if len(text) > MAX_LENGTH:
        raise NotImportable("The text is longer than 400,000 letters. Paste the part about the calls you need.")
    missed: list[str] = []
    commands = list(_commands(text, missed))
    rest = _without_commands(text)
    base = _base_of(text, commands)
    headers = {name: value.strip() for name, value in _HEADER.findall(rest)}
    samples = list(_samples(rest))
    written = list(_written(rest, base, headers, missed))
    calls = _once([*commands, *(one for one, _ in written)])
    if not calls:
        raise NotImportable(
            "The text names no call, such as “GET /customers” with its address, and holds no curl command."
        )
    places = {id(one): place for one, place in written}
    calls = [_with_sample(one, places.get(id(one)), samples) for one in calls[:MAX_CALLS]]
    draft = draft_of(calls)
    words = [f"{len(calls)} calls were found, {len(commands)} of them as curl commands."]
    words += [f"How to sign in was read from the header “{name}”." for name in headers]
    taken = sum(bool(one.answer) for one in calls)
    words += [f"{taken} examples of answers were taken."] if taken else []
    missed += [f"{len(samples) - taken} examples of JSON could not be told to belong to a call."] * (
        len(samples) > taken
    )
    missed += ["The sentences between the calls were not read: rules, limits and errors are yours to add."]
    return replace(draft, understood=(*words, *draft.understood), not_understood=(*draft.not_understood, *missed))


def _commands(text: str, missed: list[str]) -> Iterator[SeenRequest]:
    for command in _curls(text):
        try:
            yield seen_in(command, missed)
        except NotImportable as error:
            missed.append(f"A curl command was not understood: {error}")


def _curls(text: str) -> Iterator[str]:
    """Each command with the lines that go on with it."""
    lines = iter(text.replace("\r\n", "\n").split("\n"))
    for line in lines:
        begin = re.search(r"(?:^|[\s`$>])(curl\s)", line)
        if begin is None:
            continue
        command = line[begin.start(1) :]
        while command.rstrip().endswith("\\") or _open_quote(command):
            following = next(lines, None)
            if following is None or len(command) > 20_000:
                break
            command += "\n" + following
        yield command.rstrip().rstrip("`")


def _open_quote(command: str) -> bool:
    bare = re.sub(r"\\.", "", command)
    return bare.count("'") % 2 == 1 or re.sub(r"'[^']*'", "", bare).count('"') % 2 == 1


def _without_commands(text: str) -> str:
    for command in _curls(text):
        text = text.replace(command, " " * len(command), 1)
    return text


def _base_of(text: str, commands: list[SeenRequest]) -> str:
    found = _BASE.search(text)
    if found:
        return found[1].rstrip("/.")
    if commands:
        return "/".join(commands[0].url.split("/")[:3])
    address = next((one[0] for one in _ADDRESS.finditer(text) if "api" in one[0]), "")
    return "/".join(address.split("/")[:3])


def _written(text: str, base: str, headers: dict[str, str], missed: list[str]) -> Iterator[tuple[SeenRequest, int]]:
    """“GET /customers/{id}”, with its place in the text."""
    for match in _CALL.finditer(text):
        url = match[2].rstrip(".,;:")
        if url.startswith("/") and not base:
            missed.append(f"“{match[1]} {url[:80]}” has no address before it: which host it is at was not found.")
            continue
        url = _COLON.sub(r"1", re.sub(r"\{[^{}]{1,60}\}", "1", url if "://" in url else base + url))
        yield SeenRequest(method=match[1], url=url, headers=headers), match.end()


def _samples(text: str) -> Iterator[tuple[int, Any]]:
    """JSON objects and lists in the text, with their places."""
    decoder, at, found = json.JSONDecoder(), 0, 0
    for match in re.finditer(r"(?m)^[\s`>]*(?=[{\[])", text):
        if match.end() < at or found >= MAX_SAMPLES:
            continue
        try:
            data, end = decoder.raw_decode(text[match.end() : match.end() + 100_000])
        except (ValueError, RecursionError):
            continue
        if data:
            found += 1
            at = match.end() + end
            yield match.end(), data


def _once(calls: list[SeenRequest]) -> list[SeenRequest]:
    found: dict[tuple[str, str], SeenRequest] = {}
    for one in calls:
        found.setdefault((one.method, one.url.partition("?")[0]), one)
    return list(found.values())


def _with_sample(one: SeenRequest, place: int | None, samples: list[tuple[int, Any]]) -> SeenRequest:
    """The call with the first example after it, near enough to be its own."""
    near = next((data for at, data in samples if place is not None and place <= at < place + 2_000), None)
    if near is None:
        return one
    return replace(one, status=200, answer=json.dumps(near), answer_type="application/json")
