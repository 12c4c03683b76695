"""Framing and protection of telecommands: packets to CLTUs on one core."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from core.command.frame import build_frame
from core.command.protect import LinkCounters
from core.link import Telecommand, encode_cltu, encode_telecommand, new_link_keys
from evals.bench.model import BenchResult, Goal

__all__ = ["run"]

_FRAMES: Final = 40_000
_REPEATS: Final = 5
_GOAL_PER_S: Final = 200_000.0
_SCID: Final = 17
_DATA: Final = bytes(range(24))


def run() -> list[BenchResult]:
    """Two rows: protected TC frames a second, and the same as CLTUs."""
    sa = new_link_keys(_SCID).tc_association()
    packet = encode_telecommand(Telecommand(_SCID, 1, 8, 1, _DATA))

    def frame(number: int) -> bytes:
        return build_frame(_SCID, sa, packet, LinkCounters(number % 256, number, number % 16384))

    return [
        _row("command_frames", frame, f"TC frame, AES-256-GCM, FECF; packet of {len(packet)} octets."),
        _row("command_cltus", lambda number: encode_cltu(frame(number)), "The same, coded as CLTU (BCH)."),
    ]


def _row(name: str, work: Callable[[int], bytes], note: str) -> BenchResult:
    best = 0.0
    for repeat in range(_REPEATS):
        began = time.perf_counter()
        for number in range(repeat * _FRAMES + 1, (repeat + 1) * _FRAMES + 1):
            work(number)
        best = max(best, _FRAMES / (time.perf_counter() - began))
    return BenchResult.compare(
        name,
        ours=best,
        peer=_GOAL_PER_S,
        peer_name="required (no peer)",
        unit="frames/s",
        goal=1.0,
        goal_kind=Goal.AT_LEAST,
        note=f"{note} One thread, best of {_REPEATS} runs of {_FRAMES}.",
    )
