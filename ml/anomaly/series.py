"""Series of telemetry: the value of one channel at equal steps of time, beside the commands that were sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError

__all__ = ["Series", "check_alike", "check_history"]


@dataclass(frozen=True)
class Series:
    """A stretch of samples without a break.

    Args:
        name: Of the channel.
        values: In the channel's unit, shape (n,).
        commands: How much of each kind of command came with each sample, 0 where none did; shape (n, kinds).

    Raises:
        InputError: The shapes do not fit, there is no sample, or numbers are not finite.
    """

    name: str
    values: NDArray[np.float64]
    commands: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.values.ndim != 1 or self.commands.ndim != 2 or len(self.commands) != len(self.values):
            raise InputError(
                self.name, f"values of shape {self.values.shape}, commands of {self.commands.shape}: one row per sample"
            )
        if not len(self.values):
            raise InputError(self.name, "no samples")
        for what, numbers in (("values", self.values), ("commands", self.commands)):
            good = np.isfinite(numbers).reshape(len(numbers), -1).min(axis=1)
            if not good.all():
                bad = int(np.count_nonzero(~good))
                raise InputError(
                    self.name,
                    f"{what} of {bad} of {len(good)} samples are not finite, the first at {int(good.argmin())}",
                )

    def __len__(self) -> int:
        return len(self.values)

    def part(self, begin: int, end: int) -> Series:
        """Samples from ``begin`` to before ``end``."""
        return Series(self.name, self.values[begin:end], self.commands[begin:end])

    def backwards(self) -> Series:
        """The last sample first."""
        return Series(self.name, self.values[::-1].copy(), self.commands[::-1].copy())


def check_history(pieces: Sequence[Series], fewest: int) -> None:
    """That pieces of one channel's past are enough to learn from.

    Raises:
        InputError: There is none, they are of different kinds, or too short.
    """
    if not pieces:
        raise InputError("history", "no series to learn from")
    for one in pieces:
        check_alike(pieces[0], one)
    if (samples := sum(map(len, pieces))) < fewest:
        raise InputError(pieces[0].name, f"a history of {samples} samples; at least {fewest} are needed")


def check_alike(known: Series, other: Series) -> None:
    """That two series are of one channel, with the same kinds of commands.

    Raises:
        InputError: They are not.
    """
    if known.name != other.name:
        raise InputError("channel", f"{other.name} is not {known.name}, which is known")
    if (kinds := other.commands.shape[1]) != (expected := known.commands.shape[1]):
        raise InputError(other.name, f"{kinds} kinds of commands; {expected} are known")
