"""The control centre's side of the ground connection."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from core.errors import LinkError
from core.ground.back_off import BackOff
from core.ground.errors import GroundLinkDown
from core.ground.messages import (
    Acknowledge,
    ClockSet,
    ContactStatus,
    Hello,
    Message,
    MessageReader,
    SendCltu,
    TmDelivery,
    encode_message,
)
from core.time.clock import ClockAnchor

__all__ = ["GroundLink", "TcpGroundLink"]

_FIRST_BACK_OFF_S: Final = 0.05
_LAST_BACK_OFF_S: Final = 2.0
_CONNECT_TIMEOUT_S: Final = 2.0
_QUEUE_LIMIT: Final = 4096  # the reader waits beyond it, and the other side with it


class GroundLink(Protocol):
    """What the command pipeline needs of the station network."""

    @property
    def connected(self) -> bool: ...

    @property
    def session(self) -> int:
        """Grows with each new connection."""
        ...

    def connected_to(self, station: str) -> bool:
        """Whether a station takes units now."""
        ...

    def session_of(self, station: str) -> int:
        """Grows with each new connection to a station."""
        ...

    def send_cltu(self, station: str, satellite: str, cltu: bytes) -> None:
        """Hand a transmission unit over; GroundLinkDown when it cannot be."""
        ...

    def receive(self, timeout_s: float) -> list[TmDelivery | ContactStatus]: ...

    def wake(self) -> None:
        """Have ``receive`` return at once, now or the next time: something else wants the receiver's attention."""
        ...

    def acknowledge(self, cursor: int) -> None: ...

    def set_clock(self, anchor: ClockAnchor) -> None: ...


class TcpGroundLink:
    """A connection that is kept up by a thread of its own, with back-off, and resumes at the stored cursor.

    Args:
        address: Where the station network listens; asked at every attempt, as a restarted one may have moved.
        cursor: Index of the last frame that is durably stored.
        anchor: Mission clock to announce at every connection; None for a network with a clock of its own.
    """

    def __init__(
        self,
        address: Callable[[], tuple[str, int] | None],
        cursor: Callable[[], int],
        anchor: Callable[[], ClockAnchor | None],
    ) -> None:
        self._address = address
        self._cursor = cursor
        self._anchor = anchor
        self._inbox: queue.Queue[tuple[int, TmDelivery | ContactStatus | None]] = queue.Queue(_QUEUE_LIMIT)
        self._connection: socket.socket | None = None
        self._send_lock = threading.Lock()
        self._stopped = threading.Event()
        self._session = 0
        self._thread = threading.Thread(target=self._run, name="ground-link", daemon=True)

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._connection is not None

    @property
    def session(self) -> int:
        """Number of connections so far."""
        return self._session

    def connected_to(self, station: str) -> bool:
        """Every station is behind the one connection."""
        return self.connected

    def session_of(self, station: str) -> int:
        """Every station is behind the one connection."""
        return self._session

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def close(self) -> None:
        """Disconnect for good."""
        self._stopped.set()
        self._disconnect()
        if self._thread.is_alive():
            self._thread.join()

    def send_cltu(self, station: str, satellite: str, cltu: bytes) -> None:
        """Hand a transmission unit to a station; whether it reached the satellite is for telemetry to tell."""
        self._send(SendCltu(station, satellite, cltu))

    def acknowledge(self, cursor: int) -> None:
        """Say up to which frame everything is stored; lost silently while disconnected, as HELLO repeats it."""
        if self.connected:
            self._send(Acknowledge(cursor))

    def set_clock(self, anchor: ClockAnchor) -> None:
        """Announce a changed mission clock; while disconnected the next connection announces it."""
        if self.connected:
            self._send(ClockSet(anchor.wall_s, anchor.t_tai_s, anchor.rate))

    def receive(self, timeout_s: float) -> list[TmDelivery | ContactStatus]:
        """All that has arrived in this session; waits up to the time-out for the first, or until woken."""
        items: list[tuple[int, TmDelivery | ContactStatus | None]] = []
        try:
            items.append(self._inbox.get(timeout=timeout_s) if timeout_s > 0.0 else self._inbox.get_nowait())
            while True:
                items.append(self._inbox.get_nowait())
        except queue.Empty:
            # What an earlier connection delivered and nobody stored is delivered again by this one.
            return [message for session, message in items if session == self._session and message is not None]

    def wake(self) -> None:
        """Have ``receive`` return at once."""
        with suppress(queue.Full):  # then there is enough to wake it
            self._inbox.put_nowait((self._session, None))

    def _send(self, message: Message) -> None:
        connection = self._connection
        if connection is None:
            raise GroundLinkDown("there is no connection to the ground stations")
        try:
            with self._send_lock:
                connection.sendall(encode_message(message))
        except OSError as error:
            self._disconnect()
            raise GroundLinkDown(f"the ground connection broke: {error}") from error

    def _run(self) -> None:
        back_off = BackOff(_FIRST_BACK_OFF_S, _LAST_BACK_OFF_S)
        while not self._stopped.is_set():
            try:
                self._serve()
                back_off.reset()
            except (OSError, LinkError):
                self._disconnect()
            self._stopped.wait(back_off.wait_s())

    def _serve(self) -> None:
        """One connection from beginning to end."""
        address = self._address()
        if address is None:
            raise GroundLinkDown("the station network has no address yet")
        connection = socket.create_connection(address, timeout=_CONNECT_TIMEOUT_S)
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        anchor = self._anchor()
        if anchor is not None:
            connection.sendall(encode_message(ClockSet(anchor.wall_s, anchor.t_tai_s, anchor.rate)))
        connection.sendall(encode_message(Hello(self._cursor())))
        self._session += 1
        self._connection = connection
        began = time.monotonic()
        try:
            self._read(connection)
        except (OSError, LinkError):
            if time.monotonic() - began < _LAST_BACK_OFF_S:
                raise
        finally:
            self._disconnect()

    def _read(self, connection: socket.socket) -> None:
        reader, session = MessageReader(), self._session
        while not self._stopped.is_set():
            for message in reader.receive(connection):
                if isinstance(message, (TmDelivery, ContactStatus)):
                    self._offer(session, message)

    def _offer(self, session: int, message: TmDelivery | ContactStatus) -> None:
        while not self._stopped.is_set():
            try:
                self._inbox.put((session, message), timeout=0.2)
            except queue.Full:
                continue
            return

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # The reading thread may be blocked in recv: shutting down wakes it, closing alone does not.
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                connection.close()
                return
            connection.close()
