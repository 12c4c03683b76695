"""Packets that stay away or come too often, against a reading of the whole history."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.mdb import reference_mdb
from core.mdb.containers import PacketRate
from core.telemetry.packet_watch import PacketWatch, packet_alarm

CONTAINER = next(iter(reference_mdb().containers))
AWAY, TOO_OFTEN = 2, 1


def _watch(rate: PacketRate) -> tuple[PacketWatch, list[tuple[int, float]]]:
    mdb, told = reference_mdb(), list[tuple[int, float]]()
    containers = {name: replace(one, rate=rate if name == CONTAINER else None) for name, one in mdb.containers.items()}

    def change(satellite: str, name: str, level: int, at_tai_s: float) -> None:
        assert (satellite, name) == ("LSAT-1", packet_alarm(CONTAINER))
        told.append((level, at_tai_s))

    return PacketWatch(replace(mdb, containers=containers), change), told


def test_silence_in_a_contact_raises_and_a_packet_clears() -> None:
    watch, told = _watch(PacketRate(minimum_hz=0.1))
    watch.look([], 100.0)
    watch.look(["LSAT-1"], 200.0)
    watch.look(["LSAT-1"], 230.0)
    assert told == []
    watch.look(["LSAT-1"], 230.5)
    watch.look([], 600.0)
    assert told == [(AWAY, 230.5)]  # the end of the contact proves nothing
    watch.take("LSAT-1", CONTAINER, [700.0])
    assert told == [(AWAY, 230.5), (0, 700.0)]


def test_the_next_contact_begins_anew() -> None:
    watch, told = _watch(PacketRate(minimum_hz=0.1))
    watch.take("LSAT-1", CONTAINER, [0.0])
    watch.look([], 10.0)
    watch.look(["LSAT-1"], 5000.0)
    watch.look(["LSAT-1"], 5029.0)
    assert told == []


def test_other_containers_and_packets_without_a_rate_are_not_followed() -> None:
    watch, told = _watch(PacketRate())
    watch.take("LSAT-1", "no such container", [1.0] * 100)
    watch.take("LSAT-1", CONTAINER, [1.0] * 100)
    watch.look(["LSAT-1"], 0.0)
    watch.look(["LSAT-1"], 1e6)
    assert told == []


@given(
    st.lists(st.tuples(st.floats(0.0, 40.0), st.sampled_from(["packet", "contact", "none"])), max_size=60),
    st.sampled_from([PacketRate(0.1, None), PacketRate(None, 0.2), PacketRate(0.05, 0.5)]),
)
def test_levels_equal_those_of_the_whole_history(steps: list[tuple[float, str]], rate: PacketRate) -> None:
    watch, told = _watch(rate)
    now_s, packets, since_s, level, wanted = 0.0, list[float](), None, 0, list[tuple[int, float]]()
    for gap_s, what in steps:
        now_s += gap_s
        if what == "packet":
            packets.append(now_s)
            watch.take("LSAT-1", CONTAINER, [now_s])
        else:
            since_s = None if what == "none" else now_s if since_s is None else since_s
            watch.look(["LSAT-1"] if what == "contact" else [], now_s)
            if what == "none":
                continue
        silent_s = 0.0 if since_s is None else now_s - max([since_s, *packets[-1:]])
        away = rate.minimum_hz is not None and silent_s > 3.0 / rate.minimum_hz
        often = rate.maximum_hz is not None and len(packets) > 10 and (now_s - packets[-11]) * rate.maximum_hz < 10.0
        if (new := AWAY if away else TOO_OFTEN if often else 0) != level:
            level = new
            wanted.append((level, now_s))
    assert told == wanted
