"""The live path under load, for its benchmark: frames in, through the ingest, to sockets of readers in another process.

``python -m api.cli.telemetry_load --mode every`` prints one run as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

import numpy as np
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from api.service.step_feed import StepsOf
from api.service.telemetry_requests import StreamCatalogue
from api.service.telemetry_stream import LiveTelemetry
from api.ws.shared_frames import SOCKET_OPTIONS
from api.ws.telemetry import TelemetrySocket
from core.events import EventLog
from core.link import new_link_keys
from core.link.tm_frame import TM_FRAME_LENGTH
from core.store import open_database
from core.telemetry import (
    GATHERED_S,
    AlarmDesk,
    LatestValues,
    LimitOverrides,
    TelemetryIngest,
    TelemetryStream,
    TmChannel,
)
from core.telemetry.compactor import Compactor
from core.telemetry.packet_feed import PacketFeed
from core.telemetry.telemetry_archive import TelemetryArchive
from core.time import SystemClock
from evals.bench.telemetry.live_readers import SELECTIONS, LiveRun, Outcome, ReadersTask
from evals.bench.telemetry.load import SCID, START_TAI_S, benchmark_mdb, benchmark_packets, frames_of

__all__ = ["measure"]

_SATELLITE: Final = "BENCH-1"
_STEP_S: Final = 0.1  # between packets, by their own time
_COMPACTION_S: Final = 5.0  # as often as to be part of a short run
_PATIENCE_S: Final = 30.0  # after the last packet: who is further behind does not keep up
_READERS_END_S: Final = 60.0  # after that, on a loaded machine


def measure(mode: str, readers: int, packets_per_s: float, seconds: float, maximum_hz: float) -> LiveRun:
    """One run: an ingest, a server and a compactor in this process, readers in another.

    Raises:
        RuntimeError: The readers could not subscribe.
    """
    packets = int(packets_per_s * seconds)
    sa = new_link_keys(SCID).tm_association()
    raw = frames_of(list(benchmark_packets(packets)), sa)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mdb = benchmark_mdb()
        archive = TelemetryArchive(folder / "telemetry", mdb)
        database = open_database(folder / "service.db")
        events = EventLog(database)
        stream, latest = TelemetryStream(), LatestValues(archive, [_SATELLITE])
        alarms = AlarmDesk(database, events, mdb, LimitOverrides(database, events, mdb), SystemClock())
        ingest = TelemetryIngest(archive, {_SATELLITE: TmChannel(SCID, sa)}, latest, stream, alarms)
        feed = PacketFeed(archive.columns)
        live = LiveTelemetry(stream, feed, latest, {StepsOf.ALARMS: alarms}, archive.units)
        catalogue = StreamCatalogue(mdb, lambda: [_SATELLITE], archive.units, feed, SystemClock().now_tai_s)
        server, port, serving = _serve(live, catalogue)
        task = ReadersTask(
            port=port,
            subscriptions=tuple(_subscription(mode, number, maximum_hz) for number in range(readers)),
            start_tai_s=START_TAI_S,
            step_s=_STEP_S,
            packets_per_s=packets_per_s,
            packets=packets,
            patience_s=_PATIENCE_S,
        )
        compactor = Compactor(archive.columns, _COMPACTION_S)
        compactor.start()
        client = subprocess.Popen(
            [sys.executable, "-m", "evals.bench.telemetry.live_readers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert client.stdin is not None and client.stdout is not None
        try:
            client.stdin.write(task.model_dump_json() + "\n")
            client.stdin.flush()
            if client.stdout.readline() != "ready\n":
                raise RuntimeError("the readers could not subscribe")
            began_s, cpu_s = time.monotonic() + 0.2, time.process_time()
            client.stdin.write(f"{began_s!r}\n")
            client.stdin.flush()
            batches = _feed_in(ingest, raw, packets / packets_per_s, began_s)
            outcome = Outcome.model_validate_json(
                client.communicate(timeout=_PATIENCE_S + _READERS_END_S)[0].splitlines()[-1]
            )
            cpu_s = time.process_time() - cpu_s
        finally:
            client.kill()
            client.wait()
            server.should_exit = True
            serving.join()
            compactor.close()
            archive.close()
            database.close()
    return LiveRun(outcome=outcome, cpu_s=cpu_s, batches=batches, seconds=seconds, cores=len(os.sched_getaffinity(0)))


def _subscription(mode: str, number: int, maximum_hz: float) -> str:
    first = 3 * (number % SELECTIONS)
    chosen = [f"calibrated_{one}" if one < 16 else f"float_{one % 6}" for one in range(first, first + 3)]
    return json.dumps({"type": "subscribe", "id": "p", "parameters": chosen, "mode": mode, "maximum_hz": maximum_hz})


def _feed_in(ingest: TelemetryIngest, raw: bytes, seconds: float, began_s: float) -> int:
    """Give frames to the ingest when they are due, in batches that begin as far apart as those of the service."""
    frames = len(raw) // TM_FRAME_LENGTH
    due_s = np.linspace(began_s, began_s + seconds, frames + 1, dtype=np.float64)[1:]
    done = batches = 0
    while done < frames:
        now_s = time.monotonic()
        until = int(np.searchsorted(due_s, now_s, side="right"))
        if until == done:
            time.sleep(max(due_s[done] - now_s, 0.0))
            continue
        batch = memoryview(raw)[done * TM_FRAME_LENGTH : until * TM_FRAME_LENGTH]
        ingest.ingest_array("bench", _SATELLITE, batch, due_s[done:until], batches + 1)
        done, batches = until, batches + 1
        time.sleep(max(now_s + GATHERED_S - time.monotonic(), 0.0))
    return batches


def _serve(live: LiveTelemetry, catalogue: StreamCatalogue) -> tuple[uvicorn.Server, int, threading.Thread]:
    """The socket as the service has it, without signing in."""
    app = FastAPI()

    @app.websocket("/stream")
    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        try:
            await TelemetrySocket(socket, live, catalogue).serve()
        except WebSocketDisconnect:
            return

    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=1, **SOCKET_OPTIONS)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    return server, int(server.servers[0].sockets[0].getsockname()[1]), thread


def main() -> int:
    """One run with other figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=("newest", "every"), required=True)
    parser.add_argument("--readers", type=int, required=True)
    parser.add_argument("--packets-per-s", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--maximum-hz", type=float, required=True)
    chosen = parser.parse_args()
    made = measure(chosen.mode, chosen.readers, chosen.packets_per_s, chosen.seconds, chosen.maximum_hz)
    sys.stdout.write(made.model_dump_json() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
