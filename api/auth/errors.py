"""Why somebody is not let in."""

from __future__ import annotations

from core.errors import LlamaSpaceError

__all__ = ["NotAllowed", "NotSignedIn"]


class NotSignedIn(LlamaSpaceError):
    """No valid token or cookie."""

    default_code = "not-signed-in"


class NotAllowed(LlamaSpaceError):
    """The role does not cover what is asked."""

    default_code = "not-allowed"
