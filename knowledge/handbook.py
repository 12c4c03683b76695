"""The handbook: opened when first asked, because its index and its encoder take seconds."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from knowledge.passage import Passage

if TYPE_CHECKING:
    from knowledge.retrieve import Retriever

__all__ = ["Handbook", "open_knowledge"]

_DOCUMENTS: Final = "documents"
_INDEX: Final = "index"


class Handbook:
    """Finds passages in the corpus and in documents that users put into ``folder/documents``.

    Safe to share between threads; a search that comes while another thread opens the handbook waits for that one.

    Args:
        folder: Where the users' documents and the index are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._retriever: Retriever | None = None
        self._stamp: tuple[object, ...] = ()

    def search(self, query: str, limit: int = 5) -> list[Passage]:
        """Passages that answer a query, best first; documents added or changed since the last search count.

        Raises:
            InputError: ``limit`` is not between 1 and 50.
        """
        with self._lock:
            return self._current().search(query, limit)

    def warm(self) -> None:
        """Open the handbook now (seconds), so that the first search does not have to."""
        with self._lock:
            self._current()

    def _current(self) -> Retriever:
        from knowledge.document import CORPUS, document_files
        from knowledge.retrieve import load_retriever, read_corpus

        documents = self._folder / _DOCUMENTS
        stamp = tuple(
            (path, found.st_mtime_ns, found.st_size)
            for folder in (CORPUS, documents)
            for path in document_files(folder)
            for found in (path.stat(),)
        )
        if self._retriever is None or stamp != self._stamp:
            if self._retriever is not None:
                self._retriever.close()
                self._retriever = None
            self._retriever = load_retriever(read_corpus(documents), self._folder / _INDEX)
            self._stamp = stamp
        return self._retriever


def open_knowledge(folder: Path) -> Handbook:
    """The handbook whose index is in a folder; nothing is read yet."""
    return Handbook(folder)
