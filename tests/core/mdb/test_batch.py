"""Columns, taken natively, equal the readable reference value for value: on real packets and on any layout."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.link import split_packets
from core.mdb import AlarmLevel, MissionDatabase, PacketUndecodable, decode_packet, load_mdb
from core.mdb.batch import BatchDecoder, Column, DecodedBatch, packet_offsets
from core.mdb.calibration import Polynomial, Spline
from core.mdb.containers import Container, Entry, Location, Parameter
from core.mdb.encoding import BinaryEncoding, FloatEncoding, FloatForm, IntegerEncoding, IntegerForm, StringEncoding
from core.mdb.references import AllOf, AnyOf, Comparison, FixedInteger, Operator, Reference
from core.mdb.telemetry import Sample
from core.mdb.types import AlarmRange, Alarms, DataType, LabelRange, Range, ValueKind
from native import _core

LEVELS = list(AlarmLevel)


def _same(column: Column, row: int, sample: Sample, texts: list[str | None]) -> bool:
    if column.raw.ndim == 2:
        if column.field.type.kind is ValueKind.BINARY:
            return bool(column.raw[row].tobytes() == sample.raw)
        return texts[row] == (sample.value if sample.valid else None)
    valid = True if column.valid is None else bool(column.valid[row])
    level = AlarmLevel.NORMAL if column.levels is None else LEVELS[column.levels[row]]
    if valid != sample.valid or level is not sample.limit_state:
        return _is_nan(sample.raw) and level is sample.limit_state
    if not _equal(column.raw[row].item(), sample.raw):
        return False
    if column.labels is not None:
        return texts[row] == sample.value
    return not valid or _equal(column.engineering[row].item(), sample.value)


def _equal(left: object, right: object) -> bool:
    return left == right or (_is_nan(left) and _is_nan(right))


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _check(mdb: MissionDatabase, packets: list[bytes], batch: DecodedBatch, *, error_control: bool = False) -> int:
    """Compare every value; how many there were."""
    count = 0
    for one in batch.containers:
        texts = {
            name: column.texts()
            for name, column in one.columns.items()
            if column.labels is not None or (column.raw.ndim == 2 and column.field.type.kind is ValueKind.STRING)
        }
        for row, number in enumerate(one.rows.tolist()):
            reference = decode_packet(mdb, packets[number], error_control=error_control)
            assert (reference.name, list(reference.parameters)) == (one.container, list(one.columns))
            for name, column in one.columns.items():
                count += 1
                assert _same(column, row, reference.parameters[name], texts.get(name, [])), (name, number)
    for number in batch.undecodable:
        with pytest.raises(PacketUndecodable):
            decode_packet(mdb, packets[number], error_control=error_control)
    return count


@pytest.mark.parametrize(
    ("database", "data", "step", "least"),
    [
        ("jpss/jpss1_geolocation_xtce_v1.xml", "jpss/J01_G011_LZ_2021-04-09T00-00-00Z_V01.DAT1", 24, 8_000),
        ("ctim/ctim_xtce_v1.xml", "ctim/ccsds_2021_155_14_39_51", 40, 20_000),
    ],
)
def test_real_packets_in_columns_are_those_of_the_reference(
    reference_data: Path, database: str, data: str, step: int, least: int
) -> None:
    mdb = load_mdb(reference_data / "mcs" / database)
    packets = list(split_packets((reference_data / "mcs" / data).read_bytes()))[::step]
    batch = BatchDecoder(mdb, error_control=False).decode(
        b"".join(packets), packet_offsets([len(one) for one in packets])
    )
    assert _check(mdb, packets, batch) >= least
    decoded = sum(len(one.rows) for one in batch.containers) + len(batch.interpreted)
    assert decoded + len(batch.undecodable) == len(packets)


WHOLE = st.builds(
    IntegerEncoding,
    st.integers(1, 8).map(lambda octets: 8 * octets),
    st.sampled_from(list(IntegerForm)),
    st.sampled_from([(), (0,)]),
    st.booleans(),
)
NARROW = st.builds(IntegerEncoding, st.integers(1, 64), st.sampled_from(list(IntegerForm)[:4]))
LISTED = st.permutations([0, 1, 2, 3]).map(lambda order: IntegerEncoding(32, byte_order=tuple(order)))
FLOATS = st.sampled_from(
    [
        *(FloatEncoding(size, byte_order=order) for size in (16, 32, 64) for order in ((), (0,))),
        FloatEncoding(32, FloatForm.MIL_STD_1750A),
        FloatEncoding(48, FloatForm.MIL_STD_1750A),
        FloatEncoding(32, FloatForm.DEC),
        FloatEncoding(64, FloatForm.IBM),
        FloatEncoding(40, FloatForm.TI),
    ]
)
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
CALIBRATORS = st.one_of(
    st.none(),
    st.lists(NUMBERS, min_size=1, max_size=5).map(lambda terms: Polynomial(tuple(terms))),
    st.builds(
        lambda points, order, extrapolate: Spline(tuple(sorted(points.items())), order, extrapolate),
        st.dictionaries(NUMBERS, NUMBERS, min_size=2, max_size=5),
        st.sampled_from([0, 1]),
        st.booleans(),
    ),
)
BANDS = st.builds(
    lambda level, ends, low, high, inside: AlarmRange(level, Range(min(ends), max(ends), low, high), inside),
    st.sampled_from(LEVELS[1:]),
    st.tuples(NUMBERS, NUMBERS).filter(lambda ends: ends[0] != ends[1]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
ALARMS = st.lists(BANDS, max_size=3).map(lambda bands: Alarms(ranges=tuple(bands)))
NUMERIC = st.builds(
    lambda kind, encoding, calibrator, alarms: DataType("n", kind, encoding, calibrator=calibrator, alarms=alarms),
    st.sampled_from([ValueKind.INTEGER, ValueKind.FLOAT]),
    st.one_of(WHOLE, NARROW, LISTED, FLOATS),
    CALIBRATORS,
    ALARMS,
)
LABELLED = st.builds(
    lambda encoding, labels: DataType(
        "e", ValueKind.ENUMERATED, encoding, labels=labels, label_ranges=(LabelRange(100, 199, "high"),)
    ),
    NARROW,
    st.dictionaries(st.integers(-50, 99), st.sampled_from("abcdef"), min_size=1, max_size=5),
)
TEXTS = st.sampled_from(
    [
        DataType("s", ValueKind.STRING, StringEncoding(FixedInteger(40))),
        DataType("s", ValueKind.STRING, StringEncoding(FixedInteger(40), terminator=b"a")),
        DataType("b", ValueKind.BINARY, BinaryEncoding(FixedInteger(24))),
        DataType("t", ValueKind.BOOLEAN, IntegerEncoding(3), labels={0: "no", 1: "yes"}),
        DataType("r", ValueKind.RELATIVE_TIME, IntegerEncoding(20), scale=0.5, offset=3.0, unit_s=86_400.0),
    ]
)
PLACES = st.sampled_from([None, None, None, Location(FixedInteger(3)), Location(FixedInteger(-1))])


@st.composite
def databases(draw: st.DrawFn) -> MissionDatabase:
    """A base with a few fields, and two containers that extend it under conditions over them."""
    kinds = draw(st.lists(st.one_of(NUMERIC, NUMERIC, LABELLED, TEXTS), min_size=1, max_size=6))
    parameters = {f"p{number}": Parameter(f"p{number}", kind) for number, kind in enumerate(kinds)}
    parameters["apid"] = Parameter("apid", DataType("u", ValueKind.INTEGER, IntegerEncoding(8)))
    own = [Entry(one, draw(PLACES)) for one in parameters.values() if one.name != "apid"]
    cut = draw(st.integers(0, len(own)))
    number = st.integers(0, 255).map(float)
    compare = st.builds(
        lambda how, value: Comparison(Reference("apid"), how, value), st.sampled_from(list(Operator)), number
    )
    joined = st.one_of(
        compare,
        st.lists(compare, min_size=1, max_size=3).map(lambda parts: AllOf(tuple(parts))),
        st.lists(compare, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
    )
    base = Container("Base", (Entry(parameters["apid"]), *own[:cut]), abstract=draw(st.booleans()))
    containers = [
        base,
        Container("A", tuple(own[cut:]), "Base", draw(joined)),
        Container("B", (), "Base", draw(joined)),
    ]
    return MissionDatabase("T", parameters, {one.name: one for one in containers}, {}, "")


@given(databases(), st.lists(st.binary(max_size=80), min_size=1, max_size=12))
def test_any_layout_in_columns_is_that_of_the_reference(mdb: MissionDatabase, packets: list[bytes]) -> None:
    batch = BatchDecoder(mdb, error_control=False).decode(
        b"".join(packets), packet_offsets([len(one) for one in packets])
    )
    _check(mdb, packets, batch)
    found = [row for one in batch.containers for row in one.rows.tolist()]
    found += [row for row, _ in batch.interpreted] + list(batch.undecodable)
    assert sorted(found) == list(range(len(packets)))


def test_offsets_beyond_the_data_are_refused() -> None:
    mdb = MissionDatabase(
        "T",
        {},
        {"C": Container("C", (Entry(Parameter("p", DataType("u", ValueKind.INTEGER, IntegerEncoding(8)))),))},
        {},
        "",
    )
    decoder = BatchDecoder(mdb, error_control=False)
    for offsets in ([0, 9], [4, 2], [-1, 2]):
        with pytest.raises(_core.NativeError, match="offsets must rise within the data"):
            decoder.decode(b"abcd", np.array(offsets, dtype=np.int64))


@pytest.mark.parametrize(("kind", "expected"), [(ValueKind.FLOAT, float), (ValueKind.INTEGER, int)])
def test_a_whole_number_is_of_the_kind_that_its_type_says(kind: ValueKind, expected: type) -> None:
    """Above 2^53 the two differ not in kind alone."""
    raw = ((1 << 56) + 1).to_bytes(8, "big")
    one = Parameter("p", DataType("t", kind, IntegerEncoding(64)))
    mdb = MissionDatabase("m", {"p": one}, {"C": Container("C", (Entry(one),))}, {}, content_hash="")
    batch = BatchDecoder(mdb, error_control=False).decode(raw, np.array([0, 8]))
    value = batch.containers[0].columns["p"].value(0)
    reference = decode_packet(mdb, raw, error_control=False).parameters["p"].value
    assert value == reference and type(value) is type(reference) is expected
