"""The simulated spacecraft by itself: what it accepts, executes, refuses and tells."""

from __future__ import annotations

import pytest
from flight import KEYS, SCID, START_TAI_S, Flight
from hypothesis import given, settings
from hypothesis import strategies as st
from story import MISSION, SATELLITE

from core.command.frame import build_frame
from core.command.protect import LinkCounters
from core.errors import LinkError
from core.ground.simulator import OnboardState, initial_state
from core.ground.simulator.visibility import Visibility
from core.link import (
    Clcw,
    FrameService,
    TcFrame,
    Telecommand,
    decode_clcw,
    decode_cltu,
    decode_telemetry,
    decode_tm_frame,
    encode_cltu,
    encode_tc_frame,
    encode_telecommand,
    extract_packets,
    new_link_keys,
    set_vr_directive,
)
from core.link.tc_frame import UNLOCK
from core.mission.model import Mode
from core.orbit import Sgp4Orbit

DONE = ["AcceptanceSuccess", "StartSuccess", "CompletionSuccess"]


def test_a_ping_is_accepted_started_answered_and_completed() -> None:
    flight = Flight()
    assert flight.do("PING") == ["AcceptanceSuccess", "ConnectionTestReport", "StartSuccess", "CompletionSuccess"]


def test_the_same_octets_again_are_not_executed_again() -> None:
    flight = Flight()
    cltu = flight.cltu("SET_MODE", mode="payload")
    flight.craft.receive_cltu(cltu)
    assert flight.tells() == DONE
    flight.craft.receive_cltu(cltu)
    assert flight.tells() == []
    # Even when FARM-1 is made to expect the number again, the anti-replay check refuses it.
    flight.craft.receive_cltu(encode_cltu(encode_tc_frame(TcFrame(FrameService.BC, SCID, 0, 0, set_vr_directive(0)))))
    flight.craft.receive_cltu(cltu)
    assert flight.tells() == ["EventLowSeverity"]
    assert flight.craft.state.accepted_count == 1


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_an_altered_transmission_unit_changes_nothing_but_a_counter(data: st.DataObject) -> None:
    flight = Flight()
    raw = bytearray(flight.cltu("SET_MODE", mode="safe"))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    before = flight.craft.state.model_copy(deep=True)
    flight.craft.receive_cltu(bytes(raw))
    after = flight.craft.state
    if decode_is_unchanged(bytes(raw)):
        return  # the altered bit was a filler bit, which carries nothing
    assert (after.mode, after.farm_expected, after.last_sequence_number) == (
        before.mode,
        before.farm_expected,
        before.last_sequence_number,
    )
    assert after.rejected_count == before.rejected_count + 1


def decode_is_unchanged(raw: bytes) -> bool:
    try:
        return decode_cltu(raw) == decode_cltu(Flight().cltu("SET_MODE", mode="safe"))
    except LinkError:
        return False


def test_a_frame_under_another_key_moves_neither_sequence_nor_memory() -> None:
    flight = Flight()
    packet = encode_telecommand(Telecommand(SCID, 0, 17, 1, b""))
    forged = build_frame(SCID, new_link_keys(SCID).tc_association(), packet, LinkCounters(0, 1, 0))
    flight.craft.receive_cltu(encode_cltu(forged))
    assert (flight.craft.state.farm_expected, flight.craft.state.last_sequence_number) == (0, 0)
    assert flight.tells() == ["EventLowSeverity"]


def test_a_time_tagged_command_executes_at_its_time_once_also_after_a_restart() -> None:
    flight = Flight()
    at_tai_s = START_TAI_S + 500.0
    flight.craft.receive_cltu(flight.cltu("SET_MODE", execute_tai_s=at_tai_s, mode="payload"))
    assert flight.tells() == DONE
    flight.craft.advance(at_tai_s - 1.0)
    assert flight.craft.state.mode is Mode.NOMINAL
    again = Flight(OnboardState.model_validate_json(flight.craft.state.model_dump_json()))
    again.craft.advance(at_tai_s + 1.0)
    assert again.craft.state.mode is Mode.PAYLOAD
    assert again.tells() == ["EventInformative", *DONE]
    again.craft.advance(at_tai_s + 600.0)
    assert again.tells() == []


def test_an_insertion_for_the_past_is_refused() -> None:
    flight = Flight()
    flight.craft.receive_cltu(flight.cltu("PING", execute_tai_s=START_TAI_S - 1.0))
    assert flight.tells() == ["AcceptanceSuccess", "StartFailure"]
    assert flight.craft.state.schedule == []


