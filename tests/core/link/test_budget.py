"""The link budget against the formula of ITU-R P.525 and closed forms."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.link.budget import eb_n0_db, free_space_loss_db


@pytest.mark.parametrize(("range_km", "frequency_mhz"), [(1.0, 1000.0), (2000.0, 8200.0), (36_000.0, 2200.0)])
def test_free_space_loss_is_that_of_itu_r_p525(range_km: float, frequency_mhz: float) -> None:
    """ITU-R P.525-4, equation 4: 32.4 + 20 log f(MHz) + 20 log d(km), to the digits it is given with."""
    expected = 32.4 + 20.0 * math.log10(frequency_mhz) + 20.0 * math.log10(range_km)
    assert free_space_loss_db(range_km * 1e3, frequency_mhz * 1e6) == pytest.approx(expected, abs=0.06)


def test_a_receiver_of_one_kelvin_and_unit_gain_hears_power_over_boltzmann() -> None:
    """Where nothing is lost on the way, the ratio is the power over Boltzmann's constant and the rate."""
    wavelength_m = 299_792_458.0 / 1e9
    found = eb_n0_db(
        eirp_dbw=0.0,
        range_m=wavelength_m / (4.0 * math.pi),
        frequency_hz=1e9,
        g_over_t_db_k=0.0,
        rate_bit_s=1.0,
        losses_db=0.0,
    )
    assert found == pytest.approx(-10.0 * math.log10(1.380649e-23), abs=1e-9)


@given(st.floats(1e5, 1e8), st.floats(1e3, 1e9))
def test_twice_the_distance_costs_6_db_and_ten_times_the_rate_10(range_m: float, rate_bit_s: float) -> None:
    def at(distance_m: float, rate: float) -> float:
        return eb_n0_db(
            eirp_dbw=10.0,
            range_m=distance_m,
            frequency_hz=8.2e9,
            g_over_t_db_k=32.0,
            rate_bit_s=rate,
            losses_db=3.0,
        )

    assert at(range_m, rate_bit_s) - at(2.0 * range_m, rate_bit_s) == pytest.approx(20.0 * math.log10(2.0))
    assert at(range_m, rate_bit_s) - at(range_m, 10.0 * rate_bit_s) == pytest.approx(10.0)
