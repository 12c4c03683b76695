"""Services of the on-board software: reports, events, memory, schedule and parameters, and what each refuses."""

from __future__ import annotations

import struct

import pytest
from flight import MDB, SCID, START_TAI_S, Flight
from hypothesis import given, settings
from hypothesis import strategies as st
from story import MISSION, SATELLITE

from core.ground.simulator import initial_state
from core.ground.simulator.parameters import ParameterTable
from core.link.checksum import crc16
from core.mdb import CommandClass
from core.mission.model import Mode

DONE = ["AcceptanceSuccess", "StartSuccess", "CompletionSuccess"]


def test_housekeeping_stops_when_disabled_and_follows_its_period_when_enabled() -> None:
    flight = Flight()
    assert flight.do("DISABLE_HK", count=1, structure_id=1) == DONE
    flight.craft.advance(START_TAI_S + 60.0)
    names = [one.name for one in flight.decoded()]
    assert "Housekeeping" not in names and "AttitudeDiagnostics" in names
    flight.do("ENABLE_HK", count=1, structure_id=1)
    flight.do("SET_HK_PERIOD", count=1, structure_id=1, period_s=5.0)
    flight.craft.advance(START_TAI_S + 160.0)
    assert 18 <= [one.name for one in flight.decoded()].count("Housekeeping") <= 21


def test_a_diagnostic_structure_is_reported_on_request_also_when_disabled() -> None:
    flight = Flight()
    flight.do("DISABLE_DIAGNOSTICS", count=1, structure_id=2)
    assert flight.do("REPORT_DIAGNOSTICS", count=1, structure_id=2) == DONE
    flight.craft.advance(START_TAI_S + 0.5)
    assert "PowerAndHeatDiagnostics" in [one.name for one in flight.decoded()]
    flight.craft.advance(START_TAI_S + 60.0)
    assert "PowerAndHeatDiagnostics" not in [one.name for one in flight.decoded()]


def test_a_silenced_event_happens_but_is_not_reported() -> None:
    flight = Flight()
    flight.do("DISABLE_EVENT", count=1, event="schedule_reset")
    assert flight.do("SCHEDULE_RESET") == DONE
    flight.do("ENABLE_EVENT", count=1, event="schedule_reset")
    assert flight.do("SCHEDULE_RESET") == ["AcceptanceSuccess", "EventInformative", "StartSuccess", "CompletionSuccess"]


def test_a_waiting_command_is_reported_and_deleted_by_its_request() -> None:
    flight = Flight()
    for seconds in (500.0, 600.0):
        flight.craft.receive_cltu(flight.cltu("SET_MODE", execute_tai_s=START_TAI_S + seconds, mode="payload"))
    flight.tells()
    flight.craft.receive_cltu(flight.cltu("REPORT_SCHEDULE"))
    listed = [one.parameters for one in flight.decoded() if one.name == "ScheduleSummary"]
    assert [one["scheduled_request_count"].value for one in listed] == [0, 2]
    wanted = {"count": 1, "source": 0, "apid": SCID, "request_count": 0}
    assert flight.do("DELETE_SCHEDULED", **wanted) == DONE
    assert flight.do("DELETE_SCHEDULED", **wanted)[-1] == "StartFailure"
    flight.craft.advance(START_TAI_S + 550.0)
    assert flight.craft.state.mode is Mode.NOMINAL
    flight.craft.advance(START_TAI_S + 650.0)
    assert flight.craft.state.mode is Mode.PAYLOAD


def test_a_parameter_is_read_set_and_kept_over_a_restart() -> None:
    flight = Flight()
    setting = {"count": 1, "parameter": "safe_mode_soc", "value": 0.55}
    assert flight.do("SET_PARAMETER", **setting) == ["AcceptanceSuccess", "EventInformative", *DONE[1:]]
    later = flight.again()
    later.craft.receive_cltu(later.cltu("REPORT_PARAMETER", count=1, parameter="safe_mode_soc"))
    (report,) = [one.parameters for one in later.decoded() if one.name == "OnboardParameterReport"]
    assert (report["onboard_parameter"].value, report["onboard_parameter_value"].value) == ("safe_mode_soc", 0.55)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("safe_mode_soc", 1.5), ("rate_persistence", 0.0), ("battery_heater_on_below_degc", 30.0)],
)
def test_a_value_out_of_its_range_or_a_thermostat_without_a_band_is_refused(parameter: str, value: float) -> None:
    flight = Flight()
    assert flight.do("SET_PARAMETER", count=1, parameter=parameter, value=value)[-1] == "StartFailure"
    assert flight.craft.state.parameters == {}


def test_every_parameter_of_the_table_has_its_number_in_the_database() -> None:
    flight = Flight()
    labels = MDB.parameters["onboard_parameter"].type.labels
    table = ParameterTable(flight.craft.bus, flight.craft.state)
    assert list(labels.values()) == [one.name for one in table.rows]
    assert list(labels) == list(range(1, len(table.rows) + 1))


def test_memory_is_dumped_checked_and_loaded() -> None:
    flight = Flight()
    block = {"memory_id": 1, "block_count": 1, "address": 8}
    flight.do("LOAD_MEMORY", **block, data=struct.pack(">d", 0.7))
    assert flight.craft.state.parameters == {"low_charge_soc": 0.7}
    for command in ("DUMP_MEMORY", "CHECK_MEMORY"):
        flight.craft.receive_cltu(flight.cltu(command, **block, length=8))
    packets = {one.name: one.parameters for one in flight.decoded()}
    assert packets["MemoryDump"]["memory_data"].value == struct.pack(">d", 0.7)
    assert packets["MemoryCheck"]["memory_checksum"].value == crc16(struct.pack(">d", 0.7))
    assert flight.do("DUMP_MEMORY", **{**block, "address": 90}, length=8)[-1] == "StartFailure"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 200), st.binary(max_size=40))
def test_no_memory_load_leaves_a_parameter_out_of_its_range(address: int, data: bytes) -> None:
    table = ParameterTable(MISSION.bus_of(SATELLITE), initial_state(MISSION, SATELLITE, START_TAI_S))
    table.load(address, data)
    assert all(one.minimum <= table.get(one.name) <= one.maximum for one in table.rows)


def test_what_changes_the_on_board_software_is_hazardous() -> None:
    hazardous = {name for name, one in MDB.commands.items() if one.command_class is CommandClass.HAZARDOUS}
    assert hazardous == {"EXECUTE_BURN", "LOAD_MEMORY", "SECURITY_PROCEDURE", "SET_PARAMETER"}


def test_a_changed_set_point_moves_the_thermostat() -> None:
    flight = Flight()
    for name, value in (("off_above_degc", 40.0), ("on_below_degc", 35.0)):
        flight.do("SET_PARAMETER", count=1, parameter=f"tank_heater_{name}", value=value)
    flight.craft.advance(START_TAI_S + 120.0)
    reports = [one.parameters for one in flight.decoded() if one.name == "PowerAndHeatDiagnostics"]
    assert reports[-1]["tank_heater_on"].value is True