def test_a_downlink_sends_its_volume_and_needs_the_station_and_the_data() -> None:
    flight = Flight()
    wanted = {"volume_bytes": 100_000_000, "duration_s": 60, "station": "svalbard"}
    stored = flight.craft.state.data_stored_bytes
    assert flight.do("START_DOWNLINK", **{**wanted, "station": "awarua"})[-1] == "StartFailure"
    assert flight.do("START_DOWNLINK", **{**wanted, "volume_bytes": int(stored) + 1})[-1] == "StartFailure"
    assert flight.do("START_DOWNLINK", **wanted) == ["AcceptanceSuccess", "StartSuccess"]
    assert flight.do("START_DOWNLINK", **wanted)[-1] == "StartFailure"
    flight.craft.advance(START_TAI_S + 30.0)
    assert flight.tells() == ["EventInformative", "CompletionSuccess"]
    assert flight.craft.state.data_stored_bytes == pytest.approx(stored - 100_000_000, abs=100)


def test_a_downlink_that_is_cut_short_reports_failure() -> None:
    flight = Flight()
    flight.do("START_DOWNLINK", volume_bytes=400_000_000, duration_s=300, station="svalbard")
    flight.craft.advance(START_TAI_S + 5.0)
    flight.tells()
    flight.do("STOP_DOWNLINK")
    flight.craft.advance(START_TAI_S + 6.0)
    assert "CompletionFailure" in flight.tells()


def test_low_charge_leads_to_safe_mode_which_refuses_payload_commands() -> None:
    state = initial_state(MISSION, SATELLITE, START_TAI_S).model_copy(update={"soc": 0.45})
    flight = Flight(state)
    flight.craft.advance(START_TAI_S + 1.0)
    # Low charge and the first step of the shedding; then safe mode.
    assert flight.tells() == ["EventMediumSeverity", "EventMediumSeverity", "EventHighSeverity"]
    assert (flight.craft.state.mode, flight.craft.state.pointing) == (Mode.SAFE, "sun")
    assert flight.do("TAKE_IMAGE", duration_s=5.0, latitude_deg=0.0, longitude_deg=0.0)[-1] == "StartFailure"
    assert flight.do("SET_MODE", mode="nominal")[-1] == "StartFailure"


def test_a_burn_uses_propellant_for_as_long_as_it_lasts() -> None:
    flight = Flight()
    before_kg = flight.craft.state.propellant_kg
    flight.do("EXECUTE_BURN", delta_v_m_s=0.2, duration_s=10.0)
    flight.craft.advance(START_TAI_S + 120.0)
    # 4 thrusters of 1 N at most, Isp 220 s: 4 N / (220 s * 9.80665 m/s2) * 10 s = 18.5 g
    assert 0.015 < before_kg - flight.craft.state.propellant_kg < 0.0186
    assert "CompletionSuccess" in flight.tells()


def test_a_locked_spacecraft_says_so_and_listens_after_unlock() -> None:
    flight = Flight()
    flight.number = 100  # far outside the window
    assert flight.do("PING") == []
    assert _clcw(flight).lockout
    flight.craft.receive_cltu(encode_cltu(encode_tc_frame(TcFrame(FrameService.BC, SCID, 0, 0, UNLOCK))))
    word = _clcw(flight)
    assert (word.lockout, word.report_value, word.farm_b_counter) == (False, 0, 1)


def _clcw(flight: Flight) -> Clcw:
    return decode_clcw(decode_tm_frame(flight.craft.frames([])[0], KEYS.tm_association()).ocf)


def test_reports_travel_in_protected_frames() -> None:
    flight = Flight()
    flight.craft.receive_cltu(flight.cltu("PING"))
    sent = [raw for raw, _ in flight.craft.take_outbox()]
    frames = [decode_tm_frame(raw, KEYS.tm_association()) for raw in flight.craft.frames(sent)]
    taken = [extract_packets(one.data, one.header.first_header_pointer, b"").packets for one in frames]
    assert [packet for packets in taken for packet in packets] == sent
    assert [decode_telemetry(raw).service for raw in sent] == [1, 17, 1, 1]
    assert flight.craft.frames([])[0] != flight.craft.frames([])[0]


def test_housekeeping_comes_every_ten_seconds_in_contact_and_is_stored_each_minute_outside() -> None:
    flight = Flight()
    flight.craft.advance(START_TAI_S + 101.0)
    flight.tells()
    assert 10 <= flight.packets.count("Housekeeping") <= 11
    flight.packets.clear()
    seen = Visibility(MISSION, Sgp4Orbit.from_elements(MISSION.craft(SATELLITE).elements))
    alone = START_TAI_S + 600.0
    while seen.at(alone) or seen.next_edge(alone, alone + 660.0) is not None:
        alone += 60.0
    flight.craft.advance(alone)
    flight.tells()
    flight.packets.clear()
    flight.craft.advance(alone + 600.0)
    flight.tells()
    assert 9 <= flight.packets.count("Housekeeping") <= 11
