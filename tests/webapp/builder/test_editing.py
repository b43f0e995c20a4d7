"""Editing plain documents: the canvas and the YAML are two faces of one document."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.kit.declarative import from_plain, plain, read, to_yaml
from tests.webapp.custom.conftest import document
from webapp.builder import controls, editing
from webapp.builder.parts import current, view_of
from webapp.core.errors import NotFound

WORDS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=40)
FIELD = st.fixed_dictionaries(
    {"label": WORDS, "kind": st.sampled_from(["text", "secret", "url", "number", "json"])},
    optional={"help": WORDS, "required": st.just(False), "longest": st.integers(1, 500)},
)
EDITS = st.one_of(
    st.tuples(st.just("add"), FIELD, st.integers(0, 6)),
    st.tuples(st.just("move"), st.integers(0, 6), st.integers(-2, 8)),
    st.tuples(st.just("remove"), st.integers(0, 6)),
    st.tuples(st.just("change"), st.integers(0, 6), WORDS),
    st.tuples(st.just("pick"), st.integers(0, 3), st.sampled_from(["a", "b_2"]), st.sampled_from(["id", "x.y", "@"])),
)


def edited(made: dict[str, Any], edit: tuple[Any, ...]) -> dict[str, Any]:
    verb, *rest = edit
    try:
        match verb:
            case "add":
                return editing.add(made, "/fields", rest[0], rest[1])
            case "move":
                return editing.move(made, f"/fields/{rest[0]}", rest[1])
            case "remove":
                return editing.remove(made, f"/fields/{rest[0]}")
            case "change":
                return editing.change(made, f"/fields/{rest[0]}", {"label": rest[1] or None})
            case _:
                return editing.pick(made, *rest)
    except NotFound:
        return made


@given(st.lists(EDITS, max_size=8))
def test_whatever_the_canvas_does_survives_yaml_and_back(edits: list[tuple[Any, ...]]) -> None:
    made = document()
    before = copy.deepcopy(made)
    first = made
    for one in edits:
        made = edited(made, one)
    assert first == before
    there = from_plain(made)
    assert read(to_yaml(there)) == there
    assert from_plain(plain(there)) == there


@given(st.lists(st.integers(0, 3), max_size=6), st.integers(0, 3))
def test_moving_keeps_every_operation(moves: list[int], origin: int) -> None:
    made = document()
    before = sorted(one["id"] for one in made["operations"])
    for to in moves:
        made = editing.move(made, f"/operations/{origin}", to)
    assert sorted(one["id"] for one in made["operations"]) == before


PLACES = ["", "/auth", "/fields/1", "/operations/1", "/operations/1/response", "/operations/1/pagination",
          "/operations/1/inputs/0", "/operations/1/samples/0", "/tests/0", "/tests/0/expect/0", "/setup/0",
          "/permissions/0", "/identify", "/pricing"]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_saving_a_form_unchanged_changes_nothing(place: str) -> None:
    made = document()
    view = view_of(made, place)
    part = current(made, place)
    assert view.controls
    for one in view.controls:
        if "/" in one.name:
            continue
        value = controls.read(one, controls.shown(one, part))
        expected = part.get(one.name)
        assert value == expected or (value is None and expected in (one.default, None)) or value == one.default, (
            one.name
        )


@pytest.mark.parametrize("pointer", ["/nothing", "/fields/99", "/fields/-1", "/fields/x", "/operations/0/secret"])
def test_a_place_that_is_not_there_is_not_found(pointer: str) -> None:
    with pytest.raises(NotFound):
        view_of(document(), pointer)
