"""Frames to stored, judged values in bulk, and on from there after a restart or a refusal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError, StoreError
from core.link import Telemetry, TmFrame, TmFrameHeader, encode_telemetry, encode_tm_frame, fill_frames, new_link_keys
from core.link.tm_frame import tm_capacity
from core.mdb import decode_packet, encode_container, reference_mdb
from core.telemetry import IngestResult, LatestValues, LimitChecker, TelemetryIngest, TelemetryStream, TmChannel
from core.telemetry.alarm_book import AlarmBook, AlarmEntry, AlarmStep
from core.telemetry.packet_rows import PacketRows, pus_times
from core.telemetry.telemetry_archive import TelemetryArchive

MDB = reference_mdb()
SA = new_link_keys(673).tm_association()
T0_TAI_S = 8.486e8
BASE = {one.name: 0 for one in MDB.containers["Housekeeping"].entries} | {
    "structure_id": 1,
    "mode": "nominal",
    "pointing": "nadir",
    "in_eclipse": False,
    "downlink_active": False,
}


def housekeeping(number: int, soc: float) -> bytes:
    data = encode_container(MDB, "Housekeeping", BASE | {"soc": soc})  # type: ignore[operator]
    return encode_telemetry(Telemetry(673, number, 3, 25, number, T0_TAI_S + number, data))


def frames(packets: list[bytes], first: int = 1) -> bytes:
    made = []
    for count, (pointer, data) in enumerate(fill_frames(packets, tm_capacity(SA)), first):
        header = TmFrameHeader(673, 0, True, count, count, pointer)
        made.append(encode_tm_frame(TmFrame(header, count, data, bytes(4)), SA))
    return b"".join(made)


def ingest_into(archive: TelemetryArchive, entries: list[AlarmEntry]) -> TelemetryIngest:
    limits = LimitChecker(AlarmBook(entries.append))
    channels = {"LSAT-1": TmChannel(673, SA)}
    return TelemetryIngest(archive, channels, LatestValues(archive, ["LSAT-1"]), TelemetryStream(), limits)


def take(ingest: TelemetryIngest, raw: bytes, cursor: int) -> IngestResult:
    return ingest.ingest_array("station", "LSAT-1", raw, times(raw), cursor)


def times(raw: bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.full(len(raw) // 1115, T0_TAI_S + 100.0)


def test_values_and_alarms_equal_those_of_each_packet(tmp_path: Path) -> None:
    archive, entries = TelemetryArchive(tmp_path, MDB), list[AlarmEntry]()
    ingest = ingest_into(archive, entries)
    packets = [housekeeping(number, 0.9 if number % 40 < 30 else 0.05) for number in range(120)]
    damaged = packets[7][:-1] + bytes((packets[7][-1] ^ 1,))
    raw = frames([*packets[:7], damaged, *packets[8:]])
    assert take(ingest, raw, 1).packets == 119
    counters = archive.counters()["LSAT-1"]
    assert (counters["packet-damaged"], counters.get("packet-undecodable")) == (1, None)
    kept = packets[:7] + packets[8:]
    samples = [decode_packet(MDB, one).parameters["soc"] for one in kept]
    stored = archive.columns.values("LSAT-1", "soc", -np.inf, np.inf)
    assert stored.values.to_pylist() == [one.value for one in samples]
    levels = [str(one.limit_state) for one in samples]
    turns = sum(a != b for a, b in zip(["normal", *levels], levels, strict=False))
    of_soc = [one for one in entries if one.alarm.parameter == "soc"]
    assert len(of_soc) == turns > 2 and of_soc[0].step is AlarmStep.RAISED
    assert of_soc[0].at_tai_s == pytest.approx(T0_TAI_S + 30, abs=1e-6)
    late = frames([housekeeping(20, 0.05)], first=90)
    assert take(ingest, late, 2).level_changes == 0
    archive.close()


def test_a_batch_that_was_refused_can_be_offered_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = TelemetryArchive(tmp_path, MDB)
    ingest = ingest_into(archive, [])
    raw = frames([housekeeping(number, 0.9) for number in range(30)])
    half = 1115

    def full(*_parts: object, **_progress: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(archive.columns, "append", full)
        with pytest.raises(StoreError):
            take(ingest, raw[:half], 1)
    receiver = ingest.receiver("station", "LSAT-1")
    assert not receiver.counts.verdicts and not receiver.losses()
    take(ingest, raw[:half], 1)
    with pytest.raises(InputError, match="1 is not above 1"):
        take(ingest, raw[:half], 1)
    with pytest.raises(InputError, match="0 times came with"):
        ingest.ingest_array("station", "LSAT-1", raw[half:], np.empty(0), 2)
    archive.close()
    again = TelemetryArchive(tmp_path, MDB)  # a packet is cut in two by the restart
    resumed = ingest_into(again, [])
    assert again.cursor("station") == 1
    take(resumed, raw[half:], 2)
    assert len(again.columns.values("LSAT-1", "soc", -np.inf, np.inf).values) == 30
    assert "missed" not in again.counters()["LSAT-1"]
    again.close()


def test_records_of_packets_are_read_back_whole() -> None:
    raw = housekeeping(3, 0.5)
    one = PacketRows("LSAT-1", np.frombuffer(b"xx" + raw, dtype=np.uint8), np.array([2, 2 + len(raw)]), np.array([1.0]))
    back = PacketRows.unpack(b"".join(bytes(part) for part in one.pack()))
    assert back.data.tobytes() == raw and back.received_tai_s.tolist() == [1.0]
    assert pus_times(back.data, back.offsets).tolist() == [T0_TAI_S + 3]
    with pytest.raises(StoreError, match="holds no packets"):
        PacketRows.unpack(b"".join(bytes(part) for part in replace(one, satellite="x").pack())[:-1])
