"""Parameter and argument types of XTCE 1.2 files (OMG formal/18-10-05), with inheritance."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from core.errors import InputError
from core.mdb.encoding import IntegerEncoding, IntegerForm
from core.mdb.references import Condition, Reference
from core.mdb.types import (
    AlarmLevel,
    AlarmRange,
    Alarms,
    ChangeRange,
    DataType,
    Epoch,
    LabelRange,
    Member,
    Range,
    TimeScale,
    ValueKind,
)
from core.mdb.xtce.encodings import encoding_element, read_calibrator, read_contexts, read_encoding
from core.mdb.xtce.literals import boolean, read_condition, read_dimensions, read_reference
from core.mdb.xtce.names import Names, Scope
from core.mdb.xtce.xml_tree import Element
from core.time import CCSDS_EPOCH_TAI_S, parse_utc, tai_s_from_gps, tai_s_from_utc

__all__ = ["Types"]

_KINDS: Final = {
    "Integer": ValueKind.INTEGER,
    "Float": ValueKind.FLOAT,
    "Enumerated": ValueKind.ENUMERATED,
    "Boolean": ValueKind.BOOLEAN,
    "String": ValueKind.STRING,
    "Binary": ValueKind.BINARY,
    "AbsoluteTime": ValueKind.ABSOLUTE_TIME,
    "RelativeTime": ValueKind.RELATIVE_TIME,
    "Array": ValueKind.ARRAY,
    "Aggregate": ValueKind.AGGREGATE,
}
_RANGES: Final = {
    "WatchRange": AlarmLevel.WATCH,
    "WarningRange": AlarmLevel.WARNING,
    "DistressRange": AlarmLevel.DISTRESS,
    "CriticalRange": AlarmLevel.CRITICAL,
    "SevereRange": AlarmLevel.SEVERE,
}
_ALARMS_OF_LEVEL: Final = {name.replace("Range", "Alarm"): level for name, level in _RANGES.items()}
_TIME_UNITS_S: Final = {"seconds": 1.0, "picoSeconds": 1e-12, "days": 86_400.0}
_TT_MINUS_TAI_S: Final = 32.184  # IAU 1991 Recommendation IV
_EPOCHS: Final = {
    "TAI": Epoch("TAI", TimeScale.TAI, CCSDS_EPOCH_TAI_S),
    "J2000": Epoch("J2000", TimeScale.TAI, -_TT_MINUS_TAI_S),
    "UNIX": Epoch("UNIX", TimeScale.UTC),
    "POSIX": Epoch("UNIX", TimeScale.UTC),
    "GPS": Epoch("GPS", TimeScale.TAI, tai_s_from_gps(0, 0.0)),
}
_DATES_BEFORE_UTC: Final = {"1970-01-01": "UNIX", "1958-01-01": "TAI"}  # UTC has whole leap seconds from 1972 on


class Types:
    """The types of one sort (of parameters, or of arguments), each read once.

    Args:
        names: Their elements.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._read: dict[tuple[str, tuple[str, ...]], DataType] = {}
        self._reading: list[str] = []

    def referred(self, element: Element, attribute: str, scope: Scope) -> DataType:
        """The type that an attribute refers to."""
        return self.get(scope.resolve(self._names, element, attribute), scope)

    def get(self, name: str, user: Scope) -> DataType:
        """A type by its qualified name; what it refers to of a telecommand's arguments depends on who uses it."""
        key = (name, tuple(one.get("name") for one in user.arguments))
        if key not in self._read:
            element, home = self._names.elements[name]
            if name in self._reading:
                raise element.error("the type is part of itself")
            self._reading.append(name)
            self._read[key] = self._type(name, element, _with_arguments(home, user))
            self._reading.pop()
        return self._read[key]

    def _type(self, name: str, element: Element, scope: Scope) -> DataType:
        base = element.tag.removesuffix("ParameterType").removesuffix("ArgumentType")
        if base not in _KINDS or base == element.tag:
            raise element.error(f"type {element.tag} is not supported")
        whole = self._with_base(element, scope)
        kind = _KINDS[base]
        if kind is ValueKind.ARRAY:
            return DataType(
                name,
                kind,
                element=self.referred(whole, "arrayTypeRef", scope),
                dimensions=read_dimensions(whole, scope),
            )
        if kind is ValueKind.AGGREGATE:
            members = tuple(
                Member(one.get("name"), self.referred(one, "typeRef", scope)) for one in whole.each("MemberList")
            )
            if not members or len({one.name for one in members}) < len(members):
                raise element.error("an aggregate needs members with different names")
            return DataType(name, kind, members=members)
        return _scalar(name, kind, whole, scope)

    def _with_base(self, element: Element, scope: Scope) -> Element:
        """The element with what it inherits: its own children take the place of those of the same tag."""
        if "baseType" not in element.attributes:
            return element
        base, home = self._names.elements[scope.resolve(self._names, element, "baseType")]
        if base is element or base.tag != element.tag:
            raise element.error(f"baseType {element.get('baseType')!r} is not another {element.tag}")
        key = scope.qualified(element.get("name"))
        if self._reading.count(key) > len(self._names.elements):
            raise element.error("the type extends itself")
        self._reading.append(key)
        inherited = self._with_base(base, home)
        self._reading.pop()
        own = {child.tag for child in element.children}
        children = [child for child in inherited.children if child.tag not in own] + element.children
        return Element(
            element.path, element.line, element.tag, {**inherited.attributes, **element.attributes}, children
        )


