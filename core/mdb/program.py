"""A mission database compiled for packets by the million: what has a fixed place is taken natively, in columns.

A container whose layout depends on values in the packet (dynamic sizes, repetitions, conditions, contexts, operations on a
stack) is marked, and its packets are taken apart one by one by the readable reference (``decode_packet``); so is every
container that extends it.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import Any, Final

from core.mdb.calibration import Polynomial, Spline
from core.mdb.containers import Anchor, Container, ContainerReference, Entry, FixedBits, Parameter
from core.mdb.encoding import (
    LITTLE_ENDIAN,
    BinaryEncoding,
    ByteOrder,
    FloatEncoding,
    FloatForm,
    IntegerEncoding,
    IntegerForm,
    StringEncoding,
)
from core.mdb.model import MissionDatabase
from core.mdb.references import AllOf, Comparison, Condition, FixedInteger, Operator, Reference
from core.mdb.types import AlarmLevel, AlarmRange, DataType, Epoch, TimeScale, ValueKind
from native import _core

__all__ = ["CompiledField", "CompiledLayout", "CompiledProgram", "compile_program"]

_INTEGER_FORMS: Final = {
    IntegerForm.UNSIGNED: 0,
    IntegerForm.TWOS_COMPLEMENT: 1,
    IntegerForm.ONES_COMPLEMENT: 2,
    IntegerForm.SIGN_MAGNITUDE: 3,
    IntegerForm.BCD: 4,
    IntegerForm.PACKED_BCD: 5,
}
_FLOAT_FORMS: Final = {
    FloatForm.IEEE754: 6,
    FloatForm.MIL_STD_1750A: 7,
    FloatForm.DEC: 8,
    FloatForm.IBM: 9,
    FloatForm.TI: 10,
}
_OCTETS: Final = 11
_COMPARATORS: Final = {one: number for number, one in enumerate(Operator)}
_LEVELS: Final = {one: number for number, one in enumerate(AlarmLevel)}
_TIMES: Final = (ValueKind.ABSOLUTE_TIME, ValueKind.RELATIVE_TIME)
_MOST_ELEMENTS: Final = 4096


class _NotStatic(Exception):
    """A layout depends on values in the packet."""


@dataclass(frozen=True)
class CompiledField:
    """A parameter, or a member or element of one, at a fixed place."""

    name: str
    type: DataType
    offset_bits: int
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class CompiledLayout:
    """A container as the native program knows it; without fields where its packets are interpreted."""

    container: str
    fields: tuple[CompiledField, ...]
    interpreted: bool


@dataclass(frozen=True)
class CompiledProgram:
    """The native program and what its numbers mean."""

    native: Any
    layouts: tuple[CompiledLayout, ...]
    root: str


def compile_program(mdb: MissionDatabase, root: str | None = None) -> CompiledProgram:
    """Compile the containers that begin at a root; None for the first that packets begin with."""
    first = root if root is not None else mdb.roots()[0].name
    compiler = _Compiler(mdb)
    compiler.add(mdb.containers[first], _Place(), (), interpreted=False)
    native = _core.TelemetryProgram(compiler.nodes, compiler.tests, compiler.comparisons, 0)
    return CompiledProgram(native, tuple(compiler.layouts), first)


@dataclass
class _Place:
    """Where the next entry begins, and how far the packet reaches at least."""

    position: int = 0
    end: int = 0
    fields: list[CompiledField] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


class _Compiler:
    def __init__(self, mdb: MissionDatabase) -> None:
        self._mdb = mdb
        self.nodes: list[dict[str, Any]] = []
        self.tests: list[dict[str, Any]] = []
        self.comparisons: list[tuple[int, int, bool, float]] = []
        self.layouts: list[CompiledLayout] = []

    def add(
        self, container: Container, before: _Place, condition: tuple[tuple[int, int], ...], *, interpreted: bool
    ) -> int:
        """Compile a container with all that extend it; its number."""
        place = _Place(before.position, before.end, list(before.fields), set(before.names))
        number = len(self.nodes)
        node: dict[str, Any] = {"children": [], "condition": condition, "abstract": container.abstract}
        self.nodes.append(node)
        self.layouts.append(CompiledLayout(container.name, (), True))
        children: list[tuple[Container, tuple[tuple[int, int], ...]]] = []
        try:
            self._take(container, place, 0)
            described = [_native_field(one) for one in place.fields]
            children = [(one, self._condition(one, place)) for one in self._mdb.children(container.name)]
        except _NotStatic:
            interpreted = True
        if interpreted:
            node |= {"end_bits": 0, "interpreted": True, "fields": []}
            return number
        node |= {"end_bits": place.end, "interpreted": False, "fields": described}
        self.layouts[number] = CompiledLayout(container.name, tuple(place.fields), False)
        node["children"] = [self.add(one, place, steps, interpreted=False) for one, steps in children]
        return number

    def _take(self, container: Container, place: _Place, start: int) -> None:
        for entry in container.entries:
            if entry.condition is not None or entry.repeat is not None:
                raise _NotStatic
            if entry.location is not None:
                self._move(entry, place, start)
            self._take_entry(entry, place)
            place.end = max(place.end, place.position)

    def _move(self, entry: Entry, place: _Place, start: int) -> None:
        assert entry.location is not None
        if not isinstance(entry.location.offset, FixedInteger) or entry.location.anchor is Anchor.CONTAINER_END:
            raise _NotStatic
        origin = start if entry.location.anchor is Anchor.CONTAINER_START else place.position
        place.position = origin + entry.location.offset.number
        if place.position < 0:
            raise _NotStatic

    def _take_entry(self, entry: Entry, place: _Place) -> None:
        if isinstance(entry.item, Parameter):
            if entry.dimensions:
                raise _NotStatic
            self._take_value(entry.item.name, entry.item.type, place)
        elif isinstance(entry.item, ContainerReference):
            start = place.position
            for one in self._mdb.chain(entry.item.name):
                self._take(one, place, start)
        elif isinstance(entry.item, FixedBits):
            place.position += entry.item.size_bits
        else:
            raise _NotStatic

    def _take_value(self, name: str, kind: DataType, place: _Place) -> None:
        if kind.kind is ValueKind.AGGREGATE:
            for member in kind.members:
                self._take_value(f"{name}.{member.name}", member.type, place)
            return
        if kind.kind is ValueKind.ARRAY:
            self._take_array(name, kind, place)
            return
        if name in place.names:
            raise _NotStatic  # a value that comes twice is a list, which columns do not hold
        place.names.add(name)
        size = _size_bits(kind)
        place.fields.append(CompiledField(name, kind, place.position, kind.all_labels))
        place.position += size

    def _take_array(self, name: str, kind: DataType, place: _Place) -> None:
        indices = [""]
        for one in kind.dimensions:
            if not isinstance(one.first, FixedInteger) or not isinstance(one.last, FixedInteger):
                raise _NotStatic
            numbers = range(one.first.number, one.last.number + 1)
            indices = [f"{before}[{number}]" for before in indices for number in numbers]
            if len(indices) > _MOST_ELEMENTS:
                raise _NotStatic
        if kind.element is None or not kind.dimensions:
            raise _NotStatic
        for index in indices:
            self._take_value(name + index, kind.element, place)

    def _condition(self, child: Container, place: _Place) -> tuple[tuple[int, int], ...]:
        return () if child.restriction is None else tuple(self._steps(child.restriction, place))

    def _steps(self, condition: Condition, place: _Place) -> list[tuple[int, int]]:
        if isinstance(condition, Comparison):
            return [(0, self._comparison(condition, place))]
        steps = [step for one in condition.conditions for step in self._steps(one, place)]
        return [*steps, (1 if isinstance(condition, AllOf) else 2, len(condition.conditions))]

    def _comparison(self, condition: Comparison, place: _Place) -> int:
        """The number of a comparison; only numbers at fixed places compare natively."""
        found = next((one for one in reversed(place.fields) if one.name == condition.left.name), None)
        number = condition.right
        if found is None or isinstance(number, (Reference, bytes)):
            raise _NotStatic
        calibrated = condition.left.calibrated
        if isinstance(number, str):
            number, calibrated = self._number_of_label(found.type, number, condition.operator), False
        elif found.type.kind is ValueKind.BOOLEAN and calibrated:
            calibrated = False
        if found.type.kind in (ValueKind.STRING, ValueKind.BINARY) or abs(number) > 1 << 53:
            raise _NotStatic
        described = _native_field(found)
        if described["form"] == _OCTETS:
            raise _NotStatic
        self.tests.append(described)
        self.comparisons.append(
            (
                len(self.tests) - 1,
                _COMPARATORS[condition.operator],
                calibrated and bool(described["calibration"]),
                float(number),
            )
        )
        return len(self.comparisons) - 1

    def _number_of_label(self, kind: DataType, label: str, operator: Operator) -> int:
        numbers = [number for number, known in kind.labels.items() if known == label]
        if len(numbers) != 1 or kind.label_ranges or operator not in (Operator.EQUAL, Operator.UNEQUAL):
            raise _NotStatic
        return numbers[0]


def _size_bits(kind: DataType) -> int:
    encoding = kind.encoding
    if isinstance(encoding, (IntegerEncoding, FloatEncoding)):
        return encoding.size_bits
    if isinstance(encoding, (StringEncoding, BinaryEncoding)) and isinstance(encoding.size, FixedInteger):
        return encoding.size.number
    raise _NotStatic


def _native_field(one: CompiledField) -> dict[str, Any]:
    """A field as the native program takes it."""
    kind, encoding = one.type, one.type.encoding
    if kind.contexts or kind.context_alarms or kind.alarms.conditions:
        raise _NotStatic
    described: dict[str, Any] = {
        "offset_bits": one.offset_bits,
        "size_bits": _size_bits(kind),
        "byte_order": (),
        "bits_reversed": False,
        "calibration": 0,
        "terms": (),
        "values": (),
        "extrapolate": False,
        "alarms": [],
        "labels": _labels(one),
    }
    if isinstance(encoding, (IntegerEncoding, FloatEncoding)):
        number = kind.kind not in (ValueKind.STRING, ValueKind.BINARY)
        whole = isinstance(encoding, IntegerEncoding)
        if not number or (not whole and kind.kind in (ValueKind.ENUMERATED, ValueKind.BOOLEAN)):
            raise _NotStatic
        if isinstance(encoding, IntegerEncoding):
            described["form"] = _INTEGER_FORMS[encoding.form]
        else:
            described["form"] = _FLOAT_FORMS[encoding.form]
        described["byte_order"] = _byte_order(encoding.byte_order, encoding.size_bits)
        described["bits_reversed"] = encoding.least_significant_bit_first
        described |= _calibration(kind)
        described["alarms"] = [_band(alarm) for alarm in kind.alarms.ranges]
        if kind.kind is ValueKind.ENUMERATED and (kind.alarms.labels or kind.alarms.other_labels != "normal"):
            raise _NotStatic
        return described
    text_of_number = kind.kind not in (ValueKind.STRING, ValueKind.BINARY)
    if text_of_number or described["size_bits"] % 8 or (isinstance(encoding, StringEncoding) and _varies(encoding)):
        raise _NotStatic
    return described | {"form": _OCTETS, "labels": []}


def _varies(encoding: StringEncoding) -> bool:
    return encoding.variable or bool(encoding.leading_size_bits)


def _byte_order(order: ByteOrder, size_bits: int) -> tuple[int, ...]:
    return tuple(range(size_bits // 8)) if order == LITTLE_ENDIAN else order


def _calibration(kind: DataType) -> dict[str, Any]:
    if kind.kind in _TIMES:
        return _scaled(kind)
    if kind.kind not in (ValueKind.INTEGER, ValueKind.FLOAT) or kind.calibrator is None:
        return {}
    if isinstance(kind.calibrator, Polynomial):
        return {"calibration": 1, "terms": kind.calibrator.coefficients}
    if isinstance(kind.calibrator, Spline):
        raws, values = zip(*kind.calibrator.points, strict=True)
        form = 2 if kind.calibrator.order == 0 else 3
        return {"calibration": form, "terms": raws, "values": values, "extrapolate": kind.calibrator.extrapolate}
    raise _NotStatic


def _scaled(kind: DataType) -> dict[str, Any]:
    epoch_tai_s = 0.0
    if isinstance(kind.epoch, Epoch) and kind.epoch.scale is TimeScale.TAI:
        epoch_tai_s = kind.epoch.tai_s
    elif kind.epoch is not None:
        raise _NotStatic
    if kind.calibrator is not None:
        raise _NotStatic
    return {"calibration": 4, "terms": (kind.scale, kind.offset, kind.unit_s, epoch_tai_s)}


def _band(alarm: AlarmRange) -> tuple[int, float, float, bool]:
    """An alarm range whose ends belong to it: an excluded end is the next number inside."""
    one = alarm.range
    low = -math.inf if one.minimum is None else one.minimum
    high = math.inf if one.maximum is None else one.maximum
    if one.minimum_excluded:
        low = math.nextafter(low, math.inf)
    if one.maximum_excluded:
        high = math.nextafter(high, -math.inf)
    return _LEVELS[alarm.level], low, high, alarm.inside


def _labels(one: CompiledField) -> list[tuple[int, int, int]]:
    """Spans of numbers with the position of their label, in rising order; overlapping ones are not native."""
    if one.type.kind is not ValueKind.ENUMERATED:
        return []
    spans = [(number, number, index) for index, number in enumerate(one.type.labels)]
    first = len(spans)
    spans += [(span.first, span.last, first + index) for index, span in enumerate(one.type.label_ranges)]
    spans.sort()
    if any(before[1] >= after[0] for before, after in itertools.pairwise(spans)):
        raise _NotStatic
    return spans
