"""The connection to one station: plain octets over TCP, datagrams over UDP, or the bound transfer.

A thread of its own keeps each up, with back-off and jitter. A connection that breaks in the middle of a unit or a frame
loses that one: the telecommand service sends again what is not acknowledged.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from core.errors import LinkError
from core.ground.back_off import BackOff
from core.ground.errors import GroundLinkDown, StationRefused
from core.ground.frame_sync import SYNC_MARKER, FrameSync
from core.ground.station_config import StationEndpoint
from core.ground.station_messages import (
    Bind,
    BindReturn,
    Frame,
    StationReader,
    Status,
    Transfer,
    TransferReturn,
    Unbind,
    encode_station_message,
)

__all__ = ["BoundStation", "DatagramStation", "PlainStation", "StationEvents", "StationLink"]

_CONNECT_TIMEOUT_S: Final = 2.0
_LASTED_S: Final = 2.0  # a connection that lasted so long resets the back-off
_VERSION: Final = 1
_RADIATED: Final = 0
_BOUND: Final = 0
_SILENT_PERIODS: Final = 3
_ANSWERS_KEPT: Final = 4096
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class StationEvents:
    """Who hears of a station; called from its thread."""

    frame: Callable[[str, float | None, bytes], None]  # station, reception TAI s where told, frame
    refused: Callable[[str, str, str], None]  # station, satellite, reason
    changed: Callable[[str], None]  # it was connected or lost


class StationLink(ABC):
    """One station.

    Args:
        endpoint: Where it is and how it is spoken to.
        events: Who hears of it.
        back_off: Waits between attempts.
    """

    def __init__(self, endpoint: StationEndpoint, events: StationEvents, back_off: BackOff | None = None) -> None:
        self.endpoint = endpoint
        self._events = events
        self._back_off = back_off or BackOff()
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._ready = False
        self.session = 0
        self.attempts = 0
        self._thread = threading.Thread(target=self._run, name=f"station-{endpoint.station}", daemon=True)

    @property
    def connected(self) -> bool:
        """Whether units are taken now."""
        return self._ready

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def close(self) -> None:
        """Disconnect for good."""
        self._stopped.set()
        self._say_goodbye()
        self._disconnect()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def send(self, satellite: str, cltu: bytes) -> None:
        """Hand a transmission unit over.

        Raises:
            GroundLinkDown: There is no connection, or it broke.
        """
        with self._lock:
            connection = self._socket
            if connection is None or not self._ready:
                raise GroundLinkDown(f"there is no connection to station {self.endpoint.station}")
            try:
                connection.sendall(self._encode(satellite, cltu))
            except OSError as error:
                broken = error
            else:
                return
        self._disconnect()
        raise GroundLinkDown(f"the connection to station {self.endpoint.station} broke: {broken}") from broken

    @abstractmethod
    def _encode(self, satellite: str, cltu: bytes) -> bytes:
        """The octets of a unit."""

    @abstractmethod
    def _connect(self) -> socket.socket:
        """A connection, not usable yet."""

    @abstractmethod
    def _read(self, connection: socket.socket) -> None:
        """Serve a connection until it ends; calls ``_up`` once units are taken."""

    def _say_goodbye(self) -> None:
        """End in order, where the transfer knows how to."""
        return

    def _up(self) -> None:
        self.session += 1
        self._ready = True
        self._events.changed(self.endpoint.station)

    def _run(self) -> None:
        while not self._stopped.is_set():
            began = time.monotonic()
            self.attempts += 1
            try:
                connection = self._connect()
                with self._lock:
                    self._socket = connection
                self._read(connection)
            except (OSError, LinkError) as error:
                _LOG.info("station %s: %s", self.endpoint.station, error)  # the next attempt begins anew
            finally:
                self._disconnect()
            if time.monotonic() - began > _LASTED_S:
                self._back_off.reset()
            self._stopped.wait(self._back_off.wait_s())

    def _disconnect(self) -> None:
        with self._lock:
            connection, self._socket = self._socket, None
            was_ready, self._ready = self._ready, False
        if connection is not None:
            with suppress(OSError):  # it was never connected, or is closed already
                connection.shutdown(socket.SHUT_RDWR)  # wakes a thread that is blocked in recv
            connection.close()
        if was_ready:
            self._events.changed(self.endpoint.station)


class PlainStation(StationLink):
    """Units and frames one after another over TCP: a unit ends with its tail, a frame begins with its marker."""

    def _encode(self, satellite: str, cltu: bytes) -> bytes:
        return cltu

    def _connect(self) -> socket.socket:
        return _tcp(self.endpoint)

    def _read(self, connection: socket.socket) -> None:
        sync = FrameSync()
        self._up()
        while octets := connection.recv(1 << 16):
            for frame in sync.feed(octets):
                self._events.frame(self.endpoint.station, None, frame)


class DatagramStation(StationLink):
    """A unit or a frame a datagram; only datagrams from the station's address count."""

    def _encode(self, satellite: str, cltu: bytes) -> bytes:
        return cltu

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        connection.bind(("0.0.0.0" if self.endpoint.host != "127.0.0.1" else "127.0.0.1", self.endpoint.listen_port))
        connection.connect((self.endpoint.host, self.endpoint.port))  # datagrams of others are dropped by the system
        return connection

    def _read(self, connection: socket.socket) -> None:
        self._up()
        while not self._stopped.is_set():
            try:
                datagram = connection.recv(1 << 16)
            except ConnectionRefusedError:
                continue  # nobody listens there at the moment: the next unit may find somebody
            frame = datagram.removeprefix(SYNC_MARKER)
            if frame:
                self._events.frame(self.endpoint.station, None, frame)


