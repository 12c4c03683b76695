"""What windows of samples say at instants: one computation, which archive and stream both run on the same samples.

Each answer depends on the samples of its own window alone, taken in their order: sums are taken over the window, never as a
difference of running sums. That is why the answers of archive and stream are equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.features.samples import Samples

__all__ = ["Instants", "Segments", "newest_place", "over_windows"]

_MOST_AT_ONCE: Final = 1 << 20  # samples of all windows that are looked at together
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Instants:
    """When features are asked for.

    Args:
        at_tai_s: Only samples generated up to each instant count.
        known_tai_s: And only those received up to these; None for all, whenever they came.
    """

    at_tai_s: Floats
    known_tai_s: Floats | None = None

    def earlier(self, by_s: float) -> Instants:
        """The same knowledge of earlier instants."""
        return Instants(self.at_tai_s - by_s, self.known_tai_s)

    def only(self, places: NDArray[np.intp] | slice) -> Instants:
        """Some of them."""
        known = self.known_tai_s
        return Instants(self.at_tai_s[places], None if known is None else known[places])


@dataclass(frozen=True)
class Segments:
    """Windows with at least one sample each, one behind the other.

    Args:
        first: Where each window begins in ``samples``.
        counts: How many samples each has.
        at_tai_s: The instant of each window.
        samples: Of all windows; a sample stands in each window that it is in.
    """

    first: NDArray[np.intp]
    counts: NDArray[np.intp]
    at_tai_s: Floats
    samples: Samples

    @property
    def last(self) -> NDArray[np.intp]:
        """Where each window's last sample is."""
        return self.first + self.counts - 1

    def total(self, of_samples: Floats) -> Floats:
        """The sum over each window of a number of each sample."""
        made: Floats = np.add.reduceat(of_samples, self.first)
        return made

    def spread(self, of_windows: Floats) -> Floats:
        """A number of each window, for each of its samples."""
        return np.repeat(of_windows, self.counts)


def over_windows(
    samples: Samples, instants: Instants, length_s: float, statistic: Callable[[Segments], Floats], empty: float
) -> Floats:
    """A statistic of the samples in each window: later than ``length_s`` before its instant, and up to the instant.

    Args:
        empty: The answer where there is no sample.
    """
    made = np.full(len(instants.at_tai_s), empty)
    for places, segments in _segments(samples, instants, length_s):
        # What overflows is no number, and is told as none.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            found = statistic(segments)
        made[places] = np.where(np.isfinite(found), found, np.nan)
    return made


def newest_place(samples: Samples, instants: Instants) -> NDArray[np.intp]:
    """Where the newest sample up to each instant stands; -1 where there is none."""
    place = np.searchsorted(samples.generated_tai_s, instants.at_tai_s, side="right") - 1
    if instants.known_tai_s is None:
        return place
    unsure = np.flatnonzero(place >= 0)
    while unsure.size:
        unsure = unsure[samples.received_tai_s[place[unsure]] > instants.known_tai_s[unsure]]
        place[unsure] -= 1
        unsure = unsure[place[unsure] >= 0]
    return place


def _segments(samples: Samples, instants: Instants, length_s: float) -> Iterator[tuple[NDArray[np.intp], Segments]]:
    """Windows that have samples, with their places among the instants, so many at a time."""
    times, at = samples.generated_tai_s, instants.at_tai_s
    begin = np.searchsorted(times, at - length_s, side="right")
    counts = np.maximum(np.searchsorted(times, at, side="right") - begin, 0)
    places = np.flatnonzero(counts)
    ends = np.cumsum(counts[places])
    first = 0
    while first < len(places):
        before = ends[first - 1] if first else 0
        last = max(int(np.searchsorted(ends, before + _MOST_AT_ONCE, side="right")), first + 1)
        chosen = places[first:last]
        yield from _gathered(samples, instants.only(chosen), begin[chosen], counts[chosen], chosen)
        first = last


def _gathered(
    samples: Samples,
    instants: Instants,
    begin: NDArray[np.intp],
    counts: NDArray[np.intp],
    places: NDArray[np.intp],
) -> Iterator[tuple[NDArray[np.intp], Segments]]:
    first = np.cumsum(counts) - counts
    flat = np.arange(int(counts.sum())) + np.repeat(begin - first, counts)
    at = instants.at_tai_s
    if instants.known_tai_s is not None:
        known = samples.received_tai_s[flat] <= np.repeat(instants.known_tai_s, counts)
        flat = flat[known]
        counts = np.add.reduceat(known.astype(np.intp), first)
        some = counts > 0
        counts, places, at = counts[some], places[some], at[some]
        first = np.cumsum(counts) - counts
    if len(places):
        yield places, Segments(first, counts, at, samples.only(flat))
