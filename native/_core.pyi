"""Typed face of the C++ module. Arrays are float64; instants are TAI seconds since J2000."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

class NativeError(ValueError):
    """Bad input; 1 shape, 2 value, 3 interval, 4 SGP4 failure during a search, 10 no convergence, 20 outside an ephemeris or table."""

    code: int

class Sgp4Batch:
    """SGP4 for many satellites.

    ``elements`` has shape (satellites, 8): epoch (UTC days since 1949-12-31), Kozai mean motion (rad/min),
    eccentricity, inclination, right ascension of the node, argument of perigee, mean anomaly (rad), BSTAR.
    """

    def __init__(self, elements: FloatArray) -> None: ...
    def __len__(self) -> int: ...
    def propagate(self, minutes: FloatArray) -> tuple[FloatArray, FloatArray, NDArray[np.uint8]]:
        """TEME positions (m) and velocities (m/s) of shape (satellites, epochs, 3), and SGP4 codes, 0 for success."""
    def propagate_grid(
        self,
        offsets_min: FloatArray,
        minutes: FloatArray,
        r_teme_m: FloatArray,
        v_teme_m_s: FloatArray,
        codes: NDArray[np.uint8],
        lanes: str = ...,
        threads: int = ...,
    ) -> None:
        """Writes into the last three arrays the states at minutes (epochs,) plus each satellite's offset (satellites,).

        ``lanes``: automatic, scalar (the reference), portable, avx2 or avx512.
        """
    def find_all_passes(
        self,
        offsets_min: FloatArray,
        geodetic: FloatArray,
        min_elevations_rad: FloatArray,
        start_tai_s: float,
        end_tai_s: float,
        earth: EarthOrientationTable,
        threads: int = ...,
    ) -> tuple[FloatArray, NDArray[np.uint32]]:
        """Rows: satellite, site, then those of :func:`find_passes`; and the satellites for which SGP4 fails."""
    def find_all_nodes(
        self,
        offsets_min: FloatArray,
        start_tai_s: float,
        end_tai_s: float,
        earth: EarthOrientationTable,
        threads: int = 1,
    ) -> tuple[FloatArray, NDArray[np.uint32]]:
        """Rows: satellite, northwards, time, longitude below; and the satellites that could not be searched."""

    def find_all_apsides(
        self, offsets_min: FloatArray, start_tai_s: float, end_tai_s: float, threads: int = 1
    ) -> tuple[FloatArray, NDArray[np.uint32]]:
        """Rows: satellite, pericentre, time, distance; and the satellites that could not be searched."""

    def find_all_keep_out(
        self,
        offsets_min: FloatArray,
        start_tai_s: float,
        end_tai_s: float,
        boresight_rtn: FloatArray,
        least_angle_rad: float,
        moon: bool,
        earth: EarthOrientationTable,
        sky: SunMoonEphemeris,
        threads: int = 1,
    ) -> tuple[FloatArray, NDArray[np.uint32]]:
        """Rows: satellite, start, end, least angle; and the satellites that could not be searched."""

    def find_all_eclipses(
        self,
        offsets_min: FloatArray,
        start_tai_s: float,
        end_tai_s: float,
        earth: EarthOrientationTable,
        sky: SunMoonEphemeris,
        threads: int = 1,
    ) -> tuple[FloatArray, NDArray[np.uint32]]:
        """Rows: satellite, then those of :func:`find_eclipses`; and the satellites that could not be searched."""

    def find_all_target_access(
        self,
        offsets_min: FloatArray,
        geodetic: FloatArray,
        start_tai_s: float,
        end_tai_s: float,
        limits_rad: FloatArray,
        earth: EarthOrientationTable,
        sky: SunMoonEphemeris,
        threads: int = 1,
    ) -> tuple[FloatArray, NDArray[np.uint32]]:
        """Rows: satellite, target, then those of :func:`find_target_access`; and the satellites not searched.

        ``limits_rad``: largest off-nadir angle, least elevation of the Sun, largest roll, largest pitch.
        """

    def screen(
        self, offsets_min: FloatArray, duration_s: float, threshold_m: float, step_s: float
    ) -> tuple[FloatArray, FloatArray]:
        """Rows of close approaches (first, second, s since start, miss m, relative speed m/s, 1 at an end of the span),
        in order of time, and rows of objects without a state (object, first s since start without, SGP4 code)."""
    def nodedot_rad_min(self) -> FloatArray:
        """Secular rate of each node from zonal gravity."""

class EarthOrientationTable:
    """Daily Earth orientation from 0 h UTC of a Modified Julian Date; ``days`` has shape (days, 6).

    Columns: UT1 minus TAI (s), pole x and y (rad), celestial pole offsets dX and dY (rad), excess length of day (s).
    """

    def __init__(self, first_mjd_utc: float, days: FloatArray) -> None: ...
    @property
    def first_tai_s(self) -> float: ...
    @property
    def last_tai_s(self) -> float: ...
    def at(self, t_tai_s: FloatArray) -> FloatArray:
        """Interpolated rows of the same six columns; the table's ends are held outside it."""

