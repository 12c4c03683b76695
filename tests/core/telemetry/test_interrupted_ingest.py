"""Batches of several spacecraft, ended at every point: what was told to be stored is there once, counters included."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.link import Clcw, encode_clcw
from core.link.checksum import append_crc
from core.telemetry import ReceivedFrame
from core.telemetry.archive_files import ArchiveFiles
from tests.core.telemetry.intake import FLEET, Bench, frames, housekeeping

SATELLITES = tuple(FLEET.spacecraft)
BATCH = 6


class Killed(BaseException):
    """The process is gone; nothing may catch this."""


def _mixed() -> list[ReceivedFrame]:
    """Frames of three spacecraft by turns, some of them damaged, missing, repeated, foreign or of a wrong length."""
    by_craft = []
    for number, satellite in enumerate(SATELLITES):
        packets = [housekeeping(one, soc=0.5 + number / 10) for one in range(90)]
        by_craft.append(frames(packets, keys=FLEET, satellite=satellite, ocf=encode_clcw(Clcw(0, number))))
    turns = [one for together in zip(*by_craft, strict=True) for one in together]
    assert len(turns) > 2 * BATCH
    damaged = replace(turns[4], raw=turns[4].raw[:50] + b"\xff\x00" + turns[4].raw[52:])
    foreign = replace(turns[0], raw=append_crc(bytes(1113)))
    short = replace(turns[0], raw=turns[0].raw[:-1])
    sent = [*turns[:4], damaged, *turns[5:8], foreign, turns[2], short, *turns[8:]]
    return [replace(one, index=index) for index, one in enumerate(sent, 1)]


SENT = _mixed()


def _fed(bench: Bench) -> Iterator[None]:
    """Feed the rest, as a station does that was told the cursor."""
    while (at := bench.archive.cursor("ground")) < len(SENT):
        bench.ingest.ingest("ground", SENT[at : at + BATCH])
        yield


def _state(bench: Bench) -> dict[str, object]:
    return {
        "counters": bench.archive.counters(),
        "packets": sorted((one.satellite, one.raw) for one in bench.archive.packets(limit=10_000)),
        "ids": len({one.packet_id for one in bench.archive.packets(limit=10_000)}),
        "latest": {name: bench.archive.latest(name) for name in SATELLITES},
        "cursor": bench.archive.cursor("ground"),
    }


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    bench = Bench.open(tmp_path_factory.mktemp("unbroken"), FLEET)
    for _ in _fed(bench):
        pass
    state = _state(bench)
    bench.archive.close()
    return state


def test_what_becomes_of_each_frame_is_counted(unbroken: dict[str, object]) -> None:
    counters: Any = unbroken["counters"]
    assert counters["-"] == {"unknown-spacecraft": 1}
    total = {reason: sum(of.get(reason, 0) for of in counters.values()) for of in counters.values() for reason in of}
    refused = {"checksum": 1, "duplicate": 1, "malformed": 1, "unknown-spacecraft": 1}
    assert total == refused | {"accepted": len(SENT) - 4, "missed": 1}


@contextmanager
def _ending(patch: pytest.MonkeyPatch, owner: Any, name: str, before: Callable[..., None] | None) -> Iterator[None]:
    """The process ends in a function: at its beginning, after what ``before`` does, or at its end."""
    real = getattr(owner, name)

    def ends(*args: Any, **more: Any) -> None:
        (real if before is None else before)(*args, **more)
        raise Killed

    with patch.context() as patched:
        patched.setattr(owner, name, ends)
        yield


def _nothing(*_args: object, **_more: object) -> None:
    """It ends before anything is done."""


def _part(octets: int) -> Callable[..., None]:
    def write(descriptor: int, parts: list[memoryview]) -> None:
        os.write(descriptor, b"".join(parts)[:octets])

    return write


@pytest.mark.parametrize("at_batch", [0, 1, 2])
@pytest.mark.parametrize("point", ["before", "20", "300", "3000", "written", "durable"])
def test_a_batch_that_is_cut_off_counts_wholly_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unbroken: dict[str, object], at_batch: int, point: str
) -> None:
    bench = Bench.open(tmp_path, FLEET)
    feeding = _fed(bench)
    for _ in range(at_batch):
        next(feeding)
    where = {
        "before": (os, "writev", _nothing),
        "written": (os, "writev", None),
        "durable": (os, "fdatasync", None),
    }.get(point, (os, "writev", _part(int(point)) if point.isdigit() else None))
    known = bench.archive.cursor("ground")
    with _ending(monkeypatch, *where), pytest.raises(Killed):
        next(feeding)
    bench = bench.reopened()
    assert bench.archive.cursor("ground") == known + BATCH * (point in ("written", "durable"))
    for _ in _fed(bench):
        pass
    assert _state(bench) == unbroken
    bench.ingest.ingest("ground", SENT)  # all of it once more, from a station that has forgotten how far it was
    assert _state(bench) == unbroken
    bench.archive.close()


@pytest.mark.parametrize(
    ("name", "before"), [("write", _nothing), ("write", None), ("commit", _nothing), ("commit", None)]
)
def test_a_compaction_that_is_cut_off_changes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    unbroken: dict[str, object],
    name: str,
    before: Callable[..., None] | None,
) -> None:
    bench = Bench.open(tmp_path, FLEET)
    for number, _ in enumerate(_fed(bench)):
        if number == 0:
            bench.archive.columns.compact()
        if number == 1:
            with _ending(monkeypatch, ArchiveFiles, name, before), pytest.raises(Killed):
                bench.archive.columns.compact()
            break
    bench = bench.reopened()
    for _ in _fed(bench):
        pass
    assert _state(bench) == unbroken
    bench.archive.columns.compact()
    assert _state(bench) == unbroken
    bench.archive.close()


def test_control_words_come_in_the_order_of_their_frames(tmp_path: Path) -> None:
    bench = Bench.open(tmp_path, FLEET)
    result = bench.ingest.ingest("ground", SENT)
    wanted = [SATELLITES.index(one.satellite) for one in result.clcws]
    assert [one.clcw.report_value for one in result.clcws] == wanted
    assert wanted[:4] == [0, 1, 2, 0] and result.accepted_frames == len(wanted) == len(SENT) - 4
    assert (result.satellites, result.cursor) == (set(SATELLITES), len(SENT))
    bench.archive.close()
