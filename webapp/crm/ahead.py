"""The next page, asked for while the one before it is stored: one thread, one page, never more.

Where a reading goes on after a kill is what was stored; a page that was asked for ahead and never stored is asked for
again. The vendor's errors are raised where the page is taken, so after the page before it was stored.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from providers.kit.vocabulary.crm import Changes


class Source(Protocol):
    """The part of SyncsContacts that a sync needs."""

    def changed_contacts(self, cursor: str = "", *, limit: int = 100) -> Changes: ...


class Ahead:
    """Pages of one source. All calls are made by one thread of its own, one after the other."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._size = size
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="next-page")
        self._asked: tuple[str, Future[Changes]] | None = None

    def begin(self, cursor: str) -> None:
        """Asks for the page after `cursor`, and does not wait."""
        self._asked = cursor, self._thread.submit(self._source.changed_contacts, cursor, limit=self._size)

    def page_after(self, cursor: str) -> Changes:
        """Waits for it. Raises ProviderError."""
        if self._asked is None or self._asked[0] != cursor:
            self.begin(cursor)
        assert self._asked is not None, "it was asked for just now"
        future, self._asked = self._asked[1], None
        return future.result()

    def close(self) -> None:
        """Waits for a call that is under way: the account has one caller at a time."""
        self._thread.shutdown(wait=True, cancel_futures=True)
