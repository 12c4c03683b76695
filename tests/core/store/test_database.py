"""The database: transactions are whole or nothing, also when the process is killed."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select, update

from core.errors import StoreError
from core.store import Database, open_database

TABLES = MetaData()
NUMBERS = Table("numbers", TABLES, Column("one", Integer, primary_key=True), Column("value", Integer))


def _open(path: Path) -> Database:
    database = open_database(path)
    database.create(TABLES)
    return database


def test_a_block_that_raises_leaves_nothing(tmp_path: Path) -> None:
    database = _open(tmp_path / "deep" / "store.db")
    with pytest.raises(KeyError), database.write() as connection:
        connection.execute(insert(NUMBERS).values(one=1, value=1))
        raise KeyError
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(NUMBERS)).scalar() == 0
    database.close()


def test_writers_in_many_threads_lose_no_update(tmp_path: Path) -> None:
    database = _open(tmp_path / "store.db")
    with database.write() as connection:
        connection.execute(insert(NUMBERS).values(one=1, value=0))

    def count() -> None:
        for _ in range(20):
            with database.write() as connection:
                value = connection.execute(select(NUMBERS.c.value)).scalar_one()
                connection.execute(update(NUMBERS).values(value=value + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.execute(select(NUMBERS.c.value)).scalar_one() == 80
    database.close()


def test_a_reader_keeps_its_snapshot_while_another_writes(tmp_path: Path) -> None:
    database = _open(tmp_path / "store.db")
    with database.read() as reader:
        assert reader.execute(select(func.count()).select_from(NUMBERS)).scalar() == 0
        with database.write() as writer:
            writer.execute(insert(NUMBERS).values(one=1, value=1))
        assert reader.execute(select(func.count()).select_from(NUMBERS)).scalar() == 0
    database.close()


WRITER = """
import sys
from pathlib import Path
from sqlalchemy import text
from core.store import open_database
database = open_database(Path(sys.argv[1]))
number = 0
while True:
    with database.write() as connection:
        connection.execute(text("INSERT INTO numbers VALUES (:a, 0)"), {"a": 2 * number})
        connection.execute(text("INSERT INTO numbers VALUES (:a, 0)"), {"a": 2 * number + 1})
    print(number, flush=True)
    number += 1
"""


def test_what_was_committed_survives_kill_9_and_nothing_half_does(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    _open(path).close()
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(25)]
        process.kill()
    database = _open(path)
    with database.read() as connection:
        rows = set(connection.execute(select(NUMBERS.c.one)).scalars())
    assert set(range(2 * (told[-1] + 1))) <= rows
    assert len(rows) % 2 == 0
    database.close()


def test_a_broken_rule_of_the_database_is_a_store_error(tmp_path: Path) -> None:
    database = _open(tmp_path / "store.db")
    with pytest.raises(StoreError, match="UNIQUE"), database.write() as connection:
        connection.execute(insert(NUMBERS), [{"one": 1, "value": 1}, {"one": 1, "value": 2}])
    database.close()
