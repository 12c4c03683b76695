"""Times and quantities in words: examples and round trips."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.embedded.places import find_coordinates
from agent.embedded.quantities import Dimension, find_quantities
from agent.embedded.times import Relation, find_times

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
instants = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(instants)
def test_an_iso_time_is_read_back_exactly(instant: datetime) -> None:
    for written in (instant.strftime("%Y-%m-%d %H:%M utc"), instant.strftime("%Y-%m-%dt%H:%M:%Sz")):
        (one,) = find_times(f"before {written}", NOW)
        assert (one.relation, one.end_utc) == (Relation.DEADLINE, instant)


@given(instants, st.sampled_from([-720, -300, -90, 60, 330, 840]))
def test_a_zone_offset_is_the_same_instant(instant: datetime, offset_min: int) -> None:
    local = instant + timedelta(minutes=offset_min)
    sign, size = ("-" if offset_min < 0 else "+"), abs(offset_min)
    (one,) = find_times(f"at {local:%Y-%m-%d %H:%M} {sign}{size // 60:02d}:{size % 60:02d}", NOW)
    assert one.start_utc == instant


@given(st.integers(0, 23), st.integers(0, 59))
def test_a_bare_clock_time_is_its_next_occurrence(hour: int, minute: int) -> None:
    (one,) = find_times(f"at {hour:02d}:{minute:02d} utc", NOW)
    assert NOW <= one.start_utc < NOW + timedelta(days=1)
    assert (one.start_utc.hour, one.start_utc.minute) == (hour, minute)


@given(st.integers(1, 400), st.sampled_from([("minutes", 60), ("hours", 3600), ("days", 86400)]))
def test_the_next_so_much_is_a_window_from_now(count: int, unit: tuple[str, int]) -> None:
    (one,) = find_times(f"in the next {count} {unit[0]}", NOW)
    assert (one.start_utc, one.end_utc - NOW) == (NOW, timedelta(seconds=count * unit[1]))


@pytest.mark.parametrize(
    ("text", "relation", "start", "end"),
    [
        ("before friday", Relation.DEADLINE, "27 00:00", "27 00:00"),
        ("before tomorrow noon", Relation.DEADLINE, "23 12:00", "23 12:00"),
        ("by end of friday", Relation.DEADLINE, "28 00:00", "28 00:00"),
        ("tomorrow", Relation.WINDOW, "23 00:00", "24 00:00"),
        ("tomorrow morning", Relation.WINDOW, "23 06:00", "23 12:00"),
        ("between 20:00 and 02:00", Relation.WINDOW, "22 20:00", "23 02:00"),
        ("tomorrow between 08:00 and 12:00 utc", Relation.WINDOW, "23 08:00", "23 12:00"),
        ("from 8 to 12 utc tomorrow", Relation.WINDOW, "23 08:00", "23 12:00"),
        ("in 2 days", Relation.AT, "24 12:00", "24 12:00"),
        ("over the last 6 hours", Relation.LOOKBACK, "22 06:00", "22 12:00"),
        ("since yesterday", Relation.LOOKBACK, "21 00:00", "22 12:00"),
        ("noon cet tomorrow", Relation.AT, "23 11:00", "23 11:00"),
        ("9am tomorrow", Relation.AT, "23 09:00", "23 09:00"),
        ("before midnight", Relation.DEADLINE, "23 00:00", "23 00:00"),
    ],
)
def test_times_in_words(text: str, relation: Relation, start: str, end: str) -> None:
    (one,) = find_times(text, NOW)
    assert (one.relation, f"{one.start_utc:%d %H:%M}", f"{one.end_utc:%d %H:%M}") == (relation, start, end)


# Value of one unit in the base unit: SI brochure, IEC 80000-13, and the international yard and nautical mile.
UNITS = [
    ("km", Dimension.LENGTH_KM, 1.0), ("m", Dimension.LENGTH_KM, 1e-3), ("miles", Dimension.LENGTH_KM, 1.609344),
    ("nmi", Dimension.LENGTH_KM, 1.852), ("mb", Dimension.DATA_MB, 1.0), ("gb", Dimension.DATA_MB, 1000.0),
    ("gib", Dimension.DATA_MB, 1073.741824), ("gbit", Dimension.DATA_MB, 125.0), ("mib", Dimension.DATA_MB, 1.048576),
    ("hours", Dimension.DURATION_MIN, 60.0), ("seconds", Dimension.DURATION_MIN, 1 / 60), ("m/s", Dimension.SPEED_M_S, 1.0),
    ("cm/s", Dimension.SPEED_M_S, 0.01), ("ft/s", Dimension.SPEED_M_S, 0.3048), ("degrees", Dimension.ANGLE_DEG, 1.0),
    ("rad", Dimension.ANGLE_DEG, 180 / math.pi),
]  # fmt: skip


@given(st.integers(1, 99_999), st.integers(0, 3), st.sampled_from(UNITS))
def test_a_quantity_is_converted_to_its_base_unit(
    digits: int, decimals: int, unit: tuple[str, Dimension, float]
) -> None:
    value = digits / 10**decimals
    (one,) = find_quantities(f"with {value:.{decimals}f} {unit[0]} of it")
    assert one.dimension is unit[1] and math.isclose(one.value, value * unit[2], rel_tol=1e-9)


@given(st.floats(-89.99, 89.99), st.floats(-179.99, 179.99))
def test_coordinates_are_the_same_in_every_notation(latitude: float, longitude: float) -> None:
    latitude, longitude = round(latitude, 2), round(longitude, 2)
    ns, ew = ("s" if latitude < 0 else "n"), ("w" if longitude < 0 else "e")
    written = (
        f"{abs(latitude):.2f} {ns} {abs(longitude):.2f} {ew}",
        f"{abs(latitude):.2f}°{ns}, {abs(longitude):.2f}°{ew}",
        f"lat {latitude:.2f} lon {longitude:.2f}",
        f"latitude {latitude:.2f}, longitude {longitude:.2f}",
        f"{latitude:.2f}, {longitude:.2f}",
    )
    for one in written:
        found = find_coordinates(one)
        assert found is not None, one
        assert (found.latitude_deg, found.longitude_deg) == pytest.approx((latitude, longitude)), one
