"""Packets in the order of arrival: whoever asks what came since gets each packet once, wherever it is kept by now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from core.link import Telemetry, encode_telemetry
from core.link.space_packet import PacketType, SpacePacket, encode_packet
from core.telemetry.archive import ArchivedPacket
from tests.core.telemetry.intake import T0_TAI_S, Bench, frames, housekeeping

PDU_APID = 0x123


def event(number: int) -> bytes:
    return encode_telemetry(Telemetry(673, number, 5, 1, number, T0_TAI_S + 7 * number, bytes(7)))


def pdu(number: int) -> bytes:
    """A packet that is no report: without a secondary header and without an error control."""
    data = number.to_bytes(4, "big") + b"a part of a file"
    return encode_packet(SpacePacket(PacketType.TELEMETRY, PDU_APID, number, data, has_secondary_header=False))


MAKERS = {"housekeeping": housekeeping, "event": event, "pdu": pdu}
FILTERS = ({}, {"service": 5}, {"service": 0}, {"apid": PDU_APID}, {"container": "Housekeeping"}, {"service": 130})


@dataclass
class Reader:
    """Asks for what came since, again and again."""

    wanted: dict[str, object]
    found: list[ArchivedPacket]

    def read(self, bench: Bench, limit: int) -> None:
        after = self.found[-1].packet_id if self.found else 0
        self.found += bench.archive.packets(after=after, limit=limit, **self.wanted)  # type: ignore[arg-type]


def matches(wanted: dict[str, object], kind: str) -> bool:
    of = {
        "housekeeping": {"service": 3, "apid": 673, "container": "Housekeeping"},
        "event": {"service": 5, "apid": 673, "container": "EventInformative"},
        "pdu": {"service": 0, "apid": PDU_APID, "container": "-"},
    }[kind]
    return all(of[name] == value for name, value in wanted.items())


STEPS = st.one_of(
    st.lists(st.sampled_from(sorted(MAKERS)), min_size=1, max_size=5),
    st.sampled_from(["compact", "reopen"]),
    st.tuples(st.integers(0, len(FILTERS) - 1), st.integers(1, 4)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_readers_get_each_packet_once_and_in_order(steps: list[object]) -> None:
    sent: list[tuple[str, bytes]] = []
    readers = [Reader(dict(wanted), []) for wanted in FILTERS]
    with TemporaryDirectory() as folder:
        bench = Bench.open(Path(folder))
        count = 0
        for step in steps:
            if step == "compact":
                bench.archive.columns.compact()
            elif step == "reopen":
                bench = bench.reopened()
            elif isinstance(step, tuple):
                readers[step[0]].read(bench, step[1])
            else:
                assert isinstance(step, list)
                made = [(kind, MAKERS[kind](len(sent) + place)) for place, kind in enumerate(step)]
                batch = frames([raw for _, raw in made], count + 1, count + 1)
                bench.ingest.ingest("ground", batch)
                count += len(batch)
                sent += made
        for reader in readers:
            before = -1
            while len(reader.found) > before:
                before = len(reader.found)
                reader.read(bench, 3)
            wanted = [raw for kind, raw in sent if matches(reader.wanted, kind)]
            assert [one.raw for one in reader.found] == wanted, reader.wanted
            numbers = [one.packet_id for one in reader.found]
            assert numbers == sorted(set(numbers))
        assert bench.archive.counters().get("LSAT-1", {}).get("packet-damaged") is None
        bench.archive.close()
