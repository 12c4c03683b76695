"""Telemetry ingest: exactly once, gaps and forgeries counted, latest values, streams and resource estimates."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import StoreError
from core.events import EventLog
from core.link import new_link_keys
from core.link.keys import LinkKeys
from core.link.space_packet import PacketType, SpacePacket, encode_packet
from core.mdb import MissionDatabase
from core.store import open_database
from core.telemetry import (
    AlarmDesk,
    ArchiveTelemetryReader,
    LatestValues,
    LimitOverrides,
    ReceivedFrame,
    StreamItem,
    TelemetryIngest,
    TelemetryStream,
    tm_channels,
)
from core.telemetry.archive import ArchivedSample
from core.telemetry.changed_limits import LimitChange, WantedLimits
from core.telemetry.parameter_units import ParameterUnits
from core.telemetry.telemetry_archive import TelemetryArchive
from core.time import MissionClock, utc_from_tai_s
from core.time.clock import ClockAnchor
from tests.core.telemetry.intake import KEYS, MDB, T0_TAI_S, Bench, frames, housekeeping


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    one = Bench.open(tmp_path)
    yield one
    one.archive.close()


def test_frames_become_samples_with_units_and_limit_states(bench: Bench) -> None:
    result = bench.ingest.ingest("ground", frames([housekeeping(1, soc=0.45, bus_voltage_v=28.0)]))
    assert (result.accepted_frames, result.packets, result.cursor) == (1, 1, 1)
    assert result.clcws[0].clcw.report_value == 3
    known = bench.latest.of("LSAT-1", T0_TAI_S + 31)
    assert known["soc"].sample.limit_state == "critical"
    assert known["bus_voltage_v"].sample.unit == "V"
    assert abs(known["soc"].age_s - 30.0) < 1e-3
    assert known["mode"].sample.text == "nominal"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 11), max_size=40))
def test_frames_offered_again_in_any_order_of_restarts_count_once(restarts: list[int]) -> None:
    """A ground that resumes at any earlier cursor redelivers from there on; each packet is archived once."""
    sent = frames([housekeeping(number) for number in range(60)])
    with TemporaryDirectory() as folder:
        bench = Bench.open(Path(folder))
        for start in [*restarts, 0]:
            bench = bench.reopened() if start % 3 == 0 else bench
            begin = min(start, bench.archive.cursor("ground"))
            bench.ingest.ingest("ground", sent[begin : begin + 5])
            if start % 4 == 0:
                bench.archive.columns.compact()
        while bench.archive.cursor("ground") < len(sent):
            at = bench.archive.cursor("ground")
            bench.ingest.ingest("ground", sent[at : at + 5])
        stored = [packet.raw for packet in bench.archive.packets(limit=1000)]
        assert stored == [housekeeping(number) for number in range(60)]
        assert bench.archive.counters() == {"LSAT-1": {"accepted": len(sent)}}
        bench.archive.close()


def test_missed_frames_are_counted_and_the_packet_they_cut_is_dropped(bench: Bench) -> None:
    sent = frames([housekeeping(number) for number in range(60)])
    assert len(sent) > 4
    bench.ingest.ingest("ground", sent[:1] + sent[3:])
    assert bench.archive.counters()["LSAT-1"]["missed"] == 2
    stored = [packet.raw for packet in bench.archive.packets(limit=1000)]
    everything = [housekeeping(number) for number in range(60)]
    assert set(stored) < set(everything)
    assert stored[-1] == everything[-1]


def test_a_forged_an_altered_and_a_foreign_frame_have_no_effect(bench: Bench) -> None:
    forged = frames([housekeeping(1)], keys=LinkKeys(spacecraft={"LSAT-1": new_link_keys(673)}))[0]
    altered = frames([housekeeping(1)])[0]
    altered = ReceivedFrame(2, altered.station, altered.received_tai_s, altered.raw[:40] + b"\xff" + altered.raw[41:])
    foreign = ReceivedFrame(3, "svalbard", T0_TAI_S, b"\x00" * 1115)
    result = bench.ingest.ingest("ground", [forged, altered, foreign])
    assert (result.accepted_frames, bench.archive.packets()) == (0, [])
    assert bench.archive.counters() == {"LSAT-1": {"security": 1, "checksum": 1}, "-": {"unknown-spacecraft": 1}}


def test_nothing_of_a_batch_is_kept_when_the_store_fails(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = bench.stream.subscribe()

    def full(*_parts: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.writev", full)
        with pytest.raises(StoreError, match="No space left"):
            bench.ingest.ingest("ground", frames([housekeeping(1)]))
    assert (bench.archive.cursor("ground"), bench.archive.packets(), reader.get(0)) == (0, [], [])
    assert (bench.archive.counters(), bench.latest.of("LSAT-1", T0_TAI_S)) == ({}, {})
    bench.ingest.ingest("ground", frames([housekeeping(1)]))
    assert len(bench.archive.packets()) == 1
    assert bench.archive.counters() == {"LSAT-1": {"accepted": 1}}


def test_a_slow_reader_gets_the_newest_value_and_how_many_it_replaced(bench: Bench) -> None:
    reader = bench.stream.subscribe(satellite="LSAT-1")
    for number in range(1, 6):
        bench.ingest.ingest("ground", frames([housekeeping(number, soc=number / 10)], number, number))
    items = {item.sample.parameter: item for item in reader.get(0)}
    assert (items["soc"].sample.generated_tai_s, items["soc"].replaced) == (pytest.approx(T0_TAI_S + 5), 4)
    reader.close()
    assert reader.get(None) == []


def test_a_reader_without_room_drops_what_waited_longest_and_counts_it() -> None:
    stream = TelemetryStream()
    reader = stream.subscribe(capacity=2)
    stream.publish(StreamItem(ArchivedSample("LSAT-1", name, T0_TAI_S, 1.0, None, "", "normal")) for name in "abc")
    assert ([item.sample.parameter for item in reader.get(0)], reader.dropped) == (["b", "c"], 1)


def test_stored_telemetry_that_arrives_late_does_not_replace_newer(bench: Bench) -> None:
    bench.ingest.ingest("ground", frames([housekeeping(50, soc=0.9), housekeeping(3, soc=0.5)]))
    assert bench.latest.of("LSAT-1", T0_TAI_S + 60)["soc"].sample.number == pytest.approx(0.9, abs=1e-4)


def test_latest_values_survive_a_restart(bench: Bench) -> None:
    bench.ingest.ingest("ground", frames([housekeeping(7, soc=0.75)]))
    again = LatestValues(bench.archive, ["LSAT-1"]).of("LSAT-1", T0_TAI_S + 7)
    assert again["soc"].sample.number == pytest.approx(0.75, abs=1e-4)


def test_resources_are_the_newest_before_the_asked_instant_or_none(bench: Bench) -> None:
    reader = ArchiveTelemetryReader(bench.archive, MDB)
    assert reader.initial_resources("LSAT-1", utc_from_tai_s(T0_TAI_S)) is None
    bench.ingest.ingest(
        "ground", frames([housekeeping(1, soc=0.8, propellant_kg=17.0, data_stored_bytes=5), housekeeping(90, soc=0.7)])
    )
    early = reader.initial_resources("LSAT-1", utc_from_tai_s(T0_TAI_S + 10))
    late = reader.initial_resources("LSAT-1", utc_from_tai_s(T0_TAI_S + 100))
    assert early is not None and late is not None
    assert (early.soc, early.propellant_kg, early.data_stored_bytes) == (pytest.approx(0.8, abs=1e-4), 17.0, 5)
    assert late.soc == pytest.approx(0.7, abs=1e-4)
    assert (late.mode, late.source, late.sigma["soc"]) == ("nominal", "telemetry", pytest.approx(4.4e-6, rel=0.01))


def test_a_control_field_that_is_no_control_word_costs_its_frame_nothing(bench: Bench) -> None:
    report = 0x80000001.to_bytes(4, "big")  # CCSDS 132.0-B-3 §4.1.5.3: a type-2 report, of the project's own
    result = bench.ingest.ingest("ground", frames([housekeeping(1)], ocf=report))
    assert (result.accepted_frames, result.packets, result.clcws) == (1, 1, [])
    assert bench.archive.counters() == {"LSAT-1": {"accepted": 1, "control-field-unknown": 1}}


def test_a_packet_that_comes_again_is_told_once_and_counted(bench: Bench) -> None:
    first = [housekeeping(number) for number in range(4)]
    other = housekeeping(2, soc=0.3)  # of the same time and count, but not the same: such as after a restart on board
    bench.ingest.ingest("ground", frames([*first[:3], first[1]]))
    seen = bench.archive.packets()[-1].packet_id
    for _ in range(2):
        bench.ingest.ingest("ground", frames([first[2], first[0], other, first[3], other], 100 + seen, seen))
        bench.archive.columns.compact()
        seen += 1
    assert sorted(one.raw for one in bench.archive.packets()) == sorted([*first, other])
    assert bench.archive.counters()["LSAT-1"]["packet-duplicate"] == 1 + 3 + 5
    assert len(bench.archive.samples("LSAT-1", "soc", T0_TAI_S, T0_TAI_S + 10)) == 5
    assert len(bench.archive.columns.values("LSAT-1", "soc", T0_TAI_S, T0_TAI_S + 10).values) == 5


def test_a_second_process_is_refused_and_so_is_a_late_batch(bench: Bench) -> None:
    with pytest.raises(StoreError, match="is open in another process"):
        Bench.open(bench.folder)
    again = bench.reopened()
    with pytest.raises(StoreError, match="is closed"):
        bench.ingest.ingest("ground", frames([housekeeping(1)]))
    assert again.archive.counters() == {} and bench.archive.columns.compact() == 0
    again.archive.close()


def test_packets_are_kept_where_the_database_gives_them_no_meaning(tmp_path: Path) -> None:
    archive = TelemetryArchive(tmp_path, MissionDatabase("telecommands", {}, {}, {}, content_hash=""))
    latest = LatestValues(archive, KEYS.spacecraft)
    ingest = TelemetryIngest(archive, tm_channels(KEYS), latest, TelemetryStream())
    assert ingest.ingest("ground", frames([housekeeping(1)])).packets == 1
    for _ in range(2):
        assert [(one.raw, one.service, one.name) for one in archive.packets()] == [(housekeeping(1), 3, "-")]
        assert archive.latest("LSAT-1") == []
        archive.columns.compact()
    assert archive.counters() == {"LSAT-1": {"accepted": 1, "packet-undecodable": 1}}
    archive.close()


@pytest.mark.parametrize(("opaque", "undecodable"), [((), 2), ((0x123,), 1), ((0x123, 0x124), 0)])
def test_packets_that_others_read_are_no_undecodable_ones(
    tmp_path: Path, opaque: tuple[int, ...], undecodable: int
) -> None:
    archive = TelemetryArchive(tmp_path, MDB, opaque_apids=opaque)
    latest = LatestValues(archive, KEYS.spacecraft)
    ingest = TelemetryIngest(archive, tm_channels(KEYS), latest, TelemetryStream())
    units = [
        encode_packet(SpacePacket(PacketType.TELEMETRY, apid, 0, b"a part of a file", has_secondary_header=False))
        for apid in (0x123, 0x124)
    ]
    assert ingest.ingest("ground", frames([housekeeping(1), *units])).packets == 3
    assert archive.counters()["LSAT-1"].get("packet-undecodable", 0) == undecodable
    assert [one.raw for one in archive.packets(service=0)] == units
    archive.close()


def test_frames_raise_alarms_by_the_limits_in_force_and_values_are_stored_with_them(tmp_path: Path) -> None:
    database = open_database(tmp_path / "service.db")
    events, clock = EventLog(database), MissionClock(ClockAnchor(0.0, T0_TAI_S, 1.0), lambda: 0.0)
    limits = LimitOverrides(database, events, MDB)
    archive = TelemetryArchive(tmp_path / "telemetry", MDB, judge=limits.apply)
    latest = LatestValues(archive, KEYS.spacecraft)
    desk = AlarmDesk(database, events, MDB, limits, clock)
    ingest = TelemetryIngest(archive, tm_channels(KEYS), latest, TelemetryStream(), desk)
    first = frames([housekeeping(1, soc=0.9), housekeeping(2, soc=0.3)])
    assert ingest.ingest("ground", first).level_changes > 0
    (raised,) = [one for one in desk.open() if one.parameter == "soc"]
    assert raised.raised_tai_s == pytest.approx(T0_TAI_S + 2)
    wanted = WantedLimits(satellite="LSAT-1", parameter="soc", bands=(), reason="a test").model_dump()
    limits.change(LimitChange(**wanted, by="petra", at=clock.now_utc()))
    ingest.ingest("ground", frames([housekeeping(3, soc=0.3)], first_count=len(first) + 1, first_index=len(first) + 1))
    assert [one.level for one in desk.open() if one.parameter == "soc"] == [0]
    shown = {
        one.generated_tai_s - T0_TAI_S: one.limit_state
        for one in archive.samples("LSAT-1", "soc", T0_TAI_S, T0_TAI_S + 9)
    }
    assert [round(at_s) for at_s, state in shown.items() if state != "normal"] == [2]
    archive.close()


def test_a_packet_that_no_other_extends_is_not_the_header_of_others() -> None:
    flat = replace(MDB, containers={"Housekeeping": replace(MDB.containers["Housekeeping"], base=None)})
    assert "soc" not in ParameterUnits(flat).header
    assert ParameterUnits(MDB).header and "soc" not in ParameterUnits(MDB).header
