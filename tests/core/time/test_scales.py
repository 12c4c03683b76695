"""Time scales beside ERFA, from the first leap second table to today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import erfa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.time import (
    add_s,
    as_utc,
    duration_s,
    format_utc,
    jd_tt,
    jd_ut1,
    jd_utc,
    parse_utc,
    tai_s_from_utc,
    tai_utc_offset_s,
    utc_from_tai_s,
)
from core.time.leap_seconds import LEAP_SECONDS

FIRST, LAST = (datetime(*day, tzinfo=UTC).replace(tzinfo=None) for day in ((1972, 1, 1), (2026, 12, 31)))
J2000_TAI = (2_451_545.0, 0.0)
instants = st.datetimes(FIRST, LAST).map(lambda naive: naive.replace(tzinfo=UTC))
# One microsecond is what a datetime holds; a float64 of TAI seconds resolves 0.12 us in this century.
RESOLUTION_S = 1.0e-6


def _erfa_tai_s(utc: datetime) -> float:
    """TAI seconds since J2000 by ERFA: dtf2d and utctai."""
    seconds = utc.second + utc.microsecond * 1e-6
    jd1, jd2 = erfa.dtf2d("UTC", utc.year, utc.month, utc.day, utc.hour, utc.minute, seconds)
    tai1, tai2 = erfa.utctai(jd1, jd2)
    return float(((tai1 - J2000_TAI[0]) + (tai2 - J2000_TAI[1])) * 86_400.0)


def test_every_leap_second_is_the_one_that_erfa_knows() -> None:
    for start, offset in LEAP_SECONDS:
        assert erfa.dat(start.year, start.month, start.day, 0.0) == offset
        before = start - timedelta(days=1)
        assert erfa.dat(before.year, before.month, before.day, 0.5) < offset or start.year == 1972


@given(instants)
def test_the_offset_is_erfas_on_every_day(utc: datetime) -> None:
    fraction = (utc - utc.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds() / 86_400.0
    assert tai_utc_offset_s(utc) == erfa.dat(utc.year, utc.month, utc.day, fraction)


@given(instants)
def test_tai_seconds_agree_with_erfa(utc: datetime) -> None:
    # The tolerance is that of ERFA's two-part date over half a century, 1e-5 s.
    assert tai_s_from_utc(utc) == pytest.approx(_erfa_tai_s(utc), abs=1.0e-5)


@given(instants)
def test_utc_comes_back_from_tai(utc: datetime) -> None:
    back = utc_from_tai_s(tai_s_from_utc(utc))
    assert abs(back - utc) <= timedelta(microseconds=1)


@given(instants, st.floats(0.0, 1.0e7))
def test_adding_seconds_and_measuring_them_are_inverse(utc: datetime, seconds: float) -> None:
    later = add_s(utc, seconds)
    # An instant inside an inserted leap second has no label: it is shown up to one second early.
    inside = any(abs((later - start).total_seconds()) <= 1.0 for start, _ in LEAP_SECONDS)
    assert duration_s(utc, later) == pytest.approx(seconds, abs=1.0 if inside else 3 * RESOLUTION_S)


def test_an_inserted_leap_second_is_counted_and_never_runs_backwards() -> None:
    before, after = parse_utc("2016-12-31T23:59:59Z"), parse_utc("2017-01-01T00:00:00Z")
    assert duration_s(before, after) == 2.0
    start = tai_s_from_utc(before)
    shown = [utc_from_tai_s(start + step / 10.0) for step in range(30)]
    assert shown == sorted(shown)
    assert shown[-1] > after


@given(instants)
def test_julian_dates_agree_with_erfa(utc: datetime) -> None:
    t_tai_s = tai_s_from_utc(utc)
    tai1, tai2 = J2000_TAI[0] + t_tai_s // 86_400.0, (t_tai_s % 86_400.0) / 86_400.0
    tt1, tt2 = erfa.taitt(tai1, tai2)
    whole, fraction = jd_tt(t_tai_s)
    assert 0.0 <= fraction < 1.0
    assert ((whole - tt1) + (fraction - tt2)) * 86_400.0 == pytest.approx(0.0, abs=1.0e-5)


@given(instants)
def test_the_utc_julian_date_is_the_calendars(utc: datetime) -> None:
    whole, fraction = jd_utc(tai_s_from_utc(utc))
    days = (utc - datetime(2000, 1, 1, 12, tzinfo=UTC)).total_seconds() / 86_400.0
    assert (whole - 2_451_545.0) + fraction == pytest.approx(days, abs=1.0e-10)
    ut1_whole, ut1_fraction = jd_ut1(tai_s_from_utc(utc), 0.3)
    assert (ut1_whole + ut1_fraction - whole - fraction) * 86_400.0 == pytest.approx(0.3, abs=1.0e-4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T12:00:00Z", datetime(2026, 11, 22, 12, tzinfo=UTC)),
        ("2026-11-22T12:00:00", datetime(2026, 11, 22, 12, tzinfo=UTC)),
        ("2026-11-22T13:00:00+01:00", datetime(2026, 11, 22, 12, tzinfo=UTC)),
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
        (" 2026-11-22T12:00:00.250Z ", datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)),
    ],
)
def test_iso_8601_is_understood(text: str, expected: datetime) -> None:
    assert parse_utc(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "1971-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "9999-06-01T00:00:00Z",
    ],
)
def test_what_is_no_instant_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_utc(text, "window.start")
    assert caught.value.field == "window.start"


@pytest.mark.parametrize(
    "instant", [datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None), datetime(1960, 1, 1, tzinfo=UTC)]
)
def test_a_naive_instant_and_one_before_leap_seconds_are_refused(instant: datetime) -> None:
    with pytest.raises(InputError):
        as_utc(instant)


@pytest.mark.parametrize("t_tai_s", [-1.0e10, 1.0e12, float("inf"), float("nan")])
def test_tai_seconds_outside_the_calendar_are_refused(t_tai_s: float) -> None:
    with pytest.raises(InputError):
        utc_from_tai_s(t_tai_s)


@given(instants)
def test_text_comes_back_to_the_millisecond(utc: datetime) -> None:
    text = format_utc(utc)
    assert text.endswith("Z")
    assert abs(parse_utc(text) - utc) < timedelta(milliseconds=1)
    assert format_utc(utc.astimezone(timezone(timedelta(hours=5, minutes=30)))) == text
