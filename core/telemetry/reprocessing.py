"""Stored packets decoded again with corrected definitions: a newer version beside the one there was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.errors import Conflict, InputError, NotFound
from core.mdb.batch import BatchDecoder
from core.telemetry.archive_catalogue import HOUR_S, ArchiveFile
from core.telemetry.archive_files import ArchiveFiles, PreparedFiles
from core.telemetry.packet_table import ERROR, OCTETS, decoded_tables

__all__ = ["Reprocessing", "known_reprocessings", "reprocessing_steps"]

_KEY: Final = "reprocessing:"


@dataclass(frozen=True)
class Reprocessing:
    """A newer version of some hours of a satellite's telemetry.

    Args:
        version: Its number; what was decoded when it was received is version 0.
        satellite: Whose.
        start_tai_s, end_tai_s: Whole hours that it is of.
        definitions: What the packets were decoded with.
        packets: How many so far.
        finished: Whether it reaches its end; one that was broken off has the hours up to some instant.
    """

    version: int
    satellite: str
    start_tai_s: float
    end_tai_s: float
    definitions: str
    packets: int = 0
    finished: bool = False

    def state(self) -> dict[str, str]:
        """As the catalogue remembers it."""
        return {f"{_KEY}{self.version:08d}": json.dumps(asdict(self))}


def known_reprocessings(files: ArchiveFiles) -> list[Reprocessing]:
    """All that there were, by version."""
    return [Reprocessing(**json.loads(one)) for one in files.states(_KEY)]


def reprocessing_steps(
    files: ArchiveFiles, satellite: str, start_tai_s: float, end_tai_s: float, decoder: BatchDecoder
) -> Iterator[tuple[PreparedFiles, Reprocessing]]:
    """New versions of the hours that an interval touches, an hour at a time; commit one before asking for the next.

    Raises:
        InputError: The interval ends before it begins.
        Conflict: Packets or values of it were removed by the retention policy.
        NotFound: There are no packets in it.
        StoreError: A step could not be prepared; nothing of it is left.
    """
    if not start_tai_s < end_tai_s:
        raise InputError("end_tai_s", f"{end_tai_s} is not after the beginning, {start_tai_s}")
    kept = files.catalogue.kept_of(satellite)
    edge_s = max(kept.packets_tai_s, kept.values_tai_s)
    if start_tai_s < edge_s:
        raise Conflict(f"packets and values of {satellite} are kept from {edge_s} TAI s on, not from {start_tai_s}")
    found = files.catalogue.find(satellite, OCTETS, start_tai_s, end_tai_s)
    hours = sorted({one.hour for one in found})
    if not hours:
        raise NotFound(f"no packet of {satellite} was filed between {start_tai_s} and {end_tai_s} TAI s")
    number = max((one.version for one in known_reprocessings(files)), default=0) + 1
    first_s, last_s = float(hours[0] * HOUR_S), float((hours[-1] + 1) * HOUR_S)
    about = Reprocessing(number, satellite, first_s, last_s, decoder.definitions)
    for hour in hours:
        whole = _packets(files.catalogue.in_hour(satellite, hour))
        tables = decoded_tables(whole, decoder.decode(*_octets(whole)))
        prepared = files.write_version(satellite, hour, tables, number, decoder.definitions)
        about = replace(about, packets=about.packets + whole.num_rows, finished=hour == hours[-1])
        yield prepared, about


def _packets(files: list[ArchiveFile]) -> pa.Table:
    """What packets are without their values."""
    parts = []
    for one in files:
        with pq.ParquetFile(one.path) as file:
            names = [name for name in file.schema_arrow.names if name.startswith("packet:") and name != ERROR]
            parts.append(file.read(names))
    return pa.concat_tables(parts).replace_schema_metadata(None).combine_chunks()


def _octets(packets: pa.Table) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Packets one behind the other, and where each begins."""
    column = pa.concat_arrays(packets[OCTETS].chunks)
    _, offsets, data = column.buffers()
    places = np.frombuffer(offsets, dtype=np.int32)[column.offset : column.offset + len(column) + 1].astype(np.int64)
    return np.frombuffer(data, dtype=np.uint8), places
