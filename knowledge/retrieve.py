"""Retrieval: words and meaning, each ranked on its own, then fused."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import InputError
from knowledge.bm25 import Bm25
from knowledge.document import CORPUS, Document, document_files, read_document
from knowledge.encoder import ENCODER_NAME, Encoder, FloatArray, load_encoder
from knowledge.errors import DocumentUnreadable, EncoderUnavailable
from knowledge.fusion import fuse
from knowledge.ingest import Chunk, chunks_of, corpus_digest
from knowledge.passage import Passage
from knowledge.shipped import read_shipped
from knowledge.vectors import VectorIndex, build_vectors, kept_vectors, open_vectors

__all__ = ["Retriever", "load_retriever", "read_corpus"]

_POOL: Final = 50  # passages that each ranking gives to the fusion
_LIMIT: Final = 50
_QUERY_CHARACTERS: Final = 2000  # the encoder reads 256 tokens; more words only blur BM25
_UNRELATED: Final = 0.2  # cosine similarity below which MiniLM finds two texts to have nothing in common
# Share of a query's term weights that a passage must hold to be ranked by words beside meaning. A paraphrase shares only
# common words with anything, and their ranking would be noise. Chosen on the questions in tests/knowledge/questions.yaml
# (0.2 to 0.7 tried); those under held_out there were not used for it.
_COVERAGE: Final = 0.3
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Meaning:
    """What comparing meaning takes."""

    encoder: Encoder
    index: VectorIndex


class Retriever:
    """Finds passages of a fixed corpus.

    Args:
        chunks: All passages.
        encoder: Makes a query's vector; None ranks by words alone.
        index: Vectors of the passages; None with the encoder.
    """

    def __init__(self, chunks: Sequence[Chunk], encoder: Encoder | None, index: VectorIndex | None) -> None:
        self._chunks = list(chunks)
        self._positions = {chunk.digest: position for position, chunk in enumerate(self._chunks)}
        self._words = Bm25([chunk.indexed_text for chunk in self._chunks])
        self._meaning = _Meaning(encoder, index) if encoder is not None and index is not None else None

    def search(self, query: str, limit: int = 5) -> list[Passage]:
        """Passages for a query, best first; none where nothing is related.

        Raises:
            InputError: ``limit`` is not between 1 and 50.
        """
        if not 1 <= limit <= _LIMIT:
            raise InputError("limit", f"{limit} passages asked for; 1 to {_LIMIT} are possible")
        text = _plain(query)
        ranked = fuse([self.by_words(text), self.by_meaning(text)])
        return [self._passage(position, score) for position, score in ranked[:limit]]

    def by_words(self, query: str) -> list[int]:
        """Positions of passages by BM25; weak matches count only where there is no encoder to do better."""
        coverage = _COVERAGE if self._meaning is not None else 0.0
        return [position for position, _ in self._words.rank(query, _POOL, coverage)]

    def by_meaning(self, query: str) -> list[int]:
        """Positions of passages by the encoder; none where the query is blank or there is no encoder."""
        if self._meaning is None or not query:
            return []
        vector = self._meaning.encoder.encode([query])[0]
        nearest = self._meaning.index.nearest(vector, _POOL)
        return [self._positions[digest] for digest, similarity in nearest if similarity >= _UNRELATED]

    def document_at(self, position: int) -> str:
        """Id of the document that a passage belongs to."""
        return self._chunks[position].document

    def close(self) -> None:
        """Release the index."""
        if self._meaning is not None:
            self._meaning.index.close()

    def _passage(self, position: int, score: float) -> Passage:
        chunk = self._chunks[position]
        return Passage(
            document=chunk.document,
            title=chunk.title,
            section=chunk.section,
            text=chunk.text,
            score=score,
            licence=chunk.licence,
        )


def read_corpus(documents: Path, corpus: Path = CORPUS) -> list[Document]:
    """The handbook and what users added; a user's unreadable document is left out with a warning.

    Raises:
        DocumentUnreadable: In the handbook itself.
    """
    found = [read_document(path) for path in document_files(corpus)]
    for path in document_files(documents):
        try:
            found.append(read_document(path))
        except (DocumentUnreadable, OSError) as error:
            _log.warning("document left out of the knowledge base: %s", error)
    return found


def load_retriever(
    documents: Sequence[Document], index_folder: Path, encoder_of: Callable[[], Encoder] = load_encoder
) -> Retriever:
    """A retriever over documents; builds the vector index in a folder when it is absent, old or damaged."""
    chunks = chunks_of(documents)
    try:
        encoder = encoder_of()
    except EncoderUnavailable as error:
        _log.warning("passages are ranked by words alone: %s", error)
        return Retriever(chunks, None, None)
    return Retriever(chunks, encoder, _index(chunks, index_folder, encoder))


def _index(chunks: Sequence[Chunk], folder: Path, encoder: Encoder) -> VectorIndex | None:
    if not chunks:
        return None
    corpus = corpus_digest(chunks, ENCODER_NAME)
    index = open_vectors(folder, corpus, len(chunks))
    if index is not None:
        return index
    return build_vectors(folder, corpus, _vectors(chunks, folder, encoder))


def _vectors(chunks: Sequence[Chunk], folder: Path, encoder: Encoder) -> dict[str, FloatArray]:
    shipped = read_shipped()
    kept = {chunk.digest: shipped[chunk.digest] for chunk in chunks if chunk.digest in shipped}
    kept.update(kept_vectors(folder, [chunk.digest for chunk in chunks if chunk.digest not in kept]))
    new = [chunk for chunk in chunks if chunk.digest not in kept]
    if new:
        made = encoder.encode([chunk.indexed_text for chunk in new])
        kept.update({chunk.digest: vector for chunk, vector in zip(new, made, strict=True)})
    return kept


def _plain(query: str) -> str:
    """A query without control characters, cut to a length that still says one thing."""
    kept = "".join(" " if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in query)
    return " ".join(kept.split())[:_QUERY_CHARACTERS]
