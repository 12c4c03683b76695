"""The catalogue of other objects that a service screens against: a file that is replaced while the service runs."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Protocol

import structlog

from core.errors import InputError
from core.mission.catalogue import Catalogue, read_catalogue

__all__ = ["CatalogueFile", "CatalogueReader", "NoCatalogue"]

_log = structlog.get_logger(__name__)


class CatalogueReader(Protocol):
    """Where the newest catalogue comes from."""

    def current(self) -> Catalogue | None:
        """The newest catalogue; None where there is none."""
        ...


class NoCatalogue:
    """Nobody provides element sets: nothing can be screened."""

    def current(self) -> Catalogue | None:
        """None."""
        return None


class CatalogueFile:
    """A file of TLEs or OMMs, read again when it changes; a newer one that cannot be read leaves the one before.

    Args:
        path: The file; it may come later.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._read_at: tuple[int, int] | None = None
        self._catalogue: Catalogue | None = None

    def current(self) -> Catalogue | None:
        """The catalogue of the file as it is now; None while there is no file."""
        with self._lock:
            try:
                found = self._path.stat()
            except FileNotFoundError:
                return self._catalogue
            stamp = (found.st_mtime_ns, found.st_size)
            if stamp != self._read_at:
                self._read_at = stamp
                try:
                    self._catalogue = read_catalogue(self._path)
                except InputError as error:
                    _log.warning("the catalogue cannot be read; the one before stays", reason=error.message)
            return self._catalogue
