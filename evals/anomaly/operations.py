"""Ordinary work of a spacecraft: images, downlinks, turns, modes and burns, drawn by chance and put on board as a schedule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from core.ground.simulator.state import ScheduledCommand
from core.link import Telecommand, encode_telecommand
from core.mdb import MissionDatabase, encode_command
from core.mission.model import Mission
from core.orbit import Sgp4Orbit, find_passes

__all__ = ["draw_operations"]

_DAY_S: Final = 86_400.0
_TURN_S: Final = 240.0  # longer than any turn with settling takes
_PER_DAY: Final = {"image": 6.0, "turn": 4.0, "standby": 0.5, "safe": 0.2, "burn": 0.5}
_DOWNLINK_SHARE: Final = 0.4  # of passes
Command = tuple[float, str, dict[str, Any]]


def draw_operations(
    mission: Mission,
    satellite: str,
    mdb: MissionDatabase,
    start_tai_s: float,
    end_tai_s: float,
    chance: np.random.Generator,
) -> list[ScheduledCommand]:
    """Telecommands for an interval, in the order of their release."""
    drawn: list[Command] = []
    for kind, per_day in _PER_DAY.items():
        count = int(chance.poisson(per_day * (end_tai_s - start_tai_s) / _DAY_S))
        for at_tai_s in chance.uniform(start_tai_s + 600.0, end_tai_s, count):
            drawn += _WORK[kind](float(at_tai_s), chance)
    drawn += _downlinks(mission, satellite, start_tai_s, end_tai_s, chance)
    scid = mission.craft(satellite).spacecraft_id
    return [
        ScheduledCommand(release_tai_s=at_tai_s, packet_hex=_packet(mdb, scid, number, name, arguments).hex())
        for number, (at_tai_s, name, arguments) in enumerate(sorted(drawn, key=lambda one: one[0]))
    ]


def _packet(mdb: MissionDatabase, scid: int, number: int, name: str, arguments: dict[str, Any]) -> bytes:
    encoded = encode_command(mdb, name, arguments)
    return encode_telecommand(
        Telecommand(scid, number % (1 << 14), encoded.service, encoded.subtype, encoded.application_data)
    )


def _turn_to(at_tai_s: float, pointing: str, duration_s: int, chance: np.random.Generator) -> Command:
    place = {"latitude_deg": float(chance.uniform(-75, 75)), "longitude_deg": float(chance.uniform(-180, 180))}
    return at_tai_s, "SET_POINTING", {"pointing": pointing, "duration_s": duration_s, **place}


def _image(at_tai_s: float, chance: np.random.Generator) -> Iterator[Command]:
    length_s = float(chance.uniform(10, 180))
    pointing = str(chance.choice(["target", "nadir"]))
    in_payload_mode = chance.random() < 0.6
    if in_payload_mode:
        yield at_tai_s - 5.0, "SET_MODE", {"mode": "payload"}
    yield _turn_to(at_tai_s, pointing, int(_TURN_S + length_s + 30), chance)
    place = {"latitude_deg": 0.0, "longitude_deg": 0.0}
    yield at_tai_s + _TURN_S, "TAKE_IMAGE", {"duration_s": length_s, **place}
    if in_payload_mode:
        yield at_tai_s + _TURN_S + length_s + 5.0, "SET_MODE", {"mode": "nominal"}


def _turn(at_tai_s: float, chance: np.random.Generator) -> Iterator[Command]:
    pointing = str(chance.choice(["sun", "inertial", "velocity", "target"]))
    yield _turn_to(at_tai_s, pointing, int(chance.uniform(600, 3600)), chance)


def _mode(mode: str, longest_s: float) -> Any:
    def commands(at_tai_s: float, chance: np.random.Generator) -> Iterator[Command]:
        yield at_tai_s, "SET_MODE", {"mode": mode}
        back_tai_s = at_tai_s + float(chance.uniform(1800, longest_s))
        yield back_tai_s, "SET_MODE", {"mode": "nominal"}
        yield _turn_to(back_tai_s + 10.0, "nadir", 0, chance)

    return commands


def _burn(at_tai_s: float, chance: np.random.Generator) -> Iterator[Command]:
    length_s = float(chance.uniform(5, 120))
    yield _turn_to(at_tai_s, "velocity", int(_TURN_S + length_s + 60), chance)
    delta_v_m_s = float(chance.choice([-1.0, 1.0])) * 0.02 * length_s
    yield at_tai_s + _TURN_S, "EXECUTE_BURN", {"delta_v_m_s": delta_v_m_s, "duration_s": length_s}


_WORK: Final = {
    "image": _image,
    "turn": _turn,
    "standby": _mode("standby", 7200.0),
    "safe": _mode("safe", 14_400.0),
    "burn": _burn,
}


def _downlinks(
    mission: Mission, satellite: str, start_tai_s: float, end_tai_s: float, chance: np.random.Generator
) -> Iterator[Command]:
    orbit = Sgp4Orbit.from_elements(mission.craft(satellite).elements)
    for station in mission.stations:
        for one in find_passes(orbit, station, start_tai_s, end_tai_s):
            if chance.random() > _DOWNLINK_SHARE or one.los_tai_s - one.aos_tai_s < 120.0:
                continue
            begin_tai_s = one.aos_tai_s + 20.0
            length_s = int((one.los_tai_s - begin_tai_s - 20.0) * chance.uniform(0.3, 1.0))
            volume_bytes = int(chance.uniform(1e8, 4e9))
            yield (
                begin_tai_s,
                "START_DOWNLINK",
                {"station": station.id, "volume_bytes": volume_bytes, "duration_s": max(length_s, 1)},
            )
