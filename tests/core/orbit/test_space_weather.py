"""Space weather: the shipped table, where its values come from, and files that users bring."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.orbit.space_weather import SpaceWeather, SpaceWeatherSource, shipped_space_weather, tai_minus_utc_s
from core.orbit.space_weather_file import compact_text, parse_cssi
from core.time import parse_utc, tai_s_from_utc


def at(text: str) -> float:
    return tai_s_from_utc(parse_utc(text))


FILE = """\
NUM_OBSERVED_POINTS 2
BEGIN OBSERVED
2015 03 17 2478 17  7 57 50 57 60 77 77 77 460   7  80  48  80  94 154 154 154  96 1.8 8  69 112.7 0 130.9 135.5 113.9 132.3 139.0
2015 03 18 2478 18 50 50 37 43 43 40 40 37 340  48  48  22  32  32  27  27  22  32 1.3 6  49 113.4 0 130.7 135.3 114.7 132.0 138.7
END OBSERVED
BEGIN DAILY_PREDICTED
2015 03 19 2478 19 13 13 13 13 13 13 13 13 104   5   5   5   5   5   5   5   5   5 0.2 1  85  95.0   113.8 116.9  95.0 113.9 114.6
END DAILY_PREDICTED
BEGIN MONTHLY_PREDICTED
2015 03 29 2635  7                                                                        83 119.3   116.8 114.3 105.0 114.4 113.5
END MONTHLY_PREDICTED
"""


def test_the_shipped_table_is_what_the_published_file_says(reference_data: Path) -> None:
    path = reference_data / "flight" / "brahe" / "space_weather" / "sw19571001.txt"
    full, shipped = parse_cssi(path.read_text(), "file"), shipped_space_weather()
    skipped = shipped.first_mjd - full.first_mjd
    assert shipped.first_mjd == 51_544
    assert full.days[skipped:] == pytest.approx(shipped.days, abs=0.051)  # one decimal is kept of interpolated months
    assert full.measured_days - skipped == shipped.measured_days


def test_conditions_are_those_of_the_published_lines() -> None:
    """CSSI lines of 2000-01-02 to 2000-01-05; F10.7 is that of the day before, Ap counts back from the slot."""
    found = shipped_space_weather().at(at("2000-01-05T13:00:00Z"))
    assert (found.f107, found.f107a, found.source) == (134.7, 165.0, SpaceWeatherSource.MEASURED)
    history = [
        15,
        18,
        18,
        18,
        12,
        18,
        18,
        15,
        18,
        15,
        12,
        12,
        9,
        9,
        15,
        6,
        9,
        9,
        9,
        15,
        18,
        12,
        9,
        22,
        27,
        18,
        18,
        18,
        9,
    ]
    back = history[::-1]
    assert found.ap[0] == pytest.approx(np.mean([27, 18, 18, 18, 9, 15, 22, 27]))
    assert found.ap[1:5].tolist() == back[:4]
    assert found.ap[5] == pytest.approx(np.mean(back[4:12]))
    assert found.ap[6] == pytest.approx(np.mean(back[12:20]))


def test_every_instant_says_where_its_values_come_from() -> None:
    table = shipped_space_weather()
    expected = {
        "1999-12-31T23:00:00Z": SpaceWeatherSource.HELD,
        "2020-01-01T00:00:00Z": SpaceWeatherSource.MEASURED,
        "2026-08-21T23:59:59Z": SpaceWeatherSource.MEASURED,
        "2026-08-22T00:00:01Z": SpaceWeatherSource.PREDICTED,
        "2035-08-22T00:00:01Z": SpaceWeatherSource.PREDICTED,
        "2050-01-01T00:00:00Z": SpaceWeatherSource.HELD,
    }
    for text, source in expected.items():
        assert table.source_at(at(text)) is source, text
    span = np.array([at("2020-01-01T00:00:00Z"), at("2026-10-01T00:00:00Z")])
    assert table.worst_source(span) is SpaceWeatherSource.PREDICTED


def test_a_file_of_the_user_replaces_the_table_and_survives_the_compact_form() -> None:
    table = parse_cssi(FILE, "mine")
    assert (table.first_mjd, table.measured_days, len(table.days), table.origin) == (57_098, 2, 13, "mine")
    assert table.days[0].tolist() == [113.9, 132.3, 7, 80, 48, 80, 94, 154, 154, 154]
    # Months are joined by straight lines from the last day; their Ap is the mean of the measured ones.
    assert table.days[7, :2] == pytest.approx([100.0, 114.15])
    assert set(table.days[7, 2:]) == {
        round(np.mean([7, 80, 48, 80, 94, 154, 154, 154, 48, 48, 22, 32, 32, 27, 27, 22]))
    }
    text = compact_text(table, 57_099)
    rows = [line for line in text.splitlines() if not line.startswith("#")]
    assert rows[0] == "114.7,132.0,48,48,22,32,32,27,27,22"
    assert "# first_mjd=57099" in text and "# measured_days=1" in text
    with pytest.raises(InputError, match="not a measured day"):
        compact_text(table, 57_101)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2015 03 18", "2015 13 18", "line 4, columns 1 to 10"),
        ("2015 03 18", "2015 03 20", "must be successive"),
        (" 114.7 ", " 11x.7 ", "line 4, columns 113 to 118"),
        ("BEGIN OBSERVED", "BEGIN NOTHING", "no line between"),
        ("  80  48  80", "  80 -48  80", "below 0"),
        ("   7  80  48  80  94 154 154 154", "                                ", "has no Ap"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_cssi(FILE.replace(old, new, 1), "mine")


def test_a_table_of_the_wrong_shape_is_refused() -> None:
    with pytest.raises(InputError, match="shape"):
        SpaceWeather(57_000, np.ones((3, 9)), 3, "mine")
    with pytest.raises(InputError, match="measured_days"):
        SpaceWeather(57_000, np.ones((3, 10)), 4, "mine")


def test_tai_minus_utc_follows_the_leap_seconds() -> None:
    edge = at("2017-01-01T00:00:00Z")
    assert tai_minus_utc_s(np.array([edge - 1.5, edge, 1e9])).tolist() == [36.0, 37.0, 37.0]
