"""Vectors of the handbook's own passages, made beforehand: encoding them takes up to a minute on a small machine.

``python -m knowledge.shipped`` makes them again after a change to the corpus; a test says when that is due.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import numpy as np

from knowledge.document import CORPUS, document_files, read_document
from knowledge.encoder import Encoder, FloatArray, load_encoder
from knowledge.ingest import chunks_of

__all__ = ["SHIPPED", "read_shipped", "write_shipped"]

SHIPPED: Final = CORPUS / "vectors.npz"


def read_shipped(path: Path = SHIPPED) -> dict[str, FloatArray]:
    """Unit vectors by passage digest; empty where the file is absent.

    They are kept as 16-bit floats: a tenth of a percent of a component, far less than what separates two passages.
    """
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as stored:
        vectors = stored["vectors"].astype(np.float32)
        digests = [str(digest) for digest in stored["digests"]]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return dict(zip(digests, vectors, strict=True))


def write_shipped(encoder: Encoder, path: Path = SHIPPED) -> int:
    """Encode the handbook's passages into a file, which appears whole or not at all; gives their number."""
    chunks = chunks_of(read_document(one) for one in document_files(CORPUS))
    vectors = encoder.encode([chunk.indexed_text for chunk in chunks]).astype(np.float16)
    content = io.BytesIO()
    np.savez_compressed(content, digests=np.array([chunk.digest for chunk in chunks]), vectors=vectors)
    draft = path.with_name(path.name + ".new")
    draft.write_bytes(content.getvalue())
    draft.replace(path)
    return len(chunks)


if __name__ == "__main__":
    write_shipped(load_encoder())
