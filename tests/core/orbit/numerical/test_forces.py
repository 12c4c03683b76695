"""Single forces beside formulas that are written differently, and the data that they stand on."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import InputError
from core.frames import (
    dcm_itrf_from_gcrf,
    geodetic_from_itrf,
    moon_position_gcrf_m,
    sun_moon_ephemeris,
    tdb_s_from_tai_s,
)
from core.orbit import illumination
from core.orbit.atmosphere import exponential_density_kg_m3, harris_priester_density_kg_m3, nrlmsise00
from core.orbit.numerical import (
    Atmosphere,
    CartesianState,
    ForceModel,
    GravityField,
    Integration,
    Panel,
    SpacecraftProperties,
    acceleration_m_s2,
    propagate,
)
from core.orbit.numerical.forces import EnvironmentData, _sky_track
from core.time import parse_utc, tai_s_from_utc

FloatArray = NDArray[np.float64]
KEPLER = ForceModel.kepler()
MU = GravityField.EGM2008.mu_m3_s2
SUN_MU, MOON_MU = 1.32712440041279419e20, 4.902800118e12  # DE440


def added(state: CartesianState, craft: SpacecraftProperties, **forces: object) -> FloatArray:
    """What some forces add to a point mass."""
    changed = replace(KEPLER, **forces)  # type: ignore[arg-type]
    return acceleration_m_s2(state, craft, changed) - acceleration_m_s2(state, craft, KEPLER)


def sun_m(state: CartesianState) -> FloatArray:
    return sun_moon_ephemeris().sun_gcrf_m(tdb_s_from_tai_s(np.array([state.t_tai_s])))[0]


def test_the_sky_track_is_the_frames_own_rotation_and_bodies() -> None:
    """2e-11 rad, 0.1 mm in low orbit: the second order of polar motion, and the joints of daily UT1."""
    data = EnvironmentData()
    first = math.floor(7.6e8 / 10_800.0)
    track = _sky_track(data.earth, first, first + 16)
    t = first * 10_800.0 + np.linspace(0.0, 172_800.0, 41)
    assert np.abs(track.dcm_itrf_from_gcrf(t) - dcm_itrf_from_gcrf(t)).max() < 2e-11


def test_sun_and_moon_pull_as_the_difference_of_two_attractions(
    low_orbit: CartesianState, craft: SpacecraftProperties
) -> None:
    """In extended precision, where the plain difference keeps its digits."""
    r = low_orbit.r_gcrf_m.astype(np.longdouble)
    for body, mu, force in (
        (sun_m(low_orbit), SUN_MU, {"sun": True}),
        (moon_position_gcrf_m(np.array([low_orbit.t_tai_s]))[0], MOON_MU, {"moon": True}),
    ):
        s = body.astype(np.longdouble)
        d = s - r
        expected = mu * (d / np.sqrt(d @ d) ** 3 - s / np.sqrt(s @ s) ** 3)
        np.testing.assert_allclose(added(low_orbit, craft, **force), expected.astype(np.float64), atol=5e-14)


def test_light_pushes_from_the_sun_with_its_pressure(low_orbit: CartesianState, craft: SpacecraftProperties) -> None:
    """1361 W/m2 over the speed of light at 1 au, times what of the disc is seen, anywhere around an orbit."""
    au = 149_597_870_700.0
    radius = float(np.linalg.norm(low_orbit.r_gcrf_m))
    for angle in np.linspace(0.0, 2.0 * math.pi, 40):
        r = radius * np.array([math.cos(angle), math.sin(angle), 0.0])
        state = replace(low_orbit, r_gcrf_m=r)
        from_sun = r - sun_m(state)
        distance = float(np.linalg.norm(from_sun))
        seen = float(illumination(r[np.newaxis], np.array([state.t_tai_s]))[0])
        expected = seen * 1361.0 / 299_792_458.0 * (au / distance) ** 2 * 1.3 * 1.0 / 100.0 * from_sun / distance
        # The Sun's apparent place is 20 arcsec from its geometric one.
        tolerance = 2e-11 if seen in (0.0, 1.0) else 2e-9
        np.testing.assert_allclose(added(state, craft, radiation=True, moon_shadow=False), expected, atol=tolerance)


def test_the_moon_shades_a_satellite_during_an_eclipse(craft: SpacecraftProperties) -> None:
    """Total eclipse of 2024-04-08, 18:17:20 UTC, greatest at 25.3 N 104.1 W (NASA, Five Millennium Catalog)."""
    from core.frames import gcrf_from_itrf, itrf_from_geodetic

    t = tai_s_from_utc(parse_utc("2024-04-08T18:17:20Z"))
    r_itrf = itrf_from_geodetic(math.radians(25.3), math.radians(-104.1), 400_000.0)
    r, _ = gcrf_from_itrf(np.array([t]), r_itrf.reshape(1, 3), np.zeros((1, 3)))
    state = CartesianState(t, r[0], np.array([0.0, 7.6e3, 0.0]))
    free = np.linalg.norm(added(state, craft, radiation=True, moon_shadow=False))
    shaded = np.linalg.norm(added(state, craft, radiation=True, moon_shadow=True))
    assert free > 5e-8
    assert shaded < 0.01 * free


@pytest.mark.parametrize("atmosphere", [Atmosphere.NRLMSISE00, Atmosphere.EXPONENTIAL, Atmosphere.HARRIS_PRIESTER])
def test_drag_is_the_air_that_turns_with_the_earth(
    low_orbit: CartesianState, craft: SpacecraftProperties, atmosphere: Atmosphere
) -> None:
    t = np.array([low_orbit.t_tai_s])
    dcm = dcm_itrf_from_gcrf(t)[0]
    place = geodetic_from_itrf((dcm @ low_orbit.r_gcrf_m)[np.newaxis])
    rho = {
        Atmosphere.EXPONENTIAL: lambda: exponential_density_kg_m3(place.height_m),
        Atmosphere.HARRIS_PRIESTER: lambda: harris_priester_density_kg_m3(
            place.height_m, low_orbit.r_gcrf_m[np.newaxis], sun_m(low_orbit)[np.newaxis], 4.0
        ),
        Atmosphere.NRLMSISE00: lambda: (
            nrlmsise00(t, place.latitude_rad, place.longitude_rad, place.height_m).density_kg_m3
        ),
    }[atmosphere]()[0]
    wind = low_orbit.v_gcrf_m_s - np.cross(7.292115e-5 * dcm[2], low_orbit.r_gcrf_m)
    expected = -0.5 * rho * 2.2 * 1.0 / 100.0 * np.linalg.norm(wind) * wind
    np.testing.assert_allclose(
        added(low_orbit, craft, atmosphere=atmosphere), expected, atol=1e-6 * np.linalg.norm(expected) + 1e-15
    )


def test_solid_tides_are_loves_bulge(low_orbit: CartesianState, craft: SpacecraftProperties) -> None:
    """The closed form for one Love number of degree 2 (Montenbruck and Gill, eq. 3.99); the orders differ by 1 %."""
    expected = np.zeros(3)
    r1 = float(np.linalg.norm(low_orbit.r_gcrf_m))
    up = low_orbit.r_gcrf_m / r1
    for body, mu in ((sun_m(low_orbit), SUN_MU), (moon_position_gcrf_m(np.array([low_orbit.t_tai_s]))[0], MOON_MU)):
        distance = float(np.linalg.norm(body))
        to_body = body / distance
        cosine = float(up @ to_body)
        strength = 0.5 * 0.30 * mu * 6_378_136.3**5 / (distance**3 * r1**4)
        expected += strength * ((3.0 - 15.0 * cosine**2) * up + 6.0 * cosine * to_body)
    tide = added(low_orbit, craft, solid_tides=True)
    assert np.linalg.norm(tide - expected) < 0.04 * np.linalg.norm(expected)


def test_a_zero_tide_field_does_not_count_the_permanent_tide_twice(
    low_orbit: CartesianState, craft: SpacecraftProperties
) -> None:
    """With tides on, JGM-3 and EGM2008 differ in C20 by no more than their errors; as printed, by the permanent tide."""

    def zonal(field: GravityField, tides: bool) -> FloatArray:
        forces = replace(KEPLER, gravity=field, degree=2, order=0, solid_tides=tides)
        return acceleration_m_s2(low_orbit, craft, forces)

    printed = np.linalg.norm(zonal(GravityField.JGM3, False) - zonal(GravityField.EGM2008, False))
    with_tides = np.linalg.norm(zonal(GravityField.JGM3, True) - zonal(GravityField.EGM2008, True))
    assert printed > 5e-8
    assert with_tides < 0.1 * printed


def test_relativity_is_schwarzschilds_on_a_circle(craft: SpacecraftProperties) -> None:
    """Outward by 3 mu^2 / (c^2 r^3) on a circular orbit; Lense-Thirring adds a hundredth of it at most."""
    r, speed = 7.0e6, math.sqrt(MU / 7.0e6)
    state = CartesianState(7.6e8, np.array([r, 0.0, 0.0]), np.array([0.0, 0.0, speed]))
    expected = 3.0 * MU**2 / (299_792_458.0**2 * r**3)
    np.testing.assert_allclose(added(state, craft, relativity=True), [expected, 0.0, 0.0], atol=0.02 * expected)


def test_a_box_of_panels_is_its_areas(low_orbit: CartesianState) -> None:
    """A plate that faces the Sun and absorbs all is a sphere of coefficient 1; one that mirrors all, of 2."""
    lit = replace(low_orbit, r_gcrf_m=7.0e6 * sun_m(low_orbit) / np.linalg.norm(sun_m(low_orbit)))
    for specular, coefficient in ((0.0, 1.0), (1.0, 2.0)):
        plate = SpacecraftProperties(100.0, panels=(Panel(2.0, tracks_sun=True, specular=specular),))
        ball = SpacecraftProperties(100.0, radiation_area_m2=2.0, radiation_coefficient=coefficient)
        np.testing.assert_allclose(added(lit, plate, radiation=True), added(lit, ball, radiation=True), rtol=1e-9)
    front = SpacecraftProperties(
        100.0, drag_coefficient=2.2, panels=(Panel(3.0, (0.0, 1.0, 0.0)), Panel(5.0, (0.0, -1.0, 0.0)))
    )
    ball = SpacecraftProperties(100.0, 3.0, 2.2)
    plates, sphere = (added(low_orbit, one, atmosphere=Atmosphere.EXPONENTIAL) for one in (front, ball))
    np.testing.assert_allclose(plates, sphere, rtol=5e-3)  # the wind is 4 degrees off the transverse axis


@pytest.mark.parametrize(
    "wrong", [{"mass_kg": 0.0}, {"mass_kg": 1.0, "drag_area_m2": -1.0}, {"mass_kg": 1.0, "drag_coefficient": math.nan}]
)
def test_an_impossible_spacecraft_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError):
        SpacecraftProperties(**wrong)  # type: ignore[arg-type]


# ---- light from the Earth


def _zonal_light(r_m: FloatArray, to_sun: FloatArray, pole: FloatArray, t_tai_s: float, sun_w_m2: float) -> FloatArray:
    """Pressure vector, N/m2, of 64,800 patches of a globe: Knocke, Ries and Tapley (1988), summed over the ground."""
    radius = 6371008.8
    latitude = np.radians(np.arange(-89.5, 90.0))[:, np.newaxis]
    longitude = np.radians(np.arange(0.5, 360.0))[np.newaxis, :]
    first = np.cross(pole, [1.0, 0.0, 0.0])
    first /= np.linalg.norm(first)
    up = (
        np.multiply.outer(np.cos(latitude) * np.cos(longitude), first)
        + np.multiply.outer(np.cos(latitude) * np.sin(longitude), np.cross(pole, first))
        + np.multiply.outer(np.sin(latitude) * np.ones_like(longitude), pole)
    )
    season = math.cos(2.0 * math.pi * (t_tai_s / 86_400.0 + 6584.5) / 365.25)  # days since 1981-12-22
    u = np.sin(latitude)
    p2 = 0.5 * (3.0 * u**2 - 1.0)
    exitance = sun_w_m2 * (
        (0.34 + 0.10 * season * u + 0.29 * p2) * np.maximum(0.0, up @ to_sun)
        + 0.25 * (0.68 - 0.07 * season * u - 0.18 * p2)
    )
    leg = r_m - radius * up
    distance = np.linalg.norm(leg, axis=2)
    cosine = np.maximum(0.0, np.einsum("ijk,ijk->ij", up, leg) / distance)
    patch_m2 = radius**2 * np.radians(1.0) ** 2 * np.cos(latitude)
    light: FloatArray = (
        np.einsum("ij,ijk->k", exitance / math.pi * cosine * patch_m2 / distance**3, leg) / 299_792_458.0
    )
    return light


@pytest.mark.parametrize(("radius_m", "within"), [(6.9e6, 0.03), (1.227e7, 0.01), (4.2e7, 0.01)])
@pytest.mark.parametrize("azimuth_rad", [0.3, 2.0, 4.0])
def test_light_from_the_earth_is_the_sum_over_its_ground(radius_m: float, within: float, azimuth_rad: float) -> None:
    t_tai_s = 7.6e8
    direction = np.array([math.cos(azimuth_rad) * 0.8, math.sin(azimuth_rad) * 0.8, 0.6])
    state = CartesianState(t_tai_s, radius_m * direction, np.array([-3e3, 2e3, 6e3]))
    ball = SpacecraftProperties(400.0, radiation_area_m2=4.0, radiation_coefficient=1.2)
    toward = sun_m(state)
    distance_m = float(np.linalg.norm(toward))
    pole = dcm_itrf_from_gcrf(np.array([t_tai_s]))[0, 2]
    pressure = _zonal_light(
        state.r_gcrf_m, toward / distance_m, pole, t_tai_s, 1361.0 * (149_597_870_700 / distance_m) ** 2
    )
    expected = 1.2 * 4.0 / 400.0 * pressure
    found = added(state, ball, earth_radiation=True)
    assert np.linalg.norm(found - expected) < within * np.linalg.norm(expected)


def test_light_from_the_earth_on_lageos_is_as_large_as_published() -> None:
    """Some 3e-10 m/s2, away from the Earth: Milani, Nobili and Farinella, Non-gravitational Perturbations (1987), ch. 6."""
    state = CartesianState(7.6e8, np.array([1.227e7, 0.0, 0.0]), np.array([0.0, 3e3, 4.8e3]))
    found = added(state, SpacecraftProperties(405.38, 0.2827, 2.0, 0.2827, 1.13), earth_radiation=True)
    assert 1.5e-10 < found[0] < 6e-10


def test_panels_that_face_the_earth_are_pushed_by_it_and_those_that_look_away_are_not() -> None:
    state = CartesianState(7.6e8, np.array([6.9e6, 0.0, 0.0]), np.array([0.0, 1e3, 7.5e3]))
    ball = added(state, SpacecraftProperties(100.0, 0.0, 2.2, 1.0, 1.0), earth_radiation=True)
    down, up = (
        added(state, SpacecraftProperties(100.0, panels=(Panel(1.0, normal),)), earth_radiation=True)
        for normal in ((-1.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    )
    assert 0.5 * ball[0] < down[0] < ball[0] and np.linalg.norm(up) == 0.0


def test_the_albedo_of_the_zones_is_what_satellites_measure(reference_data: Path) -> None:
    """CERES, mean of 2018, in boxes of ten degrees: the zonal means of 1988 lie within 0.09, the globe's within 0.03."""
    boxes = np.loadtxt(reference_data / "flight/basilisk/Earth_ALB_2018_CERES_All_10x10.csv", delimiter=",")
    sine = np.sin(np.radians(np.arange(-85.0, 90.0, 10.0)))
    model = 0.34 + 0.29 * 0.5 * (3.0 * sine**2 - 1.0)
    zones = boxes.mean(axis=1)
    weights = np.cos(np.radians(np.arange(-85.0, 90.0, 10.0)))
    assert np.abs(zones - model).max() < 0.09 and abs(np.average(zones - model, weights=weights)) < 0.03


