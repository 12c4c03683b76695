"""A simulated spacecraft with the numbers that its control centre would keep, for tests without a ground segment."""

from __future__ import annotations

from story import MISSION, SATELLITE, start_of_story

from core.command.frame import build_frame
from core.command.protect import LinkCounters
from core.ground.simulator import OnboardState, SimulatedSpacecraft, initial_state
from core.ground.simulator.faults import Fault
from core.link import Telecommand, encode_cltu, encode_cuc, encode_telecommand, new_link_keys
from core.mdb import DecodedPacket, decode_packet, encode_command, reference_mdb

MDB = reference_mdb()
KEYS = new_link_keys(MISSION.craft(SATELLITE).spacecraft_id)
SCID = MISSION.craft(SATELLITE).spacecraft_id
START_TAI_S = start_of_story() + 960.0  # one minute into a pass over Svalbard


class Flight:
    """A spacecraft and the numbers that its control centre would keep."""

    def __init__(self, state: OnboardState | None = None, faults: tuple[Fault, ...] = ()) -> None:
        self.craft = SimulatedSpacecraft(
            MISSION, SATELLITE, MDB, KEYS, state or initial_state(MISSION, SATELLITE, START_TAI_S), 10.0, faults
        )
        self.number = 0
        self.packets: list[bytes] = []

    def cltu(self, mnemonic: str, execute_tai_s: float | None = None, **arguments: object) -> bytes:
        count = 2 * self.number
        encoded = encode_command(MDB, mnemonic, arguments)
        packet = encode_telecommand(
            Telecommand(SCID, count, encoded.service, encoded.subtype, encoded.application_data)
        )
        if execute_tai_s is not None:
            release = encode_cuc(execute_tai_s)
            insertion = encode_command(
                MDB,
                "SCHEDULE_INSERT",
                {
                    "count": 1,
                    "release_coarse_s": int.from_bytes(release[:4], "big"),
                    "release_fine": int.from_bytes(release[4:], "big"),
                    "telecommand": packet,
                },
            )
            packet = encode_telecommand(
                Telecommand(SCID, count + 1, insertion.service, insertion.subtype, insertion.application_data)
            )
        counters = LinkCounters(self.number % 256, self.number + 1, count)
        self.number += 1
        return encode_cltu(build_frame(SCID, KEYS.tc_association(), packet, counters))

    def tells(self) -> list[str]:
        """Names of the packets made since the last call, housekeeping and diagnostics left out."""
        decoded = [decode_packet(MDB, raw) for raw, _ in self.craft.take_outbox()]
        self.packets += [one.name for one in decoded]
        return [one.name for one in decoded if one.name != "Housekeeping" and not one.name.endswith("Diagnostics")]

    def decoded(self) -> list[DecodedPacket]:
        """The packets made since the last call."""
        return [decode_packet(MDB, raw) for raw, _ in self.craft.take_outbox()]

    def again(self) -> Flight:
        """The same spacecraft after a restart from what it had stored."""
        other = Flight(OnboardState.model_validate_json(self.craft.state.model_dump_json()))
        other.number = self.number
        return other

    def do(self, mnemonic: str, **arguments: object) -> list[str]:
        self.craft.receive_cltu(self.cltu(mnemonic, **arguments))  # type: ignore[arg-type]
        return self.tells()


def events(packets: list[DecodedPacket]) -> list[str]:
    """Names of the events among packets."""
    return [str(one.parameters["event_id"].value) for one in packets if "event_id" in one.parameters]
