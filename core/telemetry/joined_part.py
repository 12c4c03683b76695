"""Parts of one satellite that were stored one after the other, as one: many small batches cost their readers more than a long one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.mdb.batch import BatchDecoder
from core.telemetry.column_archive import StoredPart
from core.telemetry.packet_rows import PacketRows

__all__ = ["joined_part"]


def joined_part(parts: Sequence[StoredPart], decoder: BatchDecoder) -> StoredPart:
    """Parts behind each other, decoded anew; itself where there is one.

    Alarm levels of several parts are those of the mission database, without limits that people changed.

    Args:
        parts: Of one satellite, at least one.
        decoder: What packets mean.
    """
    if len(parts) == 1:
        return parts[0]
    begins = np.cumsum([0, *(len(one.rows.data) for one in parts)])
    offsets = [one.rows.offsets[:-1] + begin for one, begin in zip(parts, begins, strict=False)]
    rows = PacketRows(
        parts[0].rows.satellite,
        np.concatenate([one.rows.data for one in parts]),
        np.concatenate([*offsets, begins[-1:]]).astype(np.int64),
        np.concatenate([one.rows.received_tai_s for one in parts]),
    )
    generated_tai_s = np.concatenate([one.generated_tai_s for one in parts])
    decoded = decoder.decode(rows.data, rows.offsets)
    return StoredPart(rows, generated_tai_s, decoded, sum(one.duplicates for one in parts))
