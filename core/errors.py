"""The error tree: every failure that LlamaSpace names.

LlamaSpaceError
├── InputError          something given from outside is wrong; names the field
│   └── MissionFileError    … in a mission file; names line and field
├── NotFound            the thing asked for does not exist
├── Conflict            the thing has changed, or is in a state that does not allow this
├── PhysicsError        the models cannot answer (re-entry, no convergence, outside a model's range)
├── PlanRejected        a plan fails validation
├── CommandRefused      a stage of the command pipeline said no
├── LinkError           a frame, packet or connection is bad
└── StoreError          durable storage failed; nothing was half-written
"""

from __future__ import annotations

__all__ = [
    "CommandRefused",
    "Conflict",
    "InputError",
    "LinkError",
    "LlamaSpaceError",
    "MissionFileError",
    "NotFound",
    "PhysicsError",
    "PlanRejected",
    "StoreError",
]


class LlamaSpaceError(Exception):
    """A failure with a message for people and the same facts as attributes.

    Args:
        message: One sentence with the value, the unit and the limit.
        code: Stable identifier such as ``TMP-002`` or ``bad-input``.
        facts: What the message says, machine-readable.
    """

    default_code = "error"

    def __init__(self, message: str, *, code: str | None = None, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.facts = facts


class InputError(LlamaSpaceError):
    """Input from outside is wrong.

    Args:
        field: Dotted path of the offending field, such as ``window.end``.
        message: What was wrong and what is allowed.
    """

    default_code = "bad-input"

    def __init__(self, field: str, message: str, *, code: str | None = None, **facts: object) -> None:
        super().__init__(f"{field}: {message}", code=code, field=field, **facts)
        self.field = field


class MissionFileError(InputError):
    """A mission file is wrong at a known line."""

    default_code = "bad-mission-file"

    def __init__(self, path: str, line: int | None, field: str, message: str) -> None:
        where = f"{path}:{line}" if line is not None else path
        super().__init__(field, f"{message} ({where})", path=path, line=line)
        self.path = path
        self.line = line


class NotFound(LlamaSpaceError):
    """The thing asked for does not exist."""

    default_code = "not-found"


class Conflict(LlamaSpaceError):
    """The thing has changed meanwhile, or its state does not allow the request."""

    default_code = "conflict"


class PhysicsError(LlamaSpaceError):
    """The models cannot answer."""

    default_code = "physics"


class PlanRejected(LlamaSpaceError):
    """A plan fails validation; the findings are in ``facts['findings']``."""

    default_code = "plan-rejected"


class CommandRefused(LlamaSpaceError):
    """A stage of the command pipeline refuses; ``facts['stage']`` names it."""

    default_code = "command-refused"


class LinkError(LlamaSpaceError):
    """A frame, a packet or a connection is bad."""

    default_code = "link"


class StoreError(LlamaSpaceError):
    """Durable storage failed; nothing was half-written."""

    default_code = "store"
