"""How much a part was used, day by day, as its telemetry tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import rainflow
from numpy.typing import NDArray

from core.errors import InputError
from core.units import SOLAR_DAY_S
from ml.features.samples import Samples

__all__ = ["LONGEST_HOLD_S", "DailyUse", "charge_wear", "consumed", "revolutions", "time_on_h"]

LONGEST_HOLD_S: Final = 600.0  # a sample stands for the time up to the next one, for so long at most
_FEWEST_COVERED: Final = 0.25  # of a day, for it to tell a rate
_TURN_RAD: Final = 2.0 * np.pi

Times = NDArray[np.float64]


@dataclass(frozen=True)
class DailyUse:
    """Use of a part on days that telemetry tells enough of.

    Args:
        day: Number of each day, whole days of TAI since J2000, rising.
        per_day: The use of a whole such day: what was seen, over the share of the day that was seen.
        covered: That share, 0 to 1.
        seen_days: How much time was seen, days.
    """

    day: NDArray[np.int64]
    per_day: NDArray[np.float64]
    covered: NDArray[np.float64]
    seen_days: float

    @property
    def rate_per_day(self) -> float:
        """Mean use of a day, each weighing by what was seen of it."""
        return float(self.per_day @ self.covered / self.covered.sum())

    @property
    def rate_deviation(self) -> float:
        """Standard deviation of that mean, from how days differ; one day tells none, and counts as wholly uncertain."""
        if len(self.day) < 2:
            return self.rate_per_day
        return float(np.std(self.per_day, ddof=1) / np.sqrt(len(self.day)))


def revolutions(speed_rad_s: Samples) -> DailyUse:
    """Of a wheel, either way."""
    return _integrated(speed_rad_s, lambda values: np.abs(values) / _TURN_RAD)


def time_on_h(on: Samples) -> DailyUse:
    """Hours that something was on: above zero."""
    return _integrated(on, lambda values: (values > 0.0) / 3600.0)


def consumed(amount: Samples) -> DailyUse:
    """Of a store that only falls: its level at the end of a day below that at the end of the day before.

    Levels scatter, and their means of an hour do less; a rise counts as no use, and what scatters up and down cancels.
    """
    times, values = _sorted(amount)
    days = np.unique(np.floor_divide(times, SOLAR_DAY_S).astype(np.int64))
    ends = np.array([_level_at_end(times, values, one) for one in days])
    steps, gaps = -np.diff(ends), np.diff(days)
    covered = np.minimum(1.0, 1.0 / gaps) if len(gaps) else np.empty(0)
    per_day = steps / gaps if len(gaps) else np.empty(0)
    return _checked(days[1:], per_day, covered, float(gaps.sum()))


def charge_wear(soc: Samples, depths: Sequence[float], cycles: Sequence[float]) -> DailyUse:
    """Shares of a battery's life that its cycles took (Palmgren and Miner), counted by rainflow (ASTM E1049-85).

    Args:
        soc: State of charge, 0 to 1.
        depths, cycles: How many cycles of a depth a battery bears; between them on logarithmic scales, and beyond them along
            the line of the nearest two.
    """
    times, values = _sorted(soc)
    worn: dict[int, float] = {}
    for begin, end in _stretches(times):
        for depth, _, count, _, last in rainflow.extract_cycles(values[begin:end]):
            if depth > 0.0:
                day = int(times[begin + last] // SOLAR_DAY_S)
                worn[day] = worn.get(day, 0.0) + count / _borne(depth, depths, cycles)
    seen_s = _seen_s(times)
    days = np.array(sorted(seen_s), dtype=np.int64)
    covered = np.array([seen_s[one] for one in days.tolist()]) / SOLAR_DAY_S
    return _daily(days, np.array([worn.get(one, 0.0) for one in days.tolist()]), covered)


def _borne(depth: float, depths: Sequence[float], cycles: Sequence[float]) -> float:
    at, known = np.log(depths), np.log(cycles)
    place = int(np.clip(np.searchsorted(at, np.log(depth)) - 1, 0, len(at) - 2))
    slope = (known[place + 1] - known[place]) / (at[place + 1] - at[place])
    return float(np.exp(known[place] + slope * (np.log(depth) - at[place])))


def _integrated(samples: Samples, rate_of: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> DailyUse:
    """Each sample holds until the next one, for a limited time, and its time is split at midnight."""
    times, values = _sorted(samples)
    holds = np.minimum(np.diff(times, append=times[-1:]), LONGEST_HOLD_S)
    day = np.floor_divide(times, SOLAR_DAY_S).astype(np.int64)
    here = np.minimum(holds, (day + 1) * SOLAR_DAY_S - times)
    rates = rate_of(values)
    first = int(day[0])
    length = int(day[-1]) - first + 2
    use = np.bincount(day - first, rates * here, length) + np.bincount(day - first + 1, rates * (holds - here), length)
    seen = np.bincount(day - first, here, length) + np.bincount(day - first + 1, holds - here, length)
    chosen = np.flatnonzero(seen > 0.0)
    return _daily(first + chosen, use[chosen], seen[chosen] / SOLAR_DAY_S)


def _daily(days: NDArray[np.int64], use: NDArray[Any], covered: NDArray[np.float64]) -> DailyUse:
    enough = covered >= _FEWEST_COVERED
    return _checked(days[enough], use[enough] / covered[enough], covered[enough], float(covered.sum()))


def _checked(
    days: NDArray[np.int64], per_day: NDArray[np.float64], covered: NDArray[np.float64], seen_days: float
) -> DailyUse:
    if not len(days):
        raise InputError(
            "telemetry",
            f"tells of {seen_days * 24:.1f} h in all; at least one day with {_FEWEST_COVERED * 24:g} h of it is needed",
        )
    return DailyUse(days, per_day, covered, seen_days)


def _sorted(samples: Samples) -> tuple[Times, NDArray[np.float64]]:
    values = np.asarray(samples.values, dtype=float)
    keep = np.isfinite(values)
    if not keep.any():
        raise InputError("telemetry", "there is none, or it has no number; at least some hours are needed")
    return samples.generated_tai_s[keep], values[keep]


def _stretches(times: Times) -> list[tuple[int, int]]:
    cuts = (np.flatnonzero(np.diff(times) > LONGEST_HOLD_S) + 1).tolist()
    return list(zip([0, *cuts], [*cuts, len(times)], strict=True))


def _seen_s(times: Times) -> dict[int, float]:
    holds = np.minimum(np.diff(times, append=times[-1:]), LONGEST_HOLD_S)
    day = np.floor_divide(times, SOLAR_DAY_S).astype(np.int64)
    return {int(one): float(holds[day == one].sum()) for one in np.unique(day)}


def _level_at_end(times: Times, values: NDArray[np.float64], day: int) -> float:
    mine = np.flatnonzero(np.floor_divide(times, SOLAR_DAY_S) == day)
    last = mine[times[mine] >= times[mine[-1]] - 3600.0]
    return float(values[last].mean())
