"""The handbook: opened when first asked, because its index and its encoder take seconds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from knowledge.passage import Passage

if TYPE_CHECKING:
    from knowledge.encoder import Encoder
    from knowledge.retrieve import Retriever

__all__ = ["Handbook", "open_knowledge"]

_DOCUMENTS: Final = "documents"
_INDEX: Final = "index"
_log = logging.getLogger(__name__)


class Handbook:
    """Finds passages in the corpus and in documents that users put into ``folder/documents``.

    Safe to share between threads; a search that comes while another thread opens the handbook waits for that one.

    Args:
        folder: Where the users' documents and the index are.
        encoder_of: Loads the sentence encoder; None for the one that comes with LlamaSpace.
    """

    def __init__(self, folder: Path, encoder_of: Callable[[], Encoder] | None = None) -> None:
        self._folder = folder
        self._encoder_of = encoder_of
        self._lock = threading.Lock()
        self._retriever: Retriever | None = None
        self._stamp: tuple[object, ...] = ()

    def search(self, query: str, limit: int = 5) -> list[Passage]:
        """Passages that answer a query, best first; documents added or changed since the last search count.

        Raises:
            InputError: ``limit`` is not between 1 and 50.
        """
        from knowledge.errors import IndexDamaged

        with self._lock:
            try:
                return self._current().search(query, limit)
            except IndexDamaged as error:
                _log.warning("%s; it is made again", error)
                self._release()
                return self._current().search(query, limit)

    def warm(self) -> None:
        """Open the handbook now (seconds), so that the first search does not have to."""
        with self._lock:
            self._current()

    def close(self) -> None:
        """Release the index; a later search opens it again."""
        with self._lock:
            self._release()

    def _release(self) -> None:
        if self._retriever is not None:
            self._retriever.close()
            self._retriever = None

    def _current(self) -> Retriever:
        from knowledge.document import CORPUS, document_files
        from knowledge.encoder import load_encoder
        from knowledge.retrieve import load_retriever, read_corpus

        documents = self._folder / _DOCUMENTS
        stamp = tuple(
            (path, found.st_mtime_ns, found.st_size)
            for folder in (CORPUS, documents)
            for path in document_files(folder)
            for found in (path.stat(),)
        )
        if self._retriever is None or stamp != self._stamp:
            self._release()
            encoder_of = self._encoder_of or load_encoder
            self._retriever = load_retriever(read_corpus(documents), self._folder / _INDEX, encoder_of)
            self._stamp = stamp
        return self._retriever


def open_knowledge(folder: Path) -> Handbook:
    """The handbook whose index is in a folder; nothing is read yet."""
    return Handbook(folder)
