"""What a feature is made of: small typed expressions over the parameters of one spacecraft.

Every expression looks back a finite time: its value at an instant depends on the samples generated within ``lookback_s`` up to that
instant and on nothing else. NaN stands for "not known".
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from core.errors import InputError
from ml.features.samples import Samples
from ml.features.statistics import STATISTICS, Statistic
from ml.features.units import NUMBER, SECOND, Unit
from ml.features.windows import Instants, Segments, newest_place, over_windows

__all__ = [
    "Comparison",
    "Condition",
    "Delayed",
    "Difference",
    "Expression",
    "Magnitude",
    "Newest",
    "Range",
    "Ratio",
    "Statistic",
    "TimeIn",
    "TimeSince",
    "Total",
    "Units",
    "Window",
]

Floats = NDArray[np.float64]
Series = Mapping[str, Samples]
ParameterName = Annotated[str, Field(min_length=1, max_length=256)]
Seconds = Annotated[float, Field(gt=0, le=32 * 86_400, allow_inf_nan=False)]


class Units(Protocol):
    """Units of parameters by name."""

    def __getitem__(self, parameter: str, /) -> Unit:
        """The unit of one."""
        ...


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Comparison(StrEnum):
    """How a value stands to another one."""

    ABOVE = "above"
    AT_LEAST = "at_least"
    BELOW = "below"
    AT_MOST = "at_most"
    EQUAL = "equal"
    UNEQUAL = "unequal"


class Condition(_Part):
    """What a sample of a parameter says, or does not; truths are 1 and 0."""

    parameter: ParameterName
    comparison: Comparison
    value: Annotated[float, Field(allow_inf_nan=False)] | str

    def holds(self, samples: Samples) -> NDArray[np.bool_]:
        """Of which samples it holds.

        Raises:
            InputError: A text is compared with numbers, a number with texts, or by size.
        """
        if not len(samples):
            return np.empty(0, dtype=bool)
        if samples.are_numbers == isinstance(self.value, str):
            kinds = ("numbers", "text") if samples.are_numbers else ("texts", "number")
            raise InputError("value", f"{self.parameter} has {kinds[0]}; {self.value!r} is a {kinds[1]}")
        if isinstance(self.value, str) and self.comparison not in (Comparison.EQUAL, Comparison.UNEQUAL):
            raise InputError(
                "comparison",
                f"{self.comparison} compares sizes, which texts such as those of {self.parameter} do not have",
            )
        made: NDArray[np.bool_] = _COMPARED[self.comparison](samples.values, self.value)
        return np.asarray(made, dtype=bool)


class _Node(_Part, ABC):
    @property
    @abstractmethod
    def lookback_s(self) -> float:
        """Seconds before an instant from which on samples matter."""

    @abstractmethod
    def parameters(self) -> frozenset[str]:
        """The parameters that it is made of."""

    @abstractmethod
    def unit(self, units: Units) -> Unit:
        """Its unit; InputError where the parts do not fit."""

    @abstractmethod
    def values(self, series: Series, instants: Instants) -> Floats:
        """Its value at each instant; NaN where it is not known."""

    def conditions(self) -> Iterator[Condition]:
        """The conditions in it."""
        yield from ()

    def numeric(self) -> frozenset[str]:
        """The parameters whose values must be numbers."""
        return self.parameters() - {one.parameter for one in self.conditions()}


class Newest(_Node):
    """The newest value, unless it is as old as ``max_age_s`` or older."""

    kind: Literal["newest"] = "newest"
    parameter: ParameterName
    max_age_s: Seconds

    @property
    def lookback_s(self) -> float:
        return self.max_age_s

    def parameters(self) -> frozenset[str]:
        return frozenset((self.parameter,))

    def unit(self, units: Units) -> Unit:
        return units[self.parameter]

    def values(self, series: Series, instants: Instants) -> Floats:
        samples = _numbers(series, self.parameter)
        place = newest_place(samples, instants)
        return _taken(samples.values, samples.generated_tai_s, place, instants.at_tai_s - self.max_age_s)


class Window(_Node):
    """A statistic of the samples of the last ``window_s``: the instant itself is within, the beginning is not."""

    kind: Literal["window"] = "window"
    parameter: ParameterName
    statistic: Statistic
    window_s: Seconds

    @property
    def lookback_s(self) -> float:
        return self.window_s

    def parameters(self) -> frozenset[str]:
        return frozenset((self.parameter,))

    def numeric(self) -> frozenset[str]:
        return frozenset() if self.statistic is Statistic.COUNT else self.parameters()

    def unit(self, units: Units) -> Unit:
        own = units[self.parameter]
        match self.statistic:
            case Statistic.COUNT:
                return NUMBER
            case Statistic.DEVIATION:
                return own.of_differences()
            case Statistic.SLOPE | Statistic.RATE:
                return own.of_differences().over(SECOND)
        return own

    def values(self, series: Series, instants: Instants) -> Floats:
        counts = self.statistic is Statistic.COUNT
        samples = series[self.parameter] if counts else _numbers(series, self.parameter)
        return over_windows(samples, instants, self.window_s, STATISTICS[self.statistic], 0.0 if counts else math.nan)


class TimeSince(_Node):
    """Seconds since the newest sample of which a condition holds; NaN where that was ``horizon_s`` ago, or longer."""

    kind: Literal["time_since"] = "time_since"
    condition: Condition
    horizon_s: Seconds

    @property
    def lookback_s(self) -> float:
        return self.horizon_s

    def parameters(self) -> frozenset[str]:
        return frozenset((self.condition.parameter,))

    def conditions(self) -> Iterator[Condition]:
        yield self.condition

    def unit(self, units: Units) -> Unit:
        return SECOND

    def values(self, series: Series, instants: Instants) -> Floats:
        samples = series[self.condition.parameter]
        held = samples.only(self.condition.holds(samples))
        place = newest_place(held, instants)
        times = held.generated_tai_s
        since = _taken(times, times, place, instants.at_tai_s - self.horizon_s)
        return instants.at_tai_s - since


class TimeIn(_Node):
    """How long a condition held within the last ``window_s``.

    A sample says how it is until the next one, for ``hold_s`` at most: what is not told of counts for neither side. NaN where
    nothing is told of the whole window.
    """

    kind: Literal["time_in"] = "time_in"
    condition: Condition
    window_s: Seconds
    hold_s: Seconds
    share: bool = False  # of the time that is told of, instead of seconds

    @property
    def lookback_s(self) -> float:
        return self.window_s + self.hold_s

    def parameters(self) -> frozenset[str]:
        return frozenset((self.condition.parameter,))

    def conditions(self) -> Iterator[Condition]:
        yield self.condition

    def unit(self, units: Units) -> Unit:
        return NUMBER if self.share else SECOND

    def values(self, series: Series, instants: Instants) -> Floats:
        samples = series[self.condition.parameter]
        held = self.condition.holds(samples).astype(np.float64)
        told = Samples(samples.generated_tai_s, samples.received_tai_s, held)
        return over_windows(told, instants, self.lookback_s, self._duration, math.nan)

    def _duration(self, windows: Segments) -> Floats:
        begins = windows.samples.generated_tai_s
        ends = np.append(begins[1:], 0.0)
        ends[windows.last] = windows.at_tai_s
        ends = np.minimum(ends, begins + self.hold_s)
        begins = np.maximum(begins, windows.spread(windows.at_tai_s - self.window_s))
        lengths = np.maximum(ends - begins, 0.0)
        known = windows.total(lengths)
        within = windows.total(lengths * windows.samples.values)
        return np.where(known > 0, within / known if self.share else within, np.nan)


class _OfSeveral(_Node):
    @abstractmethod
    def parts(self) -> Sequence[_Node]:
        """The expressions that it is made of."""

    @property
    def lookback_s(self) -> float:
        return max(one.lookback_s for one in self.parts())

    def parameters(self) -> frozenset[str]:
        return frozenset().union(*(one.parameters() for one in self.parts()))

    def conditions(self) -> Iterator[Condition]:
        for one in self.parts():
            yield from one.conditions()

    def numeric(self) -> frozenset[str]:
        return frozenset().union(*(one.numeric() for one in self.parts()))

    def _alike(self, units: Units) -> Unit:
        known = [one.unit(units) for one in self.parts()]
        for one in known[1:]:
            if one != known[0]:
                raise InputError("definition", f"{self.kind} is of values in {known[0]} and in {one}")  # type: ignore[attr-defined]
        return known[0]

    def _values(self, series: Series, instants: Instants) -> list[Floats]:
        return [one.values(series, instants) for one in self.parts()]


class Difference(_OfSeveral):
    """One value less another one."""

    kind: Literal["difference"] = "difference"
    left: Expression
    right: Expression

    def parts(self) -> Sequence[_Node]:
        return (self.left, self.right)

    def unit(self, units: Units) -> Unit:
        return self._alike(units).of_differences()

    def values(self, series: Series, instants: Instants) -> Floats:
        left, right = self._values(series, instants)
        return _finite(np.subtract, left, right)


class Ratio(_OfSeveral):
    """One value divided by another one; NaN where that is zero."""

    kind: Literal["ratio"] = "ratio"
    above: Expression
    below: Expression

    def parts(self) -> Sequence[_Node]:
        return (self.above, self.below)

    def unit(self, units: Units) -> Unit:
        above, below = self.above.unit(units), self.below.unit(units)
        if above.has_offset or below.has_offset:
            raise InputError("definition", "a ratio of temperatures in degC has no meaning")
        return above.over(below)

    def values(self, series: Series, instants: Instants) -> Floats:
        above, below = self._values(series, instants)
        return _finite(np.divide, above, below)


Terms = Annotated[tuple["Expression", ...], Field(min_length=2, max_length=64)]


class Total(_OfSeveral):
    """The sum of several values, in their order; NaN where one is not known."""

    kind: Literal["total"] = "total"
    terms: Terms

    def parts(self) -> Sequence[_Node]:
        return self.terms

    def unit(self, units: Units) -> Unit:
        unit = self._alike(units)
        if unit.has_offset:
            raise InputError("definition", "a sum of temperatures in degC has no meaning")
        return unit

    def values(self, series: Series, instants: Instants) -> Floats:
        first, *others = self._values(series, instants)
        for one in others:
            first = _finite(np.add, first, one)
        return first


class Range(_OfSeveral):
    """The greatest of several values less the least; NaN where one is not known."""

    kind: Literal["range"] = "range"
    terms: Terms

    def parts(self) -> Sequence[_Node]:
        return self.terms

    def unit(self, units: Units) -> Unit:
        return self._alike(units).of_differences()

    def values(self, series: Series, instants: Instants) -> Floats:
        known = np.stack(self._values(series, instants))
        return _finite(np.subtract, known.max(axis=0), known.min(axis=0))


class Magnitude(_OfSeveral):
    """A value without its sign."""

    kind: Literal["magnitude"] = "magnitude"
    of: Expression

    def parts(self) -> Sequence[_Node]:
        return (self.of,)

    def unit(self, units: Units) -> Unit:
        return self.of.unit(units)

    def values(self, series: Series, instants: Instants) -> Floats:
        made: Floats = np.abs(self.of.values(series, instants))
        return made


class Delayed(_OfSeveral):
    """What a value was ``by_s`` ago, as far as it is known at the instant itself."""

    kind: Literal["delayed"] = "delayed"
    of: Expression
    by_s: Seconds

    def parts(self) -> Sequence[_Node]:
        return (self.of,)

    @property
    def lookback_s(self) -> float:
        return self.of.lookback_s + self.by_s

    def unit(self, units: Units) -> Unit:
        return self.of.unit(units)

    def values(self, series: Series, instants: Instants) -> Floats:
        return self.of.values(series, instants.earlier(self.by_s))


Expression = Annotated[
    Newest | Window | TimeSince | TimeIn | Difference | Ratio | Total | Range | Magnitude | Delayed,
    Field(discriminator="kind"),
]
for _one in (Difference, Ratio, Total, Range, Magnitude, Delayed):
    _one.model_rebuild()


def _numbers(series: Series, parameter: str) -> Samples:
    samples = series[parameter]
    if not samples.are_numbers:
        raise InputError(
            "parameter", f"the values of {parameter} are texts; only conditions and counts are made of those"
        )
    return samples


def _taken(values: Floats, times: Floats, place: NDArray[np.intp], later_than_tai_s: Floats) -> Floats:
    made = np.full(len(place), np.nan)
    there = np.flatnonzero(place >= 0)
    there = there[times[place[there]] > later_than_tai_s[there]]
    made[there] = values[place[there]]
    return made


def _finite(operation: Callable[[Floats, Floats], Any], left: Floats, right: Floats) -> Floats:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        made = operation(left, right)
    return np.where(np.isfinite(made), made, np.nan)


_COMPARED: Final[Mapping[Comparison, Callable[[Any, Any], Any]]] = {
    Comparison.ABOVE: np.greater,
    Comparison.AT_LEAST: np.greater_equal,
    Comparison.BELOW: np.less,
    Comparison.AT_MOST: np.less_equal,
    Comparison.EQUAL: np.equal,
    Comparison.UNEQUAL: np.not_equal,
}
