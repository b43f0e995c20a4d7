"""The stand-in's templates: a draft that is edited, and a published copy that is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_store import Refusal, find, json_object, next_id, page, remember, require, stamp
from .templates import MAX_VARIABLES, RESERVED, VARIABLE

Answer = tuple[int, dict[str, Any]]
State = dict[str, Any]

_CONTENT = ("name", "alias", "from", "subject", "reply_to", "html", "text")
_LISTED = ("id", "name", "status", "published_at", "created_at", "updated_at", "alias")
_PUBLISHED = "published"
"""Where the copy that is sent is kept; no answer shows it."""


def list_templates(state: State, request: SandboxRequest, now: datetime) -> Answer:
    listed = page(list(state["templates"].values()), request.query)
    listed["data"] = [{key: one[key] for key in _LISTED if key in one} for one in listed["data"]]
    return 200, listed


def create_template(state: State, request: SandboxRequest, now: datetime) -> Answer:
    body = json_object(request)
    require(body, "name", "html")
    return 201, {"id": add_template(state, body, now)["id"], "object": "template"}


def add_template(state: State, body: dict[str, Any], now: datetime) -> dict[str, Any]:
    template_id = next_id(state, "template")
    template: dict[str, Any] = {
        "object": "template",
        "id": template_id,
        "current_version_id": next_id(state, "template version"),
        **{key: body[key] for key in _CONTENT if body.get(key) is not None},
        "variables": _variables(body, now),
        "created_at": stamp(now),
        "updated_at": stamp(now),
        "status": "draft",
        "published_at": None,
        "has_unpublished_versions": True,
    }
    remember(state["templates"], template_id, template)
    return template


def get_template(state: State, request: SandboxRequest, now: datetime, template: str) -> Answer:
    return 200, {key: value for key, value in template_of(state, template).items() if key != _PUBLISHED}


def update_template(state: State, request: SandboxRequest, now: datetime, template: str) -> Answer:
    found, body = template_of(state, template), json_object(request)
    changed = {key: body[key] for key in _CONTENT if body.get(key) is not None}
    if "variables" in body:
        changed["variables"] = _variables(body, now)
    version = next_id(state, "template version")
    found.update(changed, updated_at=stamp(now), current_version_id=version, has_unpublished_versions=True)
    return 200, {"id": found["id"], "object": "template"}


def publish_template(state: State, request: SandboxRequest, now: datetime, template: str) -> Answer:
    found = template_of(state, template)
    publish(found, now)
    return 200, {"id": found["id"], "object": "template"}


def publish(found: dict[str, Any], now: datetime) -> None:
    copy = {key: found[key] for key in ("from", "subject", "reply_to", "html", "text", "variables") if key in found}
    found.update({_PUBLISHED: copy}, status="published", published_at=stamp(now), has_unpublished_versions=False)


def delete_template(state: State, request: SandboxRequest, now: datetime, template: str) -> Answer:
    found = template_of(state, template)
    del state["templates"][found["id"]]
    return 200, {"object": "template", "id": found["id"], "deleted": True}


def template_of(state: State, template: str) -> dict[str, Any]:
    """By id or by alias, as the vendor allows both."""
    by_alias = {one["alias"]: one for one in state["templates"].values() if one.get("alias")}
    found: dict[str, Any] = by_alias.get(template) or find(state["templates"], template, "Template")
    return found


def rendered(state: State, given: Any) -> dict[str, str]:
    """Subject and bodies of a published template with an e-mail's variables put in. Raises Refusal."""
    wanted = given if isinstance(given, dict) else {}
    copy = template_of(state, str(wanted.get("id", ""))).get(_PUBLISHED)
    if copy is None:
        raise Refusal(422, "validation_error", "The template is a draft. Publish it before sending.")
    values = wanted.get("variables") or {}
    if not isinstance(values, dict):
        raise Refusal(422, "validation_error", "The `variables` must be an object.")
    for name, value in values.items():
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise Refusal(422, "validation_error", f"The variable `{name}` must be a string or a number.")
    filled = {one["key"]: one.get("fallback_value") for one in copy["variables"]} | values
    for name, value in filled.items():
        if value is None:
            raise Refusal(422, "validation_error", f"The variable `{name}` is missing and has no fallback value.")
    parts = {name: str(copy.get(name, "")) for name in ("subject", "html", "text")}
    return {
        name: VARIABLE.sub(lambda found: str(filled.get(found[1], found[0])), words) for name, words in parts.items()
    }


def _variables(body: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    listed = body.get("variables") or []
    if not isinstance(listed, list) or len(listed) > MAX_VARIABLES:
        raise Refusal(422, "validation_error", f"The `variables` list holds at most {MAX_VARIABLES} variables.")
    for one in listed:
        if not isinstance(one, dict) or not one.get("key") or not one.get("type"):
            raise Refusal(422, "missing_required_field", "Each variable needs `key` and `type`.")
        if one["key"] in RESERVED:
            raise Refusal(422, "validation_error", f"The variable name `{one['key']}` is reserved.")
    return [{**one, "created_at": stamp(now), "updated_at": stamp(now)} for one in listed]
