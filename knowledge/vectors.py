"""The vector index: Chroma in a folder of its own, built beside and then switched to by a rename.

A generation is a folder ``<digest>-<random>`` that appears complete or not at all, so a crash while building leaves
nothing that could be taken for an index, and two processes that build at once do not meet.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from knowledge.encoder import FloatArray
from knowledge.errors import IndexDamaged

__all__ = ["VectorIndex", "build_vectors", "kept_vectors", "open_vectors"]

_COLLECTION: Final = "passages"
_BUILDING: Final = ".building"
_ABANDONED_S: Final = 3600.0
_log = logging.getLogger(__name__)


class VectorIndex:
    """Nearest passages by inner product of unit vectors.

    Args:
        client: Chroma client, closed with the index.
        collection: Its collection of passages.
    """

    def __init__(self, client: Any, collection: Any) -> None:
        self._client = client
        self._collection = collection

    def nearest(self, vector: FloatArray, limit: int) -> list[tuple[str, float]]:
        """Digests and cosine similarities of the nearest passages, nearest first.

        Raises:
            IndexDamaged: The files have changed under the index.
        """
        from chromadb.errors import ChromaError

        try:
            found = self._collection.query(
                query_embeddings=vector.reshape(1, -1),
                n_results=max(1, min(limit, self.count())),
                include=["distances"],
            )
        except ChromaError as error:
            raise IndexDamaged(f"the knowledge index cannot be searched: {error}") from error
        return [
            (digest, 1.0 - float(distance))
            for digest, distance in zip(found["ids"][0], found["distances"][0], strict=True)
        ]

    def count(self) -> int:
        """Number of passages."""
        return int(self._collection.count())

    def stored(self, digests: Sequence[str]) -> dict[str, FloatArray]:
        """Vectors of those passages that the index holds."""
        if not digests:
            return {}
        found = self._collection.get(ids=list(digests), include=["embeddings"])
        return {
            digest: np.asarray(vector, dtype=np.float32)
            for digest, vector in zip(found["ids"], found["embeddings"], strict=True)
        }

    def probe(self) -> None:
        """Read one vector and search with it: the files of the vectors are not those of the count.

        Raises:
            IndexDamaged: The files cannot be searched.
        """
        for vector in self._collection.get(limit=1, include=["embeddings"])["embeddings"]:
            self.nearest(np.asarray(vector, dtype=np.float32), 1)

    def close(self) -> None:
        """Release the files."""
        self._client.close()


def open_vectors(folder: Path, corpus: str, size: int) -> VectorIndex | None:
    """The index of a corpus; None where there is none. A damaged one is removed with a warning.

    Args:
        folder: Where the generations lie.
        corpus: Digest of corpus and encoder.
        size: Number of passages it must hold.
    """
    for generation in _generations(folder, f"{corpus}-*"):
        index = _try_open(generation, size)
        if index is not None:
            return index
    return None


def kept_vectors(folder: Path, digests: Sequence[str]) -> dict[str, FloatArray]:
    """Vectors of passages that any earlier generation holds, so that only changed ones are encoded again."""
    kept: dict[str, FloatArray] = {}
    for generation in _generations(folder, "*"):
        index = _try_open(generation, None)
        if index is not None:
            kept.update(index.stored([digest for digest in digests if digest not in kept]))
            index.close()
    return kept


def build_vectors(folder: Path, corpus: str, vectors: Mapping[str, FloatArray]) -> VectorIndex:
    """Build the index of a corpus, switch to it, and remove what was there before it."""
    folder.mkdir(parents=True, exist_ok=True)
    before = [*_generations(folder, "*"), *_abandoned(folder)]
    name = f"{corpus}-{secrets.token_hex(4)}"
    building = folder / f"{name}{_BUILDING}"
    client = _client(building)
    collection = client.create_collection(
        _COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )
    digests = list(vectors)
    step = client.get_max_batch_size()
    for start in range(0, len(digests), step):
        part = digests[start : start + step]
        collection.add(ids=part, embeddings=np.stack([vectors[digest] for digest in part]))
    client.close()
    building.rename(folder / name)
    for old in before:
        shutil.rmtree(old, ignore_errors=True)
    index = _try_open(folder / name, len(digests))
    if index is None:
        raise OSError(f"the vector index in {folder / name} cannot be read back")
    return index


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))


def _generations(folder: Path, pattern: str) -> Iterator[Path]:
    yield from sorted(one for one in folder.glob(pattern) if one.is_dir() and one.suffix != _BUILDING)


def _abandoned(folder: Path) -> Iterator[Path]:
    """What a crash while building left; a younger one may still be in another process's hands."""
    for building in folder.glob(f"*{_BUILDING}"):
        if time.time() - building.stat().st_mtime > _ABANDONED_S:
            yield building


def _try_open(generation: Path, size: int | None) -> VectorIndex | None:
    from chromadb.errors import ChromaError

    try:
        client = _client(generation)
        index = VectorIndex(client, client.get_collection(_COLLECTION, embedding_function=None))
        count = index.count()
        index.probe()
    except (ChromaError, IndexDamaged, ValueError, OSError) as error:
        _discard(generation, str(error))
        return None
    if size is not None and count != size:
        index.close()
        _discard(generation, f"it holds {count} passages of {size}")
        return None
    return index


def _discard(generation: Path, reason: str) -> None:
    _log.warning("the knowledge index %s is damaged and will be rebuilt: %s", generation.name, reason)
    shutil.rmtree(generation, ignore_errors=True)
