"""The event log's hash chain: whatever is changed behind its back shows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.errors import StoreError
from core.events import EventLog
from core.store import Database, open_database

AT = datetime(2026, 11, 23, tzinfo=UTC)
payloads = st.dictionaries(
    st.text(max_size=8),
    st.one_of(
        st.integers(-(2**40), 2**40),
        st.text(max_size=12),
        st.booleans(),
        st.none(),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    max_size=4,
)


def _log(events: list[dict[str, Any]]) -> tuple[Database, EventLog]:
    database = open_database("sqlite://")
    log = EventLog(database)
    with database.write() as connection:
        for number, payload in enumerate(events):
            log.append(connection, "plan.drafted", f"plan-{number}", actor="user:olga", at_utc=AT, payload=payload)
    return database, log


def _run(database: Database, statement: str, **values: object) -> None:
    with database.write() as connection:
        connection.execute(text(statement), values)


@settings(deadline=None)
@given(st.lists(payloads, max_size=8))
def test_an_untouched_log_verifies_and_reads_back(events: list[dict[str, Any]]) -> None:
    database, log = _log(events)
    assert log.verify() == []
    assert [event.payload for event in log.read()] == events
    assert log.last_sequence() == len(events)
    database.close()


CHANGES = {
    "kind": "plan.approved",
    "subject": "plan-x",
    "actor": "user:mallory",
    "at_utc": "2026-11-24T00:00:00Z",
    "payload": '{"forged":true}',
    "previous_hash": "f" * 64,
    "hash": "e" * 64,
}


@settings(deadline=None)
@given(st.lists(payloads, min_size=1, max_size=6), st.data())
def test_an_altered_event_is_found_where_it_stands(events: list[dict[str, Any]], data: st.DataObject) -> None:
    database, log = _log(events)
    sequence = data.draw(st.integers(1, len(events)))
    field = data.draw(st.sampled_from(sorted(CHANGES)))
    _run(database, f"UPDATE events SET {field} = :value WHERE sequence = :at", value=CHANGES[field], at=sequence)
    assert sequence in {violation.sequence for violation in log.verify()}
    database.close()


@settings(deadline=None)
@given(st.integers(2, 8), st.data())
def test_a_removed_event_is_found_the_newest_too(count: int, data: st.DataObject) -> None:
    database, log = _log([{"n": number} for number in range(count)])
    _run(database, "DELETE FROM events WHERE sequence = :at", at=data.draw(st.integers(1, count)))
    assert log.verify()
    database.close()


@settings(deadline=None)
@given(st.integers(2, 8), st.data())
def test_reordered_events_are_found(count: int, data: st.DataObject) -> None:
    database, log = _log([{"n": number} for number in range(count)])
    one = data.draw(st.integers(1, count - 1))
    other = data.draw(st.integers(one + 1, count))
    _run(database, "UPDATE events SET sequence = -1 WHERE sequence = :at", at=one)
    _run(database, "UPDATE events SET sequence = :to WHERE sequence = :at", at=other, to=one)
    _run(database, "UPDATE events SET sequence = :to WHERE sequence = -1", to=other)
    assert log.verify()
    database.close()


@settings(deadline=None)
@given(st.integers(2, 8), st.data())
def test_an_inserted_event_is_found(count: int, data: st.DataObject) -> None:
    database, log = _log([{"n": number} for number in range(count)])
    at = data.draw(st.integers(1, count - 1))
    _run(database, "UPDATE events SET sequence = sequence + 1000 WHERE sequence > :at", at=at)
    _run(
        database,
        "INSERT INTO events SELECT :to, kind, subject, actor, at_utc, payload, hash, hash FROM events WHERE sequence = :at",
        at=at,
        to=at + 1,
    )
    _run(database, "UPDATE events SET sequence = sequence - 999 WHERE sequence > 1000")
    assert log.verify()
    database.close()


def test_an_event_lives_and_dies_with_its_transaction() -> None:
    database, log = _log([])
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        log.append(connection, "plan.drafted", "plan-1", actor="agent", at_utc=AT, payload={})
        raise ZeroDivisionError
    assert log.last_sequence() == 0
    database.close()


def test_events_are_read_by_subject_and_by_owner() -> None:
    database, log = _log([{}, {}])
    with database.write() as connection:
        log.append(connection, "command.released", "c-1", actor="service", at_utc=AT, payload={})
    assert [event.kind for event in log.read(kinds=["command."])] == ["command.released"]
    assert [event.sequence for event in log.read(subject="plan-1")] == [2]
    assert [event.sequence for event in log.read(after=1, limit=1)] == [2]
    database.close()


def test_a_value_that_is_no_json_is_refused() -> None:
    database, log = _log([])
    with pytest.raises(ValueError, match="Out of range float"), database.write() as connection:
        log.append(connection, "plan.drafted", "plan-1", actor="agent", at_utc=AT, payload={"x": float("nan")})
    database.close()


def test_a_database_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    database = open_database(tmp_path / "log.db")
    log = EventLog(database)
    _run(database, "DROP TABLE events")
    with pytest.raises(StoreError, match="no such table"), database.write() as connection:
        log.append(connection, "plan.drafted", "plan-1", actor="agent", at_utc=AT, payload={})
    database.close()
