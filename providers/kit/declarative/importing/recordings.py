"""HAR files (what a browser recorded) and Postman collections (v2.0, v2.1)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from providers.kit.declarative.importing.draft import Draft, NotImportable, SeenRequest, draft_of
from providers.kit.declarative.plain_text import DocumentError, load

MAX_BYTES = 16 * 1024 * 1024
MAX_REQUESTS = 400
_PAGES = ("text/html", "text/css", "javascript", "image/", "font/", "video/", "audio/")


def from_har(text: str | bytes) -> Draft:
    """A draft of the calls to an API in a HAR. Raises NotImportable."""
    log = _object(_object(_loaded(text)).get("log"))
    entries = [one for one in _list(log.get("entries"))[:5_000] if isinstance(one, dict)]
    if not entries:
        raise NotImportable("This is not a HAR: it has no entries.")
    seen = [_from_entry(one) for one in entries]
    wanted = [one for one in seen if one.url and not any(kind in one.answer_type for kind in _PAGES)]
    if not wanted:
        raise NotImportable("The recording has pages and pictures only, and no calls to an API.")
    hosts = [urlsplit(one.url).netloc for one in wanted]
    busiest = max(hosts, key=hosts.count)
    ordered = sorted(wanted, key=lambda one: urlsplit(one.url).netloc != busiest)
    draft = draft_of(ordered[:MAX_REQUESTS])
    left = len(seen) - len(wanted)
    more = (f"{left} pages, pictures and scripts were left out.",) if left else ()
    return replace(draft, not_understood=(*draft.not_understood, *more))


def from_postman(text: str | bytes) -> Draft:
    """A draft of a collection. Raises NotImportable."""
    data = _object(_loaded(text))
    info = _object(data.get("info"))
    if not isinstance(data.get("item"), list):
        raise NotImportable("This is not a Postman collection: it has no items.")
    variables = _variables(data)
    auth = _object(data.get("auth"))
    seen, missed = [], []
    for one in list(_items(data["item"]))[:MAX_REQUESTS]:
        request = _from_item(one, variables, auth)
        if not urlsplit(request.url).hostname or "{{" in request.url:
            missed.append(f"“{request.name[:60]}”: its address has a variable without a value.")
        else:
            seen.append(request)
        if any("script" in _object(each) for each in _list(one.get("event"))):
            missed.append(f"“{request.name[:60]}”: its scripts are not run.")
    if not seen:
        raise NotImportable("No request in the collection has a whole address. " + " ".join(missed[:3]))
    draft = draft_of(seen, _text(info.get("name"))[:80])
    return replace(draft, not_understood=(*draft.not_understood, *missed[:50]))


def _from_entry(entry: dict[str, Any]) -> SeenRequest:
    request, response = _object(entry.get("request")), _object(entry.get("response"))
    url = _text(request.get("url"))
    post, content = _object(request.get("postData")), _object(response.get("content"))
    answer = _text(content.get("text"))
    if content.get("encoding") == "base64":
        try:
            answer = base64.b64decode(answer, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            answer = ""
    kind = _text(content.get("mimeType"))
    status = response.get("status")
    good = isinstance(status, int) and 200 <= status < 300
    return SeenRequest(
        method=_text(request.get("method")) or "GET",
        url=url if _readable(url) else "",
        headers=_pairs(request.get("headers")),
        query=tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True)) if _readable(url) else (),
        body=_text(post.get("text")),
        content_type=_text(post.get("mimeType")),
        status=status if good and isinstance(status, int) else None,
        answer=answer if good else "",
        answer_type=kind,
    )


def _items(items: list[Any], depth: int = 0) -> Iterator[dict[str, Any]]:
    for one in items:
        if isinstance(one, dict) and isinstance(one.get("item"), list) and depth < 12:
            yield from _items(one["item"], depth + 1)
        elif isinstance(one, dict) and "request" in one:
            yield one


def _from_item(item: dict[str, Any], variables: dict[str, str], inherited: dict[str, Any]) -> SeenRequest:
    request = item["request"] if isinstance(item["request"], dict) else {"url": item["request"]}
    raw = request.get("url")
    url = _filled(_text(raw if isinstance(raw, str) else _object(raw).get("raw")), variables)
    url = url if "://" in url else f"https://{url}"
    url = url if _readable(url) else ""
    headers = _pairs(request.get("header"))
    auth = _object(request.get("auth")) or inherited
    kind = _text(auth.get("type"))
    values = _pairs(auth.get(kind))
    if kind in ("bearer", "oauth2"):
        headers["Authorization"] = "Bearer seen"
    elif kind == "apikey" and values.get("in") != "query":
        headers[values.get("key") or "X-Api-Key"] = "seen"
    body = _object(request.get("body"))
    mode = _text(body.get("mode"))
    text = _text(body.get("raw")) if mode == "raw" else ""
    if mode == "graphql":
        text = _graphql(_object(body.get("graphql")))
    form = tuple(_pairs(body.get(mode)).items()) if mode in ("formdata", "urlencoded") else ()
    answers = [
        one for one in _list(item.get("response")) if isinstance(one, dict) and one.get("code") in range(200, 300)
    ]
    return SeenRequest(
        name=_text(item.get("name"))[:80],
        method=_text(request.get("method")) or "GET",
        url=url,
        headers=headers,
        query=tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True)),
        body=text if mode != "urlencoded" else "&".join(f"{name}={value}" for name, value in form),
        form=form if mode == "formdata" else (),
        user="seen:seen" if kind == "basic" else "",
        status=answers[0]["code"] if answers else None,
        answer=_text(answers[0].get("body")) if answers else "",
    )


def _graphql(body: dict[str, Any]) -> str:

    try:
        variables = json.loads(_text(body.get("variables")) or "{}")
    except (ValueError, RecursionError):
        variables = {}
    return json.dumps({"query": _text(body.get("query")), "variables": variables})


def _variables(data: dict[str, Any]) -> dict[str, str]:
    return _pairs(data.get("variable"))


def _filled(text: str, variables: dict[str, str]) -> str:
    return re.sub(r"\{\{\s*([^{}]{1,80}?)\s*\}\}", lambda one: variables.get(one[1], one[0]), text)


def _pairs(value: Any) -> dict[str, str]:
    """`[{"key" or "name": …, "value": …}]`, what is switched off left out."""
    found = {}
    for one in _list(value)[:500]:
        if isinstance(one, dict) and not one.get("disabled"):
            name = _text(one.get("key") or one.get("name"))
            if name:
                found[name] = _text(one.get("value"))
    return found


def _readable(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname) and urlsplit(url).port != 0
    except ValueError:
        return False


def _loaded(text: str | bytes) -> Any:
    try:
        return load(text, most_bytes=MAX_BYTES, depth=100, nodes=1_000_000)
    except DocumentError as error:
        raise NotImportable(f"{error} {error.fix}".strip()) from None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
