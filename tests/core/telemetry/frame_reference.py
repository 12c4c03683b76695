"""The readable reference of taking frames in, one by one: error control, security, gaps, duplicates, packets across frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import LinkError
from core.link import (
    AuthenticationFailed,
    ChecksumMismatch,
    Clcw,
    LinkKeys,
    SecurityUnknown,
    decode_clcw,
    decode_tm_frame,
    extract_packets,
)
from core.link.sdls import SecurityAssociation
from core.link.tm_frame import tm_header_of
from core.telemetry import ChannelState, FrameVerdict

__all__ = ["FrameReceiver", "VerifiedFrame"]


@dataclass(frozen=True)
class VerifiedFrame:
    """The outcome of a frame; packets only where it was accepted."""

    verdict: FrameVerdict
    satellite: str = ""
    vcid: int = 0
    extended_count: int = -1
    missed_frames: int = 0
    packets: tuple[bytes, ...] = ()
    remainder: bytes = b""
    clcw: Clcw | None = None
    reason: str = ""


class FrameReceiver:
    """Verifies frames of every spacecraft.

    Args:
        keys: Link keys by satellite.
    """

    def __init__(self, keys: LinkKeys) -> None:
        self._by_scid: Mapping[int, tuple[str, SecurityAssociation]] = {
            one.scid: (satellite, one.tm_association()) for satellite, one in keys.spacecraft.items()
        }

    def channel_of(self, raw: bytes) -> tuple[str, int] | None:
        """Satellite and virtual channel that a frame claims to be of; None where there is no such spacecraft."""
        try:
            header = tm_header_of(raw)
        except LinkError:
            return None
        known = self._by_scid.get(header.scid)
        return (known[0], header.vcid) if known else None

    def receive(self, raw: bytes, channel: ChannelState) -> VerifiedFrame:
        """Judge a frame of a channel in the given state; nothing of a frame that fails is used."""
        claimed = self.channel_of(raw)
        if claimed is None:
            return VerifiedFrame(FrameVerdict.UNKNOWN_SPACECRAFT, reason="no spacecraft of this mission")
        satellite, vcid = claimed
        association = next(sa for name, sa in self._by_scid.values() if name == satellite)
        try:
            frame = decode_tm_frame(raw, association)
            count = frame.extended_count
            if count <= channel.extended_count:
                return VerifiedFrame(FrameVerdict.DUPLICATE, satellite, vcid, count)
            missed = count - channel.extended_count - 1 if channel.extended_count >= 0 else 0
            taken = extract_packets(frame.data, frame.header.first_header_pointer, b"" if missed else channel.remainder)
            clcw = decode_clcw(frame.ocf) if frame.ocf else None
        except ChecksumMismatch as error:
            return VerifiedFrame(FrameVerdict.CHECKSUM, satellite, vcid, reason=error.message)
        except (AuthenticationFailed, SecurityUnknown) as error:
            return VerifiedFrame(FrameVerdict.SECURITY, satellite, vcid, reason=error.message)
        except LinkError as error:
            return VerifiedFrame(FrameVerdict.MALFORMED, satellite, vcid, reason=error.message)
        return VerifiedFrame(
            FrameVerdict.ACCEPTED, satellite, vcid, count, missed, taken.packets, taken.remainder, clcw
        )
