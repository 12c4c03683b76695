"""The benchmark of live telemetry, small: every reader has every packet once, and what is missing counts as late."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import pytest

from api.cli.telemetry_load import measure
from evals.bench.telemetry import live_readers
from evals.bench.telemetry.live_readers import ReadersTask


def test_readers_of_every_sample_have_all_of_them() -> None:
    made = measure("every", readers=9, packets_per_s=400.0, seconds=1.0, maximum_hz=50.0)
    assert made.outcome.wrong == made.outcome.unfinished == 0
    assert made.outcome.told == 9 * 400
    assert 0.0 < made.outcome.p50_ms <= made.outcome.p99_ms <= made.outcome.worst_ms


def test_what_did_not_come_until_the_end_is_late_by_that_much(monkeypatch: pytest.MonkeyPatch) -> None:
    message = json.dumps({"type": "samples", "blocks": [{"generated_tai_s": [100.0, 101.0]}]}, separators=(",", ":"))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        for text in ('{"type":"subscribed"}', message):
            writer.write(bytes((0x81, len(text))) + text.encode())
        await writer.drain()
        with suppress(ConnectionError):
            await reader.read()  # until it leaves
        writer.close()
        ended.set()

    ended = asyncio.Event()

    async def scenario() -> live_readers.Outcome:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            loop = asyncio.get_running_loop()
            monkeypatch.setattr("sys.stdin.readline", lambda: repr(loop.time()), raising=False)
            outcome = await live_readers._read(
                ReadersTask(
                    port=server.sockets[0].getsockname()[1],
                    subscriptions=(json.dumps({"mode": "every"}),),
                    start_tai_s=100.0,
                    step_s=1.0,
                    packets_per_s=1000.0,
                    packets=1000,
                    patience_s=0.5,
                )
            )
            await asyncio.wait_for(ended.wait(), 60)
            return outcome

    outcome = asyncio.run(scenario())
    assert (outcome.told, outcome.wrong, outcome.unfinished) == (2, 0, 1)
    assert outcome.worst_ms > 1400.0  # packet 2 was due 2 ms after the begin, and the run ended 1.5 s after it
    assert outcome.p50_ms > 900.0
