"""Retention in tiers removes nothing too early, and what it removed is known; corrected definitions keep both versions."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from core.errors import Conflict, InputError, NotFound, StoreError
from core.link import Telemetry, encode_telemetry
from core.mdb import MissionDatabase, ValueKind
from core.mdb.batch import BatchDecoder, packet_offsets
from core.mdb.calibration import Polynomial
from core.mdb.containers import Container, Entry, FixedBits, Parameter
from core.mdb.encoding import IntegerEncoding
from core.mdb.types import DataType
from core.telemetry import archive_files
from core.telemetry.archive_catalogue import HOUR_S
from core.telemetry.archive_queries import bucket_length_s
from core.telemetry.archive_reader import ArchiveReader
from core.telemetry.column_archive import ColumnArchive
from core.telemetry.compactor import Compactor
from core.telemetry.packet_rows import PacketRows, pus_times
from core.telemetry.packet_table import OCTETS
from core.telemetry.retention import Removed, RetentionPolicies, RetentionPolicy

START_TAI_S = 8.4672e8  # midnight
DAY_S = 86_400.0
STEP_S = 600.0
EVER = (-np.inf, np.inf)


def decoder(factor: float) -> BatchDecoder:
    kind = DataType("temp_type", ValueKind.FLOAT, IntegerEncoding(16), calibrator=Polynomial((0.0, factor)))
    known = {"temp": Parameter("temp", kind)}
    container = Container("Only", (Entry(FixedBits(0, 160)), Entry(known["temp"])))
    mdb = MissionDatabase("only", known, {"Only": container}, {}, content_hash=f"factor {factor}")
    return BatchDecoder(mdb)


WRONG, RIGHT = decoder(1.0), decoder(2.0)


def rows(first: int, end: int, satellite: str = "ONE-1") -> PacketRows:
    raw = [
        encode_telemetry(Telemetry(5, one % 16384, 3, 25, one, START_TAI_S + STEP_S * one, one.to_bytes(2, "big")))
        for one in range(first, end)
    ]
    data = np.frombuffer(b"".join(raw), dtype=np.uint8)
    return PacketRows(satellite, data, packet_offsets([len(one) for one in raw]), np.full(len(raw), 9e8))


def opened(folder: Path) -> ColumnArchive:
    return ColumnArchive(folder, WRONG, pus_times)


def temps(archive: ColumnArchive, satellite: str = "ONE-1", **about: int) -> list[float]:
    return archive.values(satellite, "temp", *EVER, **about).values.to_pylist()  # type: ignore[no-any-return]


def at(hours: float) -> float:
    return START_TAI_S + hours * 3600


def keep(**days: float) -> RetentionPolicies:
    return RetentionPolicies(by_satellite={"ONE-1": RetentionPolicy(**days)})


def test_each_tier_goes_at_its_own_age_and_summaries_still_answer(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    for satellite in ("ONE-1", "TWO-2"):
        archive.append(rows(0, 144, satellite))  # a day
    before = archive.downsampled("ONE-1", "temp", at(0), at(24), 3600)
    removed = archive.retain(keep(packets_days=0.5, values_days=0.75, summaries_days=30), at(24))
    assert removed == Removed(packets=72, values=36)
    kept = archive.kept("ONE-1")
    assert (kept.packets_tai_s, kept.values_tai_s, kept.packets_removed) == (at(12), at(6), 72)
    assert archive.packets("ONE-1", *EVER).num_rows == 72
    assert temps(archive) == list(range(36, 144))
    assert archive.values("ONE-1", "temp", *EVER).kept_from_tai_s == at(6)
    for _ in range(2):
        plot = archive.downsampled("ONE-1", "temp", at(0), at(24), 3600)
        assert (plot.count.tolist(), plot.mean.tolist()) == (before.count.tolist(), before.mean.tolist())
        assert plot.values_from_tai_s == at(6)
        short = archive.downsampled("ONE-1", "temp", at(0), at(1), 5)
        assert (short.bucket_s, short.count.sum()) == (60, 6)
        archive.close()
        archive = opened(tmp_path)
    assert temps(archive, "TWO-2") == list(range(144)) and archive.packets("TWO-2", *EVER).num_rows == 144
    archive.append(rows(36, 60))  # again, though their octets are gone
    assert temps(archive) == list(range(36, 144))
    # Packets that come again when nothing of their time is left are counted, and change no summary.
    archive.append(rows(0, 40))
    archive.compact()
    assert archive.kept("ONE-1").too_late == 36
    assert archive.downsampled("ONE-1", "temp", at(0), at(24), 3600).count.tolist() == before.count.tolist()
    assert temps(archive) == list(range(36, 144))
    archive.retain(keep(packets_days=1, values_days=1, summaries_days=1), at(49))
    assert archive.downsampled("ONE-1", "temp", at(0), at(24), 3600).count.tolist() == []
    assert archive.downsampled("ONE-1", "temp", at(0), at(24), 3600).kept_from_tai_s == at(24)
    assert not list((tmp_path / "satellite=ONE_1").glob("*/*"))
    archive.close()


def test_values_can_go_before_packets_and_a_policy_is_checked(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    archive.append(rows(0, 144))
    archive.retain(keep(values_days=0.5), at(24))
    assert temps(archive) == list(range(72, 144))
    assert archive.packets("ONE-1", *EVER).num_rows == 144
    assert archive.retain(keep(values_days=0.5), at(24)) == Removed()
    with pytest.raises(Conflict, match="are kept from"):
        archive.reprocess("ONE-1", at(0), at(24), RIGHT)
    archive.close()
    for wrong in ({"packets_days": 0.0}, {"values_days": float("nan")}, {"values_days": 9, "summaries_days": 8}):
        with pytest.raises(InputError, match="_days"):
            RetentionPolicy(**wrong)


def test_a_round_that_is_broken_off_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = opened(tmp_path)
    archive.append(rows(0, 3 * 144))
    archive.compact()
    whole, calls = archive_files._write_table, []

    def failing(table: object, path: Path) -> None:
        calls.append(path)
        if len(calls) > 30:
            raise OSError(28, "No space left on device")
        whole(table, path)

    monkeypatch.setattr(archive_files, "_write_table", failing)
    with pytest.raises(StoreError, match="No space left"):
        archive.retain(keep(packets_days=0.5), at(72))
    assert archive.kept("ONE-1").packets_tai_s == at(24)  # the first day is done, the second is untouched
    assert archive.packets("ONE-1", *EVER).num_rows == 2 * 144 and temps(archive) == list(range(3 * 144))
    monkeypatch.undo()
    archive.close()
    archive = opened(tmp_path)
    assert archive.retain(keep(packets_days=0.5), at(72)) == Removed(packets=60 * 6 - 144)
    assert archive.packets("ONE-1", *EVER).num_rows == 72 and temps(archive) == list(range(3 * 144))
    archive.close()


def test_corrected_definitions_make_a_newer_version_beside_the_older(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    archive.append(rows(0, 60))
    archive.compact()
    archive.append(rows(60, 72))  # still in the log
    made = archive.reprocess("ONE-1", at(2.5), at(8.1), RIGHT)
    assert (made.version, made.start_tai_s, made.end_tai_s, made.packets) == (1, at(2), at(9), 42)
    assert made.definitions == RIGHT.definitions != WRONG.definitions
    mixed = [float(one * 2 if 12 <= one < 54 else one) for one in range(72)]
    plain = [float(one) for one in range(72)]
    for _ in range(2):
        assert (temps(archive), temps(archive, version=0)) == (mixed, plain)
        assert archive.values("ONE-1", "temp", at(3), at(4)).definitions == (RIGHT.definitions,)
        assert archive.values("ONE-1", "temp", at(3), at(4), version=0).definitions == (WRONG.definitions,)
        sums = [sum(some[6 * hour : 6 * hour + 6]) / 6 for some in (mixed, plain) for hour in range(12)]
        plots = [archive.downsampled("ONE-1", "temp", at(0), at(12), 3600, version=one) for one in (None, 0)]
        assert [mean for plot in plots for mean in plot.mean.tolist()] == pytest.approx(sums)
        assert archive.reprocessings() == [made]
        archive.close()
        archive = opened(tmp_path)
    # What comes late joins the newest version of its hour, decoded as the archive decodes; the older one stays as it was.
    archive.append(rows(0, 20))
    archive.compact()
    assert (temps(archive), temps(archive, version=0)) == (mixed, plain)
    files = {one.version: one for one in archive.files.catalogue.every_file() if one.hour == int(at(3) // HOUR_S)}
    for version, meant in ((0, WRONG), (1, RIGHT)):
        about = pq.read_schema(files[version].path).metadata
        assert meant.definitions in about[b"llamaspace:definitions"].decode()
    # Retention takes octets from both versions, and summaries still are those of the newest.
    archive.retain(keep(packets_days=1), at(48))
    assert all(OCTETS not in one.columns for one in archive.files.catalogue.every_file())
    assert archive.downsampled("ONE-1", "temp", at(0), at(12), 3600).mean.tolist() == pytest.approx(sums[:12])
    with pytest.raises(NotFound):
        archive.reprocess("ONE-1", at(200), at(201), RIGHT)
    with pytest.raises(InputError, match="end_tai_s"):
        archive.reprocess("ONE-1", at(201), at(200), RIGHT)
    archive.close()


def test_a_reader_sees_what_the_owner_stored_and_outlives_replaced_files(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no telemetry archive"):
        ArchiveReader(tmp_path / "nowhere", WRONG, pus_times)
    archive = opened(tmp_path)
    archive.append(rows(0, 4))
    reader = ArchiveReader(tmp_path, WRONG, pus_times)
    assert reader.values("ONE-1", "temp", *EVER).values.to_pylist() == list(range(4))
    archive.compact()
    reader.refresh()
    archive.append(rows(3, 12))
    archive.compact()  # replaces the file that the reader knows
    assert reader.values("ONE-1", "temp", *EVER).values.to_pylist() == list(range(12))
    assert reader.satellites() == ["ONE-1"]
    reader.close()
    archive.close()


def test_readers_and_compactions_go_on_beside_each_other(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    archive.append(rows(0, 6))
    failures: list[str] = []
    done = threading.Event()

    def read() -> None:
        reader = ArchiveReader(tmp_path, WRONG, pus_times)
        while not done.is_set():
            reader.refresh()
            for found in (temps(archive), reader.values("ONE-1", "temp", *EVER).values.to_pylist()):
                if found != list(range(len(found))):
                    failures.append(f"{found}")
        reader.close()

    threads = [threading.Thread(target=read) for _ in range(2)]
    for one in threads:
        one.start()
    for number in range(40):
        archive.append(rows(number, 7 + number))
        archive.compact()
    done.set()
    for one in threads:
        one.join()
    assert failures == [] and temps(archive) == list(range(46))
    # Nothing that was replaced is left behind.
    files = {one.path for one in archive.files.catalogue.every_file()}
    assert set(tmp_path.glob("satellite=*/*/*")) == files
    archive.close()


def test_the_compactor_applies_the_policy_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    archive = opened(tmp_path)
    archive.append(rows(0, 144))
    compactor = Compactor(archive, 0.001, retention=keep(values_days=0.5), now_tai_s=lambda: at(24))
    compactor.start()
    for _ in range(10_000):
        if compactor.removed.values or compactor.failure:
            break
        threading.Event().wait(0.01)
    compactor.close()
    assert (compactor.failure, compactor.removed) == ("", Removed(values=72))
    assert "the values of 72" in caplog.text
    archive.close()


def test_duckdb_reads_the_files_and_finds_the_same(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    archive.append(rows(0, 500))
    archive.compact()
    archive.tidy()
    for bucket_s in (60, 1800, 7200, DAY_S):
        plot = archive.downsampled("ONE-1", "temp", at(0), at(96), bucket_s)
        with duckdb.connect(config={"threads": 1}) as connection:
            theirs = connection.sql(
                f"""SELECT floor("packet:generated_tai_s" / {plot.bucket_s}) * {plot.bucket_s} AS start,
                    min(temp), max(temp), avg(temp), count(temp)
                    FROM read_parquet('{tmp_path}/satellite=*/hour=*/*.parquet', hive_partitioning=false)
                    GROUP BY start ORDER BY start"""
            ).fetchall()
        ours = zip(plot.start_tai_s, plot.minimum, plot.maximum, plot.mean, plot.count, strict=True)
        assert [pytest.approx(one) for one in theirs] == list(ours)
    assert plot.bucket_s == bucket_length_s(DAY_S) == 86_400
    archive.close()
