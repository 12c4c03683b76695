"""The benchmark's packet is what the page says that it is."""

from __future__ import annotations

from core.link import new_link_keys
from core.mdb.batch import BatchDecoder, packet_offsets
from core.mdb.calibration import Polynomial
from core.telemetry.bulk_receiver import BulkReceiver
from core.telemetry.open_frames import TmChannel
from evals.bench.telemetry.load import PACKET_OCTETS, SCID, benchmark_mdb, benchmark_packets, frames_of


def test_packets_have_their_size_their_limits_and_some_alarms() -> None:
    mdb, packets = benchmark_mdb(), list(benchmark_packets(3000))
    assert {len(one) for one in packets} == {PACKET_OCTETS}
    types = [one.type for one in mdb.parameters.values()]
    assert len(types) == 24 and sum(isinstance(one.calibrator, Polynomial) for one in types) == 16
    assert all(len(one.alarms.ranges) == 2 for one in types)
    data, offsets = b"".join(packets), packet_offsets([len(one) for one in packets])
    decoded = BatchDecoder(mdb).decode(data, offsets)
    levels = [one.levels for one in decoded.containers[0].columns.values() if one.levels is not None]
    assert len(levels) == 24 and 0 < sum(int((one > 0).sum()) for one in levels) < 10
    sa = new_link_keys(SCID).tm_association()
    batch = BulkReceiver(TmChannel(SCID, sa)).receive(frames_of(packets, sa))
    assert batch.data.tobytes() == data
