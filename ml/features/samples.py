"""Samples of one parameter, as features see them: by time of generation, and only those that say something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.errors import InputError
from core.telemetry.archive_summaries import numbers

__all__ = ["MOST_AHEAD_S", "Samples", "sayable", "timely"]

MOST_AHEAD_S: Final = 60.0  # what claims to be generated later than this after its reception has a wrong time
Keep = NDArray[np.bool_] | NDArray[np.intp] | slice


@dataclass(frozen=True)
class Samples:
    """Samples by time of generation; of the same time in the order of arrival.

    Args:
        generated_tai_s, received_tai_s: TAI s since J2000.
        values: float64 where they are numbers or truths (1 and 0), else an array of texts.
    """

    generated_tai_s: NDArray[np.float64]
    received_tai_s: NDArray[np.float64]
    values: NDArray[Any]

    @classmethod
    def none(cls) -> Samples:
        """No samples."""
        return cls(np.empty(0), np.empty(0), np.empty(0))

    def __len__(self) -> int:
        return len(self.generated_tai_s)

    @property
    def are_numbers(self) -> bool:
        """Whether statistics of them mean something."""
        return self.values.dtype == np.float64 or not len(self)

    def only(self, keep: Keep) -> Samples:
        """Some of them, in their order."""
        return Samples(self.generated_tai_s[keep], self.received_tai_s[keep], self.values[keep])

    def merged(self, later: Samples) -> Samples:
        """These and others that arrived later.

        Raises:
            InputError: One has numbers and the other texts.
        """
        if not len(self) or not len(later):
            return later if not len(self) else self
        if self.values.dtype != later.values.dtype:
            raise InputError("values", "samples of one parameter are numbers and texts; definitions of both differ")
        generated = np.concatenate([self.generated_tai_s, later.generated_tai_s])
        whole = Samples(
            generated,
            np.concatenate([self.received_tai_s, later.received_tai_s]),
            np.concatenate([self.values, later.values]),
        )
        if later.generated_tai_s[0] >= self.generated_tai_s[-1]:
            return whole
        return whole.only(np.argsort(generated, kind="stable"))


def sayable(
    generated_tai_s: NDArray[np.float64], received_tai_s: NDArray[np.float64], column: pa.ChunkedArray
) -> Samples:
    """The samples of a column that say something, by generation.

    Nulls, numbers that are not finite, and what claims to be generated well after it was received are left out.

    Args:
        generated_tai_s, received_tai_s, column: Of each row, in the order of arrival.
    """
    found = numbers(column)
    if found is not None:
        values: NDArray[Any] = found + 0.0  # -0 becomes 0, so that the least and greatest do not depend on order
        keep = np.isfinite(values)
    else:
        values = np.array([None if one is None else str(one) for one in column.to_pylist()], dtype=object)
        keep = np.array([one is not None for one in values], dtype=bool)
    keep &= timely(generated_tai_s, received_tai_s)
    order = np.argsort(generated_tai_s, kind="stable")
    return Samples(generated_tai_s, received_tai_s, values).only(order[keep[order]])


def timely(generated_tai_s: NDArray[np.float64], received_tai_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which were not generated well after they were received: the clock of the others is wrong."""
    return generated_tai_s <= received_tai_s + MOST_AHEAD_S
