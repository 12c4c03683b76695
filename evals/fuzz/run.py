"""Feeds a reader with damaged messages and counts what it does."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import InputError
from evals.fuzz.mutations import mutated
from evals.fuzz.targets import Target

__all__ = ["Defect", "Tally", "fuzz"]

_SLOW_S = 2.0  # a reader that takes longer over a message of a few kilobytes hangs


@dataclass(frozen=True)
class Defect:
    """A message that a reader broke on, hung on, or read wrongly."""

    text: str
    reason: str


@dataclass(frozen=True)
class Tally:
    """What a reader did."""

    inputs: int
    refused: int
    read: int
    slowest_s: float
    defects: tuple[Defect, ...]


def fuzz(target: Target, inputs: int, seed: int, progress: Callable[[int], None] | None = None) -> Tally:
    """Read so many damaged messages; any error but InputError, a hang or a wrong reading is a defect."""
    draw = random.Random(seed)
    refused, read, slowest_s, defects = 0, 0, 0.0, list[Defect]()
    for number in range(inputs):
        text = mutated(draw, target.seeds)
        began = time.perf_counter()
        try:
            message = target.read(text)
            read += 1
            target.check(message)
        except InputError:
            refused += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            defects.append(Defect(text, repr(error)))
        took_s = time.perf_counter() - began
        slowest_s = max(slowest_s, took_s)
        if took_s > _SLOW_S:
            defects.append(Defect(text, f"took {took_s:.1f} s"))
        if progress is not None and number % 10_000 == 0:
            progress(number)
    return Tally(inputs, refused, read, slowest_s, tuple(defects))
