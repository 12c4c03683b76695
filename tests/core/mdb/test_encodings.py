"""Every encoding of XTCE 1.2, against published patterns, other programs' data, and numpy."""

from __future__ import annotations

import csv
import math
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mdb import decode_packet
from core.mdb.bits import BitReader, BitWriter, fits
from core.mdb.calibration import MathOperation, Polynomial, Spline, invert
from core.mdb.encoding import FloatEncoding, FloatForm, IntegerEncoding, IntegerForm, StringEncoding
from core.mdb.float_forms import float_from_bits, mil_std_1750a_bits
from core.mdb.references import FixedInteger, Raw, Value
from tests.core.mdb.xtce_text import load, space_system, telemetry, unsigned

MIL, DEC, IBM, TI = FloatForm.MIL_STD_1750A, FloatForm.DEC, FloatForm.IBM, FloatForm.TI


class NoValues:
    """Nothing is known."""

    def raw(self, name: str) -> Raw | None:
        return None

    def value(self, name: str) -> Value | None:
        return None


NONE = NoValues()


@pytest.mark.parametrize(
    ("form", "size", "word", "value"),
    [
        # MIL-STD-1750A §4.1.5, tables of single and extended precision
        (MIL, 32, 0x7FFFFF7F, (1 - 2**-23) * 2.0**127),
        (MIL, 32, 0x4000007F, 0.5 * 2.0**127),
        (MIL, 32, 0x50000004, 0.625 * 2**4),
        (MIL, 32, 0x400000FF, 0.5 * 2**-1),
        (MIL, 32, 0x40000080, 0.5 * 2.0**-128),
        (MIL, 32, 0x00000000, 0.0),
        (MIL, 32, 0x80000000, -1.0),
        (MIL, 32, 0xBFFFFF80, -(0.5 + 2**-23) * 2.0**-128),
        (MIL, 32, 0x9FFFFF04, -(0.75 + 2**-23) * 2**4),
        (MIL, 48, 0x4000007F0000, 0.5 * 2.0**127),
        (MIL, 48, 0x800000FF0000, -0.5),
        (MIL, 48, 0xA00000FF0000, -0.75 * 2**-1),
        # VAX F_floating: 1.0 is 0x4080 in the first 16-bit word, little-endian in memory
        (DEC, 32, 0x80400000, 1.0),
        (DEC, 32, 0x80C00000, -1.0),
        (DEC, 32, 0x60410000, 3.5),
        (DEC, 32, 0x00000000, 0.0),
        # System/360: -118.625 and one
        (IBM, 32, 0xC276A000, -118.625),
        (IBM, 32, 0x41100000, 1.0),
        (IBM, 64, 0x42640000_00000000, 100.0),
        # TMS320C3x user's guide, chapter 5
        (TI, 32, 0x00000000, 1.0),
        (TI, 32, 0x80000000, 0.0),
        (TI, 32, 0xFF800000, -1.0),
        (TI, 32, 0x00400000, 1.5),
        (TI, 32, 0x00800000, -2.0),
        (TI, 40, 0x01_40000000, 3.0),
    ],
)
def test_floats_that_are_not_ieee_754_have_their_published_values(
    form: FloatForm, size: int, word: int, value: float
) -> None:
    assert float_from_bits(form, size, word) == value


@given(st.floats(-1e38, 1e38), st.sampled_from([32, 48]))
def test_mil_std_1750a_comes_back_within_half_a_unit_of_its_last_place(value: float, size: int) -> None:
    word = mil_std_1750a_bits(value, size)
    assert word is not None
    back = float_from_bits(MIL, size, word)
    step = 2.0 ** -(22 if size == 32 else 38)
    assert abs(back - value) <= max(abs(value) * step, 2.0**-128)


INTEGERS = st.builds(
    IntegerEncoding,
    st.integers(2, 8).map(lambda octets: octets * 8),
    st.sampled_from(list(IntegerForm)),
    st.sampled_from([(), (0,)]),
    st.booleans(),
)