def encode_cltu(frame: bytes) -> bytes: ...
def has_lanes(lanes: str) -> bool:
    """Whether this processor can run these lanes of :meth:`Sgp4Batch.propagate_grid` and :func:`lambert`."""

def dcm_cirs_from_gcrf(t_tai_s: FloatArray, earth: EarthOrientationTable) -> FloatArray: ...
def dcm_tod_from_gcrf(t_tai_s: FloatArray, earth: EarthOrientationTable) -> FloatArray: ...
def dcm_pef_from_gcrf(t_tai_s: FloatArray, earth: EarthOrientationTable) -> FloatArray: ...
def dcm_itrf_from_gcrf(t_tai_s: FloatArray, earth: EarthOrientationTable) -> FloatArray: ...
def dcm_gcrf_from_teme(t_tai_s: FloatArray, earth: EarthOrientationTable) -> FloatArray: ...
def dcm_pef_from_teme(t_tai_s: FloatArray, earth: EarthOrientationTable) -> FloatArray: ...
def dcm_itrf_from_teme(t_tai_s: FloatArray, earth: EarthOrientationTable) -> FloatArray: ...
def dcm_mod_from_gcrf(t_tt_s: FloatArray) -> FloatArray: ...
def dcm_eme2000_from_gcrf() -> FloatArray: ...
def celestial_pole_06a(t_tt_s: FloatArray) -> FloatArray:
    """Rows: X, Y, s and the equation of the origins, rad, IAU 2006/2000A."""

def illumination(r_gcrf_m: FloatArray, t_tai_s: FloatArray, sky: SunMoonEphemeris) -> FloatArray: ...
def find_passes(
    elements: FloatArray,
    epoch_tai_s: float,
    geodetic: FloatArray,
    start_tai_s: float,
    end_tai_s: float,
    min_elevation_rad: float,
    earth: EarthOrientationTable,
) -> FloatArray:
    """Rows: AOS, LOS, culmination, highest elevation, azimuth at AOS and LOS, least range, cut at start, cut at end."""

def find_eclipses(
    elements: FloatArray,
    epoch_tai_s: float,
    start_tai_s: float,
    end_tai_s: float,
    earth: EarthOrientationTable,
    sky: SunMoonEphemeris,
) -> FloatArray:
    """Rows: penumbra start and end, umbra start and end (NaN where there is none)."""

def find_target_access(
    elements: FloatArray,
    epoch_tai_s: float,
    geodetic: FloatArray,
    start_tai_s: float,
    end_tai_s: float,
    max_off_nadir_rad: float,
    min_sun_elevation_rad: float,
    earth: EarthOrientationTable,
    sky: SunMoonEphemeris,
    max_roll_rad: float = ...,
    max_pitch_rad: float = ...,
) -> FloatArray:
    """Rows: start, end, time of the least off-nadir angle, that angle, elevation of the Sun then."""

