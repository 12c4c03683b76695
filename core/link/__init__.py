"""Space links, both directions, bytes in and bytes out: packets, frames, security, COP-1 and CLTU."""

from core.link.ad_service import AdService
from core.link.anti_replay import AntiReplay
from core.link.clcw import Clcw, decode_clcw, encode_clcw
from core.link.cltu import decode_cltu, encode_cltu
from core.link.errors import (
    AuthenticationFailed,
    ChecksumMismatch,
    CodeBlockCorrupt,
    FrameMalformed,
    ReplayRefused,
    SecurityUnknown,
)
from core.link.farm import Farm, FarmVerdict
from core.link.fop import Fop, FopAction, FopActionKind
from core.link.fop_table import FopState
from core.link.keys import LinkKeys, SpacecraftLinkKeys, new_link_keys, read_link_keys
from core.link.pus import (
    Acknowledge,
    RequestId,
    Telecommand,
    Telemetry,
    decode_telecommand,
    decode_telemetry,
    encode_telecommand,
    encode_telemetry,
)
from core.link.sdls import SecurityAssociation, protect, unprotect
from core.link.space_packet import PacketType, SpacePacket, decode_packet, encode_packet, split_packets
from core.link.tc_frame import FrameService, TcFrame, decode_tc_frame, encode_tc_frame, set_vr_directive
from core.link.time_code import decode_cuc, encode_cuc
from core.link.tm_frame import TmFrame, TmFrameHeader, decode_tm_frame, encode_tm_frame, extract_packets, fill_frames

__all__ = [
    "Acknowledge",
    "AdService",
    "AntiReplay",
    "AuthenticationFailed",
    "ChecksumMismatch",
    "Clcw",
    "CodeBlockCorrupt",
    "Farm",
    "FarmVerdict",
    "Fop",
    "FopAction",
    "FopActionKind",
    "FopState",
    "FrameMalformed",
    "FrameService",
    "LinkKeys",
    "PacketType",
    "ReplayRefused",
    "RequestId",
    "SecurityAssociation",
    "SecurityUnknown",
    "SpacePacket",
    "SpacecraftLinkKeys",
    "TcFrame",
    "Telecommand",
    "Telemetry",
    "TmFrame",
    "TmFrameHeader",
    "decode_clcw",
    "decode_cltu",
    "decode_cuc",
    "decode_packet",
    "decode_tc_frame",
    "decode_telecommand",
    "decode_telemetry",
    "decode_tm_frame",
    "encode_clcw",
    "encode_cltu",
    "encode_cuc",
    "encode_packet",
    "encode_tc_frame",
    "encode_telecommand",
    "encode_telemetry",
    "encode_tm_frame",
    "extract_packets",
    "fill_frames",
    "new_link_keys",
    "protect",
    "read_link_keys",
    "set_vr_directive",
    "split_packets",
    "unprotect",
]
