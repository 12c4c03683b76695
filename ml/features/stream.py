"""Features of telemetry as it comes: the same values as from the archive, from as few samples as they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError, NotFound
from core.telemetry.archive_queries import ArchiveQueries
from core.telemetry.column_archive import StoredPart
from core.telemetry.packet_table import ARRIVAL, GENERATED, RECEIVED, container_tables, joined
from ml.features.batch import Knowledge, archived_samples
from ml.features.model import Feature
from ml.features.samples import MOST_AHEAD_S, Samples, sayable, timely
from ml.features.table import EDGE_S, FeatureTable, feature_table, lookbacks_s
from ml.features.windows import Instants

__all__ = ["FeatureStream", "StreamCounts"]

_MOST_SAMPLES: Final = 1_000_000


@dataclass
class StreamCounts:
    """Samples of source parameters by what became of them."""

    taken: int = 0
    after_final: int = 0  # of these: later than agreed, so that final answers were given without them
    ahead: int = 0  # with a time well after their reception
    crowded_out: int = 0  # the oldest, where there were more than fit


@dataclass
class _Kept:
    """Samples of one parameter: all that were generated after ``whole_from_tai_s``."""

    lookback_s: float
    whole_from_tai_s: float
    samples: Samples = field(default_factory=Samples.none)


class FeatureStream:
    """Takes the telemetry of one satellite and answers for instants near the newest.

    Args:
        features: Which.
        satellite: Whose.
        lateness_s: How long after newer telemetry a sample may come. An answer is final when there is telemetry so much
            newer than its instant; then it can no longer be asked for.
        whole_from_tai_s: From when on the stream gets all telemetry; ``primed`` takes what was before from an archive.
        most_samples: Of each parameter.
    Raises:
        InputError: Two features have one name, or the lateness is no time.
    """

    def __init__(
        self,
        features: Sequence[Feature],
        satellite: str,
        lateness_s: float,
        whole_from_tai_s: float,
        *,
        most_samples: int = _MOST_SAMPLES,
    ) -> None:
        if not 0 <= lateness_s < np.inf:
            raise InputError("lateness_s", f"{lateness_s} s is not 0 or more")
        self._features = tuple(features)
        self._satellite = satellite
        self._lateness_s = lateness_s
        self._most_samples = most_samples
        self._kept = {name: _Kept(length_s, whole_from_tai_s) for name, length_s in lookbacks_s(features).items()}
        self._newest_tai_s = -np.inf
        self.counts = StreamCounts()

    @classmethod
    def primed(
        cls,
        features: Sequence[Feature],
        satellite: str,
        lateness_s: float,
        archive: ArchiveQueries,
        at_tai_s: float,
        *,
        most_samples: int = _MOST_SAMPLES,
    ) -> FeatureStream:
        """A stream that goes on after what an archive has at the present; what is stored from now on must be offered to it."""
        made = cls(features, satellite, lateness_s, -np.inf, most_samples=most_samples)
        for name, kept in made._kept.items():
            first_s = at_tai_s - lateness_s - kept.lookback_s - EDGE_S
            kept.whole_from_tai_s = first_s
            try:
                between = (first_s, at_tai_s + MOST_AHEAD_S)
                kept.samples, kept_from_s = archived_samples(archive, satellite, name, between)
                kept.whole_from_tai_s = max(first_s, kept_from_s)
            except NotFound:
                continue  # it may come yet
        made._advance()
        return made

    @property
    def answers_from_tai_s(self) -> float:
        """The earliest instant that can be asked for; earlier answers are final."""
        return self._newest_tai_s - self._lateness_s

    def take(self, part: StoredPart) -> None:
        """Take packets that were stored; those of other satellites are no business of this stream.

        Raises:
            InputError: Values of a parameter are numbers and texts.
        """
        if part.rows.satellite != self._satellite or not len(part.rows):
            return
        tables = container_tables(part.rows, part.generated_tai_s, np.arange(len(part.rows)), part.decoded).values()
        named = [(one, frozenset(one.column_names)) for one in tables]
        for name in self._kept:
            having = [one.select([GENERATED, RECEIVED, ARRIVAL, name]) for one, names in named if name in names]
            if having:
                table = joined(having).sort_by(ARRIVAL)
                generated, received = table[GENERATED].to_numpy(), table[RECEIVED].to_numpy()
                self.counts.ahead += int((~timely(generated, received)).sum())
                self._take(name, sayable(generated, received, table[name]))
        self._advance()

    def take_samples(self, parameter: str, samples: Samples) -> None:
        """Take samples of one parameter, which came after those before; of other parameters than the features' none is needed."""
        if parameter in self._kept:
            right = timely(samples.generated_tai_s, samples.received_tai_s)
            self.counts.ahead += int((~right).sum())
            self._take(parameter, samples.only(right))
            self._advance()

    def values(self, instants_tai_s: NDArray[np.float64], knowledge: Knowledge = Knowledge.GENERATED) -> FeatureTable:
        """The values of the features at instants, from the samples that came so far.

        Raises:
            InputError: An instant is earlier than the stream still answers for.
        """
        instants = np.asarray(instants_tai_s, dtype=np.float64)
        if not np.isfinite(instants).all() or (instants < self.answers_from_tai_s).any():
            raise InputError(
                "instants_tai_s",
                f"an instant is not finite, or before {self.answers_from_tai_s:.3f}, from where on the stream still answers",
            )
        series = {name: kept.samples for name, kept in self._kept.items()}
        whole_from = {name: kept.whole_from_tai_s for name, kept in self._kept.items()}
        known = instants if knowledge is Knowledge.RECEIVED else None
        return feature_table(self._features, series, whole_from, Instants(instants, known))

    def _take(self, name: str, samples: Samples) -> None:
        """Late samples still count for the instants that can be asked for."""
        kept = self._kept[name]
        late = samples.generated_tai_s <= self.answers_from_tai_s
        self.counts.after_final += int(late.sum())
        self.counts.taken += len(samples)
        kept.samples = kept.samples.merged(samples)

    def _advance(self) -> None:
        newest = [kept.samples.generated_tai_s[-1] for kept in self._kept.values() if len(kept.samples)]
        self._newest_tai_s = max(self._newest_tai_s, *newest, -np.inf)
        for kept in self._kept.values():
            self._trim(kept)

    def _trim(self, kept: _Kept) -> None:
        times = kept.samples.generated_tai_s
        first = int(np.searchsorted(times, self._needed_from_s(kept)))
        crowded = max(len(times) - first - self._most_samples, 0)
        if crowded:
            first += crowded
            self.counts.crowded_out += crowded
            kept.whole_from_tai_s = max(kept.whole_from_tai_s, float(times[first - 1]))
        if first:
            kept.samples = kept.samples.only(slice(first, None))

    def _needed_from_s(self, kept: _Kept) -> float:
        return self.answers_from_tai_s - kept.lookback_s - EDGE_S
