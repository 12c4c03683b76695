"""What can go wrong in the knowledge base.

LlamaSpaceError
├── DocumentUnreadable  (InputError)  a document is not what its front matter or its encoding says
└── EncoderUnavailable                the sentence encoder or its weights are not installed
"""

from __future__ import annotations

from core.errors import InputError, LlamaSpaceError

__all__ = ["DocumentUnreadable", "EncoderUnavailable"]


class DocumentUnreadable(InputError):
    """A document cannot be taken into the knowledge base; ``facts['path']`` names it."""

    default_code = "bad-document"


class EncoderUnavailable(LlamaSpaceError):
    """Meaning cannot be compared: the encoder or its weights are missing."""

    default_code = "encoder-unavailable"
