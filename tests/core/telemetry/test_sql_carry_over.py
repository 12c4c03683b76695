"""Telemetry of earlier releases: carried over whole, once, with its numbers, whenever the move is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from core.link import decode_telemetry
from core.store import Database, open_database
from core.telemetry import sql_carry_over
from core.telemetry.sql_carry_over import carry_over
from core.telemetry.telemetry_archive import TelemetryArchive
from tests.core.telemetry.intake import FLEET, MDB, Bench, frames, housekeeping

# What the tables of the releases before were made with.
TABLES = """
CREATE TABLE telemetry_channels (satellite VARCHAR(64) NOT NULL, vcid INTEGER NOT NULL, extended_count BIGINT NOT NULL,
    remainder BLOB NOT NULL, PRIMARY KEY (satellite, vcid));
CREATE TABLE telemetry_counters (satellite VARCHAR(64) NOT NULL, reason VARCHAR(32) NOT NULL, count BIGINT NOT NULL,
    PRIMARY KEY (satellite, reason));
CREATE TABLE telemetry_cursors (source VARCHAR(64) NOT NULL, frame_index BIGINT NOT NULL, PRIMARY KEY (source));
CREATE TABLE telemetry_packets (packet_id INTEGER NOT NULL, satellite VARCHAR(64) NOT NULL, vcid INTEGER NOT NULL,
    extended_count BIGINT NOT NULL, position INTEGER NOT NULL, station VARCHAR(64) NOT NULL, received_tai_s FLOAT NOT NULL,
    generated_tai_s FLOAT NOT NULL, service INTEGER NOT NULL, subtype INTEGER NOT NULL, name VARCHAR(128) NOT NULL,
    raw BLOB NOT NULL, PRIMARY KEY (packet_id), UNIQUE (satellite, vcid, extended_count, position));
CREATE INDEX telemetry_packets_by_service ON telemetry_packets (service, packet_id);
CREATE TABLE telemetry_samples (sample_id INTEGER NOT NULL, packet_id INTEGER NOT NULL, satellite VARCHAR(64) NOT NULL,
    parameter VARCHAR(128) NOT NULL, generated_tai_s FLOAT NOT NULL, number FLOAT, text TEXT, unit VARCHAR(32) NOT NULL,
    limit_state VARCHAR(16) NOT NULL, PRIMARY KEY (sample_id),
    FOREIGN KEY(packet_id) REFERENCES telemetry_packets (packet_id));
CREATE INDEX telemetry_samples_by_parameter ON telemetry_samples (satellite, parameter, generated_tai_s);
"""
OLD = [(number, f"LSAT-{number % 3 + 1}", housekeeping(number, soc=0.3 + number / 200)) for number in range(1, 101)]
COUNTERS = {"LSAT-1": {"accepted": 9, "missed": 4}, "LSAT-2": {"accepted": 7}, "-": {"unknown-spacecraft": 2}}
HEAD_FRAMES = frames([housekeeping(1000 + number) for number in range(30)], keys=FLEET)
FIRST_PACKETS = len(HEAD_FRAMES[0].raw) // len(housekeeping(1000))  # that end in the first frame
TABLE_NAMES = {
    "telemetry_packets",
    "telemetry_samples",
    "telemetry_channels",
    "telemetry_cursors",
    "telemetry_counters",
}


class Killed(BaseException):
    """The process is gone; nothing may catch this."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database as an earlier release left it, with a packet cut in two by its last frame."""
    one = open_database(tmp_path / "service.db")
    first = Bench.open(tmp_path / "first", FLEET)
    first.ingest.ingest("ground", HEAD_FRAMES[:1])
    (channel,) = first.archive.columns.channels("ground", "LSAT-1").values()
    first.archive.close()
    assert channel.remainder
    with one.write() as connection:
        for statement in TABLES.strip().removesuffix(";").split(";"):
            connection.exec_driver_sql(statement)
        for packet_id, satellite, raw in OLD:
            report = decode_telemetry(raw)
            row = (
                packet_id,
                satellite,
                packet_id,
                report.t_tai_s + 9.0,
                report.t_tai_s,
                report.service,
                report.subtype,
            )
            connection.exec_driver_sql(
                "INSERT INTO telemetry_packets VALUES (?, ?, 0, ?, 0, 'svalbard', ?, ?, ?, ?, 'Housekeeping', ?)",
                (*row, raw),
            )
            connection.exec_driver_sql(
                "INSERT INTO telemetry_samples VALUES (?, ?, ?, 'soc', ?, 0.5, NULL, '', 'normal')",
                (packet_id, packet_id, satellite, report.t_tai_s),
            )
        connection.exec_driver_sql(
            "INSERT INTO telemetry_channels VALUES ('LSAT-1', 0, ?, ?)", (channel.extended_count, channel.remainder)
        )
        connection.exec_driver_sql("INSERT INTO telemetry_cursors VALUES ('ground', 77)")
        for satellite, reasons in COUNTERS.items():
            for reason, count in reasons.items():
                connection.exec_driver_sql(
                    "INSERT INTO telemetry_counters VALUES (?, ?, ?)", (satellite, reason, count)
                )
    yield one
    one.close()


