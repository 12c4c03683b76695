"""The handbook: searched when first asked, because opening the index and its encoder takes seconds."""

from __future__ import annotations

import threading
from pathlib import Path

from knowledge.passage import Passage

__all__ = ["Handbook", "open_knowledge"]


class Handbook:
    """Finds passages in the corpus and in documents that users added.

    Args:
        folder: Where the index is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def search(self, query: str, limit: int = 5) -> list[Passage]:
        """Passages that answer a query, best first."""
        from knowledge.retrieve import search

        with self._lock:
            return search(self._folder, query, limit)


def open_knowledge(folder: Path) -> Handbook:
    """The handbook whose index is in a folder; nothing is read yet."""
    return Handbook(folder)
