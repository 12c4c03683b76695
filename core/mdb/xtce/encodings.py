"""Data encodings and calibrators of XTCE 1.2 files."""

from __future__ import annotations

import math
from typing import Final

from core.mdb.calibration import Calibrator, ContextCalibrator, MathOperation, Polynomial, Spline
from core.mdb.encoding import (
    BIG_ENDIAN,
    LITTLE_ENDIAN,
    BinaryEncoding,
    ByteOrder,
    Encoding,
    FloatEncoding,
    FloatForm,
    IntegerEncoding,
    IntegerForm,
    StringEncoding,
)
from core.mdb.references import FixedInteger, IntegerValue, Reference
from core.mdb.xtce.literals import boolean, read_condition, read_integer_value, read_reference
from core.mdb.xtce.names import Scope
from core.mdb.xtce.xml_tree import Element

__all__ = ["encoding_element", "read_calibrator", "read_contexts", "read_encoding"]

_FLOAT_SIZES: Final = {
    FloatForm.IEEE754: (16, 32, 64),
    FloatForm.MIL_STD_1750A: (32, 48),
    FloatForm.DEC: (32,),
    FloatForm.IBM: (32, 64),
    FloatForm.TI: (32, 40),
}
_CHARSETS: Final = {
    "UTF-8": "utf-8",
    "UTF-16": "utf-16",
    "UTF-16LE": "utf-16-le",
    "UTF-16BE": "utf-16-be",
    "UTF-32": "utf-32",
    "UTF-32LE": "utf-32-le",
    "UTF-32BE": "utf-32-be",
    "US-ASCII": "ascii",
    "ISO-8859-1": "latin-1",
    "Windows-1252": "cp1252",
}
_ORDERS: Final = {"mostSignificantByteFirst": BIG_ENDIAN, "leastSignificantByteFirst": LITTLE_ENDIAN}
_REST: Final = -1  # agreed size for a value that takes all that follows
_LARGEST_EXPONENT: Final = 16


def encoding_element(element: Element) -> Element | None:
    """The data encoding in a type, or in the encoding of a time; None where it has none."""
    inside = element.find("Encoding") or element
    return next((child for child in inside.children if child.tag.endswith("DataEncoding")), None)


def read_encoding(element: Element, scope: Scope) -> Encoding:
    """How values lie in bits."""
    for algorithm in ("FromBinaryTransformAlgorithm", "ToBinaryTransformAlgorithm"):
        found = element.find(algorithm)
        if found is not None:
            raise found.error("an algorithm in place of an encoding is not supported")
    if element.tag == "IntegerDataEncoding":
        return _integer(element)
    if element.tag == "FloatDataEncoding":
        return _float(element)
    if element.tag == "StringDataEncoding":
        return _string(element, scope)
    if element.tag == "BinaryDataEncoding":
        return BinaryEncoding(_rest_or(read_integer_value(element.need("SizeInBits"), scope), element))
    raise element.error(f"encoding {element.tag} is not supported")


def _integer(element: Element) -> IntegerEncoding:
    name = element.attributes.get("encoding", "unsigned")
    if name not in set(IntegerForm):
        raise element.error(f"integer encoding {name!r} is not one of {[str(one) for one in IntegerForm]}")
    size, form = element.integer("sizeInBits", 8), IntegerForm(name)
    if not 1 <= size <= 64:
        raise element.error(f"sizeInBits {size} is outside 1 to 64")
    digit = {IntegerForm.BCD: 8, IntegerForm.PACKED_BCD: 4}.get(form, 1)
    if size % digit:
        raise element.error(f"{name} of {size} bits has no whole number of digits")
    return IntegerEncoding(size, form, _byte_order(element, size), _bits_reversed(element))


def _float(element: Element) -> FloatEncoding:
    name = element.attributes.get("encoding", "IEEE754_1985").replace("IEEE754_1985", "IEEE754")
    if name not in set(FloatForm):
        raise element.error(f"float encoding {name!r} is not one of {[str(one) for one in FloatForm]}")
    size, form = element.integer("sizeInBits", 32), FloatForm(name)
    if size not in _FLOAT_SIZES[form]:
        raise element.error(f"a {name} float of {size} bits is not supported; there are {_FLOAT_SIZES[form]}")
    return FloatEncoding(size, form, _byte_order(element, size), _bits_reversed(element))


def _bits_reversed(element: Element) -> bool:
    order = element.attributes.get("bitOrder", "mostSignificantBitFirst")
    if order not in {"mostSignificantBitFirst", "leastSignificantBitFirst"}:
        raise element.error(f"bitOrder {order!r} is neither mostSignificantBitFirst nor leastSignificantBitFirst")
    return order == "leastSignificantBitFirst"


