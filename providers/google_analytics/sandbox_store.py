"""What the stand-in's parts share: refusals in Google's shapes, bodies, paged lists."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from providers.kit.sandbox import SandboxRequest

State = dict[str, Any]

MAX_PAGE = 2
"""Google may give fewer than were asked for; here it always does, so that paging is tried with few objects."""


class Refusal(Exception):
    """An error in the shape of google.rpc: {"error": {"code", "message", "status", "details"}}."""

    def __init__(
        self, code: int, status: str, message: str, *, details: Sequence[Mapping[str, Any]] = (), retry_after: int = 0
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.details = list(details)
        self.headers = {"retry-after": str(retry_after)} if retry_after else {}

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": str(self), "status": self.status}
        if self.details:
            error["details"] = self.details
        return {"error": error}


class TokenRefusal(Refusal):
    """The token service's own shape (RFC 6749): {"error", "error_description"}."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(400, error, description)

    def body(self) -> dict[str, Any]:
        return {"error": self.status, "error_description": str(self)}


def bad_argument(message: str) -> Refusal:
    return Refusal(400, "INVALID_ARGUMENT", message)


def error_info(reason: str, **metadata: str) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": metadata,
    }


def json_object(request: SandboxRequest) -> dict[str, Any]:
    """The body as an object. Raises Refusal 400."""
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise bad_argument("Invalid JSON payload received.") from None
    if not isinstance(body, dict):
        raise bad_argument("Invalid JSON payload received. The body must be an object.")
    return body


def form(request: SandboxRequest) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}


def page(items: Sequence[Mapping[str, Any]], query: Mapping[str, list[str]], key: str) -> dict[str, Any]:
    """One page: `pageSize`, `pageToken`; an empty list leaves its key out, as Google does. Raises Refusal 400."""
    token, size = query.get("pageToken", [""])[-1], query.get("pageSize", ["50"])[-1]
    if token and not (token.startswith("page-") and token[5:].isdecimal()):
        raise bad_argument("The page token is invalid.")
    if not size.isdecimal() or int(size) < 1:
        raise bad_argument("The page size must be positive.")
    start = int(token[5:]) if token else 0
    end = start + min(int(size), MAX_PAGE)
    answer: dict[str, Any] = {key: list(items[start:end])} if items[start:end] else {}
    if end < len(items):
        answer["nextPageToken"] = f"page-{end}"
    return answer
