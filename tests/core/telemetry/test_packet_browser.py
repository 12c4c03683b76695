"""Stored packets page by page, and one with its values, against the readable decoder; and what plots are given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError, NotFound
from core.mdb.telemetry import decode_packet
from core.telemetry.archive_extent import ArchiveExtent
from core.telemetry.archive_queries import Downsampled, ParameterValues
from core.telemetry.column_archive import ColumnArchive
from core.telemetry.packet_browser import ListedPacket, PacketBrowser
from core.telemetry.parameter_units import ParameterUnits
from core.telemetry.plot_series import ChangedValues, plot_series
from tests.core.telemetry.test_column_archive import DECODER, EVER, MDB, T0_TAI_S, housekeeping, opened, rows


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[ColumnArchive]:
    one = opened(tmp_path)
    yield one
    one.close()


def browser_of(archive: ColumnArchive) -> PacketBrowser:
    return PacketBrowser(archive, DECODER, ParameterUnits(MDB))


def number_of(one: ListedPacket) -> int:
    return round((one.generated_tai_s - T0_TAI_S) / 7)


def all_pages(browser: PacketBrowser, limit: int, container: str | None = None) -> list[ListedPacket]:
    found: list[ListedPacket] = []
    while True:
        before = found[-1].packet_id if found else None
        page = browser.page("LSAT-1", *EVER, limit, container=container, before=before)
        assert len(page) <= limit
        found += page
        if len(page) < limit:
            return found


@settings(max_examples=15, deadline=None)
@given(
    batches=st.lists(st.lists(st.integers(0, 1500), min_size=1, max_size=12), min_size=1, max_size=5),
    moved=st.integers(0, 5),
    limit=st.integers(1, 9),
)
def test_pages_have_each_packet_once_the_newest_first(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]], moved: int, limit: int
) -> None:
    archive = opened(tmp_path_factory.mktemp("pages"))
    try:
        for place, batch in enumerate(batches):
            archive.append(rows(batch))
            if place < moved:
                archive.compact()
        expected = sorted({one for batch in batches for one in batch}, reverse=True)
        found = all_pages(browser_of(archive), limit)
        assert [number_of(one) for one in found] == expected
        assert [one.size for one in found] == [len(housekeeping(one)) for one in expected]
        assert [one.sequence for one in found] == expected
    finally:
        archive.close()


def test_a_packet_opens_with_the_values_of_the_readable_decoder_at_their_places(archive: ColumnArchive) -> None:
    archive.append(rows([3, 40, 1200]))
    browser = browser_of(archive)
    for _ in range(2):
        (listed,) = [one for one in browser.page("LSAT-1", *EVER, 10) if number_of(one) == 40]
        found = browser.packet("LSAT-1", listed.packet_id)
        octets = housekeeping(40)
        assert (found.octets, found.packet, found.error) == (octets, listed, "")
        expected = decode_packet(MDB, octets).parameters
        assert {one.name: one.value for one in found.values} == {
            name: (int(one.value) if isinstance(one.value, bool) else one.value) for name, one in expected.items()
        }
        placed = [one for one in found.values if one.offset_bits is not None and one.size_bits is not None]
        assert [one.name for one in placed] == [one.name for one in found.values]  # this container's layout is fixed
        for one in placed:
            assert one.offset_bits is not None and one.size_bits is not None
            behind = 8 * len(octets) - one.offset_bits - one.size_bits
            bits = int.from_bytes(octets) >> behind & ((1 << one.size_bits) - 1)
            sent = expected[one.name].raw
            if isinstance(sent, int) and sent >= 0:
                assert bits == sent, one.name
        archive.compact()
    with pytest.raises(NotFound):
        browser.packet("LSAT-1", 1)
    with pytest.raises(InputError, match="cursor"):
        browser.page("LSAT-1", *EVER, 10, before=1)
    assert browser.containers("LSAT-1") == ["Housekeeping"] and browser.containers("LSAT-2") == []
    assert browser.page("LSAT-1", *EVER, 10, container="other") == []


def test_a_plot_is_given_values_where_they_are_few_and_exact_buckets_where_not(archive: ColumnArchive) -> None:
    archive.append(rows(list(range(1000))))
    archive.compact()
    archive.append(rows(list(range(1000, 1200))))
    start, end = T0_TAI_S, T0_TAI_S + 7 * 1200
    all_of = archive.values("LSAT-1", "soc", start, end)
    few = plot_series(archive, "LSAT-1", "soc", start, start + 700, 200)
    assert isinstance(few, ParameterValues) and len(few.generated_tai_s) == 101
    many = plot_series(archive, "LSAT-1", "soc", start, end, 100)
    assert isinstance(many, Downsampled) and len(many.count) <= 101 and many.count.sum() == 1200
    known = np.asarray(all_of.values.to_pylist())
    for begin, least, most, mean in zip(many.start_tai_s, many.minimum, many.maximum, many.mean, strict=True):
        inside = (all_of.generated_tai_s >= begin) & (all_of.generated_tai_s < begin + many.bucket_s)
        assert (known[inside].min(), known[inside].max()) == (least, most)
        assert mean == pytest.approx(known[inside].mean(), rel=1e-12)
    texts = plot_series(archive, "LSAT-1", "mode", start, end, 10)
    assert isinstance(texts, ChangedValues) and texts.total == 1200
    assert texts.values.values.to_pylist() == ["nominal", "nominal"]  # the first and the last
    with pytest.raises(InputError, match="end"):
        plot_series(archive, "LSAT-1", "soc", end, start, 100)
    with pytest.raises(NotFound):
        plot_series(archive, "LSAT-1", "nothing", start, end, 100)


def test_the_extent_counts_packets_files_and_octets(archive: ColumnArchive, tmp_path: Path) -> None:
    extent = ArchiveExtent(archive)
    assert extent.of("LSAT-1").filed_packets == 0
    archive.append(rows(list(range(600))))
    assert (extent.of("LSAT-1").waiting_packets, extent.of("LSAT-1").files) == (600, 0)
    archive.compact()
    archive.append(rows([700]))
    found = extent.of("LSAT-1")
    assert (found.filed_packets, found.waiting_packets, extent.of("LSAT-2").files) == (600, 1, 0)
    on_disk = [one for one in tmp_path.rglob("*") if one.is_file() and one.suffix in (".parquet", ".arrow", ".feather")]
    assert found.octets + found.summary_octets == sum(one.stat().st_size for one in on_disk)
    assert found.files + found.summary_files == len(on_disk)
