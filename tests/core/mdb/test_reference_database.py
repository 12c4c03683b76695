"""The reference mission database: commands, telemetry, limits, and files that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import LlamaSpaceError
from core.link import Telemetry, encode_telemetry
from core.mdb import (
    AlarmLevel,
    ArgumentRefused,
    CommandClass,
    DatabaseFileError,
    MissionDatabase,
    PacketUndecodable,
    decode_command,
    decode_packet,
    encode_command,
    encode_container,
    load_mdb,
    reference_mdb,
)

MDB = reference_mdb()
SOURCE = Path(__file__).parents[3] / "core" / "mdb" / "reference" / "lsat.xml"
HOUSEKEEPING = {
    "structure_id": 1,
    "soc": 0.8,
    "bus_voltage_v": 28.1,
    "battery_current_a": -3.2,
    "array_power_w": 512.5,
    "load_power_w": 170.0,
    "data_stored_bytes": 12_000_000_000,
    "propellant_kg": 17.25,
    "tank_pressure_pa": 2_000_000,
    "battery_temp_c": 14.5,
    "wheel_1_speed_rad_s": 100.0,
    "wheel_2_speed_rad_s": -100.0,
    "wheel_3_speed_rad_s": 12.0,
    "wheel_4_speed_rad_s": 0.0,
    "wheel_momentum_n_m_s": 1.5,
    "mode": "nominal",
    "pointing": "sun",
    "attitude_error_deg": 0.02,
    "latitude_deg": -78.25,
    "longitude_deg": 15.5,
    "altitude_m": 501_000,
    "in_eclipse": True,
    "downlink_active": False,
    "downlinked_bytes": 5,
    "uplink_accepted_count": 3,
    "uplink_rejected_count": 1,
    "downlink_frame_count": 70_000,
    "schedule_count": 2,
}


def _housekeeping_packet(**changes: object) -> bytes:
    data = encode_container(MDB, "Housekeeping", HOUSEKEEPING | changes)  # type: ignore[operator]
    return encode_telemetry(Telemetry(101, 5, 3, 25, 9, 8.5e8, data))


def test_housekeeping_comes_back_within_the_resolution_of_each_parameter() -> None:
    packet = decode_packet(MDB, _housekeeping_packet())
    assert packet.name == "Housekeeping"
    for name, value in HOUSEKEEPING.items():
        decoded = packet.parameters[name].value
        if isinstance(value, float):
            step = MDB.parameters[name].type.calibrator.coefficients[1]
            assert abs(decoded - value) <= step / 2 + 1e-12, name
        else:
            assert decoded == value, name
    assert packet.parameters["bus_voltage_v"].unit == "V"
    assert packet.parameters["bus_voltage_v"].raw == 28_100


@pytest.mark.parametrize(
    ("soc", "level"), [(0.9, AlarmLevel.NORMAL), (0.61, AlarmLevel.WARNING), (0.4, AlarmLevel.CRITICAL)]
)
def test_a_value_outside_its_limits_carries_the_highest_level(soc: float, level: AlarmLevel) -> None:
    assert decode_packet(MDB, _housekeeping_packet(soc=soc)).parameters["soc"].limit_state is level


def test_the_class_of_a_command_follows_its_consequence_level() -> None:
    classes = {name: MDB.command(name).command_class for name in ("PING", "SET_MODE", "EXECUTE_BURN", "TAKE_IMAGE")}
    assert classes == {
        "PING": CommandClass.ROUTINE,
        "SET_MODE": CommandClass.VITAL,
        "EXECUTE_BURN": CommandClass.HAZARDOUS,
        "TAKE_IMAGE": CommandClass.ROUTINE,
    }


def test_application_data_of_a_function_is_its_id_and_arguments_in_order() -> None:
    encoded = encode_command(
        MDB, "START_DOWNLINK", {"volume_bytes": 800_000_000, "duration_s": 60, "station": "svalbard"}
    )
    assert (encoded.service, encoded.subtype) == (8, 1)
    assert encoded.application_data.hex() == "0003" + "000000002faf0800" + "0000003c" + "01"


pointings = st.fixed_dictionaries(
    {
        "pointing": st.sampled_from(["sun", "nadir", "inertial", "target", "velocity"]),
        "duration_s": st.integers(0, 604_800),
        "latitude_deg": st.floats(-90, 90),
        "longitude_deg": st.floats(-180, 180),
    }
)


@given(pointings)
def test_a_command_is_read_as_it_was_written(arguments: dict[str, object]) -> None:
    encoded = encode_command(MDB, "SET_POINTING", arguments)
    decoded = decode_command(MDB, encoded.service, encoded.subtype, encoded.application_data)
    assert (decoded.definition.name, decoded.arguments) == ("SET_POINTING", arguments)


@given(st.integers(0, 20), st.integers(0, 20), st.binary(max_size=40))
def test_arbitrary_application_data_is_a_command_or_a_named_error(service: int, subtype: int, data: bytes) -> None:
    try:
        decode_command(MDB, service, subtype, data)
    except LlamaSpaceError:
        return


@given(st.binary(max_size=120))
def test_an_arbitrary_packet_is_decoded_or_a_named_error(raw: bytes) -> None:
    try:
        decode_packet(MDB, raw)
    except PacketUndecodable:
        return


@pytest.mark.parametrize(
    ("mnemonic", "arguments", "message"),
    [
        ("SET_MODE", {"mode": "sleep"}, r"SET_MODE.mode: 'sleep' is not one of \['safe'"),
        ("SET_MODE", {}, "SET_MODE.mode: is missing"),
        ("SET_MODE", {"mode": "safe", "force": True}, "SET_MODE.force: is no argument"),
        ("EXECUTE_BURN", {"delta_v_m_s": 40.0, "duration_s": 5.0}, "40 m/s is outside -20 to 20 m/s"),
        ("EXECUTE_BURN", {"delta_v_m_s": float("nan"), "duration_s": 5.0}, "nan is no finite number"),
        ("START_DOWNLINK", {"volume_bytes": -1, "duration_s": 9, "station": "kiruna"}, "-1 does not fit 64 bits"),
        ("START_DOWNLINK", {"volume_bytes": True, "duration_s": 9, "station": "kiruna"}, "True is no integer"),
    ],
)
def test_a_wrong_argument_is_named_with_its_value_and_what_is_allowed(
    mnemonic: str, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ArgumentRefused, match=message):
        encode_command(MDB, mnemonic, arguments)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            'encoding="unsigned" sizeInBits="3"',
            'encoding="unsigned" sizeInBits="99"',
            "sizeInBits 99 is outside 1 to 64",
        ),
        ('parameterTypeRef="mode_t"', 'parameterTypeRef="nothing"', "'nothing' is not defined"),
        ('consequenceLevel="severe"', 'consequenceLevel="fatal"', "'fatal' is not one of"),
        ("PolynomialCalibrator", "SplineCalibrator", "a spline needs two points or more"),
        ("</SpaceSystem>", "", "not well-formed"),
        ("<SpaceSystem", '<!DOCTYPE x [<!ENTITY a "b">]><SpaceSystem', "document types are not accepted"),
    ],
)
def test_a_wrong_file_is_an_error_with_its_line(tmp_path: Path, before: str, after: str, message: str) -> None:
    path = tmp_path / "wrong.xml"
    path.write_text(SOURCE.read_text().replace(before, after))
    with pytest.raises(DatabaseFileError, match=message) as caught:
        load_mdb(path)
    assert caught.value.line > 0


def test_the_line_of_an_error_is_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "wrong.xml"
    lines = SOURCE.read_text().splitlines()
    number = next(
        index for index, line in enumerate(lines, 1) if '<Comparison parameterRef="service" value="3"' in line
    )
    lines[number - 1] = lines[number - 1].replace("/>", ' comparisonOperator="=&gt;"/>')
    path.write_text("\n".join(lines))
    with pytest.raises(DatabaseFileError, match="comparison operator '=>' is not one of") as caught:
        load_mdb(path)
    assert caught.value.line == number


def test_the_database_is_known_by_the_hash_of_its_file() -> None:
    assert isinstance(MDB, MissionDatabase)
    assert load_mdb(SOURCE).content_hash == MDB.content_hash