# ---- tides of the ocean


def test_ocean_tides_pull_as_orekit_computes() -> None:
    """Twelve states, 1e-9 to 8e-8 m/s2: the waves are the same, their arguments differ by a millionth."""
    folder = Path(__file__).resolve().parents[3] / "authorities" / "ocean_tides"
    for case in json.loads((folder / "orekit.json").read_text()):
        t_tai_s = tai_s_from_utc(parse_utc(case["utc"]))
        state = CartesianState(t_tai_s, np.array(case["r_gcrf_m"]), np.array(case["v_gcrf_m_s"]))
        found, expected = (
            added(state, SpacecraftProperties(100.0), ocean_tides=True),
            np.array(case["acceleration_m_s2"]),
        )
        assert np.linalg.norm(found - expected) < 1e-5 * np.linalg.norm(expected) + 1e-15


def test_the_gradient_of_the_ocean_tides_is_in_the_variational_equations() -> None:
    """State transitions with and without them differ as differences of flights do."""
    state = CartesianState(7.6e8, np.array([7.0e6, 0.0, 1e5]), np.array([0.0, 3e3, 6.9e3]))
    craft, forces = SpacecraftProperties(100.0), replace(ForceModel.conservative(2), ocean_tides=True)
    end = np.array([state.t_tai_s + 6_000.0])
    flown = propagate(state, end, craft, forces, sensitivities=True)
    assert flown.transition is not None
    nudged = CartesianState(state.t_tai_s, state.r_gcrf_m + np.array([10.0, 0.0, 0.0]), state.v_gcrf_m_s)
    moved = propagate(nudged, end, craft, forces, integration=Integration.verner98()).r_gcrf_m - flown.r_gcrf_m
    np.testing.assert_allclose(flown.transition[0, :3, 0] * 10.0, moved[0], rtol=1e-3, atol=1e-2)