class SunMoonEphemeris:
    """Geocentric Sun and Moon in GCRF from Chebyshev spans; ``moon_m`` and ``sun_m`` have shape (spans, 3, terms).

    ``sun_m`` is relative to the barycentre of Earth and Moon. Outside start to end: NativeError 20.
    """

    def __init__(
        self,
        start_tdb_s: float,
        end_tdb_s: float,
        moon_share: float,
        moon_step_s: float,
        moon_m: FloatArray,
        sun_step_s: float,
        sun_m: FloatArray,
    ) -> None: ...
    @property
    def start_tdb_s(self) -> float: ...
    @property
    def end_tdb_s(self) -> float: ...
    def sun_gcrf_m(self, t_tdb_s: FloatArray) -> FloatArray: ...
    def apparent_sun_gcrf_m(self, t_tdb_s: FloatArray) -> FloatArray: ...
    def moon_gcrf_m(self, t_tdb_s: FloatArray) -> FloatArray: ...

def tdb_minus_tt_s(t_tt_s: FloatArray) -> FloatArray: ...

class SpaceWeather:
    """Rows of ten numbers a UTC day: F10.7, its 81-day mean, eight 3-hour Ap values."""

    def __init__(self, first_mjd_utc: int, rows: FloatArray) -> None: ...
    def activity(self, slot: int) -> FloatArray:
        """F10.7 of the day before, its mean, and seven Ap values, in a 3-hour slot counted from MJD 0."""

def nrlmsise00_in_time(
    weather: SpaceWeather,
    t_utc_s: FloatArray,
    latitude_rad: FloatArray,
    longitude_rad: FloatArray,
    height_m: FloatArray,
) -> FloatArray:
    """Rows: density, temperature, exospheric temperature, number densities of eight species (SI).

    ``t_utc_s`` counts UTC seconds since 2000-01-01T12:00 without leap seconds.
    """

def nrlmsise00(
    day_of_year: int,
    f107: float,
    f107a: float,
    ap: FloatArray,
    ut_s: FloatArray,
    latitude_rad: FloatArray,
    longitude_rad: FloatArray,
    height_m: FloatArray,
    local_solar_time_h: FloatArray,
) -> FloatArray:
    """The same rows; ``ap`` has shape (1,) for the day's mean or (7,) for the 3-hour history."""

def exponential_density(height_m: FloatArray) -> FloatArray: ...
def harris_priester_density(
    height_m: FloatArray, r_m: FloatArray, r_sun_m: FloatArray, exponent: float
) -> FloatArray: ...
def standard_atmosphere_1976(height_m: FloatArray) -> FloatArray:
    """Rows: density, molecular-scale temperature."""

def kepler(r_m: FloatArray, v_m_s: FloatArray, t_s: FloatArray, mu_m3_s2: float) -> tuple[FloatArray, FloatArray]:
    """Positions and velocities after two-body motion, (n, 3) each."""

def lambert(
    r1_m: FloatArray,
    r2_m: FloatArray,
    time_of_flight_s: FloatArray,
    revolutions: int,
    right_branch: bool,
    retrograde: bool,
    mu_m3_s2: float,
    lanes: str = "automatic",
) -> tuple[FloatArray, FloatArray, NDArray[np.uint8]]:
    """Velocities at both ends, (n, 3), NaN without a transfer, and codes.

    0 found, 1 time too short for the revolutions, 2 plane undefined, 3 not converged, 4 bad input.
    """

def lambert_most_revolutions(
    r1_m: FloatArray, r2_m: FloatArray, time_of_flight_s: FloatArray, retrograde: bool, mu_m3_s2: float
) -> NDArray[np.int32]: ...
def count_collisions(
    own_r_m: FloatArray,
    own_v_m_s: FloatArray,
    own_covariance: FloatArray,
    other_r_m: FloatArray,
    other_v_m_s: FloatArray,
    other_covariance: FloatArray,
    radius_m: float,
    mu_m3_s2: float,
    *,
    from_s: float,
    to_s: float,
    samples: int,
    seed: int,
    threads: int,
) -> tuple[int, int]:
    """How many pairs of drawn orbits meet, and how many were no orbits."""

def expected_collisions(
    own_r_m: FloatArray,
    own_v_m_s: FloatArray,
    own_covariance: FloatArray,
    other_r_m: FloatArray,
    other_v_m_s: FloatArray,
    other_covariance: FloatArray,
    radius_m: float,
    mu_m3_s2: float,
) -> tuple[float, float, float]:
    """Expected number of collisions, when coincidence is most likely (s after the epoch), and for how long, s."""

