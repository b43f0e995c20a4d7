"""A cURL command, as people copy it from documentation or from a browser's developer tools."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import replace
from typing import Any, NoReturn
from urllib.parse import parse_qsl, quote, urlsplit

from providers.kit.declarative.importing.draft import Draft, NotImportable, SeenRequest, draft_of

MAX_LENGTH = 200_000
_IGNORED = ("-s", "-S", "-L", "-k", "-i", "-v", "-f", "-g", "-#", "-N")
_IGNORED_LONG = ("--silent", "--show-error", "--location", "--insecure", "--include", "--verbose", "--fail")
_IGNORED_TOO = ("--compressed", "--globoff", "--http1.1", "--http2", "--progress-bar", "--no-buffer")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise NotImportable(f"The command cannot be read: {message[:200]}")


def from_curl(command: str) -> Draft:
    """A draft of one command. Raises NotImportable."""
    missed: list[str] = []
    draft = draft_of([seen_in(command, missed)])
    return replace(draft, not_understood=(*draft.not_understood, *missed))


def seen_in(command: str, missed: list[str]) -> SeenRequest:
    """The request that a command makes; what was not understood goes into `missed`. Raises NotImportable."""
    if len(command) > MAX_LENGTH:
        raise NotImportable("The command is longer than 200,000 letters.")
    try:
        words = shlex.split(command.replace("\\\r\n", " ").replace("\\\n", " ").replace("$'", "'"))
    except ValueError:
        raise NotImportable("A quote in the command is not closed.") from None
    if not words or words[0].rpartition("/")[2] not in ("curl", "curl.exe"):
        raise NotImportable("The command does not begin with curl.")
    options, unknown = _parser().parse_known_args(words[1:])
    missed += [f"“{one[:60]}” was not understood." for one in unknown]
    urls = [*options.url, *(one for one in options.addresses)]
    if not urls:
        raise NotImportable("The command has no address.")
    missed += [f"Only the first address was taken, not {one[:100]}." for one in urls[1:]]
    return _request(options, urls[0], missed)


def _request(options: Any, url: str, missed: list[str]) -> SeenRequest:
    url = url if "://" in url else f"https://{url}"
    headers = {}
    for one in options.header:
        name, separator, value = one.partition(":")
        if separator and value.strip():
            headers[name.strip()] = value.strip()
    data = [*options.data, *(_encoded(one) for one in options.data_urlencode), *options.json]
    for one in data:
        if one.startswith("@"):
            missed.append(f"The file {one[1:60]} was not read.")
    body = "" if options.get else "&".join(one for one in data if not one.startswith("@"))
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    if options.get:
        query += parse_qsl("&".join(data), keep_blank_values=True)
    form = [tuple(one.partition("=")[::2]) for one in options.form]
    method = options.request or ("HEAD" if options.head else "POST" if (body or form) else "GET")
    content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    return SeenRequest(
        method=method,
        url=url,
        headers=headers,
        query=tuple(query),
        body=body,
        content_type=content_type,
        form=tuple((str(name), str(value)) for name, value in form),
        user=options.user or "",
    )


def _encoded(one: str) -> str:
    name, separator, value = one.partition("=")
    return f"{name}={quote(value)}" if separator else quote(one)


def _parser() -> _Parser:
    parser = _Parser(prog="curl", add_help=False, allow_abbrev=False)
    parser.add_argument("addresses", nargs="*")
    parser.add_argument("--url", action="append", default=[])
    parser.add_argument("-X", "--request", default="")
    parser.add_argument("-H", "--header", action="append", default=[])
    for names in (
        ("-d", "--data", "--data-raw", "--data-ascii", "--data-binary"),
        ("--data-urlencode",),
        ("--json",),
    ):
        parser.add_argument(*names, action="append", default=[])
    parser.add_argument("-F", "--form", "--form-string", action="append", default=[])
    parser.add_argument("-u", "--user", default="")
    parser.add_argument("-G", "--get", action="store_true")
    parser.add_argument("-I", "--head", action="store_true")
    for name in ("-b", "-A", "-e", "-o", "-m", "-x", "-w"):
        parser.add_argument(name, _LONG[name], default="")
    for name in (*_IGNORED, *_IGNORED_LONG, *_IGNORED_TOO):
        parser.add_argument(name, action="store_true", dest="ignored")
    return parser


_LONG = {
    "-b": "--cookie",
    "-A": "--user-agent",
    "-e": "--referer",
    "-o": "--output",
    "-m": "--max-time",
    "-x": "--proxy",
    "-w": "--write-out",
}
