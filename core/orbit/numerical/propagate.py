"""Where a satellite flies under a force model: states at epochs, stops, and how they depend on the start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError, PhysicsError
from core.frames import Ut1Source, earth_orientation
from core.orbit.numerical.cartesian import CartesianState
from core.orbit.numerical.forces import Atmosphere, EnvironmentData, ForceModel, SpacecraftProperties, satellite_of
from core.orbit.numerical.integration import Integration, Method, chosen_integration
from core.orbit.numerical.maneuvers import Maneuver, native_maneuvers
from core.orbit.propagation import Ephemeris
from core.orbit.space_weather import SpaceWeatherSource
from core.time import format_utc, utc_from_tai_s
from native import _core

__all__ = [
    "ConvergenceError",
    "ModelsUsed",
    "Propagation",
    "ReentryError",
    "Sighting",
    "Stop",
    "StopKind",
    "acceleration_m_s2",
    "propagate",
]

FloatArray = NDArray[np.float64]

REENTRY_HEIGHT_M: Final = 100_000.0  # the Karman line: below, drag coefficients in free molecular flow mean nothing
_NO_CONVERGENCE: Final = 10  # ErrorCode of native


class ReentryError(PhysicsError):
    """A satellite falls below the height where the models end.

    ``facts`` hold ``t_tai_s`` (when), ``height_m`` (the limit) and ``before``, the :class:`Propagation` up to there.
    """

    default_code = "reentry"


class ConvergenceError(PhysicsError):
    """An integration cannot hold its tolerance; the message names the instant."""

    default_code = "no-convergence"


class StopKind(Enum):
    """What a stop waits for; nodes are crossings of the equator of the ITRF, heights are over the ellipsoid."""

    HEIGHT_BELOW = 0
    ASCENDING_NODE = 1
    DESCENDING_NODE = 2
    PERIAPSIS = 3
    APOAPSIS = 4
    SHADOW_ENTRY = 5
    SHADOW_EXIT = 6


@dataclass(frozen=True)
class Stop:
    """An event to be noted at its exact instant, and, unless ``terminal`` is false, to end the propagation."""

    kind: StopKind
    height_m: float = 0.0  # of HEIGHT_BELOW
    terminal: bool = True


@dataclass(frozen=True)
class Sighting:
    """A stop that was met."""

    stop: Stop
    state: CartesianState
    mass_kg: float


@dataclass(frozen=True)
class ModelsUsed:
    """What a result stands on: the least certain source of each table over its span, and the integrator.

    ``earth_orientation`` and ``space_weather`` say held where the span leaves the tables, so that values of their ends
    were used; ``space_weather`` is None without NRLMSISE-00. ``largest_correction_m`` is how far predictor and corrector of
    a fixed step were apart at worst; where that passes 5 cm, Verner's method takes over: ``adaptive_from_tai_s`` says when.
    """

    forces: ForceModel
    method: Method
    step_s: float | None
    tolerance_m: float | None
    earth_orientation: Ut1Source
    space_weather: SpaceWeatherSource | None
    steps: int
    evaluations: int
    largest_correction_m: float | None
    adaptive_from_tai_s: float | None


@dataclass(frozen=True)
class Propagation:
    """States at the epochs that were reached: t_tai_s (n,), r_gcrf_m and v_gcrf_m_s (n, 3), mass_kg (n,).

    With sensitivities, ``transition`` (n, 6, 6) holds the derivatives of the state by the state at the start, and the
    last two (n, 6) those by the drag and the radiation coefficient; position rows in m, velocity rows in m/s.
    """

    t_tai_s: FloatArray
    r_gcrf_m: FloatArray
    v_gcrf_m_s: FloatArray
    mass_kg: FloatArray
    end: CartesianState
    end_mass_kg: float
    stopped: bool
    sightings: tuple[Sighting, ...]
    models: ModelsUsed
    transition: FloatArray | None = None
    by_drag_coefficient: FloatArray | None = None
    by_radiation_coefficient: FloatArray | None = None

    @property
    def ephemeris(self) -> Ephemeris:
        """The states alone, as messages and searches take them."""
        return Ephemeris(self.t_tai_s, self.r_gcrf_m, self.v_gcrf_m_s)


def propagate(
    state: CartesianState,
    epochs_tai_s: FloatArray,
    craft: SpacecraftProperties,
    forces: ForceModel | None = None,
    *,
    maneuvers: Sequence[Maneuver] = (),
    stops: Sequence[Stop] = (),
    integration: Integration | None = None,
    sensitivities: bool = False,
    reentry_height_m: float = REENTRY_HEIGHT_M,
    data: EnvironmentData | None = None,
) -> Propagation:
    """The flight of a satellite from a state to epochs, forwards or backwards.

    Args:
        state: The start.
        epochs_tai_s: TAI seconds since J2000, shape (n,), ascending from the start or descending from it. An epoch at
            an impulse gives the state on the side of the start.
        craft: Mass, areas and coefficients.
        forces: The force model; by default 20 x 20 gravity with everything on.
        maneuvers: Impulses and burns; those outside the span are not flown.
        stops: Events to note or to end at.
        integration: The integrator; by default the orbit decides.
        sensitivities: Whether to integrate the variational equations too (always with an adaptive method).
        reentry_height_m: Height over the ellipsoid below which the models are not trusted.
        data: Earth orientation and space weather; by default the tables that ship with the package.
    Raises:
        ReentryError: The satellite falls below ``reentry_height_m``.
        InputError: The state is no orbit, epochs run both ways, or a model has no such degree.
        EphemerisSpanError: The span leaves 1972 to 2099.
        ConvergenceError: The step vanishes.
    Source: Montenbruck and Gill, Satellite Orbits; IERS Conventions 2010; Berry and Healy 2004 (Gauss-Jackson). A day
        in low orbit agrees with satkit to a millimetre under the same conservative forces (test_authority_ephemerides).
    """
    forces = forces or ForceModel()
    data = data or EnvironmentData()
    epochs = _checked_epochs(state, epochs_tai_s)
    span = (min(state.t_tai_s, float(epochs[-1])), max(state.t_tai_s, float(epochs[-1])))
    chosen = chosen_integration(integration or Integration(), state, span, forces, bool(maneuvers) or sensitivities)
    satellite = satellite_of(forces, craft, data, *span)
    flown = _fly(satellite, state, epochs, craft, chosen, maneuvers, stops, sensitivities, reentry_height_m)
    result = _propagation(flown, epochs, stops, _models(forces, chosen, data, span, flown), sensitivities)
    if flown.reentered:
        raise ReentryError(
            f"the satellite falls below {reentry_height_m / 1000.0:.0f} km at {format_utc(utc_from_tai_s(flown.end_tai_s))}, "
            f"{(flown.end_tai_s - state.t_tai_s) / 86_400.0:.2f} days from its epoch",
            t_tai_s=flown.end_tai_s,
            height_m=reentry_height_m,
            before=result,
        )
    return result


def acceleration_m_s2(
    state: CartesianState,
    craft: SpacecraftProperties,
    forces: ForceModel | None = None,
    data: EnvironmentData | None = None,
) -> FloatArray:
    """The acceleration in GCRF, m/s2, shape (3,), that a propagation starts with, maneuvers aside."""
    satellite = satellite_of(forces or ForceModel(), craft, data or EnvironmentData(), state.t_tai_s, state.t_tai_s)
    row = _native_state(state, craft)[np.newaxis, :]
    a_m_s2: FloatArray = satellite.acceleration_m_s2(np.array([state.t_tai_s]), row)[0]
    return a_m_s2


def _checked_epochs(state: CartesianState, epochs_tai_s: FloatArray) -> FloatArray:
    epochs = np.atleast_1d(np.asarray(epochs_tai_s, dtype=np.float64))
    if epochs.ndim != 1 or epochs.size == 0 or not np.isfinite(epochs).all():
        raise InputError("epochs_tai_s", "there must be at least one finite epoch, in one dimension")
    for name, vector in (("r_gcrf_m", state.r_gcrf_m), ("v_gcrf_m_s", state.v_gcrf_m_s)):
        if np.shape(vector) != (3,) or not np.isfinite(vector).all():
            raise InputError(f"state.{name}", f"must be three finite numbers, not {vector}")
    return epochs


def _native_state(state: CartesianState, craft: SpacecraftProperties) -> FloatArray:
    return np.concatenate([state.r_gcrf_m, state.v_gcrf_m_s, [craft.mass_kg]])


def _fly(
    satellite: _core.Satellite,
    state: CartesianState,
    epochs: FloatArray,
    craft: SpacecraftProperties,
    integration: Integration,
    maneuvers: Sequence[Maneuver],
    stops: Sequence[Stop],
    sensitivities: bool,
    reentry_height_m: float,
) -> _core.Flown:
    impulses, burns = native_maneuvers(maneuvers)
    conditions = [(stop.kind.value, stop.height_m, float(stop.terminal)) for stop in stops]
    try:
        return _core.fly(
            satellite,
            state.t_tai_s,
            _native_state(state, craft),
            epochs,
            **integration.native(),
            lowest_height_m=reentry_height_m,
            impulses=impulses,
            burns=burns,
            stops=np.array(conditions, dtype=np.float64).reshape(-1, 3),
            variational=sensitivities,
        )
    except _core.NativeError as error:
        if error.code == _NO_CONVERGENCE:
            raise ConvergenceError(str(error)) from error
        raise InputError("propagation", str(error)) from error


def _models(
    forces: ForceModel,
    integration: Integration,
    data: EnvironmentData,
    span: tuple[float, float],
    flown: _core.Flown,
) -> ModelsUsed:
    sources = [earth_orientation(t, data.earth).source for t in span]
    method = integration.method or Method.VERNER_98
    fixed = method is Method.GAUSS_JACKSON_8
    return ModelsUsed(
        forces=forces,
        method=method,
        step_s=integration.step_s if fixed else None,
        tolerance_m=None if fixed else integration.tolerance_m,
        earth_orientation=max(sources, key=list(Ut1Source).index),
        space_weather=data.weather.worst_source(np.array(span)) if forces.atmosphere is Atmosphere.NRLMSISE00 else None,
        steps=flown.steps,
        evaluations=flown.evaluations,
        largest_correction_m=flown.largest_correction_m if fixed else None,
        adaptive_from_tai_s=None if math.isnan(flown.adaptive_from_tai_s) else flown.adaptive_from_tai_s,
    )


def _propagation(
    flown: _core.Flown, epochs: FloatArray, stops: Sequence[Stop], models: ModelsUsed, sensitivities: bool
) -> Propagation:
    reached = flown.epochs_reached
    states = flown.states[:reached]
    variations = flown.variational[:reached].reshape(reached, 6, 8) if sensitivities else None
    return Propagation(
        t_tai_s=epochs[:reached],
        r_gcrf_m=states[:, :3],
        v_gcrf_m_s=states[:, 3:6],
        mass_kg=states[:, 6],
        end=CartesianState(flown.end_tai_s, flown.end_state[:3], flown.end_state[3:6]),
        end_mass_kg=float(flown.end_state[6]),
        stopped=flown.stopped,
        sightings=tuple(
            Sighting(stops[int(row[0])], CartesianState(float(row[1]), row[2:5], row[5:8]), float(row[8]))
            for row in flown.sightings
        ),
        models=models,
        transition=None if variations is None else variations[:, :, :6],
        by_drag_coefficient=None if variations is None else variations[:, :, 6],
        by_radiation_coefficient=None if variations is None else variations[:, :, 7],
    )