def _byte_order(element: Element, size: int) -> ByteOrder:
    text = element.attributes.get("byteOrder", "mostSignificantByteFirst")
    if text in _ORDERS:
        order = _ORDERS[text]
        if order and size % 8:
            raise element.error(f"least significant byte first needs whole bytes, not {size} bits")
        return order if size > 8 else BIG_ENDIAN
    try:
        order = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise element.error(f"byteOrder {text!r} is not one of {sorted(_ORDERS)} nor a list of byte numbers") from None
    if sorted(order) != list(range(size // 8)) or size % 8:
        raise element.error(f"byteOrder {text!r} does not name each of the bytes 0 to {size // 8 - 1} once")
    falling = tuple(range(size // 8 - 1, -1, -1))
    return BIG_ENDIAN if order == falling else LITTLE_ENDIAN if order == falling[::-1] else order


def _string(element: Element, scope: Scope) -> StringEncoding:
    name = element.attributes.get("encoding", "UTF-8")
    if name not in _CHARSETS:
        raise element.error(f"string encoding {name!r} is not one of {sorted(_CHARSETS)}")
    fixed, variable = element.find("SizeInBits"), element.find("Variable")
    inside = fixed or variable
    if inside is None:
        raise element.error("a size is missing: SizeInBits or Variable")
    leading, terminator = inside.find("LeadingSize"), inside.find("TerminationChar")
    leading_bits = leading.integer("sizeInBitsOfSizeTag", 16) if leading else 0
    if leading_bits % 8 or not 0 <= leading_bits <= 64:
        raise inside.error(f"a size tag of {leading_bits} bits is no whole number of bytes up to 8")
    ends = _octets(terminator) if terminator is not None else b""
    if fixed is not None:
        holder = fixed.find("Fixed") or fixed
        size = _rest_or(read_integer_value(holder, scope), element)
        return StringEncoding(size, _CHARSETS[name], ends, leading_bits)
    assert variable is not None
    maximum = variable.integer("maxSizeInBits")
    if maximum <= 0:
        raise variable.error(f"maxSizeInBits {maximum} is not positive")
    dynamic = variable.find("DynamicValue") or variable.find("DiscreteLookupList")
    if dynamic is not None:
        return StringEncoding(read_integer_value(variable, scope), _CHARSETS[name], ends, leading_bits, maximum)
    if not ends and not leading_bits:
        raise variable.error("a variable string needs a dynamic size, a leading size or a termination character")
    return StringEncoding(None, _CHARSETS[name], ends, leading_bits, maximum, variable=True)


def _octets(element: Element) -> bytes:
    try:
        return bytes.fromhex(element.text.strip() or "00")
    except ValueError:
        raise element.error(f"{element.text!r} is no hexadecimal") from None


def _rest_or(size: IntegerValue, element: Element) -> IntegerValue | None:
    if not isinstance(size, FixedInteger):
        return size
    if size.number == _REST:
        return None
    if size.number <= 0 or (size.number % 8 and element.tag == "StringDataEncoding"):
        raise element.error(f"size {size.number} is not positive, or no whole number of bytes")
    return size


def read_calibrator(element: Element | None, scope: Scope) -> Calibrator | None:
    """The calibrator in a ``DefaultCalibrator`` or ``Calibrator`` element."""
    for child in element.children if element is not None else ():
        if child.tag == "PolynomialCalibrator":
            return _polynomial(child)
        if child.tag == "SplineCalibrator":
            return _spline(child)
        if child.tag == "MathOperationCalibrator":
            return _operation(child, scope)
        if child.tag not in {"AncillaryDataSet", "LongDescription"}:
            raise child.error(f"{child.tag} is not supported")
    return None


def read_contexts(element: Element, scope: Scope) -> tuple[ContextCalibrator, ...]:
    """The context calibrators of an encoding, in order."""
    found = []
    for one in element.each("ContextCalibratorList"):
        condition = read_condition(one.need("ContextMatch"), scope)
        calibrator = read_calibrator(one.need("Calibrator"), scope)
        if condition is None or calibrator is None:
            raise one.error("a context calibrator needs a context and a calibrator")
        found.append(ContextCalibrator(condition, calibrator))
    return tuple(found)


def _polynomial(element: Element) -> Polynomial:
    coefficients: dict[int, float] = {}
    for term in element.children:
        if term.tag != "Term":
            continue
        exponent, coefficient = term.integer("exponent"), term.number("coefficient")
        if coefficient is None or not math.isfinite(coefficient):
            raise term.error("attribute 'coefficient' is missing or not finite")
        if exponent in coefficients:
            raise term.error(f"exponent {exponent} stands there twice")
        coefficients[exponent] = coefficient
    if not coefficients or min(coefficients) < 0 or max(coefficients) > _LARGEST_EXPONENT:
        raise element.error(f"exponents must lie in 0 to {_LARGEST_EXPONENT}")
    return Polynomial(tuple(coefficients.get(power, 0.0) for power in range(max(coefficients) + 1)))


def _spline(element: Element) -> Spline:
    order = element.integer("order", 1)
    points = []
    for one in element.children:
        if one.tag != "SplinePoint":
            continue
        raw, calibrated = one.number("raw"), one.number("calibrated")
        if raw is None or calibrated is None or not (math.isfinite(raw) and math.isfinite(calibrated)):
            raise one.error("a point needs finite raw and calibrated values")
        if one.integer("order", order) != order:
            raise one.error("an order of its own for a point is not supported")
        points.append((raw, calibrated))
    points.sort()
    if order not in (0, 1):
        raise element.error(f"a spline of order {order} is not supported; there are 0 (steps) and 1 (lines)")
    if len(points) < 2 or len({raw for raw, _ in points}) < len(points):
        raise element.error("a spline needs two points or more, with different raw values")
    return Spline(tuple(points), order, boolean(element, "extrapolate", False))


def _operation(element: Element, scope: Scope) -> MathOperation:
    steps: list[float | str | Reference] = []
    for one in element.children:
        if one.tag == "ValueOperand":
            try:
                steps.append(float(one.text))
            except ValueError:
                raise one.error(f"{one.text!r} is no number") from None
        elif one.tag == "ThisParameterOperand":
            steps.append(MathOperation.THIS)
        elif one.tag == "ParameterInstanceRefOperand":
            steps.append(read_reference(one, scope))
        elif one.tag == "Operator":
            steps.append(one.text.strip())
    fault = MathOperation.fault(tuple(steps))
    if fault is not None:
        raise element.error(fault)
    return MathOperation(tuple(steps))
