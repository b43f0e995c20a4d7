"""Changing one part of a draft: its form, adding, moving, removing, picking from a sample, undo and redo."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.builder import controls, editing
from webapp.builder.parts import KINDS, PartView, current, view_of
from webapp.builder.routes.base import bp, conflict, control_href, draft_of, page, save, seen_revision, user_id
from webapp.builder.sample_tree import lines_of
from webapp.builder.starting import secret_of
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.permissions import requires
from webapp.custom import drafts

_NEW: dict[str, dict[str, Any]] = {
    "operations": {"label": "New operation", "path": "/", "response": {"kind": "json"}},
    "tests": {"name": "New test"},
    "setup": {"title": "New step"},
    "permissions": {"label": "New permission"},
    "errors": {"error": "authentication", "statuses": [401]},
    "inputs": {"label": "New input", "kind": "text"},
    "samples": {},
    "expect": {"test": "status", "value": 200},
    "events": {"label": "New event"},
}
_LISTS = re.compile(
    r"/(fields|operations|tests|setup|permissions|errors)|/operations/[0-9]+/(inputs|samples|errors)"
    r"|/tests/[0-9]+/expect|/webhook/events"
)
_NAMED = {"fields": "name", "inputs": "name", "operations": "id", "tests": "id"}


@bp.get("/<integration_id>/edit")
@requires("custom.view")
def edit(integration_id: str) -> ResponseReturnValue:
    """One part's own page."""
    session, draft = draft_of(integration_id)
    document = drafts.document_of(session, draft)
    view = view_of(document, request.args.get("at", ""), rules=bool(request.args.get("rules")))
    part = current(document, view.pointer)
    return _part_page(integration_id, view, {one.name: controls.shown(one, part) for one in view.controls}, {})


@bp.get("/<integration_id>/goto")
@requires("custom.view")
def goto(integration_id: str) -> ResponseReturnValue:
    """To the control of a pointer."""
    session, draft = draft_of(integration_id)
    return redirect(control_href(drafts.document_of(session, draft), draft.id, request.args.get("pointer", "")))


@bp.post("/<integration_id>/edit")
@requires("custom.edit")
def change(integration_id: str) -> ResponseReturnValue:
    session, draft = draft_of(integration_id)
    document = drafts.document_of(session, draft)
    rules = bool(request.args.get("rules"))
    view = view_of(document, request.args.get("at", ""), rules=rules)
    typed = {one.name: request.form.get(one.id, "") for one in view.controls}
    values, errors = _read(view, typed)
    if errors:
        return _part_page(integration_id, view, typed, errors, status=422)
    again = url_for("builder.edit", integration_id=integration_id, at=view.pointer, rules="1" if rules else None)
    back = again if request.form.get("stay") else _home(integration_id, view)
    return save(integration_id, lambda now: _set(now, view.pointer, values), f"Changed: {view.title}"[:200], back)


@bp.post("/<integration_id>/kind")
@requires("custom.edit")
def kind(integration_id: str) -> ResponseReturnValue:
    """Another kind of sign-in, body, pages or signature."""
    session, draft = draft_of(integration_id)
    at = request.form.get("at", "")
    view = view_of(drafts.document_of(session, draft), at)
    chosen = request.form.get("kind", "")
    if chosen not in dict(view.kinds):
        raise Invalid("Choose one of these.")
    back = url_for("builder.edit", integration_id=integration_id, at=at)
    return save(integration_id, lambda now: _with_kind(now, at, chosen), f"{view.title}: {chosen}", back)


@bp.post("/<integration_id>/add")
@requires("custom.edit")
def add(integration_id: str) -> ResponseReturnValue:
    """One more in a list; a part that is not there yet, such as the pages of an operation."""
    at, chosen = request.form.get("at", ""), request.form.get("kind", "")
    if at == "/webhook":
        back = url_for("builder.edit", integration_id=integration_id, at=at)
        made = {"scheme": {"kind": "hmac"}, "event_id": "id", "event_type": "type"}
        return save(integration_id, lambda now: editing.replace(now, at, made), "Added events", back)
    if not _LISTS.fullmatch(at):
        raise NotFound
    session, draft = draft_of(integration_id)
    document = drafts.document_of(session, draft)
    items = current(document, at.rpartition("/")[0]).get(at.rpartition("/")[2]) or []
    item = _new(at.rpartition("/")[2], chosen, items, document)
    back = url_for("builder.edit", integration_id=integration_id, at=f"{at}/{len(items)}")
    return save(integration_id, lambda now: editing.add(now, at, item), f"Added to {at.rpartition('/')[2]}", back)