def _with_arguments(home: Scope, user: Scope) -> Scope:
    if not user.arguments:
        return home
    return Scope(
        home.path,
        home.root,
        home.parameter_types,
        home.parameters,
        home.argument_types,
        home.containers,
        home.command_containers,
        home.commands,
        user.arguments,
    )


def _scalar(name: str, kind: ValueKind, element: Element, scope: Scope) -> DataType:
    inside = encoding_element(element)
    encoding = read_encoding(inside, scope) if inside is not None else None
    if kind is ValueKind.INTEGER and isinstance(encoding, IntegerEncoding):
        _check_signed(element, encoding)
    ranges, valid_raw = _valid(element)
    time = kind in (ValueKind.ABSOLUTE_TIME, ValueKind.RELATIVE_TIME)
    holder = element.find("Encoding") if time else None
    return DataType(
        name=name,
        kind=kind,
        encoding=encoding,
        unit="s" if time else _unit(element),
        calibrator=read_calibrator(inside.find("DefaultCalibrator"), scope) if inside is not None else None,
        contexts=read_contexts(inside, scope) if inside is not None else (),
        labels=_labels(element, kind),
        label_ranges=_label_ranges(element),
        valid=ranges,
        valid_raw=valid_raw,
        characters=_characters(element),
        alarms=_alarms(element.find("DefaultAlarm"), scope),
        context_alarms=tuple(_context_alarm(one, scope) for one in element.each("ContextAlarmList")),
        scale=_or(holder.number("scale") if holder else None, 1.0),
        offset=_or(holder.number("offset") if holder else None, 0.0),
        unit_s=_time_unit_s(holder) if holder else 1.0,
        epoch=_epoch(element, scope) if kind is ValueKind.ABSOLUTE_TIME else None,
    )


def _or(number: float | None, otherwise: float) -> float:
    return otherwise if number is None else number


def _check_signed(element: Element, encoding: IntegerEncoding) -> None:
    """A type that is said to be unsigned, of an encoding with a sign, would show negative numbers wrongly."""
    signed_forms = {IntegerForm.TWOS_COMPLEMENT, IntegerForm.ONES_COMPLEMENT, IntegerForm.SIGN_MAGNITUDE}
    has_calibrator = any(child.tag == "DefaultCalibrator" for one in element.children for child in one.children)
    if not boolean(element, "signed", True) and encoding.form in signed_forms and not has_calibrator:
        raise element.error(f"signed is false, but its encoding {encoding.form} has a sign")


