"""No secret is left in a text: by shape, by name, by live value."""

from __future__ import annotations

import logging

import pytest

from providers.kit.redaction import HIDDEN, RedactingFilter, redact


@pytest.mark.parametrize(
    "secret",
    [
        "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
        "rk_test_4eC39HqLyjWDarjtT1zdp7dc",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "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",
        "key-3ax6xnjp29jd6fds4gc373sgvjxteol0",
        "re_123456789_abcdef",
        "pat-na1-11111111-2222-3333-4444-555555555555",
        "xoxb-1234567890-abc",
        "ya29.a0AfH6SMBx",
        "EAACEdEose0cBAxyz123",
        "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSM",
    ],
)
def test_a_known_kind_of_key_is_hidden_wherever_it_stands(secret: str) -> None:
    for text in (secret, f"key={secret}.", f'{{"k": "{secret}"}}', f"https://x.example/{secret}/y"):
        assert secret not in redact(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Authorization: Bearer abc.def-123456", "Authorization"),
        ("Basic dXNlcjpwYXNz", "Basic"),
        ("https://x.example/?api_secret=Zm9vYmFy&page=2", "page=2"),
        ("https://me:Zm9vYmFy@x.example/", "x.example"),
        ('{"client_secret": "Zm9vYmFy", "name": "Ada"}', "Ada"),
        ("password='Zm9vYmFy'", "password"),
    ],
)
def test_what_is_named_like_a_secret_is_hidden_and_the_rest_is_kept(text: str, kept: str) -> None:
    clean = redact(text)
    assert HIDDEN in clean
    assert kept in clean
    assert not any(one in clean for one in ("abc.def", "dXNl", "Zm9vYmFy"))


def test_live_values_are_hidden_exactly_and_plain_words_stay() -> None:
    assert redact("a hunter2-and-more b", ["hunter2", "hunter2-and-more"]) == f"a {HIDDEN} b"
    plain = "Payment of €120.00 succeeded for Ada; see https://x.example/docs?page=3 (code 404)"
    assert redact(plain, ["", "ab"]) == plain


def test_the_log_filter_redacts_arguments_and_tracebacks() -> None:
    try:
        raise ValueError("token sk_live_4eC39HqLyjWDarjtT1zdp7dc")
    except ValueError:
        record = logging.getLogger("x").makeRecord(
            "x",
            logging.ERROR,
            "f",
            1,
            "call with %s",
            ("Bearer abcdefgh12345",),
            exc_info=__import__("sys").exc_info(),
        )
    assert RedactingFilter().filter(record)
    text = logging.Formatter().format(record)
    assert "ValueError" in text
    assert "4eC39" not in text
    assert "abcdefgh" not in text
