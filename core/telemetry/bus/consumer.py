"""A member of a group of consumers: reads partitions, stores what they hold, and commits offsets after it is durable.

Where to go on is said by the archive of a partition, never by the group: the offset is durable in the same record as the packets.
Committed offsets tell others how far the group is. Who lost a partition cannot write to it any more once another one has
its archive open; the other one waits until it is closed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, Message, TopicPartition

from core.errors import Conflict, LinkError, StoreError
from core.telemetry.bus.partition import OffsetRecord, PartitionStore, StorePlace
from core.telemetry.column_archive import OPEN_ELSEWHERE
from core.telemetry.ingest import IngestResult

__all__ = ["BusConsumer", "BusSettings", "ConsumerCounts"]

_LOG: Final = logging.getLogger(__name__)
_REST_S: Final = 1.0  # until a partition that could not be stored is tried again


@dataclass(frozen=True)
class BusSettings:
    """How a consumer reads.

    Args:
        brokers: Addresses, ``host:port`` with commas between.
        topic: Which.
        group: Consumers of one group share the partitions.
        batch_records: Records that are stored together at most.
        buffer_kib: Read ahead at most, for each partition; with ``batch_records`` it bounds memory.
        compact_every_s: How often packets move from the log into files.
        broker_timeout_s: For answers about the topic.
        options: More settings of librdkafka, such as for TLS.
    """

    brokers: str
    topic: str
    group: str
    batch_records: int = 10_000
    buffer_kib: int = 16_384
    compact_every_s: float = 30.0
    broker_timeout_s: float = 10.0
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class ConsumerCounts:
    """What a consumer has done since it began."""

    records: int = 0
    packets: int = 0
    gaps: int = 0  # offsets that the broker has no record for, such as those of transactions
    store_failures: int = 0
    commit_failures: int = 0


@dataclass
class _Partition:
    """An assigned partition; without a store it rests until it can be opened."""

    number: int
    store: PartitionStore | None = None
    retry_at_s: float = 0.0
    compact_at_s: float = 0.0
    gap_at: int = -1  # the offset behind a gap that the broker is asked for once more


class BusConsumer:
    """Stores what is published; ``poll`` again and again, from one thread, then ``close``.

    Args:
        settings: What to read.
        place: Where to store it.
        on_stored: Told of each durable batch, such as for its control words; the partition's number comes first.
    Raises:
        LinkError: The broker does not answer, or has no such topic.
        Conflict: The topic has another number of partitions than before.
    """

    def __init__(
        self,
        settings: BusSettings,
        place: StorePlace,
        on_stored: Callable[[int, IngestResult], None] = lambda _number, _result: None,
    ) -> None:
        self._settings = settings
        self._place = place
        self._on_stored = on_stored
        self._partitions: dict[int, _Partition] = {}
        self.counts = ConsumerCounts()
        self._consumer = Consumer(
            {
                "session.timeout.ms": 10_000,
                "heartbeat.interval.ms": 2_000,
                **settings.options,
                "bootstrap.servers": settings.brokers,
                "group.id": settings.group,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",
                "partition.assignment.strategy": "cooperative-sticky",  # others go on while one partition moves
                "queued.max.messages.kbytes": settings.buffer_kib,
            }
        )
        self._check_topic()
        self._consumer.subscribe(
            [settings.topic], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost
        )

    def poll(self, timeout_s: float = 1.0) -> int:
        """Store what has come, and open what became free; how many records were stored.

        Raises:
            UnknownVersion: A newer release wrote a record; records before it are stored.
            Conflict: A topic was made anew: it ends before what is stored.
            LinkError: The broker refuses for good.
        """
        messages = self._consumer.consume(self._settings.batch_records, timeout_s)
        waiting: dict[int, list[OffsetRecord]] = {}
        for one in messages:
            number = one.partition()
            if one.error() is None and number in self._partitions:
                waiting.setdefault(number, []).append(_record(one))
        stored = 0
        try:
            for number in list(waiting):
                stored += self._store(self._partitions[number], waiting[number])
                del waiting[number]
        finally:
            for number in waiting:  # what was read and not stored is read again
                self._read_again(self._partitions[number])
        for one in messages:
            if one.error() is not None:
                self._failed(one)
        self._look_after()
        return stored

    def partitions(self) -> dict[int, PartitionStore]:
        """The partitions that this consumer writes now."""
        return {number: one.store for number, one in self._partitions.items() if one.store is not None}

    def close(self) -> None:
        """Leave the group, so that others take the partitions at once."""
        self._consumer.close()
        for one in self._partitions.values():
            if one.store is not None:
                one.store.close()
        self._partitions.clear()

    def _check_topic(self) -> None:
        try:
            known = self._consumer.list_topics(self._settings.topic, timeout=self._settings.broker_timeout_s)
        except KafkaException as error:
            raise LinkError(
                f"no broker at {self._settings.brokers} answers: {error.args[0]}", code="bus-away"
            ) from error
        topic = known.topics[self._settings.topic]
        if topic.error is not None:
            raise LinkError(f"topic {self._settings.topic} cannot be read: {topic.error.str()}", code="bus-topic")
        self._place.check_partitions(self._settings.topic, len(topic.partitions))

    def _assigned(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        """New partitions are held back until their archives are open: these say where to go on."""
        ours = [self._at(one.partition, OFFSET_END) for one in partitions]
        consumer.incremental_assign(ours)
        if ours:
            consumer.pause(ours)
        for one in ours:
            self._partitions[one.partition] = _Partition(one.partition)

    def _revoked(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        for one in partitions:
            partition = self._partitions.pop(one.partition, None)
            if partition is not None and partition.store is not None:
                self._commit(one.partition, partition.store.next_offset, wait=True)
                partition.store.close()
        consumer.incremental_unassign(list(partitions))

    def _lost(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        """Partitions that others have by now."""
        for one in partitions:
            partition = self._partitions.pop(one.partition, None)
            if partition is not None and partition.store is not None:
                partition.store.close()
        consumer.incremental_unassign(list(partitions))

    def _store(self, partition: _Partition, records: Sequence[OffsetRecord]) -> int:
        store = partition.store
        if store is None:
            return 0  # it goes on where its archive ends when that is open
        before = store.next_offset
        try:
            for result in store.take(self._in_order(partition, before, records)):
                self.counts.packets += result.packets
                self._on_stored(partition.number, result)
        except StoreError as error:
            self._rest(partition, error)
            return 0
        stored = store.next_offset - before
        self.counts.records += stored
        if stored:
            self._commit(partition.number, store.next_offset)
        return stored

    def _in_order(self, partition: _Partition, next_offset: int, records: Sequence[OffsetRecord]) -> list[OffsetRecord]:
        """Those up to a gap. A gap may be records that were read and not stored: it is believed when it is there twice."""
        taken: list[OffsetRecord] = []
        for one in records:
            if one.offset < next_offset:
                continue
            if one.offset > next_offset:
                if one.offset != partition.gap_at:
                    partition.gap_at = one.offset
                    self._read_from(partition.number, next_offset)
                    break
                self.counts.gaps += 1
                _LOG.warning("partition %d has nothing from %d to %d", partition.number, next_offset, one.offset - 1)
            taken.append(one)
            next_offset = one.offset + 1
        return taken

    def _read_again(self, partition: _Partition) -> None:
        if partition.store is not None:
            self._read_from(partition.number, partition.store.next_offset)

    def _commit(self, number: int, offset: int, *, wait: bool = False) -> None:
        """A commit that fails loses nothing: the archive knows the offset."""
        try:
            if wait:
                self._consumer.commit(offsets=[self._at(number, offset)], asynchronous=False)
            else:
                self._consumer.commit(offsets=[self._at(number, offset)], asynchronous=True)
        except KafkaException as error:
            self.counts.commit_failures += 1
            _LOG.warning("offset %d of partition %d is not committed: %s", offset, number, error.args[0])

    def _look_after(self) -> None:
        now_s = time.monotonic()
        for one in list(self._partitions.values()):
            if one.store is None and now_s >= one.retry_at_s:
                self._open(one)
            elif one.store is not None and now_s >= one.compact_at_s:
                one.compact_at_s = now_s + self._settings.compact_every_s
                try:
                    one.store.archive.columns.compact()
                except StoreError as error:  # the packets stay in the log, and the next round tries again
                    self.counts.store_failures += 1
                    _LOG.warning("partition %d was not compacted: %s", one.number, error.message)

    def _open(self, partition: _Partition) -> None:
        try:
            store = PartitionStore(self._settings.topic, partition.number, self._place)
        except StoreError as error:
            self._rest(partition, error)
            return
        partition.store = store
        partition.compact_at_s = time.monotonic() + self._settings.compact_every_s
        self._read_from(partition.number, store.next_offset)
        self._consumer.resume([self._at(partition.number, store.next_offset)])

    def _rest(self, partition: _Partition, error: StoreError) -> None:
        """Close it, and begin again at what is durable after a while; meanwhile the broker keeps what comes."""
        if error.code != OPEN_ELSEWHERE:
            self.counts.store_failures += 1
            _LOG.warning("partition %d rests: %s", partition.number, error.message)
        if partition.store is not None:
            partition.store.close()
            partition.store = None
            self._consumer.pause([self._at(partition.number, 0)])
        partition.retry_at_s = time.monotonic() + _REST_S

    def _failed(self, message: Message) -> None:
        error = message.error()
        number = message.partition()
        assert error is not None
        if error.code() == KafkaError._AUTO_OFFSET_RESET and number in self._partitions:
            self._out_of_range(self._partitions[number])
        elif error.fatal():
            raise LinkError(f"the broker refuses: {error.str()}", code="bus-refused")
        else:
            _LOG.warning("the broker says: %s", error.str())  # librdkafka tries again by itself

    def _out_of_range(self, partition: _Partition) -> None:
        """What comes next is not at the broker: deleted because it was too old, or the topic is another one."""
        if partition.store is None:
            return
        low, _ = self._consumer.get_watermark_offsets(
            self._at(partition.number, 0), timeout=self._settings.broker_timeout_s
        )
        known = partition.store.next_offset
        if low <= known:
            raise Conflict(
                f"{partition.store.source} is stored up to {known}, which the broker does not have; "
                "a topic that is made anew needs a new folder",
                code="bus-topic-changed",
            )
        _LOG.error("partition %d: %d records were deleted before they were read", partition.number, low - known)
        try:
            partition.store.pass_over_expired(low)
        except StoreError as error:
            self._rest(partition, error)
            return
        self._read_from(partition.number, low)

    def _read_from(self, number: int, offset: int) -> None:
        """Go on there. A partition that is not read, such as after an offset that the broker does not have, is begun anew."""
        at = self._at(number, offset)
        try:
            self._consumer.seek(at)
        except KafkaException as error:
            if error.args[0].code() != KafkaError._STATE:
                raise LinkError(
                    f"{self._settings.topic}/{number} cannot be read from {offset}: {error.args[0]}"
                ) from error
            self._consumer.incremental_unassign([at])
            self._consumer.incremental_assign([at])

    def _at(self, number: int, offset: int) -> TopicPartition:
        return TopicPartition(self._settings.topic, number, offset)


def _record(message: Message) -> OffsetRecord:
    key, value, offset = message.key(), message.value(), message.offset()
    assert offset is not None
    return OffsetRecord(offset, _octets(key), _octets(value))


def _octets(part: str | bytes | None) -> bytes:
    return part.encode() if isinstance(part, str) else part or b""
