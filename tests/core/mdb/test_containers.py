"""Packet layouts: places, repetitions, conditions, inheritance, systems, arrays, aggregates, contexts and times."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.mdb import AlarmLevel, PacketUndecodable, decode_packet, load_mdb
from core.time import tai_s_from_utc
from tests.core.mdb.xtce_text import load, space_system, telemetry, unsigned

U8 = unsigned("u8")


def entry(name: str, inside: str = "") -> str:
    return f'<ParameterRefEntry parameterRef="{name}">{inside}</ParameterRefEntry>'


def place(bits: int, anchor: str) -> str:
    return (
        f'<LocationInContainerInBits referenceLocation="{anchor}"><FixedValue>{bits}</FixedValue>'
        "</LocationInContainerInBits>"
    )


def dynamic(parameter: str, slope: float = 1, intercept: float = 0) -> str:
    return (
        f'<DynamicValue><ParameterInstanceRef parameterRef="{parameter}"/>'
        f'<LinearAdjustment slope="{slope}" intercept="{intercept}"/></DynamicValue>'
    )


def values(tmp_path: Path, text: str, packet: bytes) -> dict[str, object]:
    decoded = decode_packet(load(tmp_path, text), packet, error_control=False)
    return {name: sample.value for name, sample in decoded.parameters.items()}


def test_entries_stand_where_they_are_placed(tmp_path: Path) -> None:
    entries = (
        entry("a", place(8, "containerStart"))
        + entry("b", place(8, "previousEntry"))
        + entry("c", place(8, "containerEnd"))
        + entry("d", place(-8, "previousEntry"))
    )
    text = space_system(telemetry(U8, dict.fromkeys("abcd", "u8"), entries))
    assert values(tmp_path, text, bytes(range(10, 20))) == {"a": 11, "b": 13, "c": 18, "d": 18}


def test_an_entry_comes_as_often_as_another_value_says(tmp_path: Path) -> None:
    repeat = f"<RepeatEntry><Count>{dynamic('n')}</Count><Offset><FixedValue>8</FixedValue></Offset></RepeatEntry>"
    text = space_system(telemetry(U8, {"n": "u8", "x": "u8", "y": "u8"}, entry("n") + entry("x", repeat) + entry("y")))
    packet = decode_packet(load(tmp_path, text), bytes([3, 1, 0, 2, 0, 3, 9]), error_control=False)
    assert [one.value for one in packet.repeated["x"]] == [1, 2, 3]
    assert packet.parameters["y"].value == 9


def test_an_entry_is_there_only_if_its_condition_holds(tmp_path: Path) -> None:
    condition = (
        '<IncludeCondition><Comparison parameterRef="n" comparisonOperator="&gt;=" value="5"/></IncludeCondition>'
    )
    text = space_system(
        telemetry(U8, {"n": "u8", "x": "u8", "y": "u8"}, entry("n") + entry("x", condition) + entry("y"))
    )
    assert values(tmp_path, text, bytes([5, 7, 9])) == {"n": 5, "x": 7, "y": 9}
    assert values(tmp_path, text, bytes([4, 7, 9])) == {"n": 4, "y": 7}


def test_a_binary_value_is_as_long_as_another_value_says(tmp_path: Path) -> None:
    kinds = (
        U8
        + f'<BinaryParameterType name="b"><UnitSet/><BinaryDataEncoding><SizeInBits>{dynamic("n", 8, -16)}</SizeInBits>'
        "</BinaryDataEncoding></BinaryParameterType>"
    )
    text = space_system(telemetry(kinds, {"n": "u8", "x": "b", "y": "u8"}, entry("n") + entry("x") + entry("y")))
    assert values(tmp_path, text, b"\x05abcz") == {"n": 5, "x": b"abc", "y": ord("z")}
    with pytest.raises(PacketUndecodable):
        values(tmp_path, text, b"\x01abcz")  # -8 bits


def test_a_real_udp_database_reads_its_payload(reference_data: Path) -> None:
    mdb = load_mdb(reference_data / "mcs" / "xtce" / "udp_packet.xml")
    packet = decode_packet(mdb, struct.pack(">HHHH", 53, 5353, 12, 0) + b"data", error_control=False)
    assert list(packet.parameters.values())[-1].value == b"data"


def test_arrays_and_aggregates_are_taken_apart(tmp_path: Path) -> None:
    kinds = (
        U8
        + '<AggregateParameterType name="pair"><MemberList><Member name="x" typeRef="u8"/><Member name="y" typeRef="u8"/>'
        "</MemberList></AggregateParameterType>"
        '<ArrayParameterType name="pairs" arrayTypeRef="pair"><DimensionList>'
        "<Dimension><StartingIndex><FixedValue>0</FixedValue></StartingIndex><EndingIndex>"
        + dynamic("n", 1, -1)
        + "</EndingIndex></Dimension></DimensionList></ArrayParameterType>"
    )
    text = space_system(
        telemetry(kinds, {"n": "u8", "p": "pairs"}, entry("n") + '<ArrayParameterRefEntry parameterRef="p"/>')
    )
    found = values(tmp_path, text, bytes([2, 1, 2, 3, 4]))
    assert found == {"n": 2, "p[0].x": 1, "p[0].y": 2, "p[1].x": 3, "p[1].y": 4}


def test_names_are_looked_for_in_their_system_and_above(tmp_path: Path) -> None:
    inner = (
        '<SpaceSystem name="Bus"><TelemetryMetaData><ParameterSet><Parameter name="v" parameterTypeRef="u8"/>'
        '<Parameter name="w" parameterTypeRef="/T/u8"/></ParameterSet><ContainerSet><SequenceContainer name="Q">'
        '<EntryList><ParameterRefEntry parameterRef="v"/><ParameterRefEntry parameterRef="../Bus/w"/></EntryList>'
        '<BaseContainer containerRef="/T/P"><RestrictionCriteria><Comparison parameterRef="a" value="0x10"/>'
        "</RestrictionCriteria></BaseContainer></SequenceContainer></ContainerSet></TelemetryMetaData></SpaceSystem>"
    )
    mdb = load(tmp_path, space_system(telemetry(U8, {"a": "u8"}, entry("a")), inner=inner))
    packet = decode_packet(mdb, bytes([16, 1, 2]), error_control=False)
    assert (packet.name, {n: s.value for n, s in packet.parameters.items()}) == (
        "Bus/Q",
        {"a": 16, "Bus/v": 1, "Bus/w": 2},
    )
    assert decode_packet(mdb, bytes([17, 1, 2]), error_control=False).name == "P"


def test_a_type_takes_from_its_base_what_it_does_not_say_itself(tmp_path: Path) -> None:
    kinds = (
        '<FloatParameterType name="f"><UnitSet><Unit>V</Unit></UnitSet><IntegerDataEncoding sizeInBits="8">'
        '<DefaultCalibrator><PolynomialCalibrator><Term coefficient="1" exponent="0"/><Term coefficient="0.5" exponent="1"/>'
        "</PolynomialCalibrator></DefaultCalibrator></IntegerDataEncoding></FloatParameterType>"
        '<FloatParameterType name="g" baseType="f"><DefaultAlarm><StaticAlarmRanges><WarningRange minInclusive="0" '
        'maxExclusive="2"/></StaticAlarmRanges></DefaultAlarm></FloatParameterType>'
    )
    mdb = load(tmp_path, space_system(telemetry(kinds, {"x": "g"}, entry("x"))))
    sample = decode_packet(mdb, b"\x02", error_control=False).parameters["x"]
    assert (sample.raw, sample.value, sample.unit, sample.limit_state) == (2, 2.0, "V", AlarmLevel.WARNING)


def test_the_context_chooses_calibration_and_limits(tmp_path: Path) -> None:
    def context(value: int) -> str:
        return f'<ContextMatch><Comparison parameterRef="m" value="{value}"/></ContextMatch>'

    kinds = unsigned("u8") + (
        '<FloatParameterType name="f"><UnitSet/><IntegerDataEncoding sizeInBits="8"><ContextCalibratorList>'
        f'<ContextCalibrator>{context(1)}<Calibrator><PolynomialCalibrator><Term coefficient="10" exponent="1"/>'
        "</PolynomialCalibrator></Calibrator></ContextCalibrator></ContextCalibratorList></IntegerDataEncoding>"
        '<DefaultAlarm><StaticAlarmRanges rangeForm="inside"><CriticalRange minInclusive="3" maxInclusive="3"/>'
        "</StaticAlarmRanges></DefaultAlarm><ContextAlarmList><ContextAlarm><StaticAlarmRanges>"
        f'<WatchRange maxInclusive="20"/></StaticAlarmRanges>{context(1)}</ContextAlarm></ContextAlarmList>'
        "</FloatParameterType>"
    )
    mdb = load(tmp_path, space_system(telemetry(kinds, {"m": "u8", "x": "f"}, entry("m") + entry("x"))))
    plain = decode_packet(mdb, b"\x00\x03", error_control=False).parameters["x"]
    special = decode_packet(mdb, b"\x01\x03", error_control=False).parameters["x"]
    assert (plain.value, plain.limit_state) == (3.0, AlarmLevel.CRITICAL)
    assert (special.value, special.limit_state) == (30.0, AlarmLevel.WATCH)


@pytest.mark.parametrize(
    ("epoch", "instant"),
    [
        ("UNIX", datetime(2017, 1, 1, tzinfo=UTC)),
        ("GPS", datetime(2017, 1, 1, tzinfo=UTC)),
        ("TAI", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-12-31", datetime(2017, 1, 1, tzinfo=UTC)),
    ],
)
def test_an_absolute_time_is_the_same_instant_from_every_epoch(tmp_path: Path, epoch: str, instant: datetime) -> None:
    """Seconds from published counts: GPS week 1930, 18 leap seconds; TAI - UTC was 37 s; the day before had 86 401 s."""
    seconds = {"UNIX": 1_483_228_800, "GPS": 1_167_264_018, "TAI": 1_861_920_037, "2016-12-31": 86_401}[epoch]
    kinds = (
        '<AbsoluteTimeParameterType name="t"><Encoding units="seconds"><IntegerDataEncoding sizeInBits="32"/></Encoding>'
        f"<ReferenceTime><Epoch>{epoch}</Epoch></ReferenceTime></AbsoluteTimeParameterType>"
    )
    mdb = load(tmp_path, space_system(telemetry(kinds, {"x": "t"}, entry("x"))))
    sample = decode_packet(mdb, seconds.to_bytes(4, "big"), error_control=False).parameters["x"]
    assert sample.value == pytest.approx(tai_s_from_utc(instant), abs=1e-6)


def test_a_value_without_meaning_is_kept_as_it_was_sent_and_said_to_be_invalid(tmp_path: Path) -> None:
    spline = (
        '<DefaultCalibrator><SplineCalibrator><SplinePoint raw="0" calibrated="0"/><SplinePoint raw="9" calibrated="90"/>'
        "</SplineCalibrator></DefaultCalibrator>"
    )
    mdb = load(
        tmp_path, space_system(telemetry(unsigned("s", 8, spline), {"x": "s", "y": "s"}, entry("x") + entry("y")))
    )
    found = decode_packet(mdb, b"\x05\x0a", error_control=False).parameters
    assert (found["x"].value, found["x"].valid) == (50, True)
    assert (found["y"].value, found["y"].valid) == (10, False)


def test_a_hostile_count_costs_no_more_than_its_packet(tmp_path: Path) -> None:
    nothing = '<StringParameterType name="e"><UnitSet/><StringDataEncoding><Variable maxSizeInBits="8">'
    nothing += f"{dynamic('z')}</Variable></StringDataEncoding></StringParameterType>"
    repeat = f"<RepeatEntry><Count>{dynamic('n')}</Count></RepeatEntry>"
    text = space_system(
        telemetry(
            unsigned("u16", 16) + nothing,
            {"n": "u16", "z": "u16", "x": "e"},
            entry("n") + entry("z") + entry("x", repeat),
        )
    )
    with pytest.raises(PacketUndecodable, match="without taking any room"):
        values(tmp_path, text, b"\xff\xff\x00\x00")
