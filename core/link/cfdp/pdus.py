"""Protocol data units of CFDP (CCSDS 727.0-B-5): what one transaction says, and how what it hears is read.

The octets are spacepackets'; entity ids have two octets, transaction numbers four, files are shorter than 4 GiB.
"""

from __future__ import annotations

import struct
from typing import Annotated, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from spacepackets.cfdp import (
    ChecksumType,
    ConditionCode,
    DeliveryCode,
    DirectiveType,
    FileStatus,
    FinishedParams,
    GenericPduPacket,
    InvalidCrcError,
    PduConfig,
    PduFactory,
    TransmissionMode,
)
from spacepackets.cfdp.defs import UnsupportedCfdpVersionError
from spacepackets.cfdp.pdu import (
    AckPdu,
    EofPdu,
    FileDataParams,
    FileDataPdu,
    FinishedPdu,
    MetadataParams,
    MetadataPdu,
    NakPdu,
    TransactionStatus,
)
from spacepackets.cfdp.tlv import EntityIdTlv
from spacepackets.util import ByteFieldU16, ByteFieldU32

from core.link.errors import FrameMalformed

__all__ = [
    "LARGEST_FILE",
    "Span",
    "Transaction",
    "decode_pdu",
    "modular_checksum",
    "transaction_of",
]

LARGEST_FILE: Final = (1 << 32) - 1  # octets; beyond, the standard's large-file flag would be needed
_WORD: Final = 4

Span = tuple[int, int]
"""Octets of a file, from the first to before the last."""


class Transaction(BaseModel):
    """Who sends what number of file to whom, and whether its delivery is acknowledged (class 2)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Annotated[int, Field(ge=0, le=0xFFFF)]
    destination: Annotated[int, Field(ge=0, le=0xFFFF)]
    number: Annotated[int, Field(ge=0, le=0xFFFF_FFFF)]
    acknowledged: bool = True

    @property
    def transaction_id(self) -> str:
        """As people see it."""
        return f"{self.source}-{self.number}"

    def metadata(self, source_name: str, destination_name: str, size: int) -> bytes:
        """What is to come: names and size."""
        wanted = MetadataParams(
            closure_requested=False,
            checksum_type=ChecksumType.MODULAR,
            file_size=size,
            source_file_name=source_name,
            dest_file_name=destination_name,
        )
        return bytes(MetadataPdu(self._config(), wanted).pack())

    def file_data(self, offset: int, data: bytes) -> bytes:
        """A part of the file."""
        return bytes(FileDataPdu(self._config(), FileDataParams(file_data=data, offset=offset)).pack())

    def end_of_file(self, checksum: int, size: int, condition: ConditionCode = ConditionCode.NO_ERROR) -> bytes:
        """Everything has been sent once, or the sender has given up."""
        fault = None if condition == ConditionCode.NO_ERROR else EntityIdTlv(self.source.to_bytes(2, "big"))
        told = EofPdu(self._config(), checksum.to_bytes(_WORD, "big"), size, fault, condition)
        return bytes(told.pack())

    def acknowledgement(self, of: DirectiveType, condition: ConditionCode, *, open_still: bool) -> bytes:
        """The end of file, or the end of the transaction, has been heard."""
        status = TransactionStatus.ACTIVE if open_still else TransactionStatus.TERMINATED
        return bytes(AckPdu(self._config(), of, condition, status).pack())

    def missing(self, end: int, spans: list[Span]) -> bytes:
        """Ask for what is missing up to an octet; the span (0, 0) asks for the metadata."""
        return bytes(NakPdu(self._config(), 0, end, spans).pack())

    def finished(self, condition: ConditionCode, *, kept: bool) -> bytes:
        """The receiver has come to an end."""
        told = FinishedParams(
            condition_code=condition,
            delivery_code=DeliveryCode.DATA_COMPLETE if kept else DeliveryCode.DATA_INCOMPLETE,
            file_status=FileStatus.FILE_RETAINED if kept else FileStatus.DISCARDED_DELIBERATELY,
        )
        return bytes(FinishedPdu(self._config(), told).pack())

    def _config(self) -> PduConfig:
        return PduConfig(
            source_entity_id=ByteFieldU16(self.source),
            dest_entity_id=ByteFieldU16(self.destination),
            transaction_seq_num=ByteFieldU32(self.number),
            trans_mode=TransmissionMode.ACKNOWLEDGED if self.acknowledged else TransmissionMode.UNACKNOWLEDGED,
        )


def decode_pdu(raw: bytes) -> GenericPduPacket:
    """The unit that some octets are.

    Raises:
        FrameMalformed: They are none.
    """
    try:
        unit = PduFactory.from_raw(raw)
    except (ValueError, IndexError, KeyError, struct.error, InvalidCrcError, UnsupportedCfdpVersionError) as error:
        raise FrameMalformed(f"{len(raw)} octets are no unit of CFDP: {type(error).__name__}") from error
    if unit is None:
        raise FrameMalformed(f"{len(raw)} octets are no unit of CFDP that is known here")
    try:
        _read_all(unit, raw)
    except (ValueError, struct.error) as error:
        raise FrameMalformed(f"a field of a unit of CFDP has no meaning: {error}") from error
    return unit


def _read_all(unit: GenericPduPacket, raw: bytes) -> None:
    """Have the fields taken apart that the library leaves for later: what is wrong with one is then known at once."""
    if isinstance(unit, EofPdu):  # the library leaves the condition in the upper half of its octet
        unit.condition_code = ConditionCode(raw[unit.pdu_file_directive.header_len] >> 4)
    transaction_of(unit)
    if isinstance(unit, MetadataPdu):
        _ = unit.source_file_name, unit.dest_file_name
    elif isinstance(unit, FinishedPdu):
        ConditionCode(unit.condition_code)


def transaction_of(unit: GenericPduPacket) -> Transaction:
    """The transaction that a unit belongs to."""
    return Transaction(
        source=unit.source_entity_id.value,
        destination=unit.dest_entity_id.value,
        number=unit.transaction_seq_num.value,
        acknowledged=unit.transmission_mode == TransmissionMode.ACKNOWLEDGED,
    )


def modular_checksum(data: bytes) -> int:
    """The sum of words of four octets, the last one filled up with zeros (727.0-B-5 §4.2.2)."""
    filled = data + bytes(-len(data) % _WORD)
    return int(np.frombuffer(filled, dtype=">u4").sum(dtype=np.uint64)) & 0xFFFF_FFFF
