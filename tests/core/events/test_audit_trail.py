"""The audit trail: whatever is done to the database behind the log's back is found, and where it was done is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.command.keystore import FileKeyStore, KeyPurpose
from core.command.signing import Seal
from core.errors import Conflict, InputError
from core.events import AuditReport, AuditTrail, EventLog, verify_export
from core.events.chain import StoredEvent, digest_of
from core.store import Database, open_database

AT = datetime(2026, 11, 23, tzinfo=UTC)
NOW = datetime(2026, 11, 24, tzinfo=UTC)
EVENTS = 12
FIELDS = ("kind", "subject", "actor", "at_utc", "payload", "previous_hash", "hash")


class Trail:
    """A log of twelve events with a checkpoint after every fourth."""

    def __init__(self, folder: Path, store: FileKeyStore, events: int = EVENTS, every: int = 4) -> None:
        self.file = folder / "checkpoints.jsonl"
        self.file.unlink(missing_ok=True)
        self.database: Database = open_database("sqlite://")
        self.log = EventLog(self.database)
        self.audit = AuditTrail(self.database, self.log, Seal(store, KeyPurpose.AUDIT), self.file)
        for number in range(1, events + 1):
            self.append(number)
            if number % every == 0:
                self.audit.checkpoint(NOW)

    def append(self, number: int) -> None:
        with self.database.write() as connection:
            at_utc = AT + timedelta(hours=number)
            self.log.append(
                connection, "plan.drafted", f"plan-{number}", actor="user:olga", at_utc=at_utc, payload={"n": number}
            )

    def run(self, statement: str, **values: object) -> None:
        with self.database.write() as connection:
            connection.execute(text(statement), values)

    def rows(self) -> list[dict[str, Any]]:
        with self.log.stored() as (rows, _head):
            return [dict(vars(row)) for row in rows]

    def replace(self, rows: list[dict[str, Any]], *, hashed: bool = False) -> None:
        """Write other rows; hashed computes the whole chain anew, head included, as a clever forger would."""
        if hashed:
            previous = "0" * 64
            for number, row in enumerate(rows, start=1):
                row |= {"sequence": number, "previous_hash": previous}
                row["hash"] = previous = digest_of(StoredEvent(**row))
            self.head(len(rows), previous)
        names = ", ".join(rows[0])
        marks = ", ".join(f":{name}" for name in rows[0])
        with self.database.write() as connection:
            connection.execute(text("DELETE FROM events"))
            connection.execute(text(f"INSERT INTO events ({names}) VALUES ({marks})"), rows)

    def head(self, sequence: int, hashed: str) -> None:
        self.run("UPDATE event_head SET sequence = :s, hash = :h", s=sequence, h=hashed)

    def found(self) -> set[int]:
        return {one.sequence for one in self.audit.verify().violations}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FileKeyStore:
    return FileKeyStore(tmp_path_factory.mktemp("keys") / "signing-keys.json")


@pytest.fixture
def trail(tmp_path: Path, store: FileKeyStore) -> Iterator[Trail]:
    one = Trail(tmp_path, store)
    yield one
    one.database.close()


def _problems(report: AuditReport) -> str:
    return "; ".join(f"{one.sequence}: {one.problem}" for one in report.violations)


def test_an_untouched_trail_verifies_and_says_how_far_it_is_signed(trail: Trail) -> None:
    trail.append(13)
    report = trail.audit.verify()
    assert (report.ok, report.events, report.last, report.signed_through, report.checkpoints) == (True, 13, 13, 12, 3)
    assert trail.audit.checkpoint(NOW) is not None
    assert trail.audit.checkpoint(NOW) is None  # nothing new
    assert trail.audit.verify().signed_through == 13


_mutations = st.one_of(
    st.tuples(st.just("field"), st.integers(1, EVENTS), st.sampled_from(FIELDS)),
    st.tuples(st.just("number"), st.integers(1, EVENTS), st.integers(-5, 40)),
    st.tuples(st.just("remove"), st.integers(1, EVENTS), st.none()),
    st.tuples(st.just("swap"), st.integers(1, EVENTS), st.integers(1, EVENTS)),
    st.tuples(st.just("insert"), st.integers(1, EVENTS + 1), st.booleans()),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, store: FileKeyStore) -> Iterator[Trail]:
    """One trail for every mutation, which puts it back as it was."""
    one = Trail(tmp_path_factory.mktemp("shared"), store)
    yield one
    one.database.close()


@settings(max_examples=100, deadline=None)
@given(mutation=_mutations, value=st.text(max_size=70), hashed=st.booleans())
def test_any_single_mutation_is_found_and_located(
    shared: Trail, mutation: tuple[str, int, Any], value: str, hashed: bool
) -> None:
    kind, at, detail = mutation
    trail, before = shared, shared.rows()
    rows = [dict(one) for one in before]
    touched = {at}
    match kind:
        case "field":
            if rows[at - 1][detail] == value:
                return
            rows[at - 1][detail] = value
        case "number":
            if detail != at and 1 <= detail <= EVENTS:
                return  # two rows of one number cannot be: the database refuses them
            touched.add(detail)
            hashed = False
            if detail == at:
                return
            rows[at - 1]["sequence"] = detail
        case "remove":
            del rows[at - 1]
            touched.add(at + 1)
        case "swap":
            if at == detail:
                return
            one, other = rows[at - 1], rows[detail - 1]
            rows[at - 1], rows[detail - 1] = other | {"sequence": at}, one | {"sequence": detail}
            touched = {min(at, detail)}
        case _:
            copy = dict(rows[max(0, at - 2)])
            rows.insert(at - 1, copy)
            for number, row in enumerate(rows, start=1):
                row["sequence"] = number
            touched.add(at + 1)  # a copy of the first event before the first is the first: the other one is new
    if hashed and kind == "field" and detail in ("previous_hash", "hash"):
        hashed = False  # computing the chain anew would undo the change
    trail.replace(rows, hashed=hashed)
    report = trail.audit.verify()
    trail.replace(before)
    trail.head(EVENTS, before[-1]["hash"])
    found = {one.sequence for one in report.violations}
    if hashed and kind == "insert" and at > EVENTS:
        # Added to the end, head and all: no checkpoint covers it, and the report says that none does.
        assert (report.signed_through, report.last) == (EVENTS, EVENTS + 1)
        return
    assert not report.ok and found
    if hashed:
        # The checkpoint after the change names the stretch that it lies in; what came after the last one is the head's.
        assert min(found) <= -(-min(at, EVENTS) // 4) * 4
        assert "are not what they were then" in _problems(report) or "cut off" in _problems(report)
    else:
        assert found & touched


def test_a_chain_computed_anew_is_found_by_the_first_checkpoint_after_the_change(trail: Trail) -> None:
    rows = trail.rows()
    rows[5]["actor"] = "user:mallory"
    trail.replace(rows, hashed=True)
    assert trail.log.verify() == []  # the hashes alone hold again
    report = trail.audit.verify()
    assert [one.sequence for one in report.violations] == [8, 12]
    assert "events 5 to 8 are not what they were then" in _problems(report)


def test_a_rewritten_database_is_found_by_the_file_outside_it(trail: Trail, store: FileKeyStore) -> None:
    rows = trail.rows()
    rows[2]["payload"] = "{}"
    trail.replace(rows, hashed=True)
    trail.run("DELETE FROM audit_checkpoints")
    problems = _problems(trail.audit.verify())
    assert "the database ends at checkpoint 0, the file at 3" in problems
    assert "events 1 to 4 are not what they were then" in problems


def test_cut_off_ends_are_found_though_the_head_was_moved(trail: Trail) -> None:
    trail.replace(trail.rows()[:9], hashed=True)
    assert "covers the events to 12; the log ends at 9: its end was cut off" in _problems(trail.audit.verify())
    trail.run("DELETE FROM event_head")
    assert "does not say where it ends" in _problems(trail.audit.verify())


def test_a_checkpoint_of_another_key_or_purpose_is_forged(trail: Trail, store: FileKeyStore, tmp_path: Path) -> None:
    rows = trail.rows()
    rows[11]["actor"] = "user:mallory"
    trail.replace(rows, hashed=True)
    trail.run("DELETE FROM audit_checkpoints WHERE number = 3")
    trail.file.write_text("".join(trail.file.read_text().splitlines(keepends=True)[:2]))
    others = FileKeyStore(tmp_path / "mallory" / "signing-keys.json")
    for seal in (Seal(others, KeyPurpose.AUDIT), Seal(store, KeyPurpose.COMMAND_SET)):
        trail.run("DELETE FROM audit_checkpoints WHERE number = 3")
        text_before = trail.file.read_text()
        AuditTrail(trail.database, trail.log, seal, trail.file).checkpoint(NOW)
        report = trail.audit.verify()
        assert [one.sequence for one in report.violations] == [12]
        assert "checkpoint 3" in _problems(report) and report.signed_through == 8
        trail.file.write_text(text_before)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_checkpoint_that_was_altered_or_taken_out_is_found(trail: Trail, number: int) -> None:
    lines = trail.file.read_text().splitlines()
    trail.run("DELETE FROM audit_checkpoints WHERE number = :n", n=number)
    assert number == 3 or not trail.audit.verify().ok  # the newest alone may be a crash between file and database
    trail.file.write_text("\n".join(one for at, one in enumerate(lines, 1) if at != number) + "\n")
    assert number == 3 or not trail.audit.verify().ok
    trail.file.unlink()
    assert "the checkpoint file outside the database is gone" in _problems(trail.audit.verify())


def test_a_crash_between_file_and_database_is_made_good(trail: Trail) -> None:
    trail.run("DELETE FROM audit_checkpoints WHERE number = 3")
    with trail.file.open("a") as file:
        file.write("eyJhbGciOi")  # and one that was cut while it was written
    assert trail.audit.verify().ok
    trail.append(13)
    assert trail.audit.checkpoint(NOW) is not None
    report = trail.audit.verify()
    assert (report.ok, report.checkpoints, report.signed_through) == (True, 4, 13)


def test_a_compromised_audit_key_is_covered_by_the_next_checkpoint(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "signing-keys.json")
    trail = Trail(tmp_path, store)
    store.revoke(store.active(KeyPurpose.AUDIT).key_id, "copied")
    broken = trail.audit.verify()
    assert not broken.ok and "is compromised" in _problems(broken)
    trail.append(13)
    trail.audit.checkpoint(NOW)
    report = trail.audit.verify()
    assert report.ok and report.signed_through == 13
    assert any("checkpoint 4 covers it" in one for one in report.notes)
    trail.database.close()


def test_retention_leaves_a_signed_account_and_a_whole_chain(trail: Trail) -> None:
    first = trail.audit.prune(AT + timedelta(hours=4), actor="user:ada", at_utc=AT, now_utc=NOW, reason="three months")
    assert (first.first, first.last, first.count) == (1, 3, 3)
    second = trail.audit.prune(AT + timedelta(hours=7), actor="user:ada", at_utc=AT, now_utc=NOW, reason="three months")
    assert (second.first, second.last, second.previous_hash) == (4, 6, first.last_hash)
    report = trail.audit.verify()
    assert (report.ok, report.first, report.removed, report.events) == (True, 7, 6, 8), _problems(report)
    assert [one.kind for one in trail.log.read(kinds=["audit."])] == ["audit.pruned"] * 2
    with pytest.raises(Conflict, match="no event was recorded before"):
        trail.audit.prune(AT, actor="user:ada", at_utc=AT, now_utc=NOW, reason="again")


def test_retention_of_a_broken_log_removes_nothing(trail: Trail) -> None:
    trail.run("UPDATE events SET actor = 'user:mallory' WHERE sequence = 2")
    with pytest.raises(Conflict, match="the log is broken at event 2"):
        trail.audit.prune(AT + timedelta(hours=4), actor="user:ada", at_utc=AT, now_utc=NOW, reason="old")
    assert len(trail.rows()) == EVENTS


def test_what_happens_around_removed_events_is_found(trail: Trail) -> None:
    trail.audit.prune(AT + timedelta(hours=6), actor="user:ada", at_utc=AT, now_utc=NOW, reason="old")
    assert trail.audit.verify().ok
    trail.run("DELETE FROM events WHERE sequence = 6")
    assert "event 6 is missing" in _problems(trail.audit.verify())
    with trail.database.read() as connection:
        token = str(connection.execute(text("SELECT token FROM audit_segments")).scalar_one())
    for forged in (token[:-8] + "AAAAAAAA", token.replace(".", ".e30", 1), "nothing"):
        trail.run("UPDATE audit_segments SET token = :t", t=forged)
        assert "removed events" in _problems(trail.audit.verify())
    trail.run("DELETE FROM audit_segments")
    assert "events 1 to 6 are missing" in _problems(trail.audit.verify())


def test_an_export_verifies_offline_and_shows_what_was_changed_in_it(
    trail: Trail, store: FileKeyStore, tmp_path: Path
) -> None:
    trail.audit.prune(AT + timedelta(hours=3), actor="user:ada", at_utc=AT, now_utc=NOW, reason="old")
    trail.audit.checkpoint(NOW)
    file = tmp_path / "trail.jsonl"
    file.write_text("".join(trail.audit.export([], NOW)))
    seal = Seal(store, KeyPurpose.AUDIT)
    report = verify_export(file, seal)
    assert (report.ok, report.removed, report.events) == (True, 2, 11), _problems(report)
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines).replace("user:olga", "user:oscar", 1))
    assert [one.sequence for one in verify_export(file, seal).violations] == [3]
    event = next(at for at, one in enumerate(lines) if one.startswith('{"event"'))
    file.write_text("".join(lines[:event] + lines[event + 1 :]))
    assert "event 3 is missing" in _problems(verify_export(file, seal))
    file.write_text("".join(lines[:-1]))
    cut = verify_export(file, seal)
    assert not cut.ok and "cut off" in cut.notes[-1]
    file.write_text(json.dumps({"format": "other"}))
    with pytest.raises(InputError, match="is no export of an audit trail"):
        verify_export(file, seal)


def test_thousands_of_breaks_are_counted_and_not_all_told(tmp_path: Path, store: FileKeyStore) -> None:
    trail = Trail(tmp_path, store, events=250, every=1000)
    trail.run("UPDATE events SET actor = 'x'")
    report = trail.audit.verify()
    assert (report.broken, len(report.violations)) == (250, 200)
    trail.database.close()
