"""Telemetry frames out of a plain octet stream, by the attached synchronisation marker (CCSDS 131.0-B)."""

from __future__ import annotations

from typing import Final

from core.link.tm_frame import TM_FRAME_LENGTH

__all__ = ["SYNC_MARKER", "FrameSync"]

SYNC_MARKER: Final = bytes.fromhex("1acffc1d")  # §9.3.5


class FrameSync:
    """Finds frames of one length; what lies between them is dropped and counted.

    Args:
        frame_length: Octets of a frame, the marker not counted.
    """

    def __init__(self, frame_length: int = TM_FRAME_LENGTH) -> None:
        self._frame_length = frame_length
        self._buffer = bytearray()
        self.dropped_octets = 0

    def feed(self, octets: bytes) -> list[bytes]:
        """Take octets in and return the frames that they complete."""
        self._buffer += octets
        frames: list[bytes] = []
        while (start := self._buffer.find(SYNC_MARKER)) >= 0:
            self._drop(start)
            end = len(SYNC_MARKER) + self._frame_length
            if len(self._buffer) < end:
                return frames
            frames.append(bytes(self._buffer[len(SYNC_MARKER) : end]))
            del self._buffer[:end]
        self._drop(max(0, len(self._buffer) - len(SYNC_MARKER) + 1))
        return frames

    def _drop(self, octets: int) -> None:
        self.dropped_octets += octets
        del self._buffer[:octets]
