"""A station network of one thread for the benchmark: takes CLTUs, and answers as spacecraft that accept every frame.

It decodes each unit, runs FARM-1, and returns protected telemetry frames with the control word and service 1 reports of
acceptance, start and completion.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Final

from core.command.frame import VCID
from core.errors import LinkError
from core.ground.messages import Acknowledge, Hello, Message, MessageReader, SendCltu, TmDelivery, encode_message
from core.link import (
    AntiReplay,
    Farm,
    FarmVerdict,
    FrameService,
    LinkKeys,
    SecurityAssociation,
    Telemetry,
    TmFrame,
    TmFrameHeader,
    decode_cltu,
    decode_tc_frame,
    decode_telecommand,
    encode_clcw,
    encode_telemetry,
    encode_tm_frame,
    fill_frames,
    unprotect,
)
from core.link.checksum import CRC_LENGTH
from core.link.space_packet import SEQUENCE_COUNT_MODULO
from core.link.tc_frame import TC_HEADER_LENGTH, tc_frame_length
from core.link.tm_frame import tm_capacity

__all__ = ["AcceptingSpacecraft", "AcceptingStation"]

_REPORTS: Final = (1, 3, 7)  # acceptance, start, completion
_PERIOD_S: Final = 0.1
_SEGMENT_HEADER_LENGTH: Final = 1


class AcceptingStation:
    """Listens on a loopback port until closed; one connection after another.

    Args:
        keys: What the spacecraft hold.
        now_tai_s: Mission time.
        period_s: Real time between two answers.
    """

    def __init__(self, keys: LinkKeys, now_tai_s: Callable[[], float], period_s: float = _PERIOD_S) -> None:
        self._now_tai_s = now_tai_s
        self._period_s = period_s
        self._crafts = {
            name: AcceptingSpacecraft(one.scid, one.tc_association(), one.tm_association())
            for name, one in keys.spacecraft.items()
        }
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._index = 0
        self._sent: list[TmDelivery] = []
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="accepting-station", daemon=True)
        self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, port = self._listener.getsockname()
        return str(host), int(port)

    @property
    def spacecraft(self) -> dict[str, AcceptingSpacecraft]:
        """The spacecraft behind it."""
        return self._crafts

    def taken(self, satellite: str) -> list[int]:
        """Packet sequence counts of the commands that a spacecraft took, in order."""
        return list(self._crafts[satellite].taken)

    @property
    def unacknowledged(self) -> list[TmDelivery]:
        """Telemetry that the next connection gets again."""
        return list(self._sent)

    def close(self) -> None:
        """Listen no more."""
        self._closed.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5.0)

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        """Take units and answer; telemetry that was not acknowledged is delivered again to the next connection."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(self._period_s)
        reader = MessageReader()
        answered_s = time.monotonic()
        try:
            while not self._closed.is_set():
                try:
                    self._take(reader.receive(connection), connection)
                except TimeoutError:
                    answered_s = -self._period_s
                if time.monotonic() - answered_s >= self._period_s:
                    answered_s = time.monotonic()
                    self._answer(connection)
        except (OSError, LinkError):
            return

    def _take(self, messages: list[Message], connection: socket.socket) -> None:
        for message in messages:
            if isinstance(message, SendCltu):
                self._crafts[message.satellite].take(message.cltu, self._now_tai_s())
            elif isinstance(message, Acknowledge):
                self._sent = [one for one in self._sent if one.index > message.cursor]
            elif isinstance(message, Hello):
                self._sent = [one for one in self._sent if one.index > message.cursor]
                connection.sendall(b"".join(encode_message(one) for one in self._sent))

    def _answer(self, connection: socket.socket) -> None:
        for craft in self._crafts.values():
            for raw in craft.frames():
                self._index += 1
                self._sent.append(TmDelivery(self._index, self._now_tai_s(), "svalbard", raw))
                connection.sendall(encode_message(self._sent[-1]))


class AcceptingSpacecraft:
    """One spacecraft's receiver and its reports."""

    def __init__(self, scid: int, tc: SecurityAssociation, tm: SecurityAssociation) -> None:
        self._scid, self._tc, self._tm = scid, tc, tm
        self._farm = Farm(vcid=VCID)
        self._replay = AntiReplay(0)
        self._packets: list[bytes] = []
        self._count = self._packet_count = 0
        self.taken: list[int] = []
        self.reports: tuple[int, ...] = _REPORTS

    def take(self, cltu: bytes, now_tai_s: float) -> None:
        """Accept what is authentic, in sequence and new; nothing else has an effect."""
        raw = decode_cltu(cltu)
        frame = decode_tc_frame(raw)
        if frame.service is FrameService.BC:
            self._farm.receive(frame)
            return
        content = raw[: tc_frame_length(raw) - CRC_LENGTH]
        opened = unprotect(self._tc, content, TC_HEADER_LENGTH + _SEGMENT_HEADER_LENGTH)
        if self._farm.receive(frame) is not FarmVerdict.ACCEPTED:
            return
        self._replay.accept(opened.sequence_number)
        command = decode_telecommand(opened.data)
        for subtype in self.reports:
            self._packet_count = (self._packet_count + 1) % SEQUENCE_COUNT_MODULO
            data = command.request_id.encode()
            report = Telemetry(self._scid, self._packet_count, 1, subtype, 0, now_tai_s, data)
            self._packets.append(encode_telemetry(report))
        self.taken.append(command.sequence_count)

    def frames(self) -> list[bytes]:
        """Telemetry since the last call, with the present control word."""
        packets, self._packets = self._packets, []
        clcw = encode_clcw(self._farm.report())
        made = []
        for pointer, data in fill_frames(packets, tm_capacity(self._tm)):
            self._count += 1
            header = TmFrameHeader(self._scid, VCID, True, self._count & 0xFF, self._count & 0xFF, pointer)
            made.append(encode_tm_frame(TmFrame(header, self._count, data, clcw), self._tm))
        return made
