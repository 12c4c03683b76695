"""Reads a column archive without taking it: beside the service that has it open, or with none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.errors import NotFound, StoreError
from core.mdb.batch import BatchDecoder
from core.store import open_database
from core.telemetry.archive_queries import ArchiveQueries, Downsampled, ParameterValues
from core.telemetry.archive_rows import Snapshot, WaitingTable
from core.telemetry.archive_tables import CATALOGUE, read_catalogue, read_state
from core.telemetry.batch_record import BatchRecord
from core.telemetry.packet_rows import PacketRows, PacketTimes
from core.telemetry.packet_table import container_tables
from core.telemetry.segment_log import read_log

__all__ = ["ArchiveReader"]

_ATTEMPTS: Final = 10
_T = TypeVar("_T")


class ArchiveReader(ArchiveQueries):
    """An archive as it was when this was opened, or last refreshed.

    Where a file is gone that another process has replaced meanwhile, the picture is refreshed and the query begun anew.

    Args:
        folder: Where the archive is.
        decoder: What packets mean that are in its log only.
        times: When packets were generated.
    Raises:
        NotFound: There is no archive in the folder.
        StoreError: It cannot be read.
    """

    def __init__(self, folder: Path, decoder: BatchDecoder, times: PacketTimes) -> None:
        if not (folder / CATALOGUE).is_file():
            raise NotFound(f"there is no telemetry archive in {folder}")
        self._folder = folder
        self._decoder = decoder
        self._times = times
        self._database = open_database(folder / CATALOGUE)
        self.refresh()

    def refresh(self) -> None:
        """See what was stored since."""
        try:
            # The log first: what is moved into files after that is then in the catalogue.
            records = read_log(self._folder / "log")
            with self._database.read() as connection:
                catalogue = read_catalogue(connection, self._folder)
                taken_over = int(read_state(connection, "taken_over") or 0)
        except OSError as error:
            raise StoreError(f"the telemetry archive in {self._folder} cannot be read: {error}") from error
        waiting: list[tuple[str, WaitingTable]] = []
        for record in records:
            if record.number > taken_over:
                for rows in BatchRecord.unpack(record.payload).parts:
                    waiting += [(rows.satellite, one) for one in self._tables(rows)]
        self._catalogue, self._waiting = catalogue, waiting

    def _tables(self, rows: PacketRows) -> list[WaitingTable]:
        times = self._times(rows.data, rows.offsets)
        generated = np.where(np.isfinite(times), times, rows.received_tai_s)
        decoded = self._decoder.decode(rows.data, rows.offsets)
        tables = container_tables(rows, generated, np.zeros(len(rows), dtype=np.int64), decoded)
        return [WaitingTable(name, table) for name, table in tables.items()]

    @contextmanager
    def snapshot(self, satellite: str, version: int | None = None) -> Iterator[Snapshot]:
        """What of a satellite can be read; another process may delete files of it."""
        waiting = tuple(table for owner, table in self._waiting if owner == satellite)
        yield Snapshot(satellite, self._catalogue, waiting, version)

    def satellites(self) -> list[str]:
        """Those with telemetry in the archive."""
        return sorted({owner for owner, _ in self._catalogue.columns} | {owner for owner, _ in self._waiting})

    def values(
        self, satellite: str, parameter: str, start_tai_s: float, end_tai_s: float, *, version: int | None = None
    ) -> ParameterValues:
        """As ``ArchiveQueries.values``."""
        ask = super().values
        return self._anew(lambda: ask(satellite, parameter, start_tai_s, end_tai_s, version=version))

    def downsampled(
        self,
        satellite: str,
        parameter: str,
        start_tai_s: float,
        end_tai_s: float,
        bucket_s: float,
        *,
        version: int | None = None,
    ) -> Downsampled:
        """As ``ArchiveQueries.downsampled``."""
        ask = super().downsampled
        return self._anew(lambda: ask(satellite, parameter, start_tai_s, end_tai_s, bucket_s, version=version))

    def values_at(
        self, satellite: str, parameter: str, instants_tai_s: NDArray[np.float64], *, version: int | None = None
    ) -> ParameterValues:
        """As ``ArchiveQueries.values_at``."""
        ask = super().values_at
        return self._anew(lambda: ask(satellite, parameter, instants_tai_s, version=version))

    def close(self) -> None:
        """Close the catalogue."""
        self._database.close()

    def _anew(self, ask: Callable[[], _T]) -> _T:
        for _ in range(_ATTEMPTS):
            try:
                return ask()
            except FileNotFoundError:
                self.refresh()
        raise StoreError(f"the files of the telemetry archive in {self._folder} change faster than they can be read")
