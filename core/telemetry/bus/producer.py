"""Publishes what stations receive; what was acknowledged is durable at the broker, in the order of sending."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from core.errors import LinkError
from core.telemetry.bus.envelope import BusRecord

__all__ = ["BusProducer"]

_DURABLE: Final = {
    "acks": "all",
    "enable.idempotence": True,  # the broker keeps order and drops what a retry would double
    "partitioner": "murmur2_random",  # that of the Java client, so that other producers agree on the partition
    "compression.type": "none",  # protected frames do not compress
    "linger.ms": 5,
}


class BusProducer:
    """Publishes to one topic.

    Args:
        brokers: Addresses, ``host:port`` with commas between.
        topic: To which; it is there already.
        options: More settings of librdkafka, such as for TLS.
    """

    def __init__(self, brokers: str, topic: str, options: Mapping[str, Any] | None = None) -> None:
        self._topic = topic
        self._failure: KafkaError | None = None
        self._producer = Producer({**(options or {}), **_DURABLE, "bootstrap.servers": brokers})

    def send(self, satellite: str, records: Iterable[BusRecord], timeout_s: float = 60.0) -> None:
        """Hand records of one spacecraft over; they are durable when ``flush`` has returned.

        Raises:
            InputError: A record cannot be packed; those before it were handed over.
            LinkError: The broker did not take earlier ones for so long, or refused one.
        """
        for one in records:
            value = one.pack()
            give_up_s = time.monotonic() + timeout_s
            while not self._handed_over(satellite, value):
                self._producer.poll(0.05)
                if time.monotonic() > give_up_s:
                    raise LinkError(f"the broker took no record of {self._topic} for {timeout_s} s", code="bus-stalled")
            self._producer.poll(0)
            self._check()

    def flush(self, timeout_s: float = 60.0) -> None:
        """Wait until all that was sent is durable.

        Raises:
            LinkError: It is not after so long, or the broker refused a record: send again from the last flush.
        """
        left = self._producer.flush(timeout_s)
        self._check()
        if left:
            raise LinkError(
                f"{left} records of {self._topic} are not acknowledged after {timeout_s} s", code="bus-stalled"
            )

    def _handed_over(self, satellite: str, value: bytes) -> bool:
        try:
            self._producer.produce(self._topic, key=satellite.encode(), value=value, on_delivery=self._delivered)
        except BufferError:
            return False
        except KafkaException as error:
            raise LinkError(f"{self._topic} takes no record: {error.args[0]}", code="bus-refused") from error
        return True

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        self._failure = self._failure or error

    def _check(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise LinkError(f"{self._topic} did not take a record: {failure.str()}", code="bus-refused")
