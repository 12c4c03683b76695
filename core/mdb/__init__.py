"""The mission database: what every packet and telecommand means (XTCE 1.2)."""

from core.mdb.commanding import DecodedCommand, EncodedCommand, decode_command, encode_command
from core.mdb.commands import (
    CommandClass,
    CommandDefinition,
    Consequence,
    TransmissionConstraint,
    VerificationStage,
    Verifier,
)
from core.mdb.conditions import Condition
from core.mdb.errors import ArgumentRefused, DatabaseFileError, PacketUndecodable
from core.mdb.model import MissionDatabase
from core.mdb.telemetry import DecodedPacket, Sample, decode_packet, encode_container
from core.mdb.types import AlarmLevel, ValueKind
from core.mdb.xtce import load_mdb, reference_mdb

__all__ = [
    "AlarmLevel",
    "ArgumentRefused",
    "CommandClass",
    "CommandDefinition",
    "Condition",
    "Consequence",
    "DatabaseFileError",
    "DecodedCommand",
    "DecodedPacket",
    "EncodedCommand",
    "MissionDatabase",
    "PacketUndecodable",
    "Sample",
    "TransmissionConstraint",
    "ValueKind",
    "VerificationStage",
    "Verifier",
    "decode_command",
    "decode_packet",
    "encode_command",
    "encode_container",
    "load_mdb",
    "reference_mdb",
]
