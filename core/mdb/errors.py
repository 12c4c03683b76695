"""What can be wrong with a mission database file, and with what is asked of it."""

from __future__ import annotations

from core.errors import InputError, LinkError

__all__ = ["ArgumentRefused", "DatabaseFileError", "PacketUndecodable"]


class DatabaseFileError(InputError):
    """A mission database file is wrong, or uses what is not supported, at a known element and line."""

    default_code = "bad-mission-database"

    def __init__(self, path: str, line: int, element: str, message: str) -> None:
        super().__init__(element, f"{message} ({path}:{line})", path=path, line=line, element=element)
        self.path = path
        self.line = line


class ArgumentRefused(InputError):
    """An argument of a telecommand is missing, unknown or out of range."""

    default_code = "bad-argument"


class PacketUndecodable(LinkError):
    """A packet does not match its definition."""

    default_code = "packet-undecodable"
