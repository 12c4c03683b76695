"""Frames that come all the time are stored in batches that begin some way apart; who ticks himself does not wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from itertools import pairwise

import pytest
from loopback import Bench

from core.ground import ContactStatus, TmDelivery
from core.link.tm_frame import TM_FRAME_LENGTH
from core.telemetry import GATHERED_S, ReceivedFrame, TelemetryIngest

_WAIT_S = 60.0


def test_batches_begin_apart_and_no_frame_is_left_behind(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    began_s: list[float] = []
    indexes: list[int] = []
    stop, all_in = threading.Event(), threading.Event()
    ingest, receive = TelemetryIngest.ingest, bench.link.receive

    def counted(self: TelemetryIngest, source: str, frames: Sequence[ReceivedFrame]) -> object:
        began_s.append(bench.pipeline._ingested_at_s)
        indexes.extend(one.index for one in frames)
        if len(indexes) == 60:
            all_in.set()
        return ingest(self, source, frames)

    def one_more(timeout_s: float) -> list[TmDelivery | ContactStatus]:
        time.sleep(0.001)
        bench.link.index += 1
        if bench.link.index <= 60:
            bench.link.again.append(
                TmDelivery(bench.link.index, bench.clock.now_tai_s(), "svalbard", bytes(TM_FRAME_LENGTH))
            )
        return receive(timeout_s)

    monkeypatch.setattr(TelemetryIngest, "ingest", counted)
    monkeypatch.setattr(bench.link, "receive", one_more)
    thread = threading.Thread(target=bench.pipeline.run, args=(stop,))
    thread.start()
    try:
        assert all_in.wait(_WAIT_S)
    finally:
        stop.set()
        thread.join()
    assert indexes == list(range(1, 61))
    assert all(later - earlier >= GATHERED_S for earlier, later in pairwise(began_s))


def test_who_ticks_himself_decides_when_frames_are_stored(bench: Bench) -> None:
    for number in (1, 2):
        bench.link.again.append(TmDelivery(number, bench.clock.now_tai_s(), "svalbard", bytes(TM_FRAME_LENGTH)))
        bench.pipeline.tick()
        assert bench.rig.archive.cursor("ground") == number
