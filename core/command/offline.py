"""Telecommands without a link: every form that one takes on its way up, and every check that a receiver makes of it.

Nothing here takes numbers from a service's counters: whoever makes a frame by hand names its numbers, and answers for it
that they were not used before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.command.frame import VCID, build_frame
from core.command.protect import LinkCounters
from core.errors import InputError, LlamaSpaceError
from core.link import (
    FrameService,
    LinkKeys,
    PacketType,
    Telecommand,
    decode_cltu,
    decode_packet,
    decode_tc_frame,
    decode_telecommand,
    encode_cltu,
    encode_telecommand,
)
from core.link.cfdp import decode_pdu, is_unit_packet, transaction_of, unit_in_packet
from core.link.checksum import CRC_LENGTH
from core.link.cltu import START_SEQUENCE
from core.link.sdls import unprotect
from core.link.segment import SEGMENT_HEADER_LENGTH
from core.link.space_packet import SEQUENCE_COUNT_MODULO
from core.link.tc_frame import TC_HEADER_LENGTH, TcFrame, tc_frame_length
from core.mdb import MissionDatabase, decode_command, encode_command
from core.mission.model import Mission

__all__ = ["Check", "Numbers", "UplinkForms", "UplinkReading", "make_forms", "read_uplink"]

_LARGEST_FRAME_NUMBER = 255


@dataclass(frozen=True)
class Numbers:
    """The counters of one telecommand: of its packet, of its frame, N(S), and against replay."""

    packet: int
    frame: int
    sequence: int


@dataclass(frozen=True)
class UplinkForms:
    """One telecommand at each layer; frame and CLTU are None without keys."""

    application_data: bytes
    packet: bytes
    frame: bytes | None
    cltu: bytes | None


def make_forms(
    mdb: MissionDatabase,
    mission: Mission,
    satellite: str,
    mnemonic: str,
    arguments: Mapping[str, object],
    numbers: Numbers,
    keys: LinkKeys | None = None,
) -> UplinkForms:
    """Encode a telecommand, and protect it where there are keys.

    Raises:
        ArgumentRefused: An argument is wrong.
        InputError: A number does not fit its field, or there is no key for the spacecraft.
    """
    _check_number("packet count", numbers.packet, SEQUENCE_COUNT_MODULO - 1)
    _check_number("frame number", numbers.frame, _LARGEST_FRAME_NUMBER)
    _check_number("sequence number", numbers.sequence, (1 << 32) - 1)
    scid = mission.craft(satellite).spacecraft_id
    encoded = encode_command(mdb, mnemonic, arguments)
    telecommand = Telecommand(scid, numbers.packet, encoded.service, encoded.subtype, encoded.application_data)
    packet = encode_telecommand(telecommand)
    if keys is None:
        return UplinkForms(encoded.application_data, packet, None, None)
    if satellite not in keys.spacecraft:
        raise InputError("keys", f"hold none of {satellite}; there are {sorted(keys.spacecraft)}")
    association = keys.spacecraft[satellite].tc_association()
    counters = LinkCounters(numbers.frame, numbers.sequence, numbers.packet)
    frame = build_frame(scid, association, packet, counters)
    return UplinkForms(encoded.application_data, packet, frame, encode_cltu(frame))


def _check_number(name: str, number: int, largest: int) -> None:
    if not 0 <= number <= largest:
        raise InputError(name, f"{number} is outside 0 to {largest}")


@dataclass(frozen=True)
class Check:
    """One thing that a receiver looks at."""

    name: str
    passed: bool
    detail: str


@dataclass
class UplinkReading:
    """What some octets are, as far as they could be read.

    Args:
        checks: In the order in which they were made; nothing is read beyond the first that fails.
        fields: What was read, by name.
    """

    checks: list[Check] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every check passed, down to the arguments."""
        return all(one.passed for one in self.checks)


def read_uplink(raw: bytes, mdb: MissionDatabase, mission: Mission, keys: LinkKeys | None = None) -> UplinkReading:
    """Read a CLTU, a frame or a packet, whichever the octets are.

    Args:
        raw: The octets.
        mdb: What telecommands mean.
        mission: Spacecraft by their CCSDS id.
        keys: Link keys; without them a protected frame cannot be opened, and that check fails.
    """
    reading = UplinkReading()
    try:
        _read(raw, mdb, mission, keys, reading)
    except LlamaSpaceError as error:
        reading.checks.append(Check(_next_check(reading), False, error.message))
    return reading