def assert_carried(database: Database, archive: TelemetryArchive) -> None:
    found = archive.packets(limit=1000)
    assert [(one.packet_id, one.satellite, one.raw) for one in found] == OLD
    assert all(one.received_tai_s == pytest.approx(one.generated_tai_s + 9.0) for one in found)
    assert archive.packets(after=60, service=3, limit=2) == found[60:62]
    assert archive.counters() == COUNTERS
    assert archive.cursor("ground") == 77
    assert not TABLE_NAMES & set(inspect(database.engine).get_table_names())


def test_everything_is_carried_over_and_reception_goes_on(database: Database, tmp_path: Path) -> None:
    bench = Bench.open(tmp_path / "telemetry", FLEET)
    assert carry_over(database, bench.archive.columns) == len(OLD)
    assert_carried(database, bench.archive)
    assert carry_over(database, bench.archive.columns) == 0
    following = frames([housekeeping(1000 + number) for number in range(30)], first_index=77, keys=FLEET)[1:]
    bench.ingest.ingest("ground", following)
    newest = bench.archive.packets(after=OLD[-1][0])
    # The one that the last frame of the release before had cut is whole, and so are those after it.
    wanted = [housekeeping(1000 + number) for number in range(30)]
    assert 0 < len(newest) < 30 and [one.raw for one in newest] == wanted[-len(newest) :]
    assert bench.archive.counters()["LSAT-1"]["missed"] == COUNTERS["LSAT-1"]["missed"]
    assert len(newest) == 30 - FIRST_PACKETS
    bench.archive.close()


@pytest.mark.parametrize("point", [0, 1, 2, 3, 4, "drop"])
@pytest.mark.parametrize("done", [False, True])
def test_a_move_that_is_cut_off_is_taken_up_again(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: Any, done: bool
) -> None:
    monkeypatch.setattr(sql_carry_over, "_AT_ONCE", 45)
    archive = TelemetryArchive(tmp_path / "telemetry", MDB)
    real, calls = archive.columns.append, []

    def append(*parts: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) - 1 == point and not done:
            raise Killed
        made = real(*parts, **more)
        if len(calls) - 1 == point:
            raise Killed
        return made

    def no_drop(*_args: object, **_more: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(archive.columns, "append", append)
        if point == "drop":
            patched.setattr(sql_carry_over, "DropTable", no_drop)
        with pytest.raises(Killed):
            carry_over(database, archive.columns)
    if done:
        archive.columns.compact()
    archive.close()
    archive = TelemetryArchive(tmp_path / "telemetry", MDB)
    carry_over(database, archive.columns)
    assert_carried(database, archive)
    archive.close()
