"""Frames as stations deliver them, what becomes of them, and what is remembered of their virtual channels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["ChannelState", "FrameVerdict", "ReceivedFrame", "ReceivedPacket"]


class FrameVerdict(StrEnum):
    """Why a frame counts or does not."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CHECKSUM = "checksum"
    SECURITY = "security"
    MALFORMED = "malformed"
    UNKNOWN_SPACECRAFT = "unknown-spacecraft"


@dataclass(frozen=True)
class ReceivedFrame:
    """A frame as a ground station delivers it; ``index`` is its place in the station network's durable store."""

    index: int
    station: str
    received_tai_s: float
    raw: bytes


@dataclass(frozen=True)
class ReceivedPacket:
    """A packet that came without a frame, as a station or a recorder delivers it."""

    satellite: str
    received_tai_s: float
    raw: bytes


@dataclass(frozen=True)
class ChannelState:
    """What must be remembered of a virtual channel between frames; ``extended_count`` is -1 before the first."""

    extended_count: int = -1
    remainder: bytes = b""