def _read(raw: bytes, mdb: MissionDatabase, mission: Mission, keys: LinkKeys | None, reading: UplinkReading) -> None:
    if raw.startswith(START_SEQUENCE):
        raw = decode_cltu(raw)
        reading.checks.append(Check("CLTU", True, f"{len(raw)} octets in code blocks, every parity right"))
    apid = mission.file_delivery.apid
    if not (_looks_like_packet(raw, mission) or _is_unit(raw, apid)):
        frame = decode_tc_frame(raw)
        raw = raw[: tc_frame_length(raw)]
        reading.fields |= {"service": frame.service.name, "scid": frame.scid, "vcid": frame.vcid}
        reading.fields["frame_number"] = frame.sequence_number
        reading.checks.append(Check("frame", True, f"{len(raw)} octets, header and error control right"))
        if frame.service is FrameService.BC:
            reading.fields["directive"] = frame.data.hex()
            return
        raw = _open(raw, frame, mission, keys, reading)
    if _is_unit(raw, apid):
        _read_unit(raw, apid, reading)
        return
    command = decode_telecommand(raw)
    reading.fields |= {"apid": command.apid, "packet_count": command.sequence_count}
    reading.checks.append(Check("packet", True, f"PUS {command.service}, {command.subtype}, error control right"))
    decoded = decode_command(mdb, command.service, command.subtype, command.data)
    reading.fields |= {"command": decoded.definition.name, "arguments": decoded.arguments}
    reading.fields["class"] = str(decoded.definition.command_class)
    reading.checks.append(Check("telecommand", True, f"{decoded.definition.name}, every argument in range"))


def _is_unit(raw: bytes, apid: int) -> bool:
    """Whether a telecommand packet of file delivery begins here."""
    return bool(raw) and raw[0] >> 3 == 0b00010 and is_unit_packet(raw, apid)


def _read_unit(raw: bytes, apid: int, reading: UplinkReading) -> None:
    packet = decode_packet(raw)
    unit = unit_in_packet(raw, PacketType.TELECOMMAND, apid)
    reading.fields |= {"apid": apid, "packet_count": packet.sequence_count}
    reading.checks.append(Check("packet", True, "of file delivery, no telecommand"))
    read = decode_pdu(unit)
    reading.fields |= {"transaction": transaction_of(read).transaction_id, "unit": type(read).__name__}
    reading.checks.append(Check("telecommand", True, "a unit of CFDP"))


def _looks_like_packet(raw: bytes, mission: Mission) -> bool:
    """Whether a telecommand packet of one of our spacecraft begins here; a frame of version 0 has other bits there."""
    if len(raw) < 2 or raw[0] >> 3 != 0b00011:
        return False
    return int.from_bytes(raw[:2], "big") & 0x7FF in {one.spacecraft_id for one in mission.spacecraft}


def _open(raw: bytes, frame: TcFrame, mission: Mission, keys: LinkKeys | None, reading: UplinkReading) -> bytes:
    satellite = next((one.id for one in mission.spacecraft if one.spacecraft_id == frame.scid), None)
    if satellite is None or frame.vcid != VCID:
        raise InputError("frame", f"spacecraft {frame.scid}, channel {frame.vcid} is none of this mission")
    reading.fields["satellite"] = satellite
    if keys is None or satellite not in keys.spacecraft:
        raise InputError("keys", f"without the key of {satellite} its MAC cannot be verified")
    association = keys.spacecraft[satellite].tc_association()
    opened = unprotect(association, raw[:-CRC_LENGTH], TC_HEADER_LENGTH + SEGMENT_HEADER_LENGTH)
    reading.fields |= {"spi": association.spi, "sequence_number": opened.sequence_number}
    reading.checks.append(Check("MAC", True, f"authentic under SPI {association.spi}"))
    return opened.data


_ORDER = ("CLTU", "frame", "MAC", "packet", "telecommand")


def _next_check(reading: UplinkReading) -> str:
    done = reading.checks[-1].name if reading.checks else None
    return _ORDER[_ORDER.index(done) + 1] if done in _ORDER[:-1] else _ORDER[0] if done is None else done
