"""A folder of received files: parts lie apart until a file is whole, then it appears under its name at once."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from pathlib import Path
from typing import Final

from core.link.cfdp.destination import FileRefused
from core.link.cfdp.pdus import modular_checksum
from core.store.durable_file import flush_path

__all__ = ["FolderStore"]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,7}")
_PARTS: Final = ".parts"
_CHUNK: Final = 1 << 20  # a multiple of the checksum's word


class FolderStore:
    """Files below a folder.

    Args:
        folder: Where they appear; nobody else changes anything in it.
        capacity_bytes: How much it takes in all.
        most_files: How many files it takes in all.
        at_once: Whether each octet is durable when ``write`` returns; else only after ``sync``.
    """

    def __init__(
        self, folder: Path, capacity_bytes: int, *, most_files: int | None = None, at_once: bool = True
    ) -> None:
        self._folder = folder
        self._capacity_bytes = capacity_bytes
        self._most_files = most_files
        self._at_once = at_once
        self._unsynced: set[Path] = set()
        self._used: int | None = None  # counted again after anything but a write
        (folder / _PARTS).mkdir(parents=True, exist_ok=True)

    def check(self, name: str, size: int) -> None:
        """Refuse a name that leads out of the folder, and a file that does not fit."""
        _check_name(name)
        if (self._folder / name).is_dir():
            raise FileRefused(f"{name!r} is a folder", name=name)
        for above in (self._folder / name).parents:
            if above == self._folder:
                break
            if above.is_file():
                raise FileRefused(f"{str(above.relative_to(self._folder))!r} is a file and no folder", name=name)
        if (
            self._most_files is not None
            and not (self._folder / name).exists()
            and len(self.files()) >= self._most_files
        ):
            raise FileRefused(f"there are {self._most_files} files, and {name!r} would be one more", name=name)
        free_bytes = self._capacity_bytes - self._used_bytes()
        if size > free_bytes:
            raise FileRefused(f"{name!r} has {size} octets, {free_bytes} are free", name=name, free_bytes=free_bytes)

    def write(self, transaction_id: str, offset: int, data: bytes) -> None:
        """Octets of a part, durable before they are counted."""
        part = self._part(transaction_id)
        grows_by = max(0, offset + len(data) - (part.stat().st_size if part.exists() else 0))
        used_bytes = self._used_bytes()
        if grows_by > self._capacity_bytes - used_bytes:
            raise FileRefused(f"there is no room for {grows_by} more octets", free_bytes=0)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            self._used = None
            os.pwrite(descriptor, data, offset)
            if self._at_once:
                os.fsync(descriptor)
            else:
                self._unsynced.add(part)
            self._used = used_bytes + grows_by
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise FileRefused(f"there is no room: {error.strerror}", free_bytes=0) from error
            raise
        finally:
            os.close(descriptor)

    def sync(self) -> None:
        """Make durable what was written."""
        while self._unsynced:
            part = self._unsynced.pop()
            if part.exists():  # else its transaction has ended meanwhile
                flush_path(part)

    def checksum(self, transaction_id: str, size: int) -> int:
        """The modular checksum of a part's first octets."""
        total, left = 0, size
        if size:
            part = self._part(transaction_id)
            if not part.exists():
                raise FileRefused(f"the parts of {transaction_id} are gone")
            with part.open("rb") as file:
                while left and (chunk := file.read(min(_CHUNK, left))):
                    total, left = (total + modular_checksum(chunk)) & 0xFFFF_FFFF, left - len(chunk)
        return total

    def keep(self, transaction_id: str, name: str, size: int) -> None:
        """The part becomes the file; an older one of this name is replaced at the same moment.

        The part stays, without taking more room, until the transaction's end is on record: a crash before that repeats this.
        """
        part, file = self._part(transaction_id), self._folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not part.exists():
            part.touch(0o600)
        self._used = None
        os.truncate(part, size)
        flush_path(part)
        whole = part.with_name(f"{transaction_id}.whole")
        whole.unlink(missing_ok=True)
        os.link(part, whole)
        whole.replace(file)
        whole.unlink(missing_ok=True)  # both names were of the same octets already: nothing was replaced
        flush_path(file.parent)

    def discard(self, transaction_id: str) -> None:
        """Remove a part."""
        self._used = None
        self._part(transaction_id).unlink(missing_ok=True)

    def delete(self, name: str) -> None:
        """Remove a file; one that is not there is none the less."""
        path = self.path(name)
        self._used = None
        path.unlink(missing_ok=True)

    def files(self) -> dict[str, int]:
        """The files that are whole, by name, with their octets."""
        found = (one for one in self._folder.rglob("*") if one.is_file())
        whole = {str(one.relative_to(self._folder)): one.stat().st_size for one in found}
        return {name: whole[name] for name in sorted(whole) if not name.startswith(f"{_PARTS}/")}

    def path(self, name: str) -> Path:
        """Where a file lies or would lie; FileRefused where the name leads elsewhere."""
        _check_name(name)
        return self._folder / name

    @property
    def free_bytes(self) -> int:
        """How much it still takes."""
        return max(0, self._capacity_bytes - self._used_bytes())

    def sha256(self, name: str) -> str:
        """The hash of a file that is whole."""
        with (self._folder / name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _part(self, transaction_id: str) -> Path:
        return self._folder / _PARTS / transaction_id

    def _used_bytes(self) -> int:
        if self._used is None:
            found = [one.stat() for one in self._folder.rglob("*") if one.is_file()]
            self._used = sum({one.st_ino: one.st_size for one in found}.values())
        return self._used


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or ".." in name:
        raise FileRefused(f"{name!r} is no name that is taken: letters, digits, '.', '_' and '-', by '/'", name=name)
