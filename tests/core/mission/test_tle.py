"""Two-line elements: every real one survives a round trip, every damaged one is refused where it is damaged."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sgp4.api import Satrec

from core.errors import InputError
from core.mission import TleError, format_tle, parse_tle, tle_checksum

LINE1 = "1 25544U 98067A   08264.51782528 -.00002182  00000-0 -11606-4 0  2927"
LINE2 = "2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.72125391563537"


def test_a_published_example_reads_as_the_peer_reads_it() -> None:
    tle, peer = parse_tle(LINE1, LINE2), Satrec.twoline2rv(LINE1, LINE2)
    assert (tle.norad_id, tle.international_designator) == (25544, "98067A")
    assert tle.elements.bstar_per_earth_radius == peer.bstar == -1.1606e-5
    assert tle.elements.eccentricity == peer.ecco
    assert tle.elements.mean_motion_dot_rev_day2 == -2.182e-5
    assert tle.elements.epoch_utc.isoformat(timespec="milliseconds") == "2008-09-20T12:25:40.104+00:00"


def test_every_catalogue_entry_survives_a_round_trip(reference_data: Path) -> None:
    lines = (reference_data / "flight" / "catalogue" / "active.tle").read_text().splitlines()
    for k in range(0, len(lines) - 2, 3):
        tle = parse_tle(lines[k + 1], lines[k + 2])
        again = parse_tle(*format_tle(tle))
        # The epoch's eighth decimal of a day is 0.9 ms; a microsecond datetime keeps it, and the rest is exact.
        assert abs((again.elements.epoch_utc - tle.elements.epoch_utc).total_seconds()) < 2e-6
        same_epoch = again.elements.model_copy(update={"epoch_utc": tle.elements.epoch_utc})
        assert dataclasses.replace(again, elements=same_epoch) == tle


@given(st.integers(0, 1), st.integers(0, 68), st.sampled_from("0123456789-X "))
def test_an_altered_character_is_refused_or_harmless(line: int, column: int, character: str) -> None:
    lines = [LINE1, LINE2]
    before = lines[line][column]
    lines[line] = lines[line][:column] + character + lines[line][column + 1 :]
    # The checksum counts digits and minus signs only; letters and spaces weigh zero, as does the digit 0.
    weight = {"-": 1} | {str(digit): digit for digit in range(10)}
    changed = weight.get(before, 0) != weight.get(character, 0) or (column == 68 and character != before)
    if changed:
        with pytest.raises(TleError):
            parse_tle(*lines)


@pytest.mark.parametrize(
    ("line", "column", "text", "name"),
    [(2, 9, "200.0000", "inclination_deg"), (2, 18, "400.0000", "raan_deg"), (2, 27, "00x6703", "eccentricity")],
)
def test_a_bad_field_names_its_line_and_column(line: int, column: int, text: str, name: str) -> None:
    lines = [LINE1, LINE2]
    bad = lines[line - 1][: column - 1] + text + lines[line - 1][column - 1 + len(text) : 68]
    lines[line - 1] = f"{bad}{tle_checksum(bad)}"
    with pytest.raises(TleError) as raised:
        parse_tle(*lines)
    assert (raised.value.line, raised.value.column, raised.value.field) == (line, column, name)


@pytest.mark.parametrize(
    "lines", [("", ""), (LINE1, LINE1), (LINE2, LINE1), (LINE1, LINE2[:60]), (LINE1[:68] + "é", LINE2)]
)
def test_lines_that_are_no_element_set_are_refused(lines: tuple[str, str]) -> None:
    with pytest.raises(TleError):
        parse_tle(*lines)


def test_a_catalogue_number_with_a_gap_is_refused() -> None:
    lines = [f"{line[:2]}21 25{line[7:68]}" for line in (LINE1, LINE2)]
    with pytest.raises(TleError) as raised:
        parse_tle(*(f"{line}{tle_checksum(line)}" for line in lines))
    assert (raised.value.line, raised.value.column, raised.value.field) == (1, 3, "norad_id")


def test_alpha5_numbers_read_and_write() -> None:
    tle = parse_tle(LINE1, LINE2)
    big = dataclasses.replace(tle, norad_id=148_493)
    assert format_tle(big)[0][2:7] == "E8493"
    assert parse_tle(*format_tle(big)).norad_id == 148_493
    with pytest.raises(InputError, match="339999"):
        format_tle(dataclasses.replace(tle, norad_id=340_000))
