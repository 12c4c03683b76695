"""Parameter and argument types of XTCE 1.2 (OMG formal/18-10-05)."""

from __future__ import annotations

from typing import Final

from core.mdb.model import AlarmLevel, DataType, Encoding, EncodingKind, Range, ValueKind
from core.mdb.xml_tree import Element

__all__ = ["read_type"]

_KINDS: Final = {
    "Integer": ValueKind.INTEGER,
    "Float": ValueKind.FLOAT,
    "Enumerated": ValueKind.ENUMERATED,
    "Boolean": ValueKind.BOOLEAN,
    "String": ValueKind.STRING,
    "Binary": ValueKind.BINARY,
}
_INTEGER_ENCODINGS: Final = {"unsigned": EncodingKind.UNSIGNED, "twosComplement": EncodingKind.TWOS_COMPLEMENT}
_RANGES: Final = {
    "WatchRange": AlarmLevel.WATCH,
    "WarningRange": AlarmLevel.WARNING,
    "DistressRange": AlarmLevel.DISTRESS,
    "CriticalRange": AlarmLevel.CRITICAL,
    "SevereRange": AlarmLevel.SEVERE,
}
_REST: Final = -1  # agreed size for a binary value that takes all that follows


def read_type(element: Element) -> DataType:
    """The type in an ``…ParameterType`` or ``…ArgumentType`` element."""
    base = element.tag.removesuffix("ParameterType").removesuffix("ArgumentType")
    if base not in _KINDS:
        raise element.error(f"type {element.tag} is not supported")
    kind = _KINDS[base]
    if "baseType" in element.attributes:
        raise element.error("baseType is not supported: write the type out")
    encoding_element = _encoding_element(element)
    return DataType(
        name=element.get("name"),
        kind=kind,
        encoding=_encoding(encoding_element),
        unit=_unit(element),
        calibrator=_calibrator(encoding_element),
        labels=_labels(element, kind),
        valid=_valid(element),
        alarms=_alarms(element),
    )


def _encoding_element(element: Element) -> Element:
    for child in element.children:
        if child.tag.endswith("DataEncoding"):
            return child
    raise element.error("a data encoding is missing")


def _encoding(element: Element) -> Encoding:
    little = element.attributes.get("byteOrder", "mostSignificantByteFirst") == "leastSignificantByteFirst"
    if element.tag == "IntegerDataEncoding":
        name = element.attributes.get("encoding", "unsigned")
        if name not in _INTEGER_ENCODINGS:
            raise element.error(f"integer encoding {name!r} is not one of {sorted(_INTEGER_ENCODINGS)}")
        return _sized(element, _INTEGER_ENCODINGS[name], element.integer("sizeInBits", 8), little)
    if element.tag == "FloatDataEncoding":
        size = element.integer("sizeInBits", 32)
        if element.attributes.get("encoding", "IEEE754_1985") not in {"IEEE754_1985", "IEEE754"} or size not in {
            32,
            64,
        }:
            raise element.error("only IEEE 754 floats of 32 or 64 bits are supported")
        return _sized(element, EncodingKind.FLOAT, size, little)
    if element.tag in {"StringDataEncoding", "BinaryDataEncoding"}:
        kind = EncodingKind.STRING if element.tag.startswith("String") else EncodingKind.BINARY
        return _fixed_size(element, kind)
    raise element.error(f"encoding {element.tag} is not supported")


def _sized(element: Element, kind: EncodingKind, size: int, little: bool) -> Encoding:
    if not 1 <= size <= 64:
        raise element.error(f"sizeInBits {size} is outside 1 to 64")
    if little and size % 8:
        raise element.error(f"least significant byte first needs whole bytes, not {size} bits")
    return Encoding(kind, size, little)


def _fixed_size(element: Element, kind: EncodingKind) -> Encoding:
    fixed = element.find("SizeInBits", "Fixed", "FixedValue") or element.find("SizeInBits", "FixedValue")
    if fixed is None:
        raise element.error("only a fixed size is supported")
    try:
        size = int(fixed.text)
    except ValueError:
        raise fixed.error(f"{fixed.text!r} is no size in bits") from None
    if size == _REST:
        return Encoding(kind, None)
    if size <= 0 or size % 8:
        raise fixed.error(f"size {size} is no whole number of bytes")
    return Encoding(kind, size)


def _unit(element: Element) -> str:
    unit = element.find("UnitSet", "Unit")
    return unit.text.strip() if unit else ""


def _calibrator(encoding: Element) -> tuple[float, ...]:
    calibrator = encoding.find("DefaultCalibrator")
    if calibrator is None:
        return ()
    polynomial = calibrator.find("PolynomialCalibrator")
    if polynomial is None:
        raise calibrator.error("only polynomial calibrators are supported")
    coefficients: dict[int, float] = {}
    for term in polynomial.children:
        coefficient = term.number("coefficient")
        if coefficient is None:
            raise term.error("attribute 'coefficient' is missing")
        coefficients[term.integer("exponent")] = coefficient
    if not coefficients or min(coefficients) < 0 or max(coefficients) > 16:
        raise polynomial.error("exponents must lie in 0 to 16")
    return tuple(coefficients.get(power, 0.0) for power in range(max(coefficients) + 1))


def _labels(element: Element, kind: ValueKind) -> dict[int, str]:
    if kind is ValueKind.BOOLEAN:
        return {
            0: element.attributes.get("zeroStringValue", "False"),
            1: element.attributes.get("oneStringValue", "True"),
        }
    labels = {one.integer("value"): one.get("label") for one in element.each("EnumerationList")}
    if kind is ValueKind.ENUMERATED and not labels:
        raise element.error("an enumeration needs at least one label")
    return labels


def _valid(element: Element) -> tuple[Range, ...]:
    elements = [child for child in element.children if child.tag == "ValidRange"]
    elements += list(element.each("ValidRangeSet"))
    return tuple(_range(one) for one in elements)


def _alarms(element: Element) -> dict[AlarmLevel, Range]:
    ranges = element.find("DefaultAlarm", "StaticAlarmRanges")
    if ranges is None:
        if element.find("DefaultAlarm") is not None:
            raise element.error("only static alarm ranges are supported")
        return {}
    if ranges.attributes.get("rangeForm", "outside") != "outside":
        raise ranges.error("only rangeForm 'outside' is supported")
    for child in ranges.children:
        if child.tag not in _RANGES:
            raise child.error(f"alarm range is not one of {sorted(_RANGES)}")
    return {_RANGES[child.tag]: _range(child) for child in ranges.children}


def _range(element: Element) -> Range:
    if {"minExclusive", "maxExclusive"} & element.attributes.keys():
        raise element.error("only inclusive range ends are supported")
    one = Range(element.number("minInclusive"), element.number("maxInclusive"))
    if one.minimum is not None and one.maximum is not None and one.minimum > one.maximum:
        raise element.error(f"range {one} is empty")
    return one
