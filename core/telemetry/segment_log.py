"""A log of records that are durable before they are acknowledged: numbered, each with its checksum, in files of bounded size.

A record that was cut off by a crash was never acknowledged, and is cut away when the log is opened.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import StoreError
from core.store.durable_file import flush_path

__all__ = ["LogDamaged", "LogRecord", "SegmentLog", "read_log"]

_HEADER: Final = struct.Struct(">4sQII")  # magic, number, octets of the payload, CRC-32 of number, length and payload
_MAGIC: Final = b"LSTM"
_SUFFIX: Final = ".segment"
_LARGEST_RECORD: Final = 1 << 31

Buffer = bytes | memoryview


class LogDamaged(StoreError):
    """A record that was once durable cannot be read; names file and offset. It is left as it is for repair."""

    default_code = "log-damaged"


@dataclass(frozen=True)
class LogRecord:
    """A durable record; numbers rise by one."""

    number: int
    payload: bytes


class SegmentLog:
    """The log in a folder.

    Args:
        folder: Where its files are; made where it is not there.
        after: Records up to this number were taken over elsewhere.
        segment_octets: A file that is longer gets no more records.
    Raises:
        LogDamaged: A file other than the newest is damaged.
    """

    def __init__(self, folder: Path, *, after: int = 0, segment_octets: int = 64 << 20) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._segment_octets = segment_octets
        self._descriptor: int | None = None
        self._size = 0
        self._failed = ""
        self._last = self._mend(after)

    @property
    def last(self) -> int:
        """Number of the newest record."""
        return self._last

    @property
    def failed(self) -> str:
        """Why it takes nothing more until it is opened again; empty while it does."""
        return self._failed

    def append(self, parts: Sequence[Buffer]) -> int:
        """Write a record and wait until it is durable; its number.

        Args:
            parts: The payload in pieces, which are not copied.
        Raises:
            StoreError: Nothing was written, such as on a full disk. After a failed flush nothing more is taken until the log
                is opened anew, because what is durable is not known.
        """
        if self._failed:
            raise StoreError(f"the telemetry log takes nothing more: {self._failed}")
        length = sum(len(one) for one in parts)
        if length >= _LARGEST_RECORD:
            raise StoreError(f"a record of {length} octets is above the limit of {_LARGEST_RECORD - 1}")
        number = self._last + 1
        header = _HEADER.pack(_MAGIC, number, length, _checksum(number, length, parts))
        descriptor = self._open_for(number)
        begin = self._size
        try:
            _write(descriptor, [header, *parts])
        except OSError as error:
            self._cut(descriptor, begin)
            raise StoreError(f"the telemetry log could not be written: {error.strerror}", errno=error.errno) from error
        try:
            os.fdatasync(descriptor)
        except OSError as error:
            self._failed = f"a flush to disk failed ({error.strerror})"
            raise StoreError(f"the telemetry log is not durable: {error.strerror}", errno=error.errno) from error
        self._size = begin + len(header) + length
        self._last = number
        return number

    def records(self, after: int) -> Iterator[LogRecord]:
        """Durable records after a number, in order."""
        for path in self._files():
            for record, _ in _read(path):
                if record.number > after:
                    yield record

    def drop(self, through: int) -> None:
        """Delete files that hold nothing after a number."""
        files = self._files()
        for path, following in zip(files, [*files[1:], None], strict=True):
            newest = self._last if following is None else _first_number(following) - 1
            if newest > through:
                return
            if following is None:
                self._close_file()
            path.unlink()

    def close(self) -> None:
        """Close the file."""
        self._close_file()

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{_SUFFIX}"))

    def _mend(self, after: int) -> int:
        """Cut off what was not finished; the newest number."""
        last = after
        files = self._files()
        for path in files:
            end = 0
            for record, end in _read(path):  # noqa: B007  # the end of the last good record is needed
                last = max(last, record.number)
            size = path.stat().st_size
            if end == size:
                continue
            if path != files[-1] or _later_record(path, end):
                raise LogDamaged(f"{path} is damaged at octet {end} of {size}", path=str(path), octet=end)
            with path.open("r+b") as file:
                file.truncate(end)
                os.fsync(file.fileno())
        return last

    def _open_for(self, number: int) -> int:
        if self._descriptor is not None and self._size < self._segment_octets:
            return self._descriptor
        self._close_file()
        path = self._folder / f"{number:016d}{_SUFFIX}"
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._size = os.fstat(self._descriptor).st_size
            flush_path(self._folder)
        except OSError as error:
            raise StoreError(f"{path} could not be opened: {error.strerror}", errno=error.errno) from error
        return self._descriptor

    def _cut(self, descriptor: int, size: int) -> None:
        try:
            os.ftruncate(descriptor, size)
        except OSError as error:
            self._failed = f"an unfinished record could not be removed ({error.strerror})"

    def _close_file(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def read_log(folder: Path) -> list[LogRecord]:
    """The durable records of a log that another process may be writing; nothing is mended.

    Files that go meanwhile are left out: what they held has been taken over elsewhere.

    Raises:
        LogDamaged: A record that was once durable cannot be read.
    """
    records: list[LogRecord] = []
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        try:
            found = list(_read(path))
            end = found[-1][1] if found else 0
            if _later_record(path, end):  # the record at the end may have become whole since it was read
                found = list(_read(path))
                end = found[-1][1] if found else 0
                if _later_record(path, end) and list(_read(path))[len(found) :] == []:
                    raise LogDamaged(f"{path} is damaged at octet {end}", path=str(path), octet=end)
        except FileNotFoundError:
            continue
        records += [one for one, _ in found]
    return records


def _checksum(number: int, length: int, parts: Sequence[Buffer]) -> int:
    value = zlib.crc32(struct.pack(">QI", number, length))
    for part in parts:
        value = zlib.crc32(part, value)
    return value


def _write(descriptor: int, parts: Sequence[Buffer]) -> None:
    views = [memoryview(one).cast("B") for one in parts if len(one)]
    while views:
        written = os.writev(descriptor, views[:1000])
        while views and written >= len(views[0]):
            written -= len(views.pop(0))
        if written:
            views[0] = views[0][written:]


def _read(path: Path) -> Iterator[tuple[LogRecord, int]]:
    """Good records from the start, with where each ends."""
    with path.open("rb") as file:
        end = 0
        while len(header := file.read(_HEADER.size)) == _HEADER.size:
            magic, number, length, checksum = _HEADER.unpack(header)
            if magic != _MAGIC or length >= _LARGEST_RECORD:
                return
            payload = file.read(length)
            if len(payload) != length or _checksum(number, length, [payload]) != checksum:
                return
            end += _HEADER.size + length
            yield LogRecord(number, payload), end


def _later_record(path: Path, end: int) -> bool:
    """Whether a whole record stands behind a place that cannot be read: then more than an unfinished end is damaged."""
    rest = path.read_bytes()[end + 1 :]
    at = rest.find(_MAGIC)
    while at >= 0 and at + _HEADER.size <= len(rest):
        _, number, length, checksum = _HEADER.unpack_from(rest, at)
        payload = rest[at + _HEADER.size : at + _HEADER.size + length]
        if len(payload) == length and _checksum(number, length, [payload]) == checksum:
            return True
        at = rest.find(_MAGIC, at + 1)
    return False


def _first_number(path: Path) -> int:
    return int(path.name.removesuffix(_SUFFIX))
