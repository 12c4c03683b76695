"""Screening against brute force over all pairs, on real objects and on pairs that fly together."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from core.errors import InputError
from core.mission import parse_tle
from core.mission.model import MeanElements
from core.orbit import Constellation, screen
from core.time import parse_utc, tai_s_from_utc

FloatArray = NDArray[np.float64]

START_TAI_S = tai_s_from_utc(parse_utc("2022-11-03T12:00:00Z"))
TIME_TOLERANCE_S = 1e-3
MISS_TOLERANCE_M = 0.01  # brute force ends at 1e-6 s of a pass at 15 km/s


@cache
def catalogue(folder: Path) -> list[MeanElements]:
    lines = (folder / "flight" / "catalogue" / "active.tle").read_text().splitlines()
    return [parse_tle(lines[k + 1], lines[k + 2]).elements for k in range(0, len(lines) - 2, 3)]


def brute_force(fleet: Constellation, duration_s: float, threshold_m: float) -> dict[tuple[int, int, int], FloatArray]:
    """Minima of every pair from samples 5 s apart, then a bounded search; keyed by the pair and the rounded time."""
    step_s = 5.0
    t = np.arange(0.0, duration_s + step_s / 2, step_s)
    r_m = fleet.propagate_teme(START_TAI_S, t).r_teme_m
    found = {}
    for first in range(len(fleet)):
        apart = np.linalg.norm(r_m[first + 1 :] - r_m[first], axis=2)
        middle = apart[:, 1:-1]
        # At most 15.6 km/s towards each other and half a step to the next sample.
        low = (middle <= apart[:, :-2]) & (middle < apart[:, 2:]) & (middle < threshold_m + 15.6e3 * step_s / 2)
        for other, k in np.argwhere(low):
            second = first + 1 + int(other)
            pair = Constellation([fleet_elements[id(fleet)][n] for n in (first, second)])

            def distance_m(s: float, pair: Constellation = pair) -> float:
                states = pair.propagate_teme(START_TAI_S, np.array([s])).r_teme_m[:, 0]
                return float(np.linalg.norm(states[1] - states[0]))

            best = minimize_scalar(distance_m, bounds=(t[k], t[k + 2]), method="bounded", options={"xatol": 1e-6})
            if best.fun <= threshold_m:
                found[(first, second, round(best.x / 5.0))] = np.array([best.x, best.fun])
    return found


fleet_elements: dict[int, list[MeanElements]] = {}


def fleet_of(elements: list[MeanElements]) -> Constellation:
    fleet = Constellation(elements)
    fleet_elements[id(fleet)] = elements
    return fleet


@pytest.mark.parametrize("step_s", [17.0, 60.0, 120.0])
def test_screening_finds_what_brute_force_finds(reference_data: Path, step_s: float) -> None:
    # Low objects close in height, many of them in shells: a hundred meet often enough at 120 km.
    low = [one for one in catalogue(reference_data) if 15.03 < one.mean_motion_rev_day < 15.10][:110]
    fleet = fleet_of(low)
    expected = brute_force(fleet, 2700.0, 120e3)
    ours = screen(fleet, START_TAI_S, 2700.0, 120e3, step_s=step_s)
    inside = ~ours.at_edge
    times = ours.tca_tai_s[inside] - START_TAI_S
    keys = zip(ours.first[inside].tolist(), ours.second[inside].tolist(), times, ours.miss_m[inside], strict=True)
    seen = {}
    for first, second, t, miss in keys:
        slots = [slot for slot in range(round(t / 5.0) - 1, round(t / 5.0) + 2) if (first, second, slot) in expected]
        # Next to an end of the span brute force has no sample on both sides.
        assert slots or not 5.0 < t < 2695.0
        if slots:
            seen[(first, second, slots[0])] = np.array([t, miss])
    assert len(expected) > 20
    assert set(seen) == set(expected)
    assert max(abs(seen[key][1] - expected[key][1]) for key in seen) < MISS_TOLERANCE_M
    fast = {
        (first, second, slot)
        for first, second, slot in seen
        if ours.relative_speed_m_s[inside][np.argmin(np.abs(times - seen[(first, second, slot)][0]))] > 100.0
    }
    assert all(abs(seen[key][0] - expected[key][0]) < TIME_TOLERANCE_S for key in fast)


def test_the_step_changes_no_pair(reference_data: Path) -> None:
    fleet = Constellation(catalogue(reference_data)[::3])
    results = [screen(fleet, START_TAI_S, 1800.0, 10e3, step_s=step_s) for step_s in (25.0, 60.0, 110.0)]
    assert results[0].pairs == results[1].pairs == results[2].pairs != set()
    assert len(results[0]) == len(results[1]) == len(results[2])


def beside(el: MeanElements, **changes: float) -> MeanElements:
    return el.model_copy(update=changes)


def test_pairs_that_fly_together_are_found(reference_data: Path) -> None:
    one = catalogue(reference_data)[0]
    trailing = beside(one, mean_anomaly_deg=(one.mean_anomaly_deg + 0.02) % 360.0)  # 2.5 km behind
    # The same orbit, a little more eccentric: the distance breathes once a revolution.
    breathing = beside(one, eccentricity=one.eccentricity + 2e-4)
    far = beside(one, mean_anomaly_deg=(one.mean_anomaly_deg + 3.0) % 360.0)
    fleet = Constellation([one, trailing, breathing, far, one])
    hour = screen(fleet, START_TAI_S, 2.0 * 86_400.0 / one.mean_motion_rev_day, 5_000.0)
    assert hour.pairs == {(0, 1), (0, 2), (0, 4), (1, 2), (1, 4), (2, 4)}
    docked = hour.miss_m[(hour.first == 0) & (hour.second == 4)]
    assert docked.size == 1 and docked[0] == 0.0
    breaths = (hour.first == 0) & (hour.second == 2) & ~hour.at_edge
    assert 3 <= breaths.sum() <= 5  # two minima in each of two revolutions
    assert np.all(np.diff(hour.tca_tai_s) >= 0.0)


def test_what_cannot_be_screened_is_named(reference_data: Path) -> None:
    one = catalogue(reference_data)[0]
    falling = beside(one, mean_motion_rev_day=16.4, bstar_per_earth_radius=0.05)
    result = screen(Constellation([one, falling]), START_TAI_S, 3.0 * 86_400.0)
    assert result.unscreened.tolist() == [1]
    assert result.unscreened_codes[0] in (1, 2, 3, 4, 6)
    assert START_TAI_S <= result.unscreened_from_tai_s[0] <= START_TAI_S + 3.0 * 86_400.0


@pytest.mark.parametrize(
    ("duration_s", "threshold_m", "step_s"),
    [(0.0, 5e3, 60.0), (40 * 86_400.0, 5e3, 60.0), (60.0, 0.0, 60.0), (60.0, 5e3, 0.5), (float("nan"), 5e3, 60.0)],
)
def test_tasks_without_sense_are_refused(
    reference_data: Path, duration_s: float, threshold_m: float, step_s: float
) -> None:
    fleet = Constellation(catalogue(reference_data)[:2])
    with pytest.raises(InputError, match="screening"):
        screen(fleet, START_TAI_S, duration_s, threshold_m, step_s=step_s)
