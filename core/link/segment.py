"""Segments of telecommand data units, by multiplexer access point (CCSDS 232.0-B-4 §4.1.3.2.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from core.link.errors import FrameMalformed

__all__ = ["SEGMENT_HEADER_LENGTH", "Reassembly", "split_segments"]

SEGMENT_HEADER_LENGTH: Final = 1
_FIRST, _CONTINUING, _LAST, _WHOLE = 0b01, 0b00, 0b10, 0b11  # sequence flags, §4.1.3.2.2.2
_LARGEST_UNIT: Final = 65_542  # a space packet, CCSDS 133.0-B-2 §4.1.3.5
_LARGEST_MAP: Final = 63


def split_segments(unit: bytes, map_id: int, capacity: int) -> list[bytes]:
    """Frame data fields, segment header first, that carry a data unit.

    Args:
        unit: Usually one packet.
        map_id: Multiplexer access point, 0 to 63.
        capacity: Octets of the unit that fit one frame behind the segment header.
    """
    if not 0 <= map_id <= _LARGEST_MAP:
        raise FrameMalformed(f"MAP {map_id} is outside 0 to {_LARGEST_MAP}")
    if not unit or capacity < 1:
        raise FrameMalformed(f"{len(unit)} octets cannot be carried by frames of {capacity}")
    parts = [unit[at : at + capacity] for at in range(0, len(unit), capacity)]
    flags = [_CONTINUING] * len(parts)
    flags[0], flags[-1] = _FIRST, _LAST
    if len(parts) == 1:
        flags = [_WHOLE]
    return [bytes((flag << 6 | map_id,)) + part for flag, part in zip(flags, parts, strict=True)]


@dataclass
class Reassembly:
    """The receiver's half: parts that wait for the rest, by MAP."""

    parts: dict[int, bytes] = field(default_factory=dict)
    discarded: int = 0

    def take(self, data: bytes) -> tuple[int, bytes] | None:
        """MAP and data unit, once a frame's data field completes one.

        A part that does not follow what came before is dropped with what it would have continued, and counted: COP-1
        delivers in order, so this happens only after the service was interrupted.

        Raises:
            FrameMalformed: No segment header, or a unit longer than any packet.
        """
        if len(data) <= SEGMENT_HEADER_LENGTH:
            raise FrameMalformed(f"{len(data)} octets hold no segment header and data")
        flags, map_id, part = data[0] >> 6, data[0] & _LARGEST_MAP, data[SEGMENT_HEADER_LENGTH:]
        before = self.parts.pop(map_id, None)
        if flags in (_WHOLE, _FIRST):
            self.discarded += before is not None
            before = b""
        elif before is None:
            self.discarded += 1
            return None
        whole = before + part
        if len(whole) > _LARGEST_UNIT:
            raise FrameMalformed(f"a data unit of {len(whole)} octets is longer than {_LARGEST_UNIT}")
        if flags in (_WHOLE, _LAST):
            return map_id, whole
        self.parts[map_id] = whole
        return None
