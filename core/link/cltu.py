"""Communications link transmission units with the BCH(63,56) code (CCSDS 231.0-B-4 §3, §5)."""

from __future__ import annotations

from typing import Final

from core.link.errors import CodeBlockCorrupt, FrameMalformed
from native import _core

__all__ = ["START_SEQUENCE", "TAIL_SEQUENCE", "bch_parity", "decode_cltu", "encode_cltu"]

START_SEQUENCE: Final = b"\xeb\x90"  # §5.2.2
TAIL_SEQUENCE: Final = b"\xc5" * 7 + b"\x79"  # §5.2.4
_GENERATOR: Final = 0b1000101  # x^7 + x^6 + x^2 + 1 without its leading term, §3.3
_INFORMATION_LENGTH: Final = 7
_BLOCK_LENGTH: Final = 8


def _remainder_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        register = byte
        for _ in range(8):
            register = (register << 1) ^ (_GENERATOR << 1 if register & 0x80 else 0)
        table.append(register & 0xFF)
    return tuple(table)


# The 7-bit remainder is kept in the upper bits, so that a byte is taken in at once.
_TABLE: Final = _remainder_table()


def bch_parity(information: bytes) -> int:
    """The last octet of a code block: seven complemented parity bits and a filler bit of 0."""
    register = 0
    for byte in information:
        register = _TABLE[register ^ byte]
    return ~register & 0xFE


def encode_cltu(frame: bytes) -> bytes:
    """The transmission unit of a frame."""
    if not frame:
        raise FrameMalformed("a CLTU carries at least one octet")
    return _core.encode_cltu(frame)


def decode_cltu(cltu: bytes, *, correct: bool = False) -> bytes:
    """The octets that a transmission unit carries, fill at the end included.

    Args:
        cltu: From start sequence to tail sequence.
        correct: Mend one altered bit per code block; otherwise up to three are detected (§3.5).
    Raises:
        CodeBlockCorrupt: A block has errors that are not to be mended or cannot be.
        FrameMalformed: Start or tail sequence missing, or no whole code blocks.
    """
    if not cltu.startswith(START_SEQUENCE):
        raise FrameMalformed(f"a CLTU starts with {START_SEQUENCE.hex()}, not {cltu[:2].hex()}")
    if not cltu.endswith(TAIL_SEQUENCE):
        raise FrameMalformed(f"a CLTU ends with {TAIL_SEQUENCE.hex()}, not {cltu[-8:].hex()}")
    body = cltu[len(START_SEQUENCE) : -len(TAIL_SEQUENCE)]
    if not body or len(body) % _BLOCK_LENGTH:
        raise FrameMalformed(f"{len(body)} octets are no whole code blocks of {_BLOCK_LENGTH}")
    return b"".join(
        _decode_block(body[start : start + _BLOCK_LENGTH], start // _BLOCK_LENGTH, correct)
        for start in range(0, len(body), _BLOCK_LENGTH)
    )


def _decode_block(block: bytes, index: int, correct: bool) -> bytes:
    information = block[:_INFORMATION_LENGTH]
    if bch_parity(information) == block[_INFORMATION_LENGTH] & 0xFE:
        return information
    if correct:
        return _mend_block(block, index)
    raise CodeBlockCorrupt(f"code block {index} has altered bits", block=index)


def _mend_block(block: bytes, index: int) -> bytes:
    word = int.from_bytes(block, "big")
    for bit in range(1, 64):  # bit 0 is the filler and carries nothing
        mended = (word ^ 1 << bit).to_bytes(_BLOCK_LENGTH, "big")
        if bch_parity(mended[:_INFORMATION_LENGTH]) == mended[_INFORMATION_LENGTH] & 0xFE:
            return mended[:_INFORMATION_LENGTH]
    raise CodeBlockCorrupt(f"code block {index} has more than one altered bit", block=index)