def _unit(element: Element) -> str:
    unit = element.find("UnitSet", "Unit")
    return unit.text.strip() if unit else ""


def _labels(element: Element, kind: ValueKind) -> dict[int, str]:
    if kind is ValueKind.BOOLEAN:
        return {
            0: element.attributes.get("zeroStringValue", "False"),
            1: element.attributes.get("oneStringValue", "True"),
        }
    labels: dict[int, str] = {}
    for one in element.each("EnumerationList"):
        if "maxValue" not in one.attributes or one.integer("maxValue") == one.integer("value"):
            if one.integer("value") in labels:
                raise one.error(f"value {one.integer('value')} has two labels")
            labels[one.integer("value")] = one.get("label")
    if kind is ValueKind.ENUMERATED and not labels and not _label_ranges(element):
        raise element.error("an enumeration needs at least one label")
    return labels


def _label_ranges(element: Element) -> tuple[LabelRange, ...]:
    found = []
    for one in element.each("EnumerationList"):
        first = one.integer("value")
        last = one.integer("maxValue", first)
        if last < first:
            raise one.error(f"maxValue {last} is below value {first}")
        if last > first:
            found.append(LabelRange(first, last, one.get("label")))
    return tuple(found)


def _valid(element: Element) -> tuple[tuple[Range, ...], bool]:
    holder = element.find("ValidRangeSet")
    elements = [child for child in element.children if child.tag == "ValidRange"]
    elements += holder.children if holder else []
    of = holder or (elements[0] if elements else None)
    raw = of is not None and not boolean(of, "validRangeAppliesToCalibrated", True)
    return tuple(_range(one) for one in elements), raw


def _characters(element: Element) -> Range | None:
    for tag in ("SizeRangeInCharacters", "SizeRangeInBytes", "SizeRangeInOctets"):
        found = element.find(tag)
        if found is not None:
            return _range(found)
    return None


def _range(element: Element) -> Range:
    ends: dict[str, float | None] = {}
    for side in ("min", "max"):
        inclusive, exclusive = element.number(f"{side}Inclusive"), element.number(f"{side}Exclusive")
        if inclusive is not None and exclusive is not None:
            raise element.error(f"{side}Inclusive and {side}Exclusive cannot both be given")
        ends[side] = exclusive if inclusive is None else inclusive
        if ends[side] is not None and math.isnan(ends[side] or 0.0):
            raise element.error(f"the {side} end is no number")
    one = Range(ends["min"], ends["max"], "minExclusive" in element.attributes, "maxExclusive" in element.attributes)
    if one.empty:
        raise element.error(f"range {one} is empty")
    return one


def _alarms(element: Element | None, scope: Scope) -> Alarms:
    if element is None:
        return Alarms()
    violations = element.integer("minViolations", 1)
    conformance = element.integer("minConformance") if "minConformance" in element.attributes else None
    if violations < 1 or (conformance is not None and conformance < 1):
        raise element.error("minViolations and minConformance are at least 1")
    return Alarms(
        ranges=_static(element),
        changes=tuple(_changes(element)),
        labels={one.get("enumerationLabel"): _level(one, "alarmLevel") for one in element.each("EnumerationAlarmList")},
        other_labels=_level(element, "defaultAlarmLevel", AlarmLevel.NORMAL),
        conditions=tuple(_alarm_conditions(element, scope)),
        minimum_violations=violations,
        minimum_conformance=conformance,
    )


def _static(element: Element) -> tuple[AlarmRange, ...]:
    holder = element.find("StaticAlarmRanges")
    found = list(_levelled(holder)) if holder else []
    for one in element.each("AlarmMultiRanges"):
        if one.tag == "Range":
            found.append(AlarmRange(_level(one, "level"), _range(one), _inside(one)))
    return tuple(found)


def _levelled(holder: Element) -> list[AlarmRange]:
    inside = _inside(holder)
    found = []
    for one in holder.children:
        if one.tag in _RANGES:
            found.append(AlarmRange(_RANGES[one.tag], _range(one), inside))
        elif one.tag != "AncillaryDataSet":
            raise one.error(f"alarm range {one.tag} is not one of {sorted(_RANGES)}")
    return found


