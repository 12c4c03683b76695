"""The collision probability against NASA CARA's public cases, Alfano's cases, and brute force."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from core.mission import Cdm, parse_cdm
from core.orbit import (
    EncounterError,
    RadiusSource,
    ValidityFault,
    collision_probability,
    encounter_of,
    hard_body_radius_m,
)


@pytest.fixture(scope="session")
def cases(reference_data: Path) -> list[tuple[dict[str, float], Cdm]]:
    """The public cases: what CARA or Alfano got, and the message."""
    folder = reference_data / "planning" / "cdm_pc"
    return [
        (case, parse_cdm((folder / case["file"]).read_text()))
        for case in json.loads((folder / "expected.json").read_text())
    ]


def test_the_probability_matches_the_public_cases(cases: list[tuple[dict[str, float], Cdm]]) -> None:
    """All 42 within 1e-3 of the two-dimensional value; CARA's 35 even within 1e-7, down to 6e-168."""
    assert len(cases) == 42
    for expected, cdm in cases:
        encounter = encounter_of(cdm)
        radius_m, source = hard_body_radius_m(cdm)
        assert source is RadiusSource.MESSAGE
        found = collision_probability(encounter.miss_m, encounter.covariance_m2, radius_m)
        alfano = "Alfano" in str(expected["file"])  # its states are rounded to a millimetre
        assert found == pytest.approx(expected["pc2d"], rel=1e-3 if alfano else 1e-7), expected["file"]


def test_every_case_that_cara_calls_invalid_is_flagged(cases: list[tuple[dict[str, float], Cdm]]) -> None:
    judged = [(bool(case["pc2d_violation"]), encounter_of(cdm)) for case, cdm in cases if "pc2d_violation" in case]
    assert sum(violated for violated, _ in judged) == 18
    assert all(encounter.faults for violated, encounter in judged if violated)
    # One valid case is flagged as well: the flag errs to the safe side.
    assert sum(bool(encounter.faults) for violated, encounter in judged if not violated) == 1


def test_objects_that_fly_together_are_a_long_encounter(cases: list[tuple[dict[str, float], Cdm]]) -> None:
    slow = [encounter_of(cdm) for case, cdm in cases if "AlfanoTestCase01" in str(case["file"])]
    assert ValidityFault.LONG_ENCOUNTER in slow[0].faults


@given(
    st.floats(-30, 30),
    st.floats(-30, 30),
    st.floats(1, 30),
    st.floats(1, 30),
    st.floats(-0.9, 0.9),
    st.floats(0.5, 20),
)
def test_the_probability_is_the_integral_of_the_density_over_the_disk(
    x_m: float, y_m: float, sigma_x_m: float, sigma_y_m: float, correlation: float, radius_m: float
) -> None:
    shared = correlation * sigma_x_m * sigma_y_m
    covariance = np.array([[sigma_x_m**2, shared], [shared, sigma_y_m**2]])
    density = stats.multivariate_normal([x_m, y_m], covariance).pdf
    angles = np.linspace(0.0, 2.0 * np.pi, 721)[:-1]
    nodes, weights = np.polynomial.legendre.leggauss(80)
    radii_m = 0.5 * radius_m * (nodes + 1.0)
    grid = np.stack([np.outer(radii_m, np.cos(angles)), np.outer(radii_m, np.sin(angles))], axis=-1)
    brute = float(np.sum(0.5 * radius_m * weights * radii_m * density(grid).mean(axis=1))) * 2.0 * np.pi
    found = collision_probability(np.array([x_m, y_m]), covariance, radius_m)
    assert found == pytest.approx(brute, rel=1e-6, abs=1e-14)


@pytest.mark.parametrize(("narrow_m", "wide_m"), [(1e-3, 1e-3), (1e-3, 1e4), (1.0, 1e6), (1e5, 1e5)])
def test_a_centred_disk_has_its_closed_probability_for_any_error(narrow_m: float, wide_m: float) -> None:
    """Equal errors: Rayleigh's law. Very unequal ones: one dimension alone decides, or neither matters."""
    found = collision_probability(np.zeros(2), np.diag([wide_m**2, narrow_m**2]), 10.0)
    if narrow_m == wide_m:
        assert found == pytest.approx(-np.expm1(-0.5 * (10.0 / wide_m) ** 2), rel=1e-9)
        return

    def strip(x_m: float) -> float:
        return float(
            stats.norm.pdf(x_m, scale=wide_m) * (2.0 * stats.norm.cdf(np.sqrt(100.0 - x_m**2) / narrow_m) - 1.0)
        )

    assert found == pytest.approx(integrate.quad(strip, -10.0, 10.0, epsabs=0.0, limit=400)[0], rel=1e-5)


def test_a_message_without_an_error_estimate_gives_no_probability(
    cases: list[tuple[dict[str, float], Cdm]], reference_data: Path
) -> None:
    text = (reference_data / "planning" / "cdm_pc" / str(cases[0][0]["file"])).read_text()
    lines = [
        f"{line.partition('=')[0]}= 0.0" if line.startswith(("CR_", "CT_", "CN_")) else line
        for line in text.splitlines()
    ]
    with pytest.raises(EncounterError, match="not positive definite"):
        encounter_of(parse_cdm("\n".join(lines)))


def test_one_bad_covariance_is_flagged_although_the_sum_is_definite(cases: list[tuple[dict[str, float], Cdm]]) -> None:
    cdm = next(cdm for case, cdm in cases if not case.get("pc2d_violation", 1))
    bad_m2 = cdm.objects[0].covariance_rtn_m2 - np.diag([0.0, 0.0, cdm.objects[0].covariance_rtn_m2[2, 2] + 1e-3])
    bad = replace(cdm, objects=(replace(cdm.objects[0], covariance_rtn_m2=bad_m2), cdm.objects[1]))
    assert ValidityFault.COVARIANCE_NOT_POSITIVE_DEFINITE in encounter_of(bad).faults
