"""The simulator's process: flies every spacecraft, plays the station network, and keeps all of it durable."""

from __future__ import annotations

import os
import queue
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.errors import LinkError
from core.ground.messages import (
    Acknowledge,
    ClockSet,
    ContactStatus,
    Hello,
    Message,
    MessageReader,
    SendCltu,
    encode_message,
)
from core.ground.simulator.faults import FaultScript
from core.ground.simulator.labels import FaultLog
from core.ground.simulator.spacecraft import SimulatedSpacecraft
from core.ground.simulator.state import initial_state
from core.ground.simulator.store import SimulatorStore
from core.link import LinkKeys
from core.mdb import MissionDatabase
from core.mission.model import Mission
from core.time.clock import ClockAnchor, MissionClock

__all__ = ["Simulator"]

_PERIOD_S: Final = 0.02
_SAVE_PERIOD_S: Final = 1.0
_CATCH_UP_S: Final = 6 * 3600.0  # mission time flown between two transactions
_KEPT_HOUSEKEEPING: Final = 960  # four hours of four structures a minute
_PACKETS_PER_CYCLE: Final = 200
_FRAMES_PER_CYCLE: Final = 200


class Simulator:
    """All spacecraft of a mission behind one listening socket.

    Args:
        mission: What to fly.
        mdb: Meaning of packets.
        keys: What the spacecraft hold.
        store: Durable state.
        housekeeping_s: Period of housekeeping in contact, mission s.
        faults: What goes wrong, by script.
        fault_log: Where the script's labels go.
        files: Folder of the spacecraft's files, one below it for each.
    """

    def __init__(
        self,
        mission: Mission,
        mdb: MissionDatabase,
        keys: LinkKeys,
        store: SimulatorStore,
        housekeeping_s: float,
        faults: FaultScript | None = None,
        fault_log: FaultLog | None = None,
        files: Path | None = None,
    ) -> None:
        self._mission = mission
        self._mdb = mdb
        self._keys = keys
        self._store = store
        self._housekeeping_s = housekeeping_s
        self._faults = faults or FaultScript()
        self._fault_log = fault_log
        self._files = files
        self._inbox: queue.Queue[tuple[socket.socket, Message | None]] = queue.Queue()
        self._connection: socket.socket | None = None
        self._sent = 0
        self._newest = store.newest_frame()
        self._saved_s = 0.0
        self._crafts: dict[str, SimulatedSpacecraft] = {}
        # Nothing flies before the control centre has told the time: after an interruption of both, mission time goes
        # on from where the centre stood, and a spacecraft that had run ahead would find its commands overdue.
        self._clock: MissionClock | None = None

    def listen(self, port: int) -> int:
        """Accept connections on the loopback interface; returns the port."""
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(listener,), name="simulator-accept", daemon=True).start()
        bound: int = listener.getsockname()[1]
        return bound

    def run(self, parent_pid: int | None = None) -> None:
        """Fly until the process ends, or until the parent has died where one is given."""
        while parent_pid is None or os.getppid() == parent_pid:
            began = time.monotonic()
            self.cycle()
            time.sleep(max(0.0, _PERIOD_S - (time.monotonic() - began)))

    def cycle(self) -> None:
        """One step: messages, flight, one transaction, then what may be told."""
        received: list[SimulatedSpacecraft] = []
        for connection, message in self._drain():
            self._take(connection, message, received)
        if self._clock is None:
            return
        now_tai_s = self._clock.now_tai_s()
        before = {name: craft.visible for name, craft in self._crafts.items()}
        for craft in self._crafts.values():
            craft.advance(min(now_tai_s, craft.state.t_tai_s + _CATCH_UP_S))
        self._commit(received)
        self._tell_contacts(before)
        self._deliver()

    def _take(self, connection: socket.socket, message: Message | None, received: list[SimulatedSpacecraft]) -> None:
        if message is None:
            if connection is self._connection:
                self._connection = None
        elif isinstance(message, Hello):
            self._connection, self._sent = connection, message.cursor
            self._discard(message.cursor)
            self._tell_contacts({})
        elif isinstance(message, Acknowledge):
            self._discard(message.cursor)
        elif isinstance(message, ClockSet):
            self._set_clock(ClockAnchor(message.wall_s, message.t_tai_s, message.rate))
        elif isinstance(message, SendCltu):
            self._relay(message, received)

    def _relay(self, message: SendCltu, received: list[SimulatedSpacecraft]) -> None:
        """Radiate a transmission unit, if the station sees the satellite at this moment."""
        craft = self._crafts.get(message.satellite)
        if craft is None or self._clock is None:
            return
        craft.advance(min(self._clock.now_tai_s(), craft.state.t_tai_s + _CATCH_UP_S))
        if message.station not in craft.visible:
            self._send([ContactStatus(craft.state.t_tai_s, False, message.station, message.satellite)])
            return
        craft.receive_cltu(message.cltu)
        received.append(craft)

    def _set_clock(self, anchor: ClockAnchor) -> None:
        if self._clock is None:
            self._clock = MissionClock(anchor)
            self._board()
        else:
            self._clock.re_anchor(anchor)

    def _board(self) -> None:
        """Load every spacecraft, or begin its life."""
        clock = self._clock
        if clock is None:
            return
        for one in self._mission.spacecraft:
            stored = self._store.load_state(one.id)
            state = stored or initial_state(self._mission, one.id, clock.now_tai_s())
            craft = SimulatedSpacecraft(
                self._mission,
                one.id,
                self._mdb,
                self._keys.spacecraft[one.id],
                state,
                self._housekeeping_s,
                self._faults.of(one.id),
                self._files / one.id if self._files is not None else None,
            )
            if stored is None:
                craft.announce_start()
            self._crafts[one.id] = craft

    def _commit(self, received: Sequence[SimulatedSpacecraft]) -> None:
        """Make everything durable before anything is told; nothing is written when nothing happened."""
        made = {name: craft.take_outbox() for name, craft in self._crafts.items()}
        periodic = time.monotonic() - self._saved_s >= _SAVE_PERIOD_S
        if not (periodic or received or any(made.values())):
            return
        self._saved_s = time.monotonic()
        with self._store.database.write() as connection:
            for name, craft in self._crafts.items():
                self._store.store_packets(connection, name, made[name])
                if craft.visible and (made[name] or craft in received or periodic):
                    packets = self._store.take_packets(connection, name, _PACKETS_PER_CYCLE)
                    for raw in craft.frames(packets):
                        station, t_tai_s = craft.visible[0], craft.state.t_tai_s
                        self._newest = self._store.add_frame(connection, station, t_tai_s, raw).index
                elif made[name]:
                    self._store.trim_packets(connection, name, _KEPT_HOUSEKEEPING)
                self._store.save_state(connection, name, craft.state)
        for craft in self._crafts.values():
            craft.settle()
        self._log_faults()

    def _log_faults(self) -> None:
        """Labels go to the log once their state is stored, and leave the state once they are in the log."""
        for craft in self._crafts.values():
            if self._fault_log is not None and craft.state.fault_labels:
                self._fault_log.append(craft.state.fault_labels)
                craft.state.fault_labels = []

    def _deliver(self) -> None:
        """Send frames from the durable store, each once per connection and in order."""
        while self._connection is not None and self._sent < self._newest:
            frames = self._store.frames_after(self._sent, _FRAMES_PER_CYCLE)
            if not frames:
                self._sent = self._newest
                return
            self._send(frames)
            self._sent = frames[-1].index

    def _discard(self, cursor: int) -> None:
        with self._store.database.write() as connection:
            self._store.discard_frames(connection, cursor)

    def _tell_contacts(self, before: dict[str, tuple[str, ...]]) -> None:
        changes = [
            ContactStatus(craft.state.t_tai_s, station in craft.visible, station, name)
            for name, craft in self._crafts.items()
            for station in sorted(set(craft.visible) ^ set(before.get(name, ())))
        ]
        if changes:
            self._send(changes)

    def _send(self, messages: Sequence[Message]) -> None:
        if self._connection is None:
            return
        try:
            self._connection.sendall(b"".join(encode_message(one) for one in messages))
        except OSError:
            self._connection.close()
            self._connection = None

    def _drain(self) -> list[tuple[socket.socket, Message | None]]:
        items = []
        while not self._inbox.empty():
            items.append(self._inbox.get())
        return items

    def _accept(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._read, args=(connection,), name="simulator-read", daemon=True).start()

    def _read(self, connection: socket.socket) -> None:
        reader = MessageReader()
        try:
            while True:
                for message in reader.receive(connection):
                    self._inbox.put((connection, message))
        except (OSError, LinkError):
            self._inbox.put((connection, None))
