"""Subscriptions to telemetry: nothing lost and nothing twice, newest values conflated, replays equal to the archive."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.service import recent_pieces
from api.service.telemetry_messages import ReplayAction, ReplayControl
from api.service.telemetry_packets import WrittenPiece
from core.errors import Conflict, InputError, NotFound
from core.mdb.batch import BatchDecoder
from core.telemetry.packet_feed import FeedPart, FeedPiece
from core.telemetry.packet_selection import PacketSelection
from core.telemetry.packet_table import ARRIVAL, GENERATED
from core.telemetry.parameter_units import ParameterUnits
from core.time import utc_from_tai_s
from ml.anomaly.anomaly import Severity
from tests.api.stream_bench import SELECTIONS, Packet, StreamBench, event_packet, rows_of, soc_packet, utc
from tests.core.telemetry.intake import MDB, T0_TAI_S
from tests.ml.alerts.anomalies import anomaly


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[StreamBench]:
    made = StreamBench(tmp_path)
    yield made
    made.close()


def wants(selection: dict[str, Any], one: Packet) -> bool:
    if "satellites" in selection and one.satellite not in selection["satellites"]:
        return False
    if selection.get("containers") == ("Event*",):
        return one.container == "EventInformative"
    return selection.get("parameters") != ("so*",) or one.container == "Housekeeping"


@dataclass
class Reader:
    """Reads, falls behind, goes away in the middle, and comes back with the cursor of the last message that it had."""

    selection: dict[str, Any]
    messages_before_it_leaves: list[int]
    stalls: int
    cursor: int = 0
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    async def run(self, bench: StreamBench, last_tai_s: list[float]) -> None:
        visits = 0
        while not self._done(last_tai_s):
            leave_after = self.messages_before_it_leaves[visits % len(self.messages_before_it_leaves)]
            visits += 1
            subscription = bench.subscription(mode="every", maximum_hz=100, after=self.cursor, **self.selection)
            async with aclosing(subscription.messages()) as messages:  # type: ignore[type-var]
                had = 0
                async for one in messages:
                    message = json.loads(one.text)
                    self.rows += rows_of(message)
                    self.cursor = message["cursor"]
                    had += message["type"] == "samples"
                    if self._done(last_tai_s) or had >= leave_after:
                        break
                    for _ in range(self.stalls):
                        await asyncio.sleep(0.001)

    def _done(self, last_tai_s: list[float]) -> bool:
        """The last packet has come, whether or not others have."""
        return bool(self.rows) and [self.rows[-1][3]] == last_tai_s


BATCHES = st.lists(
    st.one_of(
        st.lists(st.tuples(st.sampled_from(("LSAT-1", "LSAT-2")), st.booleans()), min_size=1, max_size=9),
        st.sampled_from(["compact"]),
    ),
    min_size=1,
    max_size=10,
)
READERS = st.lists(
    st.builds(
        Reader, st.sampled_from(SELECTIONS), st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 20)
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=15, deadline=None)
@given(BATCHES, READERS, st.integers(1, 12), st.integers(1, 6))
def test_readers_that_come_and_go_get_every_packet_once_in_order(
    batches: list[Any], readers: list[Reader], at_hand: int, limit: int
) -> None:
    sent: list[Packet] = []

    async def scenario(bench: StreamBench) -> None:
        last_tai_s: list[list[float]] = [[] for _ in readers]
        with bench.live.reading():
            tasks = [asyncio.create_task(one.run(bench, last_tai_s[place])) for place, one in enumerate(readers)]
            for batch in batches:
                if batch == "compact":
                    await asyncio.to_thread(bench.archive.columns.compact)
                    continue
                made = [
                    (soc_packet if full else event_packet)(satellite, len(sent) + place)
                    for place, (satellite, full) in enumerate(batch)
                ]
                await asyncio.to_thread(bench.take, made)
                # In a batch one spacecraft's packets follow those of another.
                order = list(dict.fromkeys(one.satellite for one in made))
                sent.extend(sorted(made, key=lambda one: order.index(one.satellite)))
            last = [soc_packet("LSAT-2", len(sent)), event_packet("LSAT-2", len(sent) + 1)]
            sent.extend(last)
            for place, one in enumerate(readers):
                last_tai_s[place].append(
                    [packet for packet in sent if wants(one.selection, packet)][-1].generated_tai_s
                )
            await asyncio.to_thread(bench.take, last)  # something for everybody, so that all come to an end
            await asyncio.wait_for(asyncio.gather(*tasks), 100)

    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(recent_pieces, "_ROWS", at_hand)
        patch.setattr("api.service.telemetry_requests._MOST_ROWS", limit)
        patch.setattr("api.service.telemetry_requests._FEWEST_ROWS", 1)
        bench = StreamBench(Path(folder))
        try:
            asyncio.run(scenario(bench))
        finally:
            bench.close()
    for one in readers:
        expected = [packet for packet in sent if wants(one.selection, packet)]
        found = [(satellite, container, at) for _, satellite, container, at, _ in one.rows]
        assert found == [(packet.satellite, packet.container, packet.generated_tai_s) for packet in expected]
        arrivals = [row[0] for row in one.rows]
        assert arrivals == sorted(set(arrivals))


async def test_values_are_those_of_the_archive(bench: StreamBench) -> None:
    bench.take([soc_packet("LSAT-1", number, soc=0.5 + number / 100) for number in range(5)])
    before = await bench.collect(lambda all_: len(all_) > 1, mode="every", after=0)
    bench.archive.columns.compact()
    after = await bench.collect(lambda all_: len(all_) > 1, mode="every", after=0)
    for messages in (before, after):
        (block,) = messages[1]["blocks"]
        assert len(block["parameters"]) > 10
        for name, column in block["parameters"].items():
            known = bench.archive.samples("LSAT-1", name, T0_TAI_S, T0_TAI_S + 10)
            assert column["values"] == [one.value for one in known]
            assert column["unit"] == known[0].unit
    assert before[1]["blocks"] == after[1]["blocks"]
    first_s = before[1]["blocks"][0]["generated_tai_s"][0] + before[1]["blocks"][0]["unix_minus_tai_s"]
    assert first_s == utc_from_tai_s(T0_TAI_S).timestamp()


async def test_a_cursor_that_readers_are_not_yet_woken_for_is_one_of_the_archive(bench: StreamBench) -> None:
    with bench.live.reading():
        await bench.live.begin_at()
        bench.take([soc_packet("LSAT-1", 1)])  # durable; the loop has not come round to telling anybody
        cursor = bench.live.feed.head()
        subscription = bench.subscription(mode="every", after=cursor)
        async with aclosing(subscription.messages()) as messages:  # type: ignore[type-var]
            assert json.loads((await anext(messages)).text)["cursor"] == cursor
            bench.take([soc_packet("LSAT-1", 2)])
            assert [row[3] - T0_TAI_S for row in rows_of(json.loads((await anext(messages)).text))] == [2]
        with pytest.raises(InputError, match="beyond the newest"):
            await anext(bench.subscription(mode="every", after=bench.live.feed.head() + 1).messages())


async def test_readers_of_one_selection_share_one_writing(bench: StreamBench) -> None:
    written: list[tuple[bytes, ...]] = []

    async def read() -> None:
        async with aclosing(bench.subscription(mode="every").messages()) as messages:  # type: ignore[type-var]
            async for one in messages:
                if '"blocks"' in one.text:
                    written.append(one.parts)
                    return

    with bench.live.reading():
        tasks = [asyncio.create_task(read()) for _ in range(20)]
        await asyncio.sleep(0)
        await bench.live.begin_at()
        for _ in range(3):
            await asyncio.sleep(0)
        await asyncio.to_thread(bench.take, [soc_packet("LSAT-1", 1)])
        await asyncio.wait_for(asyncio.gather(*tasks), 60)
        assert len(written) == 20
        assert {len(parts) for parts in written} == {3}
        assert len({id(parts[1]) for parts in written}) == 1  # the very same octets


async def test_who_fell_behind_gets_in_one_message_what_was_written_for_those_who_did_not(bench: StreamBench) -> None:
    with bench.live.reading():
        follows = bench.subscription(mode="every", maximum_hz=100).messages()
        lags = bench.subscription(mode="every", maximum_hz=100).messages()
        for one in (follows, lags):
            assert '"subscribed"' in (await anext(one)).text
        began = asyncio.ensure_future(anext(lags))
        of_it: list[bytes] = []
        for number in range(4):
            coming = asyncio.ensure_future(anext(follows))
            await asyncio.sleep(0)  # it waits for the turn
            await asyncio.to_thread(bench.take, [soc_packet("LSAT-1", number)])
            of_it.append((await asyncio.wait_for(coming, 60)).parts[1])
        assert (await began).parts[1] is of_it[0]
        late = await asyncio.wait_for(anext(lags), 60)
        blocks = [part for part in late.parts[1:-1] if part != b","]
        assert [id(one) for one in blocks] == [id(one) for one in of_it[1:]]
        assert [row[3] - T0_TAI_S for row in rows_of(json.loads(late.text))] == [1.0, 2.0, 3.0]
        for one in (follows, lags):
            await one.aclose()  # type: ignore[attr-defined]


async def test_newest_values_count_what_they_replace_and_late_data_is_not_the_present(bench: StreamBench) -> None:
    seen: list[dict[str, Any]] = []
    subscription = bench.subscription(parameters=("soc",), satellites=("LSAT-1",), maximum_hz=0.5)
    with bench.live.reading():
        async with aclosing(subscription.messages()) as messages:  # type: ignore[type-var]
            assert json.loads((await anext(messages)).text)["type"] == "subscribed"
            bench.take([soc_packet("LSAT-1", 100, 0.5)])
            seen += json.loads((await anext(messages)).text)["samples"]
            for number in range(50):  # all within one period
                bench.take([soc_packet("LSAT-1", 101 + number, 0.2)])
            bench.take([soc_packet("LSAT-1", 3, 0.7), soc_packet("LSAT-2", 500, 0.7)])
            while sum(1 + one["replaced"] for one in seen) < 51:
                seen += json.loads((await anext(messages)).text)["samples"]
    assert seen[0]["replaced"] == 0 and seen[0]["value"] == pytest.approx(0.5, abs=1e-4)
    assert len(seen) < 10  # 51 values within a few periods
    assert sum(1 + one["replaced"] for one in seen) in (51, 52)  # the late one counts where it is noticed in time
    assert seen[-1]["generated_tai_s"] == T0_TAI_S + 150
    assert all(one["satellite"] == "LSAT-1" and one["generated_tai_s"] >= T0_TAI_S + 100 for one in seen)


async def test_a_new_reader_of_newest_values_begins_with_all_of_them(bench: StreamBench) -> None:
    bench.take([soc_packet("LSAT-1", 1, 0.6), soc_packet("LSAT-2", 2, 0.7)])
    messages = await bench.collect(lambda all_: len(all_) > 1, parameters=("soc",))
    told = {one["satellite"]: one for one in messages[1]["samples"]}
    assert sorted(told) == ["LSAT-1", "LSAT-2"]
    latest = bench.latest.newest("LSAT-1", "soc")
    assert latest is not None and told["LSAT-1"]["value"] == latest.value
    assert told["LSAT-1"]["at"] == utc(1)


async def test_a_replay_of_every_sample_equals_the_archive_in_order_of_generation(bench: StreamBench) -> None:
    late = [soc_packet("LSAT-1", number, number / 200) for number in range(40, 60)]
    bench.take([soc_packet("LSAT-1", number, number / 200) for number in range(60, 120)])
    bench.archive.columns.compact()
    bench.take([*late, event_packet("LSAT-2", 77)])
    messages = await bench.collect(
        lambda all_: all_[-1].get("replay", {}) not in (True, {}) and all_[-1]["replay"]["state"] == "ended",
        mode="every",
        maximum_hz=100,
        replay={"start": utc(45), "end": utc(110), "speed": 1000},
    )
    assert messages[0]["type"] == "subscribed" and messages[0]["replay"] is True and "cursor" not in messages[0]
    rows = [row for one in messages for row in sorted(rows_of(one), key=lambda row: row[3])]
    socs = [(row[3], row[4]["soc"]) for row in rows if row[2] == "Housekeeping"]
    known = bench.archive.samples("LSAT-1", "soc", T0_TAI_S + 45, T0_TAI_S + 110)
    assert socs == [(one.generated_tai_s, one.value) for one in known] and len(socs) == 66
    assert [row[3] for row in rows] == sorted(row[3] for row in rows)
    assert sum(row[2] == "EventInformative" for row in rows) == 1
    for one in messages:
        if one["type"] == "samples":
            assert all(row[3] <= one["replay"]["at_tai_s"] for row in rows_of(one))


async def test_a_replay_of_newest_values_counts_all_of_them(bench: StreamBench) -> None:
    bench.take([soc_packet("LSAT-1", number, number / 200) for number in range(100)])
    messages = await bench.collect(
        lambda all_: all_[-1]["type"] == "replay" and all_[-1]["replay"]["state"] == "ended",
        parameters=("soc",),
        replay={"start": utc(0), "end": utc(99), "speed": 200},
    )
    told = [one for message in messages if message["type"] == "newest" for one in message["samples"]]
    assert sum(1 + one["replaced"] for one in told) == 100
    assert told[-1]["generated_tai_s"] == T0_TAI_S + 99
    assert told[-1]["value"] == bench.archive.samples("LSAT-1", "soc", T0_TAI_S + 99, T0_TAI_S + 99)[0].value


async def test_a_replay_steps_seeks_pauses_and_plays(bench: StreamBench) -> None:
    bench.take([soc_packet("LSAT-1", 10 * number) for number in range(1, 9)])
    subscription = bench.subscription(
        mode="every", parameters=("soc",), replay={"start": utc(0), "end": utc(100), "paused": True}
    )

    def order(action: ReplayAction, **more: Any) -> None:
        subscription.control(ReplayControl(type="replay", id="s", action=action, **more))

    with bench.live.reading():
        async with aclosing(subscription.messages()) as messages:  # type: ignore[type-var]

            async def next_told() -> tuple[str, list[float], str]:
                message = json.loads((await asyncio.wait_for(anext(messages), 60)).text)
                return message["type"], [row[3] - T0_TAI_S for row in rows_of(message)], message["replay"]["state"]

            await anext(messages)
            assert await next_told() == ("replay", [], "paused")
            order(ReplayAction.STEP)
            assert await next_told() == ("samples", [10.0], "paused")
            assert await next_told() == ("replay", [], "paused")
            order(ReplayAction.STEP)
            assert await next_told() == ("samples", [20.0], "paused")
            await next_told()
            order(ReplayAction.SEEK, to=utc(60))
            assert await next_told() == ("replay", [], "paused")
            order(ReplayAction.STEP)
            assert await next_told() == ("samples", [60.0], "paused")  # the instant itself belongs to it
            await next_told()
            order(ReplayAction.SPEED, speed=10_000.0)
            await next_told()
            order(ReplayAction.PLAY)
            assert (await next_told())[::2] == ("replay", "playing")
            found: list[float] = []
            while (told := await next_told())[0] == "samples":
                found += told[1]
            assert found == [70.0, 80.0] and told[2] == "ended"
            order(ReplayAction.SEEK, to=utc(75))  # an ended one can be wound back
            while (told := await next_told())[1] != [80.0]:
                assert told[0] == "replay"
            with pytest.raises(InputError, match="not within the interval"):
                order(ReplayAction.SEEK, to=utc(101))
            with pytest.raises(InputError, match="is needed"):
                order(ReplayAction.SPEED)


async def test_a_replay_tells_the_version_that_it_is_asked_for(bench: StreamBench) -> None:
    bench.take([soc_packet("LSAT-1", number) for number in range(3)])
    made = bench.archive.columns.reprocess("LSAT-1", T0_TAI_S, T0_TAI_S + 2, BatchDecoder(MDB))
    for version in (None, 0, made.version):
        replay = {"start": utc(0), "end": utc(2), "speed": 100, "version": version}
        messages = await bench.collect(
            lambda all_: all_[-1]["type"] == "replay" and all_[-1]["replay"]["state"] == "ended",
            mode="every",
            replay=replay,
        )
        assert sum(len(rows_of(one)) for one in messages) == 3
    with pytest.raises(InputError, match=r"replay\.version: 9 is not one of"):
        bench.subscription(replay={"start": utc(0), "end": utc(2), "version": 9})


async def test_steps_of_alarms_come_once_with_a_cursor_to_resume_after(bench: StreamBench) -> None:
    bench.take([soc_packet("LSAT-1", 1, 0.01)])
    first = await bench.collect(lambda all_: len(all_) > 1, alarms=True, after=0)
    (step,) = [one for one in first[1]["steps"] if one["alarm"]["parameter"] == "soc"]
    assert step["step"] == "raised" and step["alarm"]["satellite"] == "LSAT-1"
    bench.alarms.acknowledge("LSAT-1", "soc", "olga", "seen")
    second = await bench.collect(
        lambda all_: len(all_) > 1, alarms=True, after=first[1]["cursor"], satellites=("LSAT-1",)
    )
    assert [(one["step"], one["by"]) for one in second[1]["steps"]] == [("acknowledged", "olga")]

    async def acknowledge_later() -> None:
        await bench.live.begin_at()
        await asyncio.to_thread(bench.alarms.comment, "LSAT-1", "soc", "olga", "later")

    with bench.live.reading():
        later = asyncio.create_task(acknowledge_later())
        third = await bench.collect(lambda all_: len(all_) > 1, alarms=True, after=second[1]["cursor"])
        await later
    assert [one["reason"] for one in third[1]["steps"]] == ["later"]


async def test_steps_of_anomalies_come_once_with_a_cursor_to_resume_after(bench: StreamBench) -> None:
    bench.alerts.take([anomaly("a"), anomaly("b", satellite="LSAT-2")])
    wanted = {"anomalies": True, "satellites": ("LSAT-1",), "parameters": ("so*",)}
    first = await bench.collect(lambda all_: len(all_) > 1, after=0, **wanted)
    (step,) = first[1]["steps"]
    assert (step["step"], step["tells"], step["alert"]["satellite"]) == ("opened", True, "LSAT-1")

    async def worsen_later() -> None:
        await bench.live.begin_at()
        told = [anomaly("a", newest_s=60.0, severity=Severity.SERIOUS), anomaly("c", lead="bus_voltage_v")]
        await asyncio.to_thread(bench.alerts.take, told)

    with bench.live.reading():
        later = asyncio.create_task(worsen_later())
        second = await bench.collect(lambda all_: len(all_) > 1, after=first[1]["cursor"], **wanted)
        await later
    assert [(one["step"], one["alert"]["severity"]) for one in second[1]["steps"]] == [("worsened", "serious")]


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"satellites": ("LSAT-9",)}, "satellite 'LSAT-9' is not one of"),
        ({"parameters": ("sock",)}, "parameters: 'sock' is not in the mission database"),
        ({"parameters": ("nothing*",)}, "parameters: 'nothing*"),
        ({"containers": ("Nothing",)}, "containers: 'Nothing' is not in the mission database"),
        ({"format": "arrow"}, 'format: "arrow" goes with samples in mode "every"'),
        ({"format": "arrow", "mode": "every", "alarms": True}, "format: "),
        ({"after": 3}, 'after: goes with mode "every"'),
        ({"mode": "every", "after": 3, "replay": {"start": utc(0)}}, "after: does not go with a replay"),
        ({"alarms": True, "containers": ("*",)}, "containers: does not go with alarms"),
        ({"anomalies": True, "replay": {"start": utc(0)}}, "replay: does not go with anomalies"),
        ({"anomalies": True, "alarms": True}, "anomalies: does not go with alarms"),
        ({"replay": {"start": "yesterday"}}, "replay.start: 'yesterday' is not an ISO 8601 time"),
        ({"replay": {"start": utc(5), "end": utc(5)}}, "replay.end: .* is not after the start"),
    ],
)
async def test_what_cannot_be_had_is_refused_with_a_reason(
    bench: StreamBench, wanted: dict[str, Any], problem: str
) -> None:
    with pytest.raises((InputError, NotFound), match=problem.replace("*'", r"\*'")):
        bench.subscription(**wanted)


async def test_a_cursor_from_elsewhere_is_refused(bench: StreamBench) -> None:
    with pytest.raises(InputError, match="after: 5 is beyond the newest, 0"):
        await bench.collect(lambda all_: True, mode="every", after=5)


async def test_readers_in_two_loops_are_refused(bench: StreamBench) -> None:
    async def other() -> None:
        with pytest.raises(Conflict), bench.live.reading():
            pass

    with bench.live.reading():
        await asyncio.to_thread(asyncio.run, other())


def test_numbers_that_json_does_not_have_are_told_as_texts() -> None:
    table = pa.table(
        {
            ARRIVAL: [1, 2, 3, 4],
            GENERATED: [1.0, 2.0, 3.0, 4.0],
            "x": [1.5, float("nan"), float("inf"), None],
            "x.raw": [1, 2, 3, 7],
            "flag": [True, False, None, True],
            "octets": [b"\x01\xff", b"", b"a", None],
        }
    )
    piece = FeedPiece(0, 4, (FeedPart("LSAT-1", "P", table),))
    (block,) = json.loads(b"[" + WrittenPiece(piece, ParameterUnits(MDB)).blocks(PacketSelection()) + b"]")
    assert block["parameters"]["x"] == {"unit": "", "values": [1.5, "NaN", "Infinity", 7], "uncalibrated": [3]}
    assert block["parameters"]["flag"]["values"] == [1, 0, None, 1]
    assert block["parameters"]["octets"]["values"] == ["01ff", "", "61", None]
