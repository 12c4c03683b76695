"""CCSDS time codes: octets laid out by hand from 301.0-B-4, spacepackets' codes, astropy-free GPS weeks, round trips."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacepackets.ccsds.time import CdsShortTimestamp

from core.errors import InputError
from core.time import parse_utc, tai_s_from_utc
from core.time.codes import (
    CCSDS_EPOCH_TAI_S,
    CdsCode,
    CucCode,
    format_ascii_a,
    format_ascii_b,
    gps_week_and_seconds,
    parse_ascii,
    tai_s_from_gps,
)

LEAP_TAI_S = tai_s_from_utc(parse_utc("2017-01-01T00:00:00Z")) - 1.0  # 2016-12-31T23:59:60
RESOLUTION_S = 2.5e-7  # of a float64 in this century
since_1972 = st.floats(-8.8e8, 3.0e9)


def test_cuc_is_laid_out_as_the_standard_draws_it() -> None:
    # 301.0-B-4, 3.2.2: identification 001, four octets of seconds, three of fractions.
    assert CucCode(4, 3).encode(CCSDS_EPOCH_TAI_S + 0x01020304 + 0.5) == bytes.fromhex("1f 01020304 800000")
    # Agency epoch 010, two and one octets.
    assert CucCode(2, 1, epoch_tai_s=0.0).encode(258.25) == bytes.fromhex("25 0102 40")
    # The extension octet: five of seconds, five of fractions.
    assert CucCode(5, 5).encode(CCSDS_EPOCH_TAI_S + 1.0)[:2] == bytes([0b1001_1111, 0b0010_1000])
    assert CucCode(4, 0, p_field=False).encode(CCSDS_EPOCH_TAI_S + 7.0) == bytes([0, 0, 0, 7])


@given(since_1972, st.integers(4, 7), st.integers(0, 10), st.booleans())
def test_cuc_comes_back(t_tai_s: float, coarse: int, fine: int, described: bool) -> None:
    code = CucCode(coarse, fine, p_field=described)
    if t_tai_s - CCSDS_EPOCH_TAI_S < 256.0**coarse - 1.0:
        assert code.decode(code.encode(t_tai_s)) == pytest.approx(t_tai_s, abs=0.5 / 256.0**fine + RESOLUTION_S)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)).map(lambda t: t.replace(tzinfo=UTC)))  # noqa: DTZ001
def test_cds_is_what_spacepackets_writes(utc: datetime) -> None:
    whole_ms = utc.replace(microsecond=utc.microsecond // 1000 * 1000)
    theirs = bytes(CdsShortTimestamp.from_datetime(whole_ms).pack())
    # A thousandth of a millisecond inside the millisecond, where no rounding of either can move it.
    ours = CdsCode(2, 0).encode(tai_s_from_utc(whole_ms) + 1e-6)
    assert abs(int.from_bytes(ours[3:], "big") - int.from_bytes(theirs[3:], "big")) <= 1  # theirs goes through a float
    assert ours[:3] == theirs[:3]


@given(since_1972, st.sampled_from([2, 3]), st.sampled_from([0, 2, 4]))
def test_cds_comes_back(t_tai_s: float, day_octets: int, parts_octets: int) -> None:
    code = CdsCode(day_octets, parts_octets)
    back = code.decode(code.encode(t_tai_s))
    assert -RESOLUTION_S <= t_tai_s - back <= {0: 1e-3, 2: 1e-6, 4: 1e-12}[parts_octets] + RESOLUTION_S


def test_a_leap_second_has_its_own_codes() -> None:
    assert format_ascii_a(LEAP_TAI_S + 0.5, 3) == "2016-12-31T23:59:60.500Z"
    assert format_ascii_b(LEAP_TAI_S + 0.5, 3) == "2016-366T23:59:60.500Z"
    assert parse_ascii("2016-12-31T23:59:60.5Z") == parse_ascii("2016-366T23:59:60.5") == LEAP_TAI_S + 0.5
    code = CdsCode(2, 2)
    assert int.from_bytes(code.encode(LEAP_TAI_S + 0.5)[3:7], "big") == 86_400_500
    assert code.decode(code.encode(LEAP_TAI_S + 0.5)) == LEAP_TAI_S + 0.5
    assert format_ascii_a(LEAP_TAI_S + 1.0, 0) == "2017-01-01T00:00:00Z"


@given(since_1972, st.integers(0, 9))
def test_ascii_forms_come_back_and_agree(t_tai_s: float, digits: int) -> None:
    a, b = format_ascii_a(t_tai_s, digits), format_ascii_b(t_tai_s, digits)
    assert parse_ascii(a) == parse_ascii(b)
    assert -RESOLUTION_S <= t_tai_s - parse_ascii(a) <= 10.0**-digits + RESOLUTION_S


@pytest.mark.parametrize(
    "text",
    [
        "2016-12-30T23:59:60Z",
        "2015-366T00:00:00Z",
        "2015-000T00:00:00Z",
        "2015-02-29T00:00:00Z",
        "2015-02-28T24:00:00Z",
        "2015-02-28 12:00:00Z",
        "2015-02-28T12:00Z",
        "1971-12-31T00:00:00Z",
        "٢٠١٥-02-28T12:00:00Z",
        "",
    ],
)
def test_times_that_do_not_exist_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_ascii(text)


def test_damaged_codes_are_refused() -> None:
    good = CdsCode(2, 2).encode(7.0e8)
    for bad in (good[:-1], good + b"\0", bytes([good[0] ^ 1]) + good[1:], good[:3] + b"\xff" * 4 + good[7:]):
        with pytest.raises(InputError, match="CDS"):
            CdsCode(2, 2).decode(bad)
    with pytest.raises(InputError, match="1000"):
        CdsCode(2, 2).decode(good[:7] + (1000).to_bytes(2, "big"))
    with pytest.raises(InputError, match="CUC"):
        CucCode(4, 2).decode(CucCode(4, 3).encode(0.0))
    with pytest.raises(InputError, match="do not fit"):
        CucCode(4, 2).encode(CCSDS_EPOCH_TAI_S - 1.0)
    with pytest.raises(InputError):
        CucCode(8, 2)
    with pytest.raises(InputError):
        CdsCode(4, 2)


def test_gps_weeks_count_from_1980_without_leap_seconds() -> None:
    assert gps_week_and_seconds(tai_s_from_utc(parse_utc("1980-01-06T00:00:00Z"))) == (0, 0.0)
    # The second roll-over, IS-GPS-200: week 2048 began 18 s before 2019-04-07T00:00:00 UTC.
    week, seconds = gps_week_and_seconds(tai_s_from_utc(parse_utc("2019-04-07T00:00:00Z")))
    assert (week, seconds) == (2048, 18.0)
    assert tai_s_from_gps(week, seconds) == tai_s_from_utc(parse_utc("2019-04-07T00:00:00Z"))
