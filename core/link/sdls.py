"""Space data link security with AES-256-GCM (CCSDS 355.0-B-2; algorithm of CCSDS 352.0-B-2).

A protected frame is: header | SPI, IV, sequence number | data field | MAC. What of the header the MAC covers is the
security association's authentication mask, because implementations differ in it (355.0-B-2 §2.3.2.3 leaves it open).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.link.errors import AuthenticationFailed, FrameMalformed, ReplayRefused, SecurityUnknown

__all__ = ["MAC_LENGTH", "AntiReplay", "SecurityAssociation", "Unprotected", "protect", "unprotect"]

SPI_LENGTH: Final = 2  # 355.0-B-2 §4.1.1.2
MAC_LENGTH: Final = 16  # 352.0-B-2: a tag of 128 bits
_KEY_LENGTH: Final = 32


@dataclass(frozen=True)
class SecurityAssociation:
    """Keys and layout that both ends agree on for one direction of a virtual channel.

    Args:
        spi: Security parameter index, 1 to 65534.
        key: AES-256 key, 32 bytes.
        iv_length: Octets of the transmitted initialisation vector; 12 is the recommended one.
        sequence_length: Octets of the transmitted anti-replay sequence number; 0 where the IV serves as one.
        authentication_mask: ANDed with header and security header before authentication, zero-extended;
            None authenticates every bit.
        encrypts: False authenticates only (GMAC) and leaves the data field readable.
    """

    spi: int
    key: bytes = field(repr=False)
    iv_length: int = 12
    sequence_length: int = 4
    authentication_mask: bytes | None = None
    encrypts: bool = True

    def __post_init__(self) -> None:
        if len(self.key) != _KEY_LENGTH:
            raise SecurityUnknown(f"an AES-256 key has {_KEY_LENGTH} bytes, not {len(self.key)}")

    @property
    def header_length(self) -> int:
        """Octets of the security header."""
        return SPI_LENGTH + self.iv_length + self.sequence_length

    @property
    def overhead(self) -> int:
        """Octets that protection adds to a frame."""
        return self.header_length + MAC_LENGTH

    @cached_property
    def cipher(self) -> AESGCM:
        """The keyed cipher."""
        return AESGCM(self.key)

    def authenticated(self, header: bytes) -> bytes:
        """The additional authenticated data of a frame: header and security header under the mask."""
        if self.authentication_mask is None:
            return header
        mask = self.authentication_mask[: len(header)].ljust(len(header), b"\0")
        return bytes(a & b for a, b in zip(header, mask, strict=True))


@dataclass(frozen=True)
class Unprotected:
    """A frame whose MAC was right."""

    header: bytes
    iv: bytes
    sequence_number: int
    data: bytes


@dataclass
class AntiReplay:
    """The receiver's memory of sequence numbers (355.0-B-2 §3.3.4): strictly increasing, steps within a window."""

    last: int = 0
    window: int = 1024

    def check(self, sequence_number: int) -> None:
        """Refuse a number that is not new or is too far ahead; changes nothing."""
        if not self.last < sequence_number <= self.last + self.window:
            raise ReplayRefused(
                f"sequence number {sequence_number} is outside {self.last + 1} to {self.last + self.window}",
                sequence_number=sequence_number,
                last=self.last,
            )

    def accept(self, sequence_number: int) -> None:
        """Remember a number as used.

        Raises:
            ReplayRefused: It was used before or lies outside the window.
        """
        self.check(sequence_number)
        self.last = sequence_number


def protect(sa: SecurityAssociation, header: bytes, data: bytes, *, iv: bytes, sequence_number: int = 0) -> bytes:
    """Header, security header, protected data field and MAC; the caller adds OCF and error control.

    An IV must never be used twice with one key: the caller takes it from a counter that is stored before use.
    """
    if len(iv) != sa.iv_length:
        raise FrameMalformed(f"the IV has {len(iv)} octets, SPI {sa.spi} needs {sa.iv_length}")
    number = sequence_number.to_bytes(sa.sequence_length, "big") if sa.sequence_length else b""
    security = sa.spi.to_bytes(SPI_LENGTH, "big") + iv + number
    authenticated = sa.authenticated(header + security)
    if sa.encrypts:
        return header + security + sa.cipher.encrypt(iv, data, authenticated)
    return header + security + data + sa.cipher.encrypt(iv, b"", authenticated + data)


def unprotect(sa: SecurityAssociation, frame: bytes, header_length: int) -> Unprotected:
    """The content of a protected frame (without OCF and error control), if its MAC is right.

    The anti-replay check is separate (``AntiReplay``), because retransmission is decided in between.

    Raises:
        AuthenticationFailed: Altered, forged or protected with another key.
        SecurityUnknown: The SPI is not this association's.
    """
    start = header_length + sa.header_length
    if len(frame) < start + MAC_LENGTH:
        raise FrameMalformed(f"{len(frame)} octets hold no protected frame of at least {start + MAC_LENGTH}")
    header, security = frame[:header_length], frame[header_length:start]
    spi = int.from_bytes(security[:SPI_LENGTH], "big")
    if spi != sa.spi:
        raise SecurityUnknown(f"SPI {spi} is not the channel's SPI {sa.spi}", spi=spi)
    iv = security[SPI_LENGTH : SPI_LENGTH + sa.iv_length]
    authenticated = sa.authenticated(frame[:start])
    try:
        if sa.encrypts:
            data = sa.cipher.decrypt(iv, frame[start:], authenticated)
        else:
            data = frame[start:-MAC_LENGTH]
            sa.cipher.decrypt(iv, frame[-MAC_LENGTH:], authenticated + data)
    except InvalidTag as error:
        raise AuthenticationFailed(f"the MAC of a frame under SPI {spi} does not match", spi=spi) from error
    number = (
        int.from_bytes(security[SPI_LENGTH + sa.iv_length :], "big")
        if sa.sequence_length
        else int.from_bytes(iv, "big")
    )
    return Unprotected(header, iv, number, data)
