"""Parts joined are what was stored, in order, decoded as it was."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.telemetry.column_archive import StoredPart
from core.telemetry.joined_part import joined_part
from core.telemetry.receiver import ReceivedPacket
from tests.api.stream_bench import event_packet, soc_packet
from tests.core.telemetry.intake import T0_TAI_S, Bench


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.booleans(), st.floats(0.0, 1.0)), min_size=1, max_size=5), min_size=1, max_size=5)
)
def test_parts_joined_are_the_packets_of_all_in_order(batches: list[list[tuple[bool, float]]]) -> None:
    with TemporaryDirectory() as folder:
        bench, parts, number = Bench.open(Path(folder)), list[StoredPart](), 0
        bench.stream.on_part(parts.append)
        sent: list[tuple[bytes, float | None]] = []
        for place, batch in enumerate(batches):
            packets = []
            for event, soc in batch:
                made = event_packet("LSAT-1", number) if event else soc_packet("LSAT-1", number, soc)
                packets.append(ReceivedPacket("LSAT-1", T0_TAI_S + number, made.raw))
                sent.append((made.raw, None if event else soc))
                number += 1
            bench.ingest.ingest_packets("test", packets, place + 1)
        joined = joined_part(parts, bench.archive.decoder)
        bench.archive.close()
    assert [joined.rows.octets(row) for row in range(len(joined.rows))] == [raw for raw, _ in sent]
    assert joined.generated_tai_s.tolist() == joined.rows.received_tai_s.tolist()
    found: dict[int, float] = {}
    for one in joined.decoded.containers:
        if "soc" in one.columns:
            found.update(zip(one.rows.tolist(), one.columns["soc"].engineering.tolist(), strict=True))
    expected = {row: soc for row, (_, soc) in enumerate(sent) if soc is not None}
    assert found.keys() == expected.keys()
    assert np.allclose([found[row] for row in expected], list(expected.values()), atol=1e-4)