def plane_probability(miss_m: FloatArray, covariance_m2: FloatArray, radius_m: FloatArray, method: int) -> FloatArray:
    """Probabilities (n,) in encounter planes; method 0 Alfano, 1 Foster, 2 Chan, 3 Patera, 4 series."""

class GravityModel:
    """Spherical harmonics, fully normalised; ``harmonics`` has rows of degree, order, C, S. Positions are in ITRF."""

    def __init__(self, mu_m3_s2: float, radius_m: float, degree: int, order: int, harmonics: FloatArray) -> None: ...
    def acceleration_m_s2(self, r_itrf_m: FloatArray) -> FloatArray: ...
    def gradient_s2(self, r_itrf_m: FloatArray) -> FloatArray:
        """Second derivatives of the potential, shape (n, 3, 3)."""
    def potential_m2_s2(self, r_itrf_m: FloatArray) -> FloatArray: ...

class SkyTrack:
    """Samples at equal steps: X, Y, s, polar motion x and y (rad), UT1 minus TAI (s), the Sun and the Moon (m, GCRF)."""

    def __init__(self, first_tai_s: float, step_s: float, rows: FloatArray) -> None: ...
    def dcm_itrf_from_gcrf(self, t_tai_s: FloatArray) -> FloatArray: ...

class OceanTideTable:
    """Waves of an ocean tide: multipliers of Doodson's arguments (n, 6), and rows of wave, degree, order, four coefficients."""

    def __init__(self, doodson: FloatArray, rows: FloatArray) -> None: ...

class Satellite:
    """A spacecraft and what acts on it.

    ``areas``: drag area and coefficient, radiation area and coefficient. ``panels``: rows of unit normal (RTN), area,
    diffuse and specular share, whether it tracks the Sun.
    """

    def __init__(
        self,
        *,
        gravity: GravityModel,
        sky: SkyTrack,
        sun: bool,
        moon: bool,
        solid_tides: bool,
        tide_system: int,
        radiation: bool,
        moon_shadow: bool,
        relativity: bool,
        drag: int,
        harris_priester_exponent: float,
        weather: SpaceWeather | None,
        tai_minus_utc_s: float,
        areas: FloatArray,
        panels: FloatArray,
        earth_radiation: bool = False,
        empirical: FloatArray | None = None,
        ocean: OceanTideTable | None = None,
    ) -> None:
        """``empirical``: rows of constant, cosine and sine parts in RTN, m/s2, (3, 3)."""

    def acceleration_m_s2(self, t_tai_s: FloatArray, states: FloatArray) -> FloatArray: ...

class Flown:
    """What ``fly`` gives; ``sightings`` has rows of stop, instant, and a state of seven."""

    states: FloatArray
    variational: FloatArray
    sightings: FloatArray
    end_state: FloatArray
    epochs_reached: int
    steps: int
    evaluations: int
    stopped: bool
    reentered: bool
    end_tai_s: float
    largest_correction_m: float
    adaptive_from_tai_s: float

def fly(
    satellite: Satellite,
    t_tai_s: float,
    state: FloatArray,
    epochs_tai_s: FloatArray,
    *,
    method: int,
    step_s: float,
    tolerance_m: float,
    lowest_height_m: float,
    impulses: FloatArray,
    burns: FloatArray,
    stops: FloatArray,
    variational: bool,
) -> Flown:
    """States of position, velocity and mass, GCRF.

    Impulses: instant, delta-v, axes, exhaust speed. Burns: start, end, thrust, mass flow, direction, axes. Stops: kind,
    value, whether terminal. NativeError 10: the step vanishes.
    """

def fly_cases(
    satellite: Satellite,
    t_tai_s: float,
    cases: FloatArray,
    epochs_tai_s: FloatArray,
    *,
    method: int,
    step_s: float,
    tolerance_m: float,
    lowest_height_m: float,
    impulses: FloatArray,
    burns: FloatArray,
    threads: int,
) -> tuple[FloatArray, NDArray[np.uint8]]:
    """States (cases, epochs, 7) and ends. Cases: state of seven, drag and radiation coefficient."""

