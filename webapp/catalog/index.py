"""A small search index over providers that forgives typing errors: built once, searched in milliseconds.

Every word of every provider is kept once, with where it stands and what it is worth there. A query's words are looked
up in that vocabulary (exact, beginning, inside, or one or two letters off); each word of the query must be found.
Distance: optimal string alignment (insert, delete, replace, swap neighbours), by rapidfuzz.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

NAME, KEYWORD, CATEGORY, TAGLINE = 1.0, 0.8, 0.7, 0.5
EXACT, BEGINNING, INSIDE, MISTYPED = 1.0, 0.9, 0.6, 0.5
MAX_QUERY_WORDS, MAX_BEGINNING = 6, 20
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is searched of one provider."""

    id: str
    name: str
    category: str
    tagline: str
    keywords: tuple[str, ...] = ()


def words_of(text: str) -> list[str]:
    """Lower-case words without accents: "Café-Münster" is ["cafe", "munster"]."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _WORD.findall(plain.casefold())


class SearchIndex:
    """Searches entries by text; `search` gives {position in entries: worth from 0 to 1}."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries: Sequence[Entry] = tuple(entries)
        postings: dict[str, dict[int, float]] = defaultdict(dict)
        for position, one in enumerate(self.entries):
            for word, worth in _words_with_worth(one):
                where = postings[word]
                where[position] = max(where.get(position, 0.0), worth)
        self._postings = dict(postings)
        self._words = list(self._postings)
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in self._words:
            self._by_length[len(word)].append(word)
        self._by_beginning: dict[int, dict[str, list[str]]] = {}

    def search(self, text: str) -> dict[int, float]:
        """Every entry that has each word of `text`, or the words written together ("mail box" finds Mailbox)."""
        words = words_of(text)[:MAX_QUERY_WORDS]
        if not words:
            return dict.fromkeys(range(len(self.entries)), 0.0)
        found = self._all_of(words)
        if len(words) > 1:
            for position, worth in self._one("".join(words), guess=not found).items():
                found[position] = max(found.get(position, 0.0), worth)
        return found

    def _all_of(self, words: Sequence[str]) -> dict[int, float]:
        found = self._one(words[0])
        for word in words[1:]:
            other = self._one(word)
            found = {position: found[position] + other[position] for position in found.keys() & other.keys()}
        return {position: worth / len(words) for position, worth in found.items()}

    def _one(self, word: str, *, guess: bool = True) -> dict[int, float]:
        found: dict[int, float] = {}
        known = found.get
        for similar, closeness in self._similar(word, guess=guess).items():
            for position, worth in self._postings[similar].items():
                value = worth * closeness
                if value > known(position, 0.0):
                    found[position] = value
        return found

    def _similar(self, word: str, *, guess: bool) -> dict[str, float]:
        """Known words like this one, and how like. Typing errors are only guessed at where nothing fits as typed."""
        found: dict[str, float] = {}
        for known in self._words:
            if word in known:
                if known == word:
                    found[known] = EXACT
                elif known.startswith(word):
                    found[known] = BEGINNING
                elif len(word) >= 3:
                    found[known] = INSIDE
        return found or (self._mistyped(word) if guess else {})

    def _mistyped(self, word: str) -> dict[str, float]:
        """Known words that differ by a letter or two, and those whose beginning differs by one (still typing)."""
        length = len(word)
        if length < 4:
            return {}
        from rapidfuzz import process  # 5 MB that only a process that searches needs
        from rapidfuzz.distance import OSA

        allowed = 1 if length < 6 else 2
        found: dict[str, float] = {}
        near = [
            one for size in range(length - allowed, length + allowed + 1) for one in self._by_length.get(size, ())
        ]
        for known, distance, _ in process.extract_iter(word, near, scorer=OSA.distance, score_cutoff=allowed):
            found[known] = MISTYPED - 0.1 * (distance - 1)
        beginnings = self._beginnings(length)
        for beginning, _, _ in process.extract_iter(word, list(beginnings), scorer=OSA.distance, score_cutoff=1):
            for known in beginnings[beginning]:
                found.setdefault(known, MISTYPED - 0.1)
        return found

    def _beginnings(self, length: int) -> dict[str, list[str]]:
        """Words by their first `length` letters: built when first asked for."""
        length = min(length, MAX_BEGINNING)
        known = self._by_beginning.get(length)
        if known is None:
            known = defaultdict(list)
            for word in self._words:
                if len(word) > length:
                    known[word[:length]].append(word)
            self._by_beginning[length] = known
        return known


def _words_with_worth(one: Entry) -> Iterable[tuple[str, float]]:
    name = words_of(one.name)
    yield from ((word, NAME) for word in name)
    yield "".join(name), NAME
    yield from (("".join(pair), NAME) for pair in pairwise(name))
    yield from ((word, NAME) for word in words_of(one.id))
    for keyword in one.keywords:
        yield from ((word, KEYWORD) for word in words_of(keyword))
    yield from ((word, CATEGORY) for word in words_of(one.category))
    yield from ((word, TAGLINE) for word in words_of(one.tagline) if len(word) > 2)
