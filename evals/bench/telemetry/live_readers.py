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
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

__all__ = ["SELECTIONS", "LiveRun", "Outcome", "ReadersTask"]

SELECTIONS: Final = 8  # different ones, of three parameters each

_GENERATED: Final = b'"generated_tai_s":'
_TEXTS_KEPT: Final = 64
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
        patience_s: How long after the last packet was due readers wait for what has not come.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: int
    subscriptions: tuple[str, ...]
    start_tai_s: float
    step_s: float
    packets_per_s: float
    packets: int
    patience_s: float


class Outcome(BaseModel):
    """How it went.

    Attributes:
        messages, octets: That came.
        told: Packets or newest values that came.
        wrong: Readers of every sample that got one twice, or none of one before another.
        unfinished: Readers who had not got all when patience ended.
        p50_ms, p99_ms, worst_ms: From when a packet was due to be received until a reader has it; for those that had not
            come in the end, until then, where every one should have come.
        cpu_s: Processor time of the readers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    messages: int
    octets: int
    told: int
    wrong: int
    unfinished: int
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
        cores: That ingest, server, compactor and readers shared.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Outcome
    cpu_s: float
    batches: int
    seconds: float
    cores: int


@dataclass
class _Reader(asyncio.Protocol):
    """A client of RFC 6455 that does as little as it can: only times of generation are read."""

    subscription: str
    times: _Times
    ready: asyncio.Future[None]
    done: asyncio.Future[None]
    last: int
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
                self._take(begin, end, now_s)
            elif self._buffer[at] == _CLOSE:
                self.connection_lost(
                    ConnectionError(f"the server has closed the connection: {bytes(self._buffer[begin:end])!r}")
                )
            at = end
        del self._buffer[:at]

    def leave(self) -> None:
        """Want no more."""
        self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        for one in (self.ready, self.done):
            if not one.done():
                one.set_exception(error or ConnectionError("the connection has ended"))

    def _take(self, begin: int, end: int, now_s: float) -> None:
        text = self._buffer
        if text.startswith(b'{"type":"subscribed"', begin):
            self.ready.set_result(None)
            return
        if text.startswith(b'{"type":"problem"', begin):
            self.connection_lost(ConnectionError(bytes(text[begin:end]).decode()))
        self.messages += 1
        self.octets += end - begin
        found: list[NDArray[np.float64]] = []
        at = text.find(_GENERATED, begin, end)
        while at >= 0:
            at += len(_GENERATED)
            until = text.find(b"]" if text[at] == ord("[") else b",", at, end) + 1
            found.append(self.times.numbers(bytes(text[at:until])))
            at = text.find(_GENERATED, until, end)
        if found:
            numbers = np.concatenate(found)
            self.arrived.append((now_s, numbers))
            if numbers.max() >= self.last and not self.done.done():
                self.done.set_result(None)


class _Times:
    """Numbers of packets by their times of generation, as text; readers of one piece get the same text."""

    def __init__(self, task: ReadersTask) -> None:
        self._task = task
        self._known: OrderedDict[bytes, NDArray[np.float64]] = OrderedDict()

    def numbers(self, text: bytes) -> NDArray[np.float64]:
        """Of a JSON list, or of a number and what ends it."""
        known = self._known.get(text)
        if known is None:
            times = orjson.loads(text) if text.startswith(b"[") else [float(text[:-1])]
            known = self._known[text] = np.rint((np.array(times) - self._task.start_tai_s) / self._task.step_s)
            if len(self._known) > _TEXTS_KEPT:
                self._known.popitem(last=False)
        return known


async def _read(task: ReadersTask) -> Outcome:
    loop = asyncio.get_running_loop()
    times = _Times(task)
    readers = [
        _Reader(one, times, loop.create_future(), loop.create_future(), task.packets - 1) for one in task.subscriptions
    ]
    for one in readers:
        await loop.create_connection(lambda one=one: one, "127.0.0.1", task.port)  # type: ignore[misc]
    await asyncio.gather(*(one.ready for one in readers))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    began_s = float(await asyncio.to_thread(sys.stdin.readline))
    cpu_s = time.process_time()
    done = [one.done for one in readers]
    until_s = began_s + task.packets / task.packets_per_s + task.patience_s
    await asyncio.wait(done, timeout=max(until_s - time.monotonic(), 0.0), return_when=asyncio.FIRST_EXCEPTION)
    ended_s, cpu_s = time.monotonic(), time.process_time() - cpu_s
    for future in done:
        if future.done():
            future.result()
    unfinished = sum(future.cancel() for future in done)
    for one in readers:
        one.leave()
    late, wrong = [], 0
    for one, wanted in zip(readers, task.subscriptions, strict=True):
        for now_s, numbers in one.arrived:
            late.append(now_s - began_s - numbers / task.packets_per_s)
        if json.loads(wanted)["mode"] == "every":
            came = np.concatenate([np.empty(0), *(numbers for _, numbers in one.arrived)])
            wrong += not np.array_equal(came, np.arange(len(came)))
            late.append(ended_s - began_s - np.arange(len(came), task.packets) / task.packets_per_s)
        elif one.done.cancelled():
            late.append(np.array([ended_s - began_s]))
    every = np.concatenate(late) * 1000.0
    p50, p99 = np.percentile(every, (50, 99))
    return Outcome(
        messages=sum(one.messages for one in readers),
        octets=sum(one.octets for one in readers),
        told=sum(len(numbers) for one in readers for _, numbers in one.arrived),
        wrong=wrong,
        unfinished=unfinished,
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