class BoundStation(StationLink):
    """The bound transfer: units are numbered and answered, and silence ends the connection."""

    def __init__(self, endpoint: StationEndpoint, events: StationEvents, back_off: BackOff | None = None) -> None:
        super().__init__(endpoint, events, back_off)
        self._number = 0
        self._waiting: dict[int, str] = {}  # satellites of units that are not answered
        self.unexpected_answers = 0

    def _encode(self, satellite: str, cltu: bytes) -> bytes:
        self._number = (self._number + 1) % (1 << 32)
        self._waiting[self._number] = satellite
        if len(self._waiting) > _ANSWERS_KEPT:
            self._waiting.pop(next(iter(self._waiting)))
        return encode_station_message(Transfer(self._number, satellite, cltu))

    def _connect(self) -> socket.socket:
        connection = _tcp(self.endpoint)
        connection.settimeout(self.endpoint.heartbeat_s)
        connection.sendall(encode_station_message(Bind(_VERSION, self.endpoint.initiator, self.endpoint.station)))
        return connection

    def _read(self, connection: socket.socket) -> None:
        reader, silent = StationReader(), 0
        self._waiting.clear()  # units of an earlier connection are answered by telemetry alone
        while not self._stopped.is_set():
            try:
                octets = connection.recv(1 << 16)
            except TimeoutError:
                silent += 1
                if silent > _SILENT_PERIODS:
                    raise GroundLinkDown(f"station {self.endpoint.station} is silent") from None
                if self._ready:
                    connection.sendall(encode_station_message(Status(ready=True)))
                continue
            if not octets:
                return
            silent = 0
            for message in reader.feed(octets):
                self._take(message)

    def _take(self, message: object) -> None:
        if isinstance(message, BindReturn):
            if message.result != _BOUND:
                raise StationRefused(f"station {self.endpoint.station} refuses to bind: {message.reason}")
            if not self._ready:
                self._up()
        elif isinstance(message, Frame):
            self._events.frame(self.endpoint.station, message.received_tai_s, message.frame)
        elif isinstance(message, TransferReturn):
            satellite = self._waiting.pop(message.number, None)
            if satellite is None:
                self.unexpected_answers += 1  # doubled, or of an earlier connection: it says nothing about any unit
            elif message.result != _RADIATED:
                self._events.refused(self.endpoint.station, satellite, message.reason)
        elif isinstance(message, Status) and not message.ready:
            raise StationRefused(f"station {self.endpoint.station} takes no units")

    def _say_goodbye(self) -> None:
        with self._lock:
            if self._socket is not None and self._ready:
                try:
                    self._socket.sendall(encode_station_message(Unbind(0)))
                except OSError:
                    return  # it is gone already


def _tcp(endpoint: StationEndpoint) -> socket.socket:
    connection = socket.create_connection((endpoint.host, endpoint.port), timeout=_CONNECT_TIMEOUT_S)
    connection.settimeout(None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
