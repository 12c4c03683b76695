"""Samples of the stream in Arrow: what JSON has, live and replayed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from api.service.telemetry_subscription import Sent
from core.telemetry.packet_table import GENERATED
from tests.api.stream_bench import SELECTIONS, StreamBench, arrow_message, event_packet, soc_packet, utc
from tests.core.telemetry.intake import T0_TAI_S


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[StreamBench]:
    made = StreamBench(tmp_path)
    yield made
    made.close()


async def until_all_came(bench: StreamBench, packets: int, **wanted: Any) -> list[Sent]:
    found: list[Sent] = []
    with bench.live.reading():
        async with aclosing(bench.subscription(mode="every", **wanted).messages()) as messages:  # type: ignore[type-var]
            async with asyncio.timeout(120):
                async for one in messages:
                    found.append(one)
                    if one.cursor is not None and one.cursor & 0xFF_FFFF == packets - 1:
                        break
    return found


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("filed", [False, True])
async def test_arrow_has_what_json_has(bench: StreamBench, selection: dict[str, Any], filed: bool) -> None:
    packets = [
        made
        for number in range(6)
        for made in (soc_packet("LSAT-1", number, soc=0.1 if number == 4 else 0.8), event_packet("LSAT-2", number))
    ]
    bench.take(packets)
    if filed:
        bench.archive.columns.compact()
    texts = await until_all_came(bench, len(packets), after=0, **selection)
    octets = await until_all_came(bench, len(packets), after=0, format="arrow", **selection)
    assert not texts[1].binary and octets[1].binary
    message = json.loads(texts[1].text)
    head, tables = arrow_message(b"".join(octets[1].parts))
    assert head == {"type": "samples", "id": "s", "cursor": message["cursor"]}
    assert len(tables) == len(message["blocks"]) > 0
    for table, block in zip(tables, message["blocks"], strict=True):
        about = {name.decode(): value.decode() for name, value in table.schema.metadata.items()}
        assert about == {name: str(block[name]) for name in ("satellite", "container", "unix_minus_tai_s")}
        columns = table.to_pydict()
        for short in ("arrival", "generated_tai_s", "received_tai_s", "apid", "sequence", "service", "subtype"):
            assert columns.get(f"packet:{short}") == block.get(short)
        for name, column in block["parameters"].items():
            values = [int(one) if isinstance(one, bool) else one for one in columns[name]]
            sent = columns.get(f"{name}.raw")
            assert column["values"] == [sent[row] if one is None and sent else one for row, one in enumerate(values)]
            assert columns.get(f"{name}.limit") == column.get("levels")
            assert (table.schema.field(name).metadata or {}).get(b"unit", b"").decode() == column["unit"]
        names = {one for one in columns if not one.startswith("packet:") and not one.endswith((".raw", ".limit"))}
        assert names == set(block["parameters"])


async def test_a_replay_comes_in_arrow(bench: StreamBench) -> None:
    bench.take([soc_packet("LSAT-1", number) for number in range(3)])
    found: list[tuple[dict[str, Any], list[pa.Table]]] = []
    replay = {"start": utc(0), "end": utc(5), "speed": 1000.0}
    with bench.live.reading():
        wanted = bench.subscription(mode="every", format="arrow", replay=replay, parameters=("soc",))
        async with aclosing(wanted.messages()) as messages, asyncio.timeout(120):  # type: ignore[type-var]
            async for one in messages:
                if one.binary:
                    found.append(arrow_message(b"".join(one.parts)))
                elif '"ended"' in one.text:
                    break
    assert [at for _, tables in found for one in tables for at in one[GENERATED].to_pylist()] == [
        T0_TAI_S + number for number in range(3)
    ]
    assert all(head["replay"]["speed"] == 1000.0 and "cursor" not in head for head, _ in found)
