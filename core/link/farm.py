"""FARM-1: the spacecraft's half of the telecommand transfer procedure (CCSDS 232.1-B-2 §6, table 6-1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from core.link.clcw import Clcw
from core.link.errors import FrameMalformed
from core.link.tc_frame import SET_VR, UNLOCK, FrameService, TcFrame

__all__ = ["Farm", "FarmVerdict"]


class FarmVerdict(Enum):
    """What became of a frame."""

    ACCEPTED = "accepted"
    DIRECTIVE = "directive"
    DUPLICATE = "duplicate"  # negative window: received before
    OUT_OF_SEQUENCE = "out of sequence"  # positive window: something is missing
    LOCKOUT = "lockout"
    NO_BUFFER = "no buffer"


@dataclass
class Farm:
    """State of one virtual channel; plain fields, so that the owner can store them.

    Args:
        expected: V(R), the next frame sequence number.
        window: Width W of the sliding window; positive and negative parts are W/2 (§6.1.8).
    """

    vcid: int
    expected: int = 0
    lockout: bool = False
    wait: bool = False
    retransmit: bool = False
    farm_b_counter: int = 0
    window: int = 64

    def receive(self, frame: TcFrame, *, buffer_free: bool = True) -> FarmVerdict:
        """Events E1 to E8 for a valid frame of this virtual channel."""
        if frame.service is FrameService.BC:
            return self._directive(frame.data)
        if frame.service is FrameService.BD:
            self._count_bypass()
            return FarmVerdict.ACCEPTED
        return self._sequenced(frame.sequence_number, buffer_free)

    def release_buffer(self) -> None:
        """Event E10: the higher layer can take frames again."""
        self.wait = False

    def report(self) -> Clcw:
        """Event E11: the control word to send."""
        return Clcw(
            vcid=self.vcid,
            report_value=self.expected,
            lockout=self.lockout,
            wait=self.wait,
            retransmit=self.retransmit,
            farm_b_counter=self.farm_b_counter,
        )

    def _sequenced(self, number: int, buffer_free: bool) -> FarmVerdict:
        ahead = (number - self.expected) % 256
        inside_positive = ahead < self.window // 2
        inside_negative = ahead >= 256 - self.window // 2
        if self.lockout:
            return FarmVerdict.LOCKOUT
        if not inside_positive and not inside_negative:  # E5
            self.lockout = True
            return FarmVerdict.LOCKOUT
        if inside_negative:  # E4
            return FarmVerdict.DUPLICATE
        if self.wait:
            return FarmVerdict.NO_BUFFER
        if ahead:  # E3
            self.retransmit = True
            return FarmVerdict.OUT_OF_SEQUENCE
        if not buffer_free:  # E2
            self.retransmit = self.wait = True
            return FarmVerdict.NO_BUFFER
        self.expected = (self.expected + 1) % 256  # E1
        self.retransmit = False
        return FarmVerdict.ACCEPTED

    def _directive(self, data: bytes) -> FarmVerdict:
        if data == UNLOCK:  # E7
            self._count_bypass()
            self.lockout = self.wait = self.retransmit = False
            return FarmVerdict.DIRECTIVE
        if len(data) == len(SET_VR) + 1 and data.startswith(SET_VR):  # E8; has no effect in lockout
            self._count_bypass()
            if self.lockout:
                return FarmVerdict.LOCKOUT
            self.wait = self.retransmit = False
            self.expected = data[-1]
            return FarmVerdict.DIRECTIVE
        raise FrameMalformed(f"control command {data.hex()} is neither unlock nor set V(R)")

    def _count_bypass(self) -> None:
        self.farm_b_counter = (self.farm_b_counter + 1) % 4