def _inside(element: Element) -> bool:
    form = element.attributes.get("rangeForm", "outside")
    if form not in {"outside", "inside"}:
        raise element.error(f"rangeForm {form!r} is neither outside nor inside")
    return form == "inside"


def _changes(element: Element) -> list[ChangeRange]:
    holder = element.find("ChangeAlarmRanges")
    if holder is None:
        return []
    kind = holder.attributes.get("changeType", "changePerSecond")
    basis = holder.attributes.get("changeBasis", "absoluteChange")
    if kind not in {"changePerSecond", "changePerSample"}:
        raise holder.error(f"changeType {kind!r} is neither changePerSecond nor changePerSample")
    if basis not in {"absoluteChange", "percentageChange"}:
        raise holder.error(f"changeBasis {basis!r} is neither absoluteChange nor percentageChange")
    samples, seconds = holder.integer("spanOfInterestInSamples", 1), holder.number("spanOfInterestInSeconds") or 0.0
    if samples < 1 or seconds < 0.0:
        raise holder.error("the span of interest is at least one sample, and not negative in seconds")
    return [
        ChangeRange(one, kind == "changePerSecond", basis == "percentageChange", samples, seconds)
        for one in _levelled(holder)
    ]


def _alarm_conditions(element: Element, scope: Scope) -> list[tuple[AlarmLevel, Condition]]:
    found = []
    for one in element.each("AlarmConditions"):
        condition = read_condition(one, scope)
        if one.tag in _ALARMS_OF_LEVEL and condition is not None:
            found.append((_ALARMS_OF_LEVEL[one.tag], condition))
    custom = element.find("CustomAlarm")
    if custom is not None:
        raise custom.error("an algorithm as an alarm is not supported")
    return found


def _level(element: Element, attribute: str, otherwise: AlarmLevel | None = None) -> AlarmLevel:
    text = element.attributes.get(attribute) if otherwise is not None else element.get(attribute)
    if text is None:
        return otherwise or AlarmLevel.NORMAL
    if text not in set(AlarmLevel):
        raise element.error(f"{attribute} {text!r} is not one of {[str(one) for one in AlarmLevel]}")
    return AlarmLevel(text)


def _context_alarm(element: Element, scope: Scope) -> tuple[Condition, Alarms]:
    condition = read_condition(element.need("ContextMatch"), scope)
    if condition is None:
        raise element.error("a context alarm needs a context")
    return condition, _alarms(element, scope)


def _time_unit_s(element: Element) -> float:
    unit = element.attributes.get("units", "seconds")
    if unit not in _TIME_UNITS_S:
        raise element.error(f"time unit {unit!r} has no fixed length or is unknown; there are {sorted(_TIME_UNITS_S)}")
    return _TIME_UNITS_S[unit]


def _epoch(element: Element, scope: Scope) -> Epoch | Reference | None:
    offset = element.find("ReferenceTime", "OffsetFrom")
    if offset is not None:
        return read_reference(offset, scope)
    found = element.find("ReferenceTime", "Epoch")
    if found is None:
        return None
    text = found.text.strip()
    text = _DATES_BEFORE_UTC.get(text.removesuffix("Z").removesuffix("T00:00:00"), text)
    return _EPOCHS[text] if text in _EPOCHS else _dated(found, text)


def _dated(element: Element, text: str) -> Epoch:
    convert: tuple[Callable[[str], datetime], ...] = (
        lambda one: parse_utc(one, "Epoch"),
        lambda one: datetime.fromisoformat(one).replace(tzinfo=UTC),
    )
    for one in convert:
        try:
            return Epoch(text, TimeScale.TAI, tai_s_from_utc(one(text)))
        except (ValueError, InputError):
            continue
    raise element.error(f"epoch {text!r} is not one of {sorted(_EPOCHS)} nor a date or time (UTC)")