@bp.post("/<integration_id>/move")
@requires("custom.edit")
def move(integration_id: str) -> ResponseReturnValue:
    at, to = request.form.get("at", ""), request.form.get("to", "")
    if not re.fullmatch(r"-?[0-9]{1,4}", to) or not _LISTS.fullmatch(at.rpartition("/")[0]):
        raise NotFound
    return save(integration_id, lambda now: editing.move(now, at, int(to)), "Moved", _back(integration_id, at))


@bp.post("/<integration_id>/remove")
@requires("custom.edit")
def remove(integration_id: str) -> ResponseReturnValue:
    at = request.form.get("at", "")
    if not _LISTS.fullmatch(at.rpartition("/")[0]) and not re.fullmatch(
        r"/webhook|/operations/[0-9]+/(body|pagination)", at
    ):
        raise NotFound
    return save(integration_id, lambda now: editing.remove(now, at), "Removed", _back(integration_id, at))


@bp.post("/<integration_id>/pick")
@requires("custom.edit")
def pick(integration_id: str) -> ResponseReturnValue:
    """What a button in the sample says: use this, use as the list, as the next page, expect it in a test."""
    form = request.form
    number, path, action = form.get("number", ""), form.get("path", "")[:600], form.get("action", "")
    if not re.fullmatch(r"[0-9]{1,4}", number):
        raise NotFound
    index = int(number)
    operation = url_for("builder.edit", integration_id=integration_id, at=f"/operations/{index}") + "#answer"
    match action:
        case "use":
            name = form.get("name", "")[:60]
            return save(integration_id, lambda now: editing.pick(now, index, _free(now, index, name), path),
                        f"Picked {name}", operation)  # fmt: skip
        case "unuse":
            name = form.get("name", "")[:60]
            return save(integration_id, lambda now: editing.unpick(now, index, name), f"No longer picks {name}",
                        operation)  # fmt: skip
        case "list":
            return save(integration_id, lambda now: editing.list_is(now, index, path), "Chose the list", operation)
        case "next":
            place = f"/operations/{index}/pagination"
            return save(
                integration_id,
                lambda now: editing.change(now, place, _paging(now, place) | {"select": path}),
                "Chose where the next page is",
                operation,
            )
        case "expect":
            item = _expectation(path, form)
            back = url_for("builder.rules", integration_id=integration_id) + f"#test-{index}"
            return save(integration_id, lambda now: editing.add(now, f"/tests/{index}/expect", item),
                        "Added an expectation", back)  # fmt: skip
    raise NotFound


@bp.post("/<integration_id>/undo")
@requires("custom.edit")
def undo(integration_id: str) -> ResponseReturnValue:
    return _step(integration_id, drafts.undo)


@bp.post("/<integration_id>/redo")
@requires("custom.edit")
def redo(integration_id: str) -> ResponseReturnValue:
    return _step(integration_id, drafts.redo)


def _step(integration_id: str, verb: Any) -> ResponseReturnValue:
    session, draft = draft_of(integration_id)
    step = request.form.get("step", "")
    names = ("template", "configure", "rules", "generate", "deploy")
    back = url_for(f"builder.{step if step in names else 'configure'}", integration_id=integration_id)
    try:
        verb(session, draft, seen=seen_revision(), user_id=user_id())
    except Conflict as error:
        return conflict(integration_id, error, back)
    session.commit()
    return redirect(back, code=303)


def _part_page(
    integration_id: str, view: PartView, typed: Mapping[str, str], errors: Mapping[str, str], status: int = 200
) -> ResponseReturnValue:
    session, draft = draft_of(integration_id)
    document = drafts.document_of(session, draft)
    operation = re.fullmatch(r"/operations/([0-9]+)", view.pointer)
    part = current(document, view.pointer)
    return page(
        "builder/operation.html" if operation else "builder/edit.html", session, draft, view.step, status=status,
        view=view, typed=typed, errors=errors, part=part, home=_home(integration_id, view),
        rules=view.title == "Rules", number=int(operation[1]) if operation else 0,
        lines=lines_of(part) if operation else [], kind=str(part.get("kind", "")),
    )  # fmt: skip


