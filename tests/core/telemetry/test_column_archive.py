"""The column archive: durable before acknowledged, each packet once, whatever comes late, twice, or is cut off."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import InputError, NotFound, StoreError
from core.link import Telemetry, encode_telemetry
from core.mdb import encode_container, reference_mdb
from core.mdb.batch import BatchDecoder, DecodedBatch, packet_offsets
from core.mdb.telemetry import decode_packet
from core.telemetry.column_archive import ColumnArchive
from core.telemetry.compactor import Compactor
from core.telemetry.intake_memory import Progress
from core.telemetry.packet_rows import PacketRows, pus_times
from core.telemetry.receiver import ChannelState
from core.telemetry.segment_log import LogDamaged, SegmentLog

MDB = reference_mdb()
DECODER = BatchDecoder(MDB)
T0_TAI_S = 8.486e8
BASE = {one.name: 0 for one in MDB.containers["Housekeeping"].entries} | {
    "structure_id": 1,
    "mode": "nominal",
    "pointing": "nadir",
    "in_eclipse": False,
    "downlink_active": False,
}
EVER = (-np.inf, np.inf)


def housekeeping(number: int) -> bytes:
    data = encode_container(MDB, "Housekeeping", BASE | {"soc": (number % 100) / 100})  # type: ignore[operator]
    return encode_telemetry(Telemetry(673, number % 16384, 3, 25, number, T0_TAI_S + 7 * number, data))


def rows(numbers: list[int]) -> PacketRows:
    raw = [housekeeping(number) for number in numbers]
    data = np.frombuffer(b"".join(raw), dtype=np.uint8)
    received = np.full(len(raw), T0_TAI_S + 1e6)
    return PacketRows("LSAT-1", data, packet_offsets([len(one) for one in raw]), received)


def opened(folder: Path) -> ColumnArchive:
    return ColumnArchive(folder, DECODER, pus_times)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[ColumnArchive]:
    one = opened(tmp_path)
    yield one
    one.close()


def stored(archive: ColumnArchive) -> list[int]:
    times = archive.packets("LSAT-1", *EVER)["packet:generated_tai_s"].to_numpy()
    return [round((one - T0_TAI_S) / 7) for one in times.tolist()]


def test_values_equal_the_readable_reference_before_and_after_compaction(archive: ColumnArchive) -> None:
    numbers = list(range(0, 900, 3))
    archive.append(rows(numbers))
    expected = [decode_packet(MDB, housekeeping(one)).parameters["soc"].value for one in numbers]
    for _ in range(2):
        soc = archive.values("LSAT-1", "soc", *EVER)
        assert soc.values.to_pylist() == expected
        assert soc.generated_tai_s == pytest.approx([T0_TAI_S + 7 * one for one in numbers], abs=1e-6)
        assert set(archive.values("LSAT-1", "mode", *EVER).values.to_pylist()) == {"nominal"}
        part = archive.values("LSAT-1", "soc", T0_TAI_S + 21, T0_TAI_S + 42)
        assert part.values.to_pylist() == expected[1:3]
        archive.compact()
    assert set(soc.levels.tolist()) > {0}


def test_late_and_repeated_packets_are_merged_by_generation_time(archive: ColumnArchive) -> None:
    for batch in ([5, 6, 7, 600], [1, 2, 6], [6, 6, 3], [700, 601]):
        archive.append(rows(batch))
        assert stored(archive) == sorted(set(stored(archive)))
        archive.compact()
    archive.append(rows([2, 4, 700]))  # some are in files already
    wanted = [1, 2, 3, 4, 5, 6, 7, 600, 601, 700]
    assert stored(archive) == wanted
    assert len(archive.values("LSAT-1", "soc", *EVER).values) == len(wanted)
    archive.compact()
    assert stored(archive) == wanted
    assert len(archive.values("LSAT-1", "soc", *EVER).values) == len(wanted)


def test_downsampled_and_newest_values_equal_plain_sums(archive: ColumnArchive) -> None:
    archive.append(rows(list(range(0, 400))))
    archive.compact()
    archive.append(rows(list(range(390, 500))))
    known = archive.values("LSAT-1", "soc", *EVER)
    numbers = known.values.to_numpy()
    for asked_s, length_s in ((100.0, 120), (4.5, 5), (400.0, 480), (3600.0, 3600)):
        made = archive.downsampled("LSAT-1", "soc", T0_TAI_S, T0_TAI_S + 3500, asked_s)
        assert made.bucket_s == length_s
        bucket = known.generated_tai_s // length_s * length_s
        assert made.start_tai_s.tolist() == sorted(set(bucket.tolist()))
        of_bucket = [numbers[bucket == one] for one in made.start_tai_s]
        assert made.count.tolist() == [len(one) for one in of_bucket]
        assert made.mean == pytest.approx([one.mean() for one in of_bucket])
        assert made.minimum.tolist() == [one.min() for one in of_bucket]
        assert made.maximum.tolist() == [one.max() for one in of_bucket]
    at = archive.values_at("LSAT-1", "soc", np.array([T0_TAI_S + 20.0, T0_TAI_S - 1, T0_TAI_S + 7.5]))
    assert at.values.to_pylist() == [numbers[2], None, numbers[1]]


def test_what_cannot_be_answered_is_an_error(archive: ColumnArchive) -> None:
    with pytest.raises(NotFound, match="no packet of LSAT-1 ever had a parameter 'soc'"):
        archive.values("LSAT-1", "soc", *EVER)
    archive.append(rows([1]))
    assert len(archive.values("LSAT-1", "soc", 0.0, 1.0).values) == 0
    with pytest.raises(InputError, match="bucket_s"):
        archive.downsampled("LSAT-1", "soc", 0.0, 1e9, 1.0)


def test_packets_without_meaning_are_kept_with_the_reason(archive: ColumnArchive) -> None:
    raw = b"\x08\x05\xc0\x01\x00\x00\x00"
    one = PacketRows("LSAT-1", np.frombuffer(raw, dtype=np.uint8), np.array([0, 7]), np.array([5.0]))
    archive.append(one)
    archive.compact()
    assert archive.packets("LSAT-1", 5.0, 5.0)["packet:octets"].to_pylist() == [raw]
    assert archive.values("LSAT-1", "packet:error", *EVER).values.to_pylist() == [
        "the data ends before its container does"
    ]


def test_sources_and_batches_survive_reopening(tmp_path: Path) -> None:
    state = {3: ChannelState(77, b"head")}
    first = opened(tmp_path)
    counts = {"LSAT-1": {"accepted": 3, "none": 0}, "-": {"unknown-spacecraft": 1}}
    first.append(rows([1, 2]), progress=Progress("station", 9, {"LSAT-1": state}, counts))
    first.append(rows([2]), progress=Progress("station", 8, {}, {"LSAT-1": {"accepted": 1}}))
    with pytest.raises(StoreError, match="open in another process"):
        opened(tmp_path)
    for compacted in (False, True):
        first.close()
        first = opened(tmp_path)
        assert (first.cursor("station"), first.cursor("other")) == (9, 0)
        assert first.channels("station", "LSAT-1") == state
        assert first.channels("station", "LSAT-2") == first.channels("other", "LSAT-1") == {}
        counted = {"LSAT-1": {"accepted": 4, "packet-duplicate": 1}, "-": {"unknown-spacecraft": 1}}
        assert first.counters() == counted
        assert stored(first) == [1, 2]
        assert first.compact() == (0 if compacted else 2)
    first.close()


def test_an_unfinished_record_is_cut_off_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    log = SegmentLog(tmp_path)
    assert [log.append([b"one", b"1"]), log.append([b"two"])] == [1, 2]
    log.close()
    path = next(tmp_path.glob("*.segment"))
    whole = path.read_bytes()
    for cut in range(25, len(whole)):
        path.write_bytes(whole[:cut])
        again = SegmentLog(tmp_path)
        assert [one.payload for one in again.records(0)] == [b"one1"] and again.append([b"three"]) == 2
        again.close()
        assert [one.payload for one in SegmentLog(tmp_path).records(0)] == [b"one1", b"three"]
        path.write_bytes(whole)
        for left in tmp_path.glob("*2.segment"):
            left.unlink()
    path.write_bytes(whole[:21] + b"X" + whole[22:])
    with pytest.raises(LogDamaged, match="damaged at octet 0"):
        SegmentLog(tmp_path)


def test_a_full_disk_is_an_error_and_nothing_is_half_written(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    archive.append(rows([1, 2]))
    archive.compact()
    archive.append(rows([3]))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(StoreError, match="File too large"):
            archive.append(rows(list(range(10, 40))))
        with pytest.raises(StoreError, match="could not be archived"):
            archive.compact()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert stored(archive) == [1, 2, 3]
    archive.append(rows([4]))
    archive.close()
    again = opened(tmp_path)
    assert stored(again) == [1, 2, 3, 4]
    assert again.compact() == 2
    assert not list(tmp_path.rglob("*.unfinished"))
    again.close()


def test_packets_come_and_are_read_while_files_are_written(archive: ColumnArchive) -> None:
    compactor = Compactor(archive, 0.001)
    compactor.start()
    for first in range(0, 400, 10):
        archive.append(rows(list(range(first, first + 10))))
        assert stored(archive) == list(range(first + 10))
    compactor.close()
    assert compactor.filed_packets > 0 and not compactor.failure
    archive.compact()
    assert stored(archive) == list(range(400))


def test_a_compaction_that_fails_is_told_and_loses_nothing(
    archive: ColumnArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    archive.append(rows([1, 2]))
    compactor = Compactor(archive, 0.001)
    with monkeypatch.context() as patched:
        patched.setattr(pq, "write_table", full)
        compactor.start()
        wait_for(lambda: "No space left" in compactor.failure)
        assert stored(archive) == [1, 2] and archive.waiting_packets == 2
    wait_for(lambda: not compactor.failure and compactor.filed_packets == 2)
    compactor.close()
    assert stored(archive) == [1, 2] and archive.waiting_packets == 0


def wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60.0
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_names_that_differ_in_case_are_told_apart(tmp_path: Path, archive: ColumnArchive) -> None:
    small, large = pa.array([1.0, 2.0]), pa.array([30.0, 40.0])
    base = {"packet:generated_tai_s": [1.0, 2.0], "packet:apid": [5, 5], "packet:sequence": [0, 1]}
    base |= {"packet:arrival": [1, 2], "packet:service": [0, 0]}
    table = pa.table({**base, "temp": small, "TEMP": large})
    archive.files.commit(archive.files.write([("LSAT-1", "Twice", table)]), {})
    assert archive.values("LSAT-1", "temp", *EVER).values.to_pylist() == [1.0, 2.0]
    assert archive.values("LSAT-1", "TEMP", *EVER).values.to_pylist() == [30.0, 40.0]


_WRITER = """
import importlib.util, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("case", sys.argv[1])
case = importlib.util.module_from_spec(spec)
spec.loader.exec_module(case)
archive = case.opened(Path(sys.argv[2]))
number = archive.cursor("test")
while True:
    batch = list(range(max(0, number - 5), number + 20))  # the first five are sent again
    number += 20
    archive.append(case.rows(batch), progress=case.Progress("test", number))
    print(number, flush=True)
    if number % 60 == 0:
        archive.compact()
