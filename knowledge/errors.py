"""What can go wrong in the knowledge base.

LlamaSpaceError
├── DocumentUnreadable  (InputError)  a document is not what its front matter or its encoding says
├── EncoderUnavailable                the sentence encoder or its weights are not installed
└── IndexDamaged        (StoreError)  the vector index cannot be read; it is made from the corpus again
"""

from __future__ import annotations

from core.errors import InputError, LlamaSpaceError, StoreError

__all__ = ["DocumentUnreadable", "EncoderUnavailable", "IndexDamaged"]


class DocumentUnreadable(InputError):
    """A document cannot be taken into the knowledge base; ``facts['path']`` names it."""

    default_code = "bad-document"


class EncoderUnavailable(LlamaSpaceError):
    """Meaning cannot be compared: the encoder or its weights are missing."""

    default_code = "encoder-unavailable"


class IndexDamaged(StoreError):
    """The vector index cannot be read."""

    default_code = "index-damaged"
