"""A catalogue file that is replaced while a service runs."""

from __future__ import annotations

import os
from pathlib import Path

from core.mission.catalogue_file import CatalogueFile

ISS = (
    "ISS (ZARYA)\n"
    "1 25544U 98067A   08264.51782528 -.00002182  00000-0 -11606-4 0  2927\n"
    "2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.72125391563537\n"
)  # the example of the CelesTrak documentation of the format


def test_there_is_none_until_the_file_comes_and_a_newer_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.txt"
    reader = CatalogueFile(path)
    assert reader.current() is None
    path.write_text(ISS)
    first = reader.current()
    assert first is not None and [one.norad_id for one in first.objects] == [25544]
    assert reader.current() is first
    path.write_text(ISS + ISS.replace("25544", "25545").replace("2927", "2928").replace("563537", "563538"))
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1_000_000_000))
    second = reader.current()
    assert second is not None and len(second) == 2


def test_a_newer_file_that_cannot_be_read_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.txt"
    path.write_text(ISS)
    reader = CatalogueFile(path)
    first = reader.current()
    path.write_text("no elements at all")
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1_000_000_000))
    assert reader.current() is first
    path.unlink()
    assert reader.current() is first
