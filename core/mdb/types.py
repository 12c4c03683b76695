"""Types of parameters and arguments: what a value is to people, how it lies in bits, and when it is alarming."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from core.mdb.calibration import Calibrator, ContextCalibrator
from core.mdb.encoding import Encoding
from core.mdb.references import Condition, IntegerValue, Reference, Value

__all__ = [
    "AlarmLevel",
    "AlarmRange",
    "Alarms",
    "ChangeRange",
    "DataType",
    "Dimension",
    "Epoch",
    "LabelRange",
    "Member",
    "Range",
    "TimeScale",
    "ValueKind",
]


class ValueKind(Enum):
    """What a value is to people."""

    INTEGER = "integer"
    FLOAT = "float"
    ENUMERATED = "enumerated"
    BOOLEAN = "boolean"
    STRING = "string"
    BINARY = "binary"
    ABSOLUTE_TIME = "absolute time"  # TAI seconds since J2000
    RELATIVE_TIME = "relative time"  # s
    ARRAY = "array"
    AGGREGATE = "aggregate"


class AlarmLevel(StrEnum):
    """How far outside its limits a value is, in rising order (XTCE ConcernLevels)."""

    NORMAL = "normal"
    WATCH = "watch"
    WARNING = "warning"
    DISTRESS = "distress"
    CRITICAL = "critical"
    SEVERE = "severe"


@dataclass(frozen=True)
class Range:
    """An interval; an end that is None is open, and an end is part of it unless it is said to be excluded."""

    minimum: float | None = None
    maximum: float | None = None
    minimum_excluded: bool = False
    maximum_excluded: bool = False

    def contains(self, value: float) -> bool:
        """Whether a value lies inside; a NaN does not."""
        if value != value:
            return False
        if self.minimum is not None and (value < self.minimum or (self.minimum_excluded and value == self.minimum)):
            return False
        return self.maximum is None or value < self.maximum or (not self.maximum_excluded and value == self.maximum)

    @property
    def empty(self) -> bool:
        """Whether no value lies inside."""
        if self.minimum is None or self.maximum is None:
            return False
        return self.minimum > self.maximum or (
            self.minimum == self.maximum and (self.minimum_excluded or self.maximum_excluded)
        )

    def __str__(self) -> str:
        low = "" if self.minimum is None else f"{'above ' if self.minimum_excluded else ''}{self.minimum:.15g}"
        high = "" if self.maximum is None else f"{'below ' if self.maximum_excluded else ''}{self.maximum:.15g}"
        if low and high:
            return f"{low} to {high}"
        if not low and not high:
            return "any number"
        if low:
            return low if self.minimum_excluded else f"at least {low}"
        return high if self.maximum_excluded else f"at most {high}"


@dataclass(frozen=True)
class AlarmRange:
    """An alarm while a value is outside a range, or inside it."""

    level: AlarmLevel
    range: Range
    inside: bool = False

    def raised_by(self, value: float) -> bool:
        """Whether the value raises it; a NaN does not (it is invalid, not alarming)."""
        return value == value and self.range.contains(value) is self.inside


@dataclass(frozen=True)
class ChangeRange:
    """An alarm on how fast a value changes.

    Args:
        alarm: The range of the change.
        per_second: Whether the change is per second, or from sample to sample.
        percentage: Whether it is in percent of the earlier value, or in the parameter's unit.
        span_samples: Over how many samples it is measured.
        span_s: Over how many seconds; 0 where samples are counted.
    """

    alarm: AlarmRange
    per_second: bool = True
    percentage: bool = False
    span_samples: int = 1
    span_s: float = 0.0


@dataclass(frozen=True)
class Alarms:
    """When values of a type are alarming.

    Args:
        ranges: By value.
        changes: By change.
        labels: By the label of an enumeration.
        other_labels: Level of labels that are not named.
        conditions: Levels by conditions over any parameters.
        minimum_violations: Samples in a row before an alarm is raised.
        minimum_conformance: Samples in a row before it is cleared; None for as many as to raise it.
    """

    ranges: tuple[AlarmRange, ...] = ()
    changes: tuple[ChangeRange, ...] = ()
    labels: Mapping[str, AlarmLevel] = field(default_factory=dict)
    other_labels: AlarmLevel = AlarmLevel.NORMAL
    conditions: tuple[tuple[AlarmLevel, Condition], ...] = ()
    minimum_violations: int = 1
    minimum_conformance: int | None = None


class TimeScale(StrEnum):
    """What the seconds of a time are counted in."""

    TAI = "TAI"  # every second counts
    UTC = "UTC"  # leap seconds are not counted, as in UNIX time


@dataclass(frozen=True)
class Epoch:
    """Where a time counts from."""

    name: str
    scale: TimeScale
    tai_s: float = 0.0  # of the epoch itself, since J2000; UNIX time counts from 1970-01-01 UTC


@dataclass(frozen=True)
class LabelRange:
    """A label for all integers from first to last."""

    first: int
    last: int
    label: str


@dataclass(frozen=True)
class Dimension:
    """The indices of one dimension of an array, both ends included."""

    first: IntegerValue
    last: IntegerValue


@dataclass(frozen=True)
class Member:
    """A named part of an aggregate."""

    name: str
    type: DataType


@dataclass(frozen=True)
class DataType:
    """Type of a parameter or an argument.

    Args:
        name: Qualified with the systems below the root that it is in.
        kind: What a value is.
        encoding: How it lies in bits; None for arrays, aggregates, and what is never sent.
        unit: Of the engineering value; time is in seconds whatever is sent.
        calibrator: To the engineering value; of an argument from the engineering value (660.1-G-2 has both directions).
        contexts: Calibrators that hold in a context, before the other one.
        labels, label_ranges: Of an enumeration; of a boolean those of 0 and 1.
        valid: Ranges of which one must contain an argument.
        valid_raw: Whether these are of the raw value.
        characters: How many characters or octets a text or binary argument may have.
        alarms, context_alarms: When it is alarming; the first context that holds comes before the default.
        scale, offset: Of a time, applied to what is sent before its unit.
        unit_s: Seconds in the unit in which a time is sent.
        epoch: Where an absolute time counts from, or another parameter that it is added to.
        element, dimensions: Of an array.
        members: Of an aggregate.
    """

    name: str
    kind: ValueKind
    encoding: Encoding | None = None
    unit: str = ""
    calibrator: Calibrator | None = None
    contexts: tuple[ContextCalibrator, ...] = ()
    labels: Mapping[int, str] = field(default_factory=dict)
    label_ranges: tuple[LabelRange, ...] = ()
    valid: tuple[Range, ...] = ()
    valid_raw: bool = False
    characters: Range | None = None
    alarms: Alarms = field(default_factory=Alarms)
    context_alarms: tuple[tuple[Condition, Alarms], ...] = ()
    scale: float = 1.0
    offset: float = 0.0
    unit_s: float = 1.0
    epoch: Epoch | Reference | None = None
    element: DataType | None = None
    dimensions: tuple[Dimension, ...] = ()
    members: tuple[Member, ...] = ()

    def whole(self, value: Value) -> Value:
        """An engineering value as this type tells it: a calibrated integer without a fraction is an integer."""
        if self.kind is ValueKind.INTEGER and isinstance(value, float) and value.is_integer():
            return int(value)
        return value

    def label(self, number: int) -> str | None:
        """The label of an integer; None where there is none."""
        found = self.labels.get(number)
        if found is None:
            found = next((one.label for one in self.label_ranges if one.first <= number <= one.last), None)
        return found

    def number(self, label: str) -> int | None:
        """The (least) integer that has a label; None where there is no such label."""
        for number, known in self.labels.items():
            if known == label:
                return number
        return next((one.first for one in self.label_ranges if one.label == label), None)

    @property
    def all_labels(self) -> tuple[str, ...]:
        """Every label there is."""
        return (*self.labels.values(), *(one.label for one in self.label_ranges))
