"""Readers of the telemetry stream in a process of their own: real sockets, and how late each packet was when it came.

``python -m evals.bench.telemetry.live_readers`` reads its task, a line of JSON, from its input, prints ``ready`` when all
readers have subscribed, and the latencies in the end.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

__all__ = ["SELECTIONS", "LiveRun", "Outcome", "ReadersTask"]

SELECTIONS: Final = 8  # different ones, of three parameters each

_GENERATED: Final = b'"generated_tai_s":'
_FINAL_TEXT: Final = 0x81
_CLOSE: Final = 0x88
_LENGTHS: Final = {126: 2, 127: 8}


class ReadersTask(BaseModel):
    """What to do.

    Attributes:
        port: Of the server on this machine.
        subscriptions: A message for each reader.
        start_tai_s: When the first packet was generated, by its own time.
        step_s: From one packet to the next, by their own time.
        packets_per_s: How fast they come.
        packets: After this many a reader is done.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: int
    subscriptions: tuple[str, ...]
    start_tai_s: float
    step_s: float
    packets_per_s: float
    packets: int


class Outcome(BaseModel):
    """How it went.

    Attributes:
        messages, octets: That came.
        told: Packets or newest values that came.
        missing: Packets that did not come, or came twice, where every one should have.
        p50_ms, p99_ms, worst_ms: From when a packet was due to be received until a reader has it.
        cpu_s: Processor time of the readers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    messages: int
    octets: int
    told: int
    missing: int
    p50_ms: float
    p99_ms: float
    worst_ms: float
    cpu_s: float


class LiveRun(BaseModel):
    """One run of the live path.

    Attributes:
        cpu_s: Processor time of ingest, server and compactor.
        batches: That were made durable.
        seconds: How long packets came.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Outcome
    cpu_s: float
    batches: int
    seconds: float


@dataclass
class _Reader(asyncio.Protocol):
    """A client of RFC 6455 that does as little as it can."""

    subscription: str
    ready: asyncio.Future[None]
    done: asyncio.Future[None]
    last_tai_s: float
    arrived: list[tuple[float, NDArray[np.float64]]] = field(default_factory=list)
    messages: int = 0
    octets: int = 0
    _buffer: bytearray = field(default_factory=bytearray)
    _open: bool = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        now_s = time.monotonic()
        self._buffer += data
        if not self._open:
            _, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            self._open, self._buffer = True, rest
            self._transport.write(_masked(self.subscription.encode()))
        at = 0
        while (frame := _frame(self._buffer, at)) is not None:
            begin, end = frame
            if self._buffer[at] == _FINAL_TEXT:
                self._take(bytes(self._buffer[begin:end]), now_s)
            elif self._buffer[at] == _CLOSE:
                self.connection_lost(
                    ConnectionError(f"the server has closed the connection: {bytes(self._buffer[begin:end])!r}")
                )
            at = end
        del self._buffer[:at]

    def connection_lost(self, error: Exception | None) -> None:
        for one in (self.ready, self.done):
            if not one.done():
                one.set_exception(error or ConnectionError("the connection has ended"))

    def _take(self, text: bytes, now_s: float) -> None:
        if text.startswith(b'{"type":"subscribed"'):
            self.ready.set_result(None)
            return
        if text.startswith(b'{"type":"problem"'):
            self.connection_lost(ConnectionError(text.decode()))
        self.messages += 1
        self.octets += len(text)
        times: list[float] = []
        at = text.find(_GENERATED)
        while at >= 0:
            begin = at + len(_GENERATED)
            if text[begin] == ord("["):
                times += orjson.loads(text[begin : text.index(b"]", begin) + 1])
            else:
                end = begin
                while text[end] not in b",}":
                    end += 1
                times.append(float(text[begin:end]))
            at = text.find(_GENERATED, begin)
        if times:
            self.arrived.append((now_s, np.array(times)))
            if max(times) >= self.last_tai_s and not self.done.done():
                self.done.set_result(None)


async def _read(task: ReadersTask) -> Outcome:
    loop = asyncio.get_running_loop()
    last_tai_s = task.start_tai_s + (task.packets - 1.5) * task.step_s
    readers = [_Reader(one, loop.create_future(), loop.create_future(), last_tai_s) for one in task.subscriptions]
    for one in readers:
        await loop.create_connection(lambda one=one: one, "127.0.0.1", task.port)  # type: ignore[misc]
    await asyncio.gather(*(one.ready for one in readers))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    began_s = float(await asyncio.to_thread(sys.stdin.readline))
    cpu_s = time.process_time()
    await asyncio.gather(*(one.done for one in readers))
    cpu_s = time.process_time() - cpu_s
    late: list[NDArray[np.float64]] = []
    missing = 0
    for one, wanted in zip(readers, task.subscriptions, strict=True):
        numbers = []
        for now_s, times in one.arrived:
            number = np.rint((times - task.start_tai_s) / task.step_s)
            numbers.append(number)
            late.append(now_s - began_s - number / task.packets_per_s)
        if json.loads(wanted)["mode"] == "every":
            missing += int(not np.array_equal(np.concatenate(numbers), np.arange(task.packets)))
    every = np.concatenate(late) * 1000.0
    p50, p99 = np.percentile(every, (50, 99))
    return Outcome(
        messages=sum(one.messages for one in readers),
        octets=sum(one.octets for one in readers),
        told=len(every),
        missing=missing,
        p50_ms=float(p50),
        p99_ms=float(p99),
        worst_ms=float(every.max()),
        cpu_s=cpu_s,
    )


def _frame(buffer: bytearray, at: int) -> tuple[int, int] | None:
    """Where the content of a frame begins and ends; None where it is not all there."""
    if len(buffer) < at + 2:
        return None
    length, begin = buffer[at + 1] & 0x7F, at + 2
    if length in _LENGTHS:
        octets = _LENGTHS[length]
        length, begin = int.from_bytes(buffer[begin : begin + octets], "big"), begin + octets
        if len(buffer) < begin:
            return None
    return (begin, begin + length) if len(buffer) >= begin + length else None


def _masked(text: bytes) -> bytes:
    """A frame of a client, masked with zeros."""
    size = bytes([0x80 | len(text)]) if len(text) < 126 else bytes([0x80 | 126]) + len(text).to_bytes(2, "big")
    return bytes([_FINAL_TEXT]) + size + bytes(4) + text


def main() -> int:
    """Read a task, do it, print the outcome."""
    task = ReadersTask.model_validate_json(sys.stdin.readline())
    outcome = asyncio.run(_read(task))
    sys.stdout.write(outcome.model_dump_json() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