"""


def test_a_killed_process_loses_nothing_acknowledged_and_doubles_nothing(tmp_path: Path) -> None:
    for stop_after in (70, 60):  # the second kill comes at the beginning of a compaction
        command = [sys.executable, "-c", _WRITER, __file__, str(tmp_path)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as writer:
            assert writer.stdout is not None
            acknowledged = start = int(writer.stdout.readline())
            while acknowledged - start < stop_after:
                acknowledged = int(writer.stdout.readline())
            time.sleep(0.002)
            writer.send_signal(signal.SIGKILL)
            told = writer.stdout.read().split()
        acknowledged = int(told[-1]) if told else acknowledged
        archive = opened(tmp_path)
        found = stored(archive)
        assert found == list(range(len(found))) and len(found) >= acknowledged
        assert archive.cursor("test") == len(found)
        plot = archive.downsampled("LSAT-1", "soc", T0_TAI_S - 60, T0_TAI_S + 1e5, 3600)
        assert plot.count.sum() == len(found)
        archive.close()


def test_levels_are_those_that_the_judge_gives_in_memory_in_files_and_after_a_restart(tmp_path: Path) -> None:
    def judge(satellite: str, decoded: DecodedBatch) -> DecodedBatch:
        assert satellite == "LSAT-1"
        (only,) = decoded.containers
        soc = only.columns["soc"]
        levels = (soc.engineering > 0.5).astype(np.uint8) * np.uint8(4)
        return replace(
            decoded, containers=(replace(only, columns={**only.columns, "soc": replace(soc, levels=levels)}),)
        )

    expected = [4 if (one % 100) / 100 > 0.5 else 0 for one in range(0, 200, 7)]
    first = ColumnArchive(tmp_path, DECODER, pus_times, judge=judge)
    (part,) = first.append(rows(list(range(0, 200, 7))))
    told = part.decoded.containers[0].columns["soc"].levels
    assert told is not None and told.tolist() == expected
    first.close()
    second = ColumnArchive(tmp_path, DECODER, pus_times, judge=judge)
    for _ in range(2):
        assert second.values("LSAT-1", "soc", *EVER).levels.tolist() == expected
        second.compact()
    second.close()


def test_values_with_their_reception_stand_by_time_and_then_by_arrival(archive: ColumnArchive) -> None:
    def sent(sequence: int, soc: float, after_s: float) -> bytes:
        data = encode_container(MDB, "Housekeeping", BASE | {"soc": soc})  # type: ignore[operator]
        return encode_telemetry(Telemetry(673, sequence, 3, 25, sequence, T0_TAI_S + after_s, data))

    raw = [sent(9, 0.25, 7.0), sent(3, 0.5, 7.0), sent(1, 0.75, 0.0)]
    for number, one in enumerate(raw):
        data = np.frombuffer(one, dtype=np.uint8)
        archive.append(PacketRows("LSAT-1", data, packet_offsets([len(one)]), np.array([T0_TAI_S + 100 + number])))
    expected = [decode_packet(MDB, raw[one]).parameters["soc"].value for one in (2, 0, 1)]
    for _ in range(2):
        found = archive.received_values("LSAT-1", "soc", *EVER)
        assert found.values.to_pylist() == expected
        assert (found.received_tai_s - T0_TAI_S).tolist() == [102, 100, 101]
        archive.compact()
    assert len(archive.received_values("LSAT-1", "soc", 0, 1).received_tai_s) == 0
    with pytest.raises(InputError, match="end_tai_s"):
        archive.received_values("LSAT-1", "soc", 1, 0)
