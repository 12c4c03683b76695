"""File delivery (CFDP, CCSDS 727.0-B-5), class 1 and 2: two halves of a transaction whose state outlives a restart."""

from core.link.cfdp.destination import Destination, DestinationState, FileRefused, FileStore
from core.link.cfdp.folder_store import FolderStore
from core.link.cfdp.packets import is_unit_packet, unit_in_packet, unit_packet
from core.link.cfdp.pdus import LARGEST_FILE, Transaction, decode_pdu, modular_checksum, transaction_of
from core.link.cfdp.source import Source, SourceState, Timing, TransferState

__all__ = [
    "LARGEST_FILE",
    "Destination",
    "DestinationState",
    "FileRefused",
    "FileStore",
    "FolderStore",
    "Source",
    "SourceState",
    "Timing",
    "Transaction",
    "TransferState",
    "decode_pdu",
    "is_unit_packet",
    "modular_checksum",
    "transaction_of",
    "unit_in_packet",
    "unit_packet",
]
