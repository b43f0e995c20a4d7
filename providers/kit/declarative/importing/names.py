"""Names, ids and labels made of other people's words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection


def name_of(text: str) -> str:
    """A field's name: `Customer ID` and `customerId` are `customer_id`."""
    plain = unicodedata.normalize("NFKD", text[:200]).encode("ascii", "ignore").decode()
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain)
    word = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")[:50].strip("_")
    return word if word[:1].isalpha() else f"value_{word}".strip("_")


def identifier(text: str) -> str:
    return name_of(text).replace("_", "-")


def label_of(text: str) -> str:
    """Words for people: `list_unpaid-orders` is `List unpaid orders`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text[:200])
    words = " ".join(re.sub(r"[^\w]+|_", " ", words).split())
    return (words[:1].upper() + words[1:]) or "Value"


def unique(name: str, taken: Collection[str]) -> str:
    """The name, with a number where it is taken."""
    found, number = name, 2
    while found in taken:
        found, number = f"{name[:50]}{'-' if '-' in name else '_'}{number}", number + 1
    return found


def literal(text: str) -> str:
    """Text of others inside a template, where braces must not begin a placeholder."""
    return text.replace("{{", "{{ '{{' }}") if "{{" in text else text