class GeomagneticModel:
    """Spherical harmonics of the main field; ``terms`` (n, 2) degree and order, ``g_nt`` and ``h_nt`` (n, epochs)."""

    def __init__(self, epochs_year: FloatArray, terms: FloatArray, g_nt: FloatArray, h_nt: FloatArray) -> None: ...
    @property
    def first_year(self) -> float: ...
    @property
    def last_year(self) -> float: ...
    def field_itrf_t(self, r_itrf_m: FloatArray, years: FloatArray) -> FloatArray: ...

class AttitudeCraft:
    """A spacecraft for the attitude simulation, from arrays by name (core.attitude.craft makes them)."""

    def __init__(self, parts: dict[str, object]) -> None: ...
    @property
    def wheel_count(self) -> int: ...
    def capability_about(self, axis: FloatArray) -> tuple[float, float]:
        """Angular acceleration and rate that a slew about a body axis may have."""
    def plan_slew(
        self, q_from: FloatArray, q_to: FloatArray, rate_rad_s: FloatArray, bodies_gcrf: FloatArray, limb_rad: float
    ) -> FloatArray:
        """Rows of legs: axis (3), angle, acceleration, rate, duration, 1 where it brakes, attitude at its end (4)."""
    def control(
        self,
        q_body_gcrf: FloatArray,
        omega_rad_s: FloatArray,
        wheel_n_m_s: FloatArray,
        q_wanted: FloatArray,
        omega_wanted: FloatArray,
        acceleration_wanted: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:
        """Torque on the body that the feedback wants, and the motor torques of the wheels for it."""
    def unloading_dipole(self, momentum_n_m_s: FloatArray, field_body_t: FloatArray) -> FloatArray: ...
    def unloading_duties(self, momentum_n_m_s: FloatArray) -> FloatArray: ...

class SurroundingsTable:
    """An environment on a grid, GCRF; see core.attitude.environment."""

    def __init__(
        self,
        t_s: FloatArray,
        r_gcrf_m: FloatArray,
        v_gcrf_m_s: FloatArray,
        sun_gcrf_m: FloatArray,
        moon_gcrf_m: FloatArray,
        field_gcrf_t: FloatArray,
        density_kg_m3: FloatArray,
        light: FloatArray,
        applied_n_m: FloatArray,
    ) -> None: ...

def environment_torques(
    craft: AttitudeCraft, around: SurroundingsTable, t_s: FloatArray, q_body_gcrf: FloatArray
) -> FloatArray:
    """Rows: gravity gradient, aerodynamic, solar and magnetic torque, three columns each."""

def rigid_body_rotation(
    craft: AttitudeCraft,
    q_body_gcrf: FloatArray,
    omega_rad_s: FloatArray,
    wheel_n_m_s: FloatArray,
    bending: FloatArray,
    t_s: FloatArray,
    torque_n_m: FloatArray,
    motor_n_m: FloatArray,
    step_s: float,
) -> FloatArray:
    """Rows: quaternion, rate, wheel momenta, bending (6), momentum in GCRF, kinetic energy."""

def pointing_law(craft: AttitudeCraft, around: SurroundingsTable, segment: FloatArray, t_s: FloatArray) -> FloatArray:
    """Rows: quaternion and rate that one segment asks for. Segment rows: start, mode, place (3), pole (3), keeps, q (4)."""

def pointing_profile(
    craft: AttitudeCraft,
    around: SurroundingsTable,
    segments: FloatArray,
    q_start: FloatArray,
    omega_start: FloatArray,
    t_s: FloatArray,
) -> tuple[FloatArray, int]:
    """Rows: quaternion, rate, 1 while slewing, segment; and the slews that found no way round the cones."""

def fly_attitude(
    craft: AttitudeCraft,
    around: SurroundingsTable,
    segments: FloatArray,
    outages: FloatArray,
    mode: int,
    starts: FloatArray,
    factors: FloatArray,
    seeds: list[int],
) -> dict[str, NDArray[np.generic]]:
    """Arrays by name, (members, times, ...); see core.attitude.flight."""

class AttitudeFilter:
    """Attitude and gyro bias; ``gyro`` holds angle random walk, rad/sqrt(s), and rate random walk, rad/s/sqrt(s)."""

    def __init__(self, gyro: FloatArray, q_body_gcrf: FloatArray, attitude_rad: float, bias_rad_s: float) -> None: ...
    def propagate(self, measured_rad_s: FloatArray, step_s: float) -> None: ...
    def update(self, measured: FloatArray, axis: FloatArray, noise_rad: float, noise_rad_across: float) -> None: ...
    def update_direction(self, measured_body: FloatArray, known_gcrf: FloatArray, noise_rad: float) -> None: ...
    @property
    def q_body_gcrf(self) -> FloatArray: ...
    @property
    def bias_rad_s(self) -> FloatArray: ...
    @property
    def covariance(self) -> FloatArray: ...

class ThermalNetwork:
    """Isothermal nodes; ``faces`` rows: node, axes (0 body, 1 array front, 2 array back), normal (3), area m2,
    absorptivity, emissivity; ``heaters`` rows: node, W, on below K, off above K. Joins have shape (nodes, nodes)."""

    def __init__(
        self,
        capacity_j_k: FloatArray,
        conductance_w_k: FloatArray,
        exchange_m2: FloatArray,
        faces: FloatArray,
        heaters: FloatArray,
    ) -> None: ...
    def __len__(self) -> int: ...
    def steady_state(self, heat_w: FloatArray, guess_k: FloatArray) -> FloatArray:
        """Temperatures (nodes,) at which nothing changes, heaters off."""
    def gains(self, heat_w: FloatArray, temp_k: FloatArray) -> FloatArray:
        """W that each node gains, heaters off."""
    def fly(
        self, t_s: FloatArray, heat_w: FloatArray, start_k: FloatArray, tolerance_k: float
    ) -> tuple[FloatArray, FloatArray]:
        """Temperatures (instants, nodes) and heater duties (instants - 1, heaters); heat has one row per interval."""
    def absorbed(self, around: FloatArray, array_normal_body: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Sunlight and infrared, W, that each node takes in, (rows, nodes); ``around`` as in :func:`fly_resources`."""

def plate_to_sphere_view(cosine: FloatArray, distance_ratio: float) -> FloatArray:
    """View factors of a plate to a sphere, for cosines of the angle between normal and centre."""

def uncovered_share(
    to_sun_m: FloatArray, sun_radius_m: float, to_body_m: FloatArray, body_radius_m: float
) -> FloatArray:
    """Share of the Sun's disc that another body leaves uncovered, for rows of directions with their distances."""

def albedo_shares(r_itrf_m: FloatArray, sun_itrf: FloatArray, table: FloatArray) -> FloatArray:
    """Reflected sunlight over (sunlight times view factor) for a plate that faces the Earth."""

class PowerModel:
    """Array (m2, efficiency left, 1/K, tracking, joints, node); battery (C, coulombic, A, A, V, V, node); converters
    (array, distribution, W, node); consumer rows: W, heat share, node; shedding: masks and rows of (below, restore)."""

    def __init__(
        self,
        array: FloatArray,
        axis_body: FloatArray,
        normal_body: FloatArray,
        battery: FloatArray,
        soc: FloatArray,
        open_circuit_v: FloatArray,
        resistance_temp_k: FloatArray,
        resistance_soc: FloatArray,
        resistance_ohm: FloatArray,
        converters: FloatArray,
        consumers: FloatArray,
        shed_consumers: NDArray[np.uint64],
        shed_soc: FloatArray,
    ) -> None: ...
    def array_power(self, normal_sunlight_w_m2: FloatArray, temp_k: FloatArray) -> FloatArray: ...
    def array_normal(self, sun_body: FloatArray) -> FloatArray: ...
    def battery_flow(self, soc: FloatArray, temp_k: FloatArray, net_power_w: FloatArray) -> FloatArray:
        """Rows: current A, voltage V, power W, heat W, 1/s, unmet W, refused W; charging is positive."""

class PropulsionModel:
    """Tank (node, m3, mol, kg/m3 at 25 degC, kg/m3/K, Pa at 25 degC, boiling K); curve of one thruster; temperature
    (reference K, thrust 1/K, specific impulse 1/K)."""

    def __init__(
        self,
        tank: FloatArray,
        pressure_pa: FloatArray,
        thrust_n: FloatArray,
        specific_impulse_s: FloatArray,
        temperature: FloatArray,
    ) -> None: ...
    def pressure(self, propellant_kg: float, temp_k: float) -> float: ...
    def density(self, temp_k: float) -> float: ...
    def vapour_pressure(self, temp_k: float) -> float: ...
    def thruster(self, inlet_pa: float, temp_k: float) -> tuple[float, float, float]:
        """Thrust N, specific impulse s, flow kg/s."""

def nonnegative_least_squares(a: FloatArray, b: FloatArray) -> tuple[FloatArray, float]:
    """x >= 0 with the least norm of a x - b, and that norm."""

class ResourceDesign:
    """The three models that share one thermal network, and the store."""

    def __init__(
        self,
        power: PowerModel,
        thermal: ThermalNetwork,
        propulsion: PropulsionModel,
        propellant_capacity_kg: float,
        store_bytes: float,
        recording_consumer: int,
        sending_consumer: int,
    ) -> None: ...

def fly_resources(
    design: ResourceDesign,
    t_s: FloatArray,
    around: FloatArray,
    activity: FloatArray,
    consumers: NDArray[np.uint64],
    heaters: NDArray[np.uint32],
    soc: FloatArray,
    temp_k: FloatArray,
    propellant_kg: FloatArray,
    stored_bytes: FloatArray,
    heaters_on: NDArray[np.uint32],
    shed: NDArray[np.uint32],
    factors: FloatArray,
    every: int,
    tolerance_k: float,
    tolerance_soc: float,
) -> dict[str, NDArray[Any]]:
    """Coupled resources of members along a timeline; core.plan.resource_flight names the columns.

    ``around`` (1 or members, intervals, 11), ``activity`` (1 or members, intervals, 3), masks (likewise, intervals).
    """

class TelemetryProgram:
    """A mission database compiled: a tree of layouts, whose fields have fixed places.

    ``nodes`` have end_bits, abstract, interpreted, children, condition (postfix pairs) and fields; ``tests`` are the fields
    that conditions compare; ``comparisons`` are (test, comparator, calibrated, number).
    """

    def __init__(
        self,
        nodes: list[dict[str, Any]],
        tests: list[dict[str, Any]],
        comparisons: list[tuple[int, int, bool, float]],
        root: int,
    ) -> None: ...
    def classify(self, data: Any, offsets: NDArray[np.int64], trailer: int) -> NDArray[np.int32]:
        """The layout of each packet; -1 where it is too short, -2 where none matches."""
    def decode(
        self, data: Any, offsets: NDArray[np.int64], rows: NDArray[np.int64], node: int
    ) -> list[dict[str, NDArray[Any]]]:
        """Per field: raw, and where it has them values, labels, levels (0 to 5) and valid, one element per row."""

def check_crcs(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Whether the last two octets of each piece are the CRC-16 of those before; ``offsets`` (pieces + 1,)."""

class PacketAssembler:
    """Packets out of the data fields of frames; remembers each virtual channel. ``modulo``: where counts wrap, 0 never."""

    def __init__(self, modulo: int) -> None: ...
    def take(
        self,
        octets: NDArray[np.uint8],
        begins: NDArray[np.int64],
        lengths: NDArray[np.int64],
        pointers: NDArray[np.int32],
        channels: NDArray[np.int32],
        counts: NDArray[np.int64],
    ) -> dict[str, NDArray[Any]]:
        """octets, offsets, frames (where each packet ends), verdicts (0 skipped, 1 taken, 2 duplicate, 3 malformed), missed."""
    def copy(self) -> PacketAssembler:
        """Another with the same memory."""
    def channel(self, number: int) -> tuple[int, bytes]:
        """Last count, -1 before the first, and the head of a packet that goes on."""
    def set_channel(self, number: int, count: int, head: bytes) -> None: ...
    @property
    def counts(self) -> dict[str, NDArray[Any]]:
        """By APID: last sequence count (-1 before the first), lost, repeated and backward packets."""
