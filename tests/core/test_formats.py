"""Texts that programs wrote, as the reader expects them."""

from __future__ import annotations

import pytest
from flask import Flask, g

from webapp.core.formats import local_moments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The last event came 2026-11-24 05:00 UTC.", "The last event came Nov 24, 2026, 6:00:00\u202fAM."),
        ("No time at all", "No time at all"),
        ("On 2026-99-99 05:00 UTC", "On 2026-99-99 05:00 UTC"),
        ("", ""),
    ],
)
def test_moments_in_a_text_are_told_in_the_readers_zone(app: Flask, text: str, expected: str) -> None:
    with app.app_context():
        g.time_zone, g.locale = "Europe/Berlin", "en"
        assert local_moments(text) == expected
