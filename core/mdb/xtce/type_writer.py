"""Types of XTCE files, with encodings, calibrators and alarms, as XML."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from core.mdb.calibration import Calibrator, MathOperation, Polynomial, Spline
from core.mdb.encoding import (
    LITTLE_ENDIAN,
    BinaryEncoding,
    ByteOrder,
    Encoding,
    FloatEncoding,
    IntegerEncoding,
    StringEncoding,
)
from core.mdb.references import Reference
from core.mdb.types import AlarmLevel, AlarmRange, Alarms, DataType, ValueKind
from core.mdb.xtce.literal_writer import (
    number_of,
    range_of,
    reference_of,
    truth,
    write_condition,
    write_dimensions,
    write_integer,
    write_size,
)

__all__ = ["Place", "TypeWriter"]

Place = Callable[[str, str, str], tuple[Element, str]]
_TAGS: Final = {
    ValueKind.INTEGER: "Integer",
    ValueKind.FLOAT: "Float",
    ValueKind.ENUMERATED: "Enumerated",
    ValueKind.BOOLEAN: "Boolean",
    ValueKind.STRING: "String",
    ValueKind.BINARY: "Binary",
    ValueKind.ABSOLUTE_TIME: "AbsoluteTime",
    ValueKind.RELATIVE_TIME: "RelativeTime",
    ValueKind.ARRAY: "Array",
    ValueKind.AGGREGATE: "Aggregate",
}
_CHARSETS: Final = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16LE",
    "utf-16-be": "UTF-16BE",
    "utf-32": "UTF-32",
    "utf-32-le": "UTF-32LE",
    "utf-32-be": "UTF-32BE",
    "ascii": "US-ASCII",
    "latin-1": "ISO-8859-1",
    "cp1252": "Windows-1252",
}
_UNITS: Final = {1.0: "seconds", 1e-12: "picoSeconds", 86_400.0: "days"}


class TypeWriter:
    """Writes each type once, when it is first used.

    Args:
        root: Name of the root system.
        place: Gives the set for a qualified name, and the name within its system.
    """

    def __init__(self, root: str, place: Place) -> None:
        self._root = root
        self.place = place
        self._types: list[tuple[str, DataType, str]] = []

    def reference(self, kind: DataType, sort: str) -> str:
        """An absolute reference to a type of parameters or arguments.

        Two types of one name (those that refer to arguments of different telecommands) get names of their own.
        """
        for known_sort, known, name in self._types:
            if known_sort == sort and known == kind:
                return self._absolute(name)
        taken = {name for known_sort, _, name in self._types if known_sort == sort}
        name, number = kind.name, 1
        while name in taken:
            number += 1
            name = f"{kind.name}_{number}"
        self._types.append((sort, kind, name))
        _write_type(self, name, kind, sort)
        return self._absolute(name)

    def _absolute(self, name: str) -> str:
        return f"/{self._root}/{name}"


def _write_type(tree: TypeWriter, name: str, kind: DataType, sort: str) -> None:
    part = "TelemetryMetaData" if sort == "Parameter" else "CommandMetaData"
    if kind.element is not None or kind.members:  # what it refers to comes first
        _write_composed(tree, name, kind, sort, part)
        return
    holder, own = tree.place(name, part, f"{sort}TypeSet")
    element = SubElement(holder, f"{_TAGS[kind.kind]}{sort}Type", {"name": own})
    if kind.kind is ValueKind.BOOLEAN:
        element.set("zeroStringValue", kind.labels[0])
        element.set("oneStringValue", kind.labels[1])
    timed = kind.kind in (ValueKind.ABSOLUTE_TIME, ValueKind.RELATIVE_TIME)
    if timed:
        attributes = {"units": _UNITS[kind.unit_s], "scale": number_of(kind.scale), "offset": number_of(kind.offset)}
        inside = SubElement(element, "Encoding", attributes)
    else:
        units = SubElement(element, "UnitSet")
        if kind.unit:
            SubElement(units, "Unit").text = kind.unit
        inside = element
    if kind.encoding is not None:
        _write_calibration(_write_encoding(inside, kind.encoding), kind)
    _write_rest(element, kind, sort)


def _write_composed(tree: TypeWriter, name: str, kind: DataType, sort: str, part: str) -> None:
    if kind.element is not None:
        reference = tree.reference(kind.element, sort)
        holder, own = tree.place(name, part, f"{sort}TypeSet")
        element = SubElement(holder, f"Array{sort}Type", {"name": own, "arrayTypeRef": reference})
        write_dimensions(element, kind.dimensions)
        return
    references = [tree.reference(one.type, sort) for one in kind.members]
    holder, own = tree.place(name, part, f"{sort}TypeSet")
    members = SubElement(SubElement(holder, f"Aggregate{sort}Type", {"name": own}), "MemberList")
    for one, reference in zip(kind.members, references, strict=True):
        SubElement(members, "Member", {"name": one.name, "typeRef": reference})


def _write_rest(element: Element, kind: DataType, sort: str) -> None:
    """What stands after the encoding of a type."""
    if kind.kind is ValueKind.ENUMERATED:
        labels = SubElement(element, "EnumerationList")
        for number, label in kind.labels.items():
            SubElement(labels, "Enumeration", {"value": str(number), "label": label})
        for one in kind.label_ranges:
            attributes = {"value": str(one.first), "maxValue": str(one.last), "label": one.label}
            SubElement(labels, "Enumeration", attributes)
    if kind.characters is not None:
        SubElement(element, "SizeRangeInCharacters", range_of(kind.characters))
    if kind.epoch is not None:
        reference = SubElement(element, "ReferenceTime")
        if isinstance(kind.epoch, Reference):
            SubElement(reference, "OffsetFrom", reference_of(kind.epoch))
        else:
            SubElement(reference, "Epoch").text = kind.epoch.name
    if kind.valid:
        ranges = SubElement(element, "ValidRangeSet", {"validRangeAppliesToCalibrated": truth(not kind.valid_raw)})
        for allowed in kind.valid:
            SubElement(ranges, "ValidRange", range_of(allowed))
    if kind.alarms != Alarms():
        _write_alarms(SubElement(element, "DefaultAlarm"), kind.alarms)
    if kind.context_alarms:
        contexts = SubElement(element, "ContextAlarmList")
        for condition, alarms in kind.context_alarms:
            context = SubElement(contexts, "ContextAlarm")
            _write_alarms(context, alarms)
            write_condition(SubElement(context, "ContextMatch"), condition)


def _write_encoding(parent: Element, encoding: Encoding) -> Element:
    if isinstance(encoding, (IntegerEncoding, FloatEncoding)):
        tag = "IntegerDataEncoding" if isinstance(encoding, IntegerEncoding) else "FloatDataEncoding"
        attributes = {"encoding": str(encoding.form), "sizeInBits": str(encoding.size_bits)}
        if encoding.byte_order:
            attributes["byteOrder"] = _byte_order(encoding.byte_order)
        if encoding.least_significant_bit_first:
            attributes["bitOrder"] = "leastSignificantBitFirst"
        return SubElement(parent, tag, attributes)
    if isinstance(encoding, BinaryEncoding):
        element = SubElement(parent, "BinaryDataEncoding")
        write_size(SubElement(element, "SizeInBits"), encoding.size)
        return element
    return _write_string(parent, encoding)


def _write_string(parent: Element, encoding: StringEncoding) -> Element:
    element = SubElement(parent, "StringDataEncoding", {"encoding": _CHARSETS[encoding.charset]})
    varies = encoding.variable or encoding.maximum_bits is not None
    if varies:
        inside = SubElement(element, "Variable", {"maxSizeInBits": str(encoding.maximum_bits)})
        if encoding.size is not None:
            write_integer(inside, encoding.size)
    else:
        inside = SubElement(element, "SizeInBits")
        write_size(SubElement(inside, "Fixed"), encoding.size)
    if encoding.leading_size_bits:
        SubElement(inside, "LeadingSize", {"sizeInBitsOfSizeTag": str(encoding.leading_size_bits)})
    if encoding.terminator:
        SubElement(inside, "TerminationChar").text = encoding.terminator.hex()
    return element


def _byte_order(order: ByteOrder) -> str:
    return "leastSignificantByteFirst" if order == LITTLE_ENDIAN else ",".join(str(one) for one in order)


def _write_calibration(encoding: Element, kind: DataType) -> None:
    if kind.calibrator is not None:
        _write_calibrator(SubElement(encoding, "DefaultCalibrator"), kind.calibrator)
    if kind.contexts:
        contexts = SubElement(encoding, "ContextCalibratorList")
        for one in kind.contexts:
            context = SubElement(contexts, "ContextCalibrator")
            write_condition(SubElement(context, "ContextMatch"), one.condition)
            _write_calibrator(SubElement(context, "Calibrator"), one.calibrator)


def _write_calibrator(parent: Element, calibrator: Calibrator) -> None:
    if isinstance(calibrator, Polynomial):
        terms = SubElement(parent, "PolynomialCalibrator")
        for exponent, coefficient in enumerate(calibrator.coefficients):
            SubElement(terms, "Term", {"coefficient": number_of(coefficient), "exponent": str(exponent)})
    elif isinstance(calibrator, Spline):
        attributes = {"order": str(calibrator.order), "extrapolate": truth(calibrator.extrapolate)}
        points = SubElement(parent, "SplineCalibrator", attributes)
        for raw, value in calibrator.points:
            place = {"order": str(calibrator.order), "raw": number_of(raw), "calibrated": number_of(value)}
            SubElement(points, "SplinePoint", place)
    else:
        steps = SubElement(parent, "MathOperationCalibrator")
        for step in calibrator.steps:
            if isinstance(step, Reference):
                SubElement(steps, "ParameterInstanceRefOperand", reference_of(step))
            elif step == MathOperation.THIS:
                SubElement(steps, "ThisParameterOperand")
            else:
                tag = "Operator" if isinstance(step, str) else "ValueOperand"
                SubElement(steps, tag).text = step if isinstance(step, str) else number_of(step)


def _write_alarms(parent: Element, alarms: Alarms) -> None:
    parent.set("minViolations", str(alarms.minimum_violations))
    if alarms.minimum_conformance is not None:
        parent.set("minConformance", str(alarms.minimum_conformance))
    if alarms.other_labels is not AlarmLevel.NORMAL:
        parent.set("defaultAlarmLevel", str(alarms.other_labels))
    if alarms.conditions:
        conditions = SubElement(parent, "AlarmConditions")
        for level, condition in alarms.conditions:
            write_condition(SubElement(conditions, f"{str(level).capitalize()}Alarm"), condition)
    if alarms.changes:
        first = alarms.changes[0]
        attributes = {
            "changeType": "changePerSecond" if first.per_second else "changePerSample",
            "changeBasis": "percentageChange" if first.percentage else "absoluteChange",
            "spanOfInterestInSamples": str(first.span_samples),
            "spanOfInterestInSeconds": number_of(first.span_s),
        }
        changes = SubElement(parent, "ChangeAlarmRanges", attributes)
        changes.set("rangeForm", "inside" if first.alarm.inside else "outside")
        for change in alarms.changes:
            SubElement(changes, f"{str(change.alarm.level).capitalize()}Range", range_of(change.alarm.range))
    if alarms.ranges:
        ranges = SubElement(parent, "AlarmMultiRanges")
        for one in alarms.ranges:
            SubElement(ranges, "Range", _alarm_range(one))
    if alarms.labels:
        labels = SubElement(parent, "EnumerationAlarmList")
        for label, level in alarms.labels.items():
            SubElement(labels, "EnumerationAlarm", {"alarmLevel": str(level), "enumerationLabel": label})


def _alarm_range(one: AlarmRange) -> dict[str, str]:
    return range_of(one.range) | {"rangeForm": "inside" if one.inside else "outside", "level": str(one.level)}
