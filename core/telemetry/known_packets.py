"""Which packets are there already: the same octets with the same identity (generation time, APID, sequence count).

New telemetry is newer than all that is known; then one comparison tells. What comes late or again is compared with the batches
and files whose times it meets.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.telemetry.archive_files import ArchiveFile
from core.telemetry.packet_rows import PacketRows
from core.telemetry.packet_table import GENERATED, IDENTITY, OCTETS

__all__ = ["KnownPackets"]

_FILES_AT_HAND: Final = 16
Span = tuple[float, float]


class KnownPackets:
    """Looks for packets among those of one archive."""

    def __init__(self) -> None:
        self._times: OrderedDict[Path, NDArray[np.float64]] = OrderedDict()

    def repeated(self, rows: PacketRows, generated_tai_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Packets that came before in the same rows."""
        found = np.zeros(len(rows), dtype=bool)
        if (generated_tai_s[1:] > generated_tai_s[:-1]).all():
            return found
        keys = _keys(rows)
        order = np.lexsort((keys, generated_tai_s))
        meets = np.flatnonzero(np.diff(generated_tai_s[order]) == 0)
        candidates = set(order[meets].tolist()) | set(order[meets + 1].tolist())
        seen: set[tuple[float, int, bytes]] = set()
        for row in sorted(candidates):
            packet = (float(generated_tai_s[row]), int(keys[row]), rows.octets(row))
            found[row] = packet in seen
            seen.add(packet)
        return found

    def among(
        self,
        rows: PacketRows,
        generated_tai_s: NDArray[np.float64],
        tables: Sequence[pa.Table],
    ) -> NDArray[np.bool_]:
        """Packets that are in some tables of the same satellite."""
        found = np.zeros(len(rows), dtype=bool)
        for table in tables:
            times = table[GENERATED].to_numpy()
            self._compare(rows, generated_tai_s, times, lambda at, table=table: table.take(at), found)  # type: ignore[misc]
        return found

    def in_files(
        self, rows: PacketRows, generated_tai_s: NDArray[np.float64], files: Sequence[ArchiveFile]
    ) -> NDArray[np.bool_]:
        """Packets that are in some files of the same satellite."""
        found = np.zeros(len(rows), dtype=bool)
        columns = [*IDENTITY, OCTETS]
        for one in files:
            if ((generated_tai_s >= one.first_tai_s) & (generated_tai_s <= one.last_tai_s)).any():
                read = lambda at, path=one.path: pq.read_table(path, columns=columns, partitioning=None).take(at)  # noqa: E731
                self._compare(rows, generated_tai_s, self._file_times(one.path), read, found)
        return found

    def _compare(
        self,
        rows: PacketRows,
        generated_tai_s: NDArray[np.float64],
        times: NDArray[np.float64],
        take: Callable[[pa.Array], pa.Table],
        found: NDArray[np.bool_],
    ) -> None:
        meets = np.isin(generated_tai_s, times) & ~found
        if not meets.any():
            return
        known = take(pa.array(np.flatnonzero(np.isin(times, generated_tai_s[meets]))))
        apids, sequences = (known[name].to_numpy().astype(np.int64) for name in IDENTITY[1:])
        seen = set(
            zip(
                known[GENERATED].to_pylist(), (apids << 14 | sequences).tolist(), known[OCTETS].to_pylist(), strict=True
            )
        )
        keys = _keys(rows)
        for row in np.flatnonzero(meets).tolist():
            found[row] = (float(generated_tai_s[row]), int(keys[row]), rows.octets(row)) in seen

    def _file_times(self, path: Path) -> NDArray[np.float64]:
        known = self._times.pop(path, None)
        if known is None:
            known = pq.read_table(path, columns=[GENERATED], partitioning=None)[GENERATED].to_numpy()
        self._times[path] = known
        if len(self._times) > _FILES_AT_HAND:
            self._times.popitem(last=False)
        return known


def _keys(rows: PacketRows) -> NDArray[np.int64]:
    return rows.apids.astype(np.int64) << 14 | rows.sequences
