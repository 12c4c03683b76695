"""The Sun against ERFA's Earth ephemeris (epv00, arcseconds)."""

from __future__ import annotations

import erfa
import numpy as np

from core.frames import sun_position_gcrf_m
from core.time import jd_tt

TOLERANCE_DEG = 0.01  # the series leaves out planetary perturbations
DISTANCE_TOLERANCE = 1e-4
AU_M = 149_597_870_700.0
LIGHT_DAYS_PER_AU = 499.004784 / 86_400.0


def test_sun_position_agrees_with_erfa_from_1990_to_2050() -> None:
    t_tai_s = np.linspace(-3.1e8, 1.57e9, 500)
    whole, part = np.array([jd_tt(t) for t in t_tai_s]).T
    heliocentric, barycentric = erfa.epv00(whole, part)
    earlier_helio, earlier_bary = erfa.epv00(whole, part - LIGHT_DAYS_PER_AU)
    towards = (earlier_bary["p"] - earlier_helio["p"]) - barycentric["p"]
    distance_au = np.linalg.norm(towards, axis=1)
    v_c = barycentric["v"] * LIGHT_DAYS_PER_AU
    apparent = erfa.ab(towards / distance_au[:, None], v_c, distance_au, np.sqrt(1.0 - (v_c**2).sum(axis=1)))
    ours_m = sun_position_gcrf_m(t_tai_s)
    ours = ours_m / np.linalg.norm(ours_m, axis=1)[:, None]
    apart_deg = np.degrees(np.arcsin(np.linalg.norm(np.cross(ours, apparent), axis=1)))
    assert apart_deg.max() < TOLERANCE_DEG
    assert np.abs(np.linalg.norm(ours_m, axis=1) / AU_M / np.linalg.norm(heliocentric["p"], axis=1) - 1).max() < (
        DISTANCE_TOLERANCE
    )