def _read(view: PartView, typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """(plain values by control, what is wrong by control)."""
    values: dict[str, Any] = {}
    errors = {}
    for one in view.controls:
        try:
            values[one.name] = controls.read(one, typed[one.name])
        except controls.Unfit as error:
            errors[one.name] = str(error)
    return values, errors


def _set(document: dict[str, Any], pointer: str, values: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in values.items() if "/" not in name}
    document = editing.change(document, pointer, own)
    inner: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        if "/" in name:
            holder, _, member = name.partition("/")
            inner.setdefault(holder, {})[member] = value
    for holder, members in inner.items():
        if holder == "depends_on" and not members.get("field"):
            document = editing.change(document, pointer, {holder: None})
        else:
            document = editing.change(document, f"{pointer}/{holder}", members)
    return document


def _with_kind(document: dict[str, Any], at: str, chosen: str) -> dict[str, Any]:
    made = {"kind": chosen}
    if at == "/auth":
        auth, fields = secret_of(chosen)
        there = {one.get("name") for one in document.get("fields", ()) if isinstance(one, dict)}
        for one in fields:
            if one["name"] not in there:
                document = editing.add(document, "/fields", one)
        made |= auth
    return editing.replace(document, at, made)


def _new(name: str, chosen: str, items: list[Any], document: dict[str, Any]) -> dict[str, Any]:
    if name == "fields":
        words = dict(KINDS)
        made: dict[str, Any] = {"label": words.get(chosen, "Text"), "kind": chosen if chosen in words else "text"}
    else:
        made = dict(_NEW[name])
    key = _NAMED.get(name)
    if key:
        base = {"fields": made.get("kind", "text"), "inputs": "input", "operations": "operation", "tests": "test"}[
            name
        ]
        taken = {one.get(key) for one in items if isinstance(one, dict)}
        mark = "_" if key == "name" else "-"
        made[key] = next(one for n in range(1, 500) if (one := base if n == 1 else f"{base}{mark}{n}") not in taken)
    if name == "tests":
        operations = [one for one in document.get("operations", ()) if isinstance(one, dict) and one.get("id")]
        first = next((one for one in operations if one["id"] == chosen), operations[0] if operations else {})
        made |= {"operation": first.get("id", ""), "name": first.get("label", "New test"),
                 "expect": [{"test": "status", "value": 200, "says": "the answer is 200"}]}  # fmt: skip
    return made


def _paging(document: dict[str, Any], place: str) -> dict[str, Any]:
    """The pages as they are where they have such a path, else those by cursor."""
    there = current(document, place)
    return {} if there.get("kind") in ("cursor", "next_url") else {"kind": "cursor", "parameter": "cursor"}


def _free(document: dict[str, Any], index: int, name: str) -> str:
    """A name that is not picked yet: email, email_2."""
    taken = editing.part_of(document, f"/operations/{index}").get("response", {}).get("outputs", {})
    return next(one for n in range(1, 500) if (one := name if n == 1 else f"{name}_{n}") not in taken)


def _expectation(path: str, form: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {"select": path, "test": "exists"}
    if form.get("value"):
        try:
            made = {"select": path, "test": "is", "value": json.loads(form["value"][:2000])}
        except ValueError:
            raise NotFound from None
    return made


def _home(integration_id: str, view: PartView) -> str:
    """The page the part is on: an operation's parts are on the operation's."""
    inside = re.match(r"(/operations/[0-9]+)/", view.pointer)
    if inside:
        return url_for("builder.edit", integration_id=integration_id, at=inside[1])
    anchor = view.pointer.split("/")[1] if view.pointer else "about"
    return url_for(f"builder.{view.step}", integration_id=integration_id) + f"#{anchor}"


def _back(integration_id: str, at: str) -> str:
    inside = re.match(r"(/operations/[0-9]+)/", at)
    if inside:
        return url_for("builder.edit", integration_id=integration_id, at=inside[1])
    step = "rules" if at.startswith("/tests") else "configure"
    return url_for(f"builder.{step}", integration_id=integration_id) + f"#{at.split('/')[1]}"
