"""CRC-16 of frames and packets: x^16 + x^12 + x^5 + 1 preset to ones (CCSDS 232.0-B-4 §4.1.4, ECSS-E-ST-70-41C B.1)."""

from __future__ import annotations

import binascii
from typing import Final

from core.link.errors import ChecksumMismatch

__all__ = ["CRC_LENGTH", "append_crc", "crc16", "strip_crc"]

CRC_LENGTH: Final = 2
_PRESET: Final = 0xFFFF  # CCSDS 232.0-B-4 §4.1.4.2


def crc16(data: bytes) -> int:
    """The 16-bit cyclic redundancy code of the data."""
    return binascii.crc_hqx(data, _PRESET)


def append_crc(data: bytes) -> bytes:
    """The data followed by its error control field."""
    return data + crc16(data).to_bytes(CRC_LENGTH, "big")


def strip_crc(data: bytes) -> bytes:
    """The data without its error control field.

    Raises:
        ChecksumMismatch: The field does not match.
    """
    if len(data) <= CRC_LENGTH:
        raise ChecksumMismatch(f"{len(data)} bytes hold no content and error control", length=len(data))
    content, found = data[:-CRC_LENGTH], int.from_bytes(data[-CRC_LENGTH:], "big")
    expected = crc16(content)
    if found != expected:
        raise ChecksumMismatch(f"error control is {found:#06x}, the content needs {expected:#06x}")
    return content