@given(INTEGERS, st.integers(-(2**63), 2**64 - 1), st.integers(0, 7))
def test_an_integer_is_read_as_it_was_written_wherever_it_begins(
    encoding: IntegerEncoding, value: int, shift: int
) -> None:
    if fits(encoding, value) is not None:
        return
    writer = BitWriter()
    writer.put(0, shift)
    writer.write(encoding, value, NONE)
    reader = BitReader(writer.finish())
    reader.take(shift)
    assert reader.read(encoding, NONE) == value


@given(st.integers(1, 64), st.integers(0, 2**64 - 1))
def test_signed_integers_of_any_size_agree_with_their_definitions(size: int, bits: int) -> None:
    word = bits & ((1 << size) - 1)
    data = (word << -size % 8).to_bytes((size + 7) // 8, "big")
    top = word >> size - 1
    expected = {
        IntegerForm.UNSIGNED: word,
        IntegerForm.TWOS_COMPLEMENT: word - (top << size),
        IntegerForm.ONES_COMPLEMENT: word if not top else -(word ^ ((1 << size) - 1)),
        IntegerForm.SIGN_MAGNITUDE: (-1) ** top * (word - (top << size - 1)),
    }
    for form, value in expected.items():
        assert BitReader(data).read(IntegerEncoding(size, form), NONE) == value


def test_decimal_digits_are_read_and_a_digit_above_nine_is_no_value() -> None:
    packed, loose = IntegerEncoding(16, IntegerForm.PACKED_BCD), IntegerEncoding(16, IntegerForm.BCD)
    assert BitReader(b"\x12\x34").read(packed, NONE) == 1234
    assert BitReader(b"\x07\x05").read(loose, NONE) == 75
    assert BitReader(b"\x1a\x34").read(packed, NONE) is None


@given(st.binary(min_size=8, max_size=8), st.sampled_from([(16, ">e"), (32, ">f"), (64, ">d")]))
def test_ieee_754_is_what_struct_says(data: bytes, form: tuple[int, str]) -> None:
    size, code = form
    value = BitReader(data).read(FloatEncoding(size), NONE)
    assert isinstance(value, float)
    np.testing.assert_array_equal(value, struct.unpack(code, data[: size // 8])[0])
    reversed_value = BitReader(data[: size // 8][::-1]).read(FloatEncoding(size, byte_order=(0,)), NONE)
    np.testing.assert_array_equal(reversed_value, value)


def _order(digits: str) -> str:
    """Significance of each octet, from a list of the octets in falling significance, counted from one."""
    significance = {int(digit) - 1: len(digits) - 1 - place for place, digit in enumerate(digits)}
    return ",".join(str(significance[address]) for address in range(len(digits)))


@pytest.mark.parametrize("digits", ["12", "21", "123", "321", "2143", "3412", "4321", "123456", "78563412", "87654321"])
def test_every_byte_order_gives_the_values_of_another_program(
    reference_data: Path, tmp_path: Path, digits: str
) -> None:
    data = (reference_data / "mcs" / "byte_order" / f"byteorder_{digits}.bin").read_bytes()
    with (reference_data / "mcs" / "byte_order" / f"byteorder_{digits}.csv").open() as file:
        rows = [[int(cell) for cell in row] for row in csv.reader(file)]
    types = (
        unsigned("u48", 48)
        + f'<IntegerParameterType name="word" signed="false"><UnitSet/><IntegerDataEncoding sizeInBits="{8 * len(digits)}"'
        f' byteOrder="{_order(digits)}"/></IntegerParameterType>'
        '<ArrayParameterType name="words" arrayTypeRef="word"><DimensionList><Dimension><StartingIndex><FixedValue>0'
        f"</FixedValue></StartingIndex><EndingIndex><FixedValue>{len(rows[0]) - 1}</FixedValue></EndingIndex></Dimension>"
        "</DimensionList></ArrayParameterType>"
    )
    entries = '<ParameterRefEntry parameterRef="header"/><ArrayParameterRefEntry parameterRef="words"/>'
    mdb = load(tmp_path, space_system(telemetry(types, {"header": "u48", "words": "words"}, entries)))
    size = len(data) // len(rows)
    for number, row in enumerate(rows):
        packet = decode_packet(mdb, data[number * size : (number + 1) * size], error_control=False)
        assert [packet.parameters[f"words[{index}]"].value for index in range(len(row))] == row


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6), st.floats(-100, 100))
def test_a_polynomial_is_that_of_numpy(coefficients: list[float], x: float) -> None:
    expected = np.polynomial.polynomial.polyval(x, coefficients)
    assert Polynomial(tuple(coefficients)).calibrate(x, NONE) == pytest.approx(expected, rel=1e-12, abs=1e-9)


POINTS = st.lists(
    st.tuples(st.integers(-1000, 1000), st.floats(-1e3, 1e3)), min_size=2, max_size=8, unique_by=lambda one: one[0]
).map(lambda points: tuple(sorted((float(raw), value) for raw, value in points)))


@given(POINTS, st.floats(-1200, 1200))
def test_a_spline_of_lines_is_that_of_numpy_and_has_no_value_outside(
    points: tuple[tuple[float, float], ...], x: float
) -> None:
    raws, values = zip(*points, strict=True)
    value = Spline(points).calibrate(x, NONE)
    if raws[0] <= x <= raws[-1]:
        assert value == pytest.approx(np.interp(x, raws, values), rel=1e-9, abs=1e-6)
    else:
        assert math.isnan(value)
        assert math.isfinite(Spline(points, extrapolate=True).calibrate(x, NONE))


@given(POINTS, st.floats(0, 1))
def test_what_a_monotonous_spline_makes_of_its_inverse_is_the_same(
    points: tuple[tuple[float, float], ...], share: float
) -> None:
    rising = Spline(tuple((raw, 2.0 * raw + 1.0) for raw, _ in points))
    low, high = rising.points[0][1], rising.points[-1][1]
    value = low + share * (high - low)
    raw = invert(rising, value)
    assert raw is not None
    assert rising.calibrate(raw, NONE) == pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        (("this", 2.0, "*", 1.0, "+"), 7.0),
        (("this", "dup", "*"), 9.0),
        ((2.0, "this", "^"), 8.0),
        ((2.0, "this", "y^x"), 9.0),
        (("this", 4.0, "swap", "-"), 1.0),
        (("this", 5.0, "over", "drop", "drop"), 3.0),
        ((1.0, "this", "atan2"), math.atan2(3.0, 1.0)),
        (("this", "ln"), math.log(3.0)),
        (("this", "x!"), 6.0),
        (("this", 2.0, "<<"), 12.0),
        (("this", 3.0, "=="), 1.0),
    ],
)
def test_operations_on_the_stack_follow_the_order_of_the_schema(steps: tuple[float | str, ...], value: float) -> None:
    assert MathOperation.fault(steps) is None
    assert MathOperation(steps).calibrate(3.0, NONE) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("steps", "fault"),
    [(("this", "+"), "needs 2 operands"), (("this", 1.0), "2 values are left"), (("this", "~"), "no operator")],
)
def test_steps_that_cannot_be_carried_out_are_found_before(steps: tuple[float | str, ...], fault: str) -> None:
    assert fault in (MathOperation.fault(steps) or "")


def test_a_logarithm_of_zero_is_no_number() -> None:
    assert math.isnan(MathOperation(("this", "ln")).calibrate(0.0, NONE))


STRINGS = [
    (StringEncoding(FixedInteger(64)), b"abc\0\0\0\0\0", "abc"),
    (StringEncoding(FixedInteger(64), terminator=b"\0"), b"abc\0junk", "abc"),
    (StringEncoding(FixedInteger(64), leading_size_bits=16), b"\0\x18abc\0\0\0", "abc"),
    (StringEncoding(None, leading_size_bits=8, maximum_bits=800, variable=True), b"\x18abcd", "abc"),
    (StringEncoding(None, terminator=b"\n", maximum_bits=800, variable=True), b"abc\nd", "abc"),
    (StringEncoding(FixedInteger(48), charset="utf-16-be"), b"\0a\0b\0c", "abc"),
]


@pytest.mark.parametrize(("encoding", "octets", "text"), STRINGS)
def test_texts_end_where_their_encoding_says(encoding: StringEncoding, octets: bytes, text: str) -> None:
    assert BitReader(octets).read(encoding, NONE) == text
    writer = BitWriter()
    writer.write(encoding, text, NONE)
    assert BitReader(writer.finish()).read(encoding, NONE) == text
