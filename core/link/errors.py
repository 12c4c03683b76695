"""What can be wrong with bytes on a link.

LinkError
├── FrameMalformed        lengths or fields contradict the standard
├── ChecksumMismatch      the frame or packet error control does not match
├── CodeBlockCorrupt      a BCH code block cannot be decoded
├── SecurityUnknown       no security association for this SPI
├── AuthenticationFailed  the MAC does not match: forged, altered or another key
├── ReplayRefused         the sequence number was seen before, or lies outside the window
└── ProcedureRefused      a procedure of key or association management is not allowed now
"""

from __future__ import annotations

from core.errors import LinkError

__all__ = [
    "AuthenticationFailed",
    "ChecksumMismatch",
    "CodeBlockCorrupt",
    "FrameMalformed",
    "ProcedureRefused",
    "ReplayRefused",
    "SecurityUnknown",
]


class FrameMalformed(LinkError):
    """Lengths or fields contradict the standard."""

    default_code = "frame-malformed"


class ChecksumMismatch(LinkError):
    """The error control field does not match the content."""

    default_code = "checksum"


class CodeBlockCorrupt(LinkError):
    """A BCH code block cannot be decoded."""

    default_code = "code-block"


class SecurityUnknown(LinkError):
    """No security association for this security parameter index."""

    default_code = "security-unknown"


class AuthenticationFailed(LinkError):
    """The message authentication code does not match."""

    default_code = "authentication"


class ReplayRefused(LinkError):
    """The anti-replay sequence number was seen before or lies outside the window."""

    default_code = "replay"


class ProcedureRefused(LinkError):
    """A procedure of key or association management is not allowed in the present state."""

    default_code = "procedure-refused"
