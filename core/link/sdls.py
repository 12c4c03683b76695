"""Space data link security (CCSDS 355.0-B-2): any suite, one security association at a time.

A protected frame is: header | SPI, IV, sequence number, pad length | data field | MAC. What of the frame the MAC covers is
the association's authentication mask, because implementations differ in it (355.0-B-2 §2.3.2.3 leaves it open).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from core.link.anti_replay import complete
from core.link.cipher_suite import AES_256_GCM, CipherSuite, Keyed, MacMismatch
from core.link.errors import AuthenticationFailed, FrameMalformed, SecurityUnknown

__all__ = ["MAC_LENGTH", "SecurityAssociation", "Unprotected", "protect", "unprotect"]

SPI_LENGTH: Final = 2  # 355.0-B-2 §4.1.1.2
MAC_LENGTH: Final = 16  # 352.0-B-2: a tag of 128 bits
_LARGEST_SPI: Final = 65_534  # 355.0-B-2 §4.1.1.2: 0 and 65535 are reserved


@dataclass(frozen=True)
class SecurityAssociation:
    """Keys and layout that both ends agree on for one direction of a virtual channel.

    Args:
        spi: Security parameter index, 1 to 65534.
        key: Its key, of the suite's length.
        suite: What it does with a frame.
        iv_length: Octets of the initialisation vector; 12 is the recommended one.
        iv_transmitted: How many of its last octets are in the frame; None for all.
        sequence_length: Octets of the anti-replay sequence number; 0 where the IV serves as one.
        sequence_transmitted: How many of its last octets are in the frame; None for all.
        pad_field_length: Octets that tell how much fill follows the data; needed by block ciphers.
        mac_length: Octets of the MAC in the frame; None for 16, or none where the suite does not authenticate.
        authentication_mask: ANDed with the octets before the MAC (with AEAD: before the data field); what lies beyond its
            end is authenticated whole, and None authenticates everything.
    """

    spi: int
    key: bytes = field(repr=False)
    suite: CipherSuite = AES_256_GCM
    iv_length: int = 12
    iv_transmitted: int | None = None
    sequence_length: int = 4
    sequence_transmitted: int | None = None
    pad_field_length: int = 0
    mac_length: int | None = None
    authentication_mask: bytes | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.spi <= _LARGEST_SPI:
            raise SecurityUnknown(f"SPI {self.spi} is outside 1 to {_LARGEST_SPI}", spi=self.spi)
        needed = self.suite.key_length
        if needed and len(self.key) != needed:
            raise SecurityUnknown(f"a key of {self.suite.name} has {needed} bytes, not {len(self.key)}")
        if self.suite.block > 1 and not self.pad_field_length:
            raise SecurityUnknown(f"{self.suite.name} fills its last block: SPI {self.spi} needs a pad length field")
        if not 0 <= self.iv_in_frame <= self.iv_length or not 0 <= self.sequence_in_frame <= self.sequence_length:
            raise SecurityUnknown(f"SPI {self.spi} transmits more octets of a counter than it has")

    @cached_property
    def spi_octets(self) -> bytes:
        """The index as it stands in a frame."""
        return self.spi.to_bytes(SPI_LENGTH, "big")

    @cached_property
    def iv_in_frame(self) -> int:
        """Octets of the IV in a frame."""
        return self.iv_length if self.iv_transmitted is None else self.iv_transmitted

    @cached_property
    def sequence_in_frame(self) -> int:
        """Octets of the sequence number in a frame."""
        return self.sequence_length if self.sequence_transmitted is None else self.sequence_transmitted

    @cached_property
    def mac_in_frame(self) -> int:
        """Octets of the MAC in a frame."""
        return min(MAC_LENGTH, self.suite.mac_length) if self.mac_length is None else self.mac_length

    @cached_property
    def header_length(self) -> int:
        """Octets of the security header."""
        return SPI_LENGTH + self.iv_in_frame + self.sequence_in_frame + self.pad_field_length

    @property
    def overhead(self) -> int:
        """Octets that protection adds to a frame, fill not counted."""
        return self.header_length + self.mac_in_frame

    @cached_property
    def keyed(self) -> Keyed:
        """The suite with the key."""
        return self.suite.keyed(self.key)

    def masked(self, content: bytes) -> bytes:
        """Octets from the start of the frame as they enter authentication."""
        if self.authentication_mask is None:
            return content
        mask = self.authentication_mask[: len(content)].ljust(len(content), b"\xff")
        together = int.from_bytes(content, "big") & int.from_bytes(mask, "big")
        return together.to_bytes(len(content), "big")


@dataclass(frozen=True)
class Unprotected:
    """A frame whose MAC was right."""

    header: bytes
    iv: bytes
    sequence_number: int
    data: bytes


def protect(sa: SecurityAssociation, header: bytes, data: bytes, *, iv: bytes, sequence_number: int = 0) -> bytes:
    """Header, security header, protected data field and MAC; the caller adds OCF and error control.

    An IV must never be used twice with one key: the caller takes it from a counter that is stored before use.
    """
    if len(iv) != sa.iv_length:
        raise FrameMalformed(f"the IV has {len(iv)} octets, SPI {sa.spi} needs {sa.iv_length}")
    fill = sa.suite.fill(len(data))
    content = header + _security_header(sa, iv, sequence_number, fill)
    data += bytes((fill,)) * fill
    if sa.suite.mask_covers_data and sa.authentication_mask is not None:
        masked = sa.masked(content + data)
        _, mac = sa.keyed.seal(iv, masked[: len(content)], masked[len(content) :])
        return content + data + mac[: sa.mac_in_frame]
    sealed, mac = sa.keyed.seal(iv, sa.masked(content), data)
    return content + sealed + mac[: sa.mac_in_frame]


def unprotect(
    sa: SecurityAssociation, frame: bytes, header_length: int, *, last_iv: int = 0, last_sequence_number: int = 0
) -> Unprotected:
    """The content of a protected frame (without OCF and error control), if its MAC is right.

    The anti-replay check is separate (``AntiReplay``), because retransmission is decided in between.

    Args:
        last_iv, last_sequence_number: The newest accepted ones; they complete counters that are not transmitted whole.
    Raises:
        AuthenticationFailed: Altered, forged or protected with another key.
        FrameMalformed: Too short, or fill that cannot be.
        SecurityUnknown: The SPI is not this association's.
    """
    start, end = header_length + sa.header_length, len(frame) - sa.mac_in_frame
    if end < start:
        raise FrameMalformed(f"{len(frame)} octets hold no protected frame of at least {start + sa.mac_in_frame}")
    security = frame[header_length:start]
    spi = int.from_bytes(security[:SPI_LENGTH], "big")
    if spi != sa.spi:
        raise SecurityUnknown(f"SPI {spi} is not the channel's SPI {sa.spi}", spi=spi)
    iv, number, fill = _counters(sa, security, last_iv, last_sequence_number)
    protected = frame[start:end]
    if fill > len(protected) or len(protected) % sa.suite.block:
        raise FrameMalformed(f"fill of {fill} octets in a data field of {len(protected)} cannot be")
    try:
        data = _open(sa, frame[:start], protected, frame[end:], iv)
    except MacMismatch as error:
        raise AuthenticationFailed(f"the MAC of a frame under SPI {spi} does not match", spi=spi) from error
    return Unprotected(frame[:header_length], iv, number, data[: len(data) - fill])


def _security_header(sa: SecurityAssociation, iv: bytes, sequence_number: int, fill: int) -> bytes:
    header = sa.spi_octets + iv[sa.iv_length - sa.iv_in_frame :]
    if sa.sequence_length:
        number = sequence_number.to_bytes(sa.sequence_length, "big")
        header += number[sa.sequence_length - sa.sequence_in_frame :]
    return header + fill.to_bytes(sa.pad_field_length, "big") if sa.pad_field_length else header


def _counters(sa: SecurityAssociation, security: bytes, last_iv: int, last_number: int) -> tuple[bytes, int, int]:
    """The whole IV, the whole sequence number and the length of the fill."""
    iv_end = SPI_LENGTH + sa.iv_in_frame
    number_end = iv_end + sa.sequence_in_frame
    iv = security[SPI_LENGTH:iv_end]
    if sa.iv_in_frame < sa.iv_length:
        iv = complete(int.from_bytes(iv, "big"), sa.iv_in_frame, last_iv, sa.iv_length).to_bytes(sa.iv_length, "big")
    if not sa.sequence_length:
        number = int.from_bytes(iv, "big")
    else:
        number = int.from_bytes(security[iv_end:number_end], "big")
        if sa.sequence_in_frame < sa.sequence_length:
            number = complete(number, sa.sequence_in_frame, last_number, sa.sequence_length)
    return iv, number, int.from_bytes(security[number_end:], "big")


def _open(sa: SecurityAssociation, content: bytes, protected: bytes, mac: bytes, iv: bytes) -> bytes:
    if sa.suite.mask_covers_data and sa.authentication_mask is not None:
        masked = sa.masked(content + protected)
        sa.keyed.open(iv, masked[: len(content)], masked[len(content) :], mac)
        return protected
    return sa.keyed.open(iv, sa.masked(content), protected, mac)
