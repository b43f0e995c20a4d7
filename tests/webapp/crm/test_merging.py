"""Two sides that changed: whatever the values are, nothing is invented, nothing is lost to a blank."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webapp.crm.merging import CRM, FIELDS, HUB, Merged, merge

VALUE = st.sampled_from(("", "a", "b", "c"))
SIDE = st.fixed_dictionaries(dict.fromkeys(FIELDS, VALUE))
BASE = st.dictionaries(st.sampled_from(FIELDS), VALUE)
WINS = st.sampled_from((HUB, CRM))
Side = dict[str, str]


def after(base: Side, here: Side, there: Side, wins: str) -> tuple[Merged, Side]:
    """What was merged, and the other side once it has what was sent."""
    found = merge(base, here, there, wins=wins)
    return found, {**there, **found.send}


@given(BASE, SIDE, SIDE, WINS)
def test_each_value_is_one_that_a_side_had(base: Side, here: Side, there: Side, wins: str) -> None:
    found, _ = after(base, here, there, wins)
    assert all(found.values[name] in (here[name], there[name]) for name in FIELDS)


@given(BASE, SIDE, SIDE, WINS)
def test_a_blank_never_takes_the_place_of_a_value(base: Side, here: Side, there: Side, wins: str) -> None:
    found, sent = after(base, here, there, wins)
    assert all(found.values[name] for name in FIELDS if here[name] or there[name])
    assert all(found.send.values())
    assert all(sent[name] for name in FIELDS if there[name])


@given(BASE, SIDE, SIDE, WINS)
def test_what_only_one_side_changed_is_that_side_s(base: Side, here: Side, there: Side, wins: str) -> None:
    found, _ = after(base, here, there, wins)
    for name in FIELDS:
        common = base.get(name, here[name])
        if here[name] == common and there[name]:
            assert found.values[name] == there[name]
            assert name not in found.send
        if there[name] == common and here[name]:
            assert found.values[name] == here[name]


@given(BASE, SIDE, SIDE, WINS)
def test_a_conflict_is_told_exactly_when_both_changed_and_the_default_side_has_it(
    base: Side, here: Side, there: Side, wins: str
) -> None:
    found, _ = after(base, here, there, wins)
    told = {one.field for one in found.conflicts}
    for name in FIELDS:
        common, ours, theirs = base.get(name, here[name]), here[name], there[name]
        both = bool(ours and theirs) and ours != theirs and ours != common and theirs != common
        assert (name in told) == both
        if both:
            assert found.values[name] == (ours if wins == HUB else theirs)


@given(BASE, SIDE, SIDE, WINS)
def test_after_sending_both_sides_are_alike_in_what_was_edited_and_nothing_is_sent_again(
    base: Side, here: Side, there: Side, wins: str
) -> None:
    found, sent = after(base, here, there, wins)
    assert all(found.values[name] == sent[name] for name in FIELDS if name in found.send or there[name])
    again = merge({}, found.values, sent, wins=wins)
    assert (again.send, again.conflicts) == ({}, ())
    assert again.values == found.values


@given(BASE, SIDE, SIDE, WINS)
def test_merging_again_before_it_was_sent_changes_nothing_and_tells_no_conflict_twice(
    base: Side, here: Side, there: Side, wins: str
) -> None:
    found, _ = after(base, here, there, wins)
    again = merge({name: there[name] for name in found.send}, found.values, there, wins=wins)
    assert (again.values, again.send, again.conflicts) == (found.values, found.send, ())


@given(BASE, SIDE, SIDE, SIDE)
def test_the_sides_are_treated_alike(base: Side, here: Side, there: Side, common: Side) -> None:
    whole = {**common, **base}
    one = merge(whole, here, there, wins=HUB)
    other = merge(whole, there, here, wins=CRM)
    assert one.values == other.values
