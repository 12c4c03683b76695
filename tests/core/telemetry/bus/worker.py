"""A consumer as a process: tells each durable batch on standard output; ends by itself, as by SIGKILL, where it is told to."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from core.link.keys import read_link_keys
from core.mdb import reference_mdb
from core.telemetry import IngestResult, tm_channels
from core.telemetry.bus import StorePlace
from core.telemetry.bus.consumer import BusConsumer, BusSettings

FAST = {"session.timeout.ms": 3000, "heartbeat.interval.ms": 200, "fetch.wait.max.ms": 20}


def say(what: str, partition: int, cursor: int) -> None:
    sys.stdout.write(f"{what} {partition} {cursor}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("brokers")
    parser.add_argument("topic")
    parser.add_argument("folder", type=Path)
    parser.add_argument("keys", type=Path)
    parser.add_argument("--dies-after", type=int, default=-1)
    chosen = parser.parse_args()
    going, batches = [True], [0]
    signal.signal(signal.SIGTERM, lambda *_: going.clear())

    def told(partition: int, result: IngestResult) -> None:
        batches[0] += 1
        if batches[0] == chosen.dies_after:  # durable in the archive; its offset is not committed
            os.kill(os.getpid(), signal.SIGKILL)
        say("stored", partition, result.cursor)

    place = StorePlace(chosen.folder, reference_mdb(), tm_channels(read_link_keys(chosen.keys)))
    settings = BusSettings(chosen.brokers, chosen.topic, "archive", batch_records=5, compact_every_s=0.5, options=FAST)
    consumer = BusConsumer(settings, place, told)
    known: set[int] = set()
    while going:
        consumer.poll(0.2)
        now = set(consumer.partitions())
        for number in sorted(now - known):
            say("open", number, 0)
        known = now
    consumer.close()


if __name__ == "__main__":
    main()
