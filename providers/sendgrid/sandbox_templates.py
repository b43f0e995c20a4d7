"""The stand-in's dynamic templates. Ids are UUIDs, as the vendor's description says; real ones begin with `d-`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_store import Answer, Refusal, State, find, json_object, last, next_uuid, remember, stamp

_SEEDS = (
    (
        "Order confirmation",
        "Your order {{order.number}}",
        '<h1>Thank you, {{insert name "default=customer"}}!</h1><ul>{{#each order.items}}<li>{{this.count}} × '
        "{{this.title}}</li>{{/each}}</ul>{{#if paid}}<p>It is paid.</p>{{else}}<p>Please pay {{total}}.</p>{{/if}}",
    ),
    ("Password reset", "Reset your password", '<p>Hello {{name}}, <a href="{{{link}}}">choose a new one</a>.</p>'),
    ("Spring news", "News for {{name}}", "<p>Dear {{name}}, it is spring.</p>"),
)
_VERSION_FIELDS = (
    "name",
    "subject",
    "html_content",
    "plain_content",
    "generate_plain_content",
    "editor",
    "test_data",
)


def seed(state: State, now: datetime) -> None:
    state["templates"] = {}
    for name, subject, html in _SEEDS:
        template = _make(state, name, now)
        _add(state, template, {"name": "First", "subject": subject, "html_content": html, "active": 1}, now)


def list_templates(state: State, request: SandboxRequest, now: datetime) -> Answer:
    raw = last(request.query, "page_size")
    if not raw.isdecimal() or not 1 <= int(raw) <= 200:
        raise Refusal(400, "page_size is required and must be between 1 and 200", "page_size")
    size, token = int(raw), last(request.query, "page_token")
    if "dynamic" not in (last(request.query, "generations") or "legacy").split(","):
        return 200, {"result": [], "_metadata": {"self": _address(size, ""), "count": 0}}
    listed = list(state["templates"].values())
    start = next((number for number, one in enumerate(listed) if token and one["id"] == token), 0)
    chosen = listed[start : start + size]
    metadata = {"self": _address(size, token), "count": len(listed)}
    if start + size < len(listed):
        metadata["next"] = _address(size, listed[start + size]["id"])
    return 200, {"result": [_listed(one) for one in chosen], "_metadata": metadata}


def _listed(template: dict[str, Any]) -> dict[str, Any]:
    """Lists leave the contents out."""
    keys = ("html_content", "plain_content")
    versions = [{k: v for k, v in one.items() if k not in keys} for one in template["versions"]]
    return {**template, "versions": versions}


def _address(size: int, token: str) -> str:
    more = f"&page_token={token}" if token else ""
    return f"https://api.sendgrid.com/v3/templates?generations=dynamic&page_size={size}{more}"


def create_template(state: State, request: SandboxRequest, now: datetime) -> Answer:
    body = json_object(request)
    name = body.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 100:
        raise Refusal(400, "name is required and must be at most 100 characters", "name")
    if body.get("generation") != "dynamic":
        raise Refusal(400, "the sandbox keeps dynamic templates only", "generation")
    return 201, _make(state, name, now)


def get_template(state: State, request: SandboxRequest, now: datetime, template_id: str) -> Answer:
    return 200, find(state["templates"], template_id)


def update_template(state: State, request: SandboxRequest, now: datetime, template_id: str) -> Answer:
    template = find(state["templates"], template_id)
    template.update(name=str(json_object(request).get("name") or template["name"])[:100], updated_at=stamp(now))
    return 200, template


def delete_template(state: State, request: SandboxRequest, now: datetime, template_id: str) -> Answer:
    find(state["templates"], template_id)
    del state["templates"][template_id]
    return 204, None


def create_version(state: State, request: SandboxRequest, now: datetime, template_id: str) -> Answer:
    template = find(state["templates"], template_id)
    body = json_object(request)
    for name, most in (("name", 100), ("subject", 255)):
        if not isinstance(body.get(name), str) or not 1 <= len(body[name]) <= most:
            raise Refusal(400, f"{name} is required and must be at most {most} characters", name)
    if str(body.get("html_content", "")).count("{{#") != str(body.get("html_content", "")).count("{{/"):
        raise Refusal(400, "template content is not valid handlebars", "html_content")
    return 201, _add(state, template, body, now)


def get_version(state: State, request: SandboxRequest, now: datetime, template_id: str, version_id: str) -> Answer:
    return 200, _version(state, template_id, version_id)


def update_version(state: State, request: SandboxRequest, now: datetime, template_id: str, version_id: str) -> Answer:
    version = _version(state, template_id, version_id)
    body = json_object(request)
    version.update({name: body[name] for name in _VERSION_FIELDS if name in body}, updated_at=stamp(now))
    return 200, version


def delete_version(state: State, request: SandboxRequest, now: datetime, template_id: str, version_id: str) -> Answer:
    version = _version(state, template_id, version_id)
    state["templates"][template_id]["versions"].remove(version)
    return 204, None


def activate_version(
    state: State, request: SandboxRequest, now: datetime, template_id: str, version_id: str
) -> Answer:
    version = _version(state, template_id, version_id)
    _activate(state["templates"][template_id], version, now)
    return 200, version


def _make(state: State, name: str, now: datetime) -> dict[str, Any]:
    template = {
        "id": next_uuid(state, "template"),
        "name": name,
        "generation": "dynamic",
        "updated_at": stamp(now),
        "versions": [],
    }
    remember(state["templates"], str(template["id"]), template)
    return template


def _add(state: State, template: dict[str, Any], body: dict[str, Any], now: datetime) -> dict[str, Any]:
    html = str(body.get("html_content", ""))
    version = {
        "id": next_uuid(state, "version"),
        "template_id": template["id"],
        "active": 0,
        "name": body["name"],
        "subject": body["subject"],
        "html_content": html,
        "plain_content": str(body.get("plain_content", "")),
        "generate_plain_content": body.get("generate_plain_content", True),
        "editor": body.get("editor", "code"),
        "updated_at": stamp(now),
    }
    template["versions"].insert(0, version)
    template["updated_at"] = stamp(now)
    if body.get("active") == 1 or len(template["versions"]) == 1:
        _activate(template, version, now)
    return version


def _activate(template: dict[str, Any], version: dict[str, Any], now: datetime) -> None:
    for one in template["versions"]:
        one["active"] = int(one is version)
    version["updated_at"] = template["updated_at"] = stamp(now)


def _version(state: State, template_id: str, version_id: str) -> dict[str, Any]:
    versions = {one["id"]: one for one in find(state["templates"], template_id)["versions"]}
    found: dict[str, Any] = find(versions, version_id)
    return found
