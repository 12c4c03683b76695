"""The thermal network of a design: steady state, flight under given heat, and what the surroundings bring in.

Source: Gilmore, Spacecraft Thermal Control Handbook, 2nd ed., chapters 2 and 15.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import PhysicsError
from core.mission.design import ThermalDesign
from core.mission.design.thermal import Face
from native import _core

__all__ = [
    "EARTH_INFRARED_W_M2",
    "ThermalFlight",
    "ThermalModelError",
    "fly_temperatures",
    "steady_state_k",
    "thermal_network",
    "view_of_earth",
]

FloatArray = NDArray[np.float64]

EARTH_INFRARED_W_M2: Final = 239.0  # Loeb et al. 2009, J. Climate 22, 748: mean outgoing longwave radiation, CERES
_EARTH_RADIUS_M: Final = 6.371e6  # IUGG mean radius
_TOLERANCE_K: Final = 0.05
_GUESS_K: Final = 290.0
_ARRAY_SIDES: Final = {"array_front": 1, "array_back": 2}


class ThermalModelError(PhysicsError):
    """A network has no answer: heat has no way out, or a temperature left what is physical."""

    default_code = "thermal-model"


@dataclass(frozen=True)
class ThermalFlight:
    """Temperatures along time.

    Attributes:
        temp_k: Shape (n, nodes), in the order of ``design.node_ids``.
        heater_duty: Share of each interval that each heater was on, shape (n - 1, heaters).
    """

    temp_k: FloatArray
    heater_duty: FloatArray


def thermal_network(design: ThermalDesign) -> _core.ThermalNetwork:
    """The native model; nodes and heaters keep their order."""
    count = len(design.nodes)
    conductance_w_k, exchange_m2 = np.zeros((count, count)), np.zeros((count, count))
    for conductor in design.conductors:
        _join(conductance_w_k, design, conductor.between, conductor.conductance_w_k)
    for exchange in design.exchanges:
        _join(exchange_m2, design, exchange.between, exchange.area_m2)
    faces = [_face_row(index, face) for index, node in enumerate(design.nodes) for face in node.faces]
    heaters = [
        [design.index(heater.node), heater.power_w, heater.on_below_k, heater.off_above_k] for heater in design.heaters
    ]
    return _core.ThermalNetwork(
        np.array([node.capacity_j_k for node in design.nodes]),
        conductance_w_k,
        exchange_m2,
        np.array(faces, dtype=np.float64).reshape(-1, 8),
        np.array(heaters, dtype=np.float64).reshape(-1, 4),
    )


def steady_state_k(design: ThermalDesign, heat_w: FloatArray) -> FloatArray:
    """Temperatures, shape (nodes,), at which every node loses what it takes in; heaters off.

    Raises:
        ThermalModelError: The heat of some node has no way out.
    """
    try:
        return thermal_network(design).steady_state(heat_w, np.full(len(design.nodes), _GUESS_K))
    except _core.NativeError as error:
        raise ThermalModelError(str(error)) from error


def fly_temperatures(
    design: ThermalDesign, t_s: FloatArray, heat_w: FloatArray, start_k: FloatArray, tolerance_k: float = _TOLERANCE_K
) -> ThermalFlight:
    """Temperatures under heat that is constant within each interval; heaters follow their thermostats.

    Args:
        design: The network.
        t_s: Instants, shape (n,), increasing.
        heat_w: Heat into each node beside the heaters', shape (n - 1, nodes).
        start_k: Temperatures at the first instant, shape (nodes,).
        tolerance_k: Error that one step may have.
    Raises:
        ThermalModelError: Shapes do not fit, or a temperature leaves what is physical.
    """
    try:
        temp_k, duty = thermal_network(design).fly(t_s, heat_w, start_k, tolerance_k)
    except _core.NativeError as error:
        raise ThermalModelError(str(error)) from error
    return ThermalFlight(temp_k, duty)


def view_of_earth(cosine: FloatArray, distance_m: float) -> FloatArray:
    """View factors of small plates to the Earth, by the cosine between each normal and the Earth's centre, shape (n,).

    Source: Gilmore, chapter 2; agrees with the integral over the visible cap to 1e-4 (test_network).
    """
    return _core.plate_to_sphere_view(cosine, distance_m / _EARTH_RADIUS_M)


def _join(matrix: FloatArray, design: ThermalDesign, between: tuple[str, str], value: float) -> None:
    one, other = (design.index(node) for node in between)
    matrix[one, other] += value
    matrix[other, one] += value


def _face_row(node: int, face: Face) -> list[float]:
    if isinstance(face.normal, str):
        return [node, _ARRAY_SIDES[face.normal], 0.0, 0.0, 0.0, face.area_m2, face.absorptivity, face.emissivity]
    return [node, 0, *face.normal, face.area_m2, face.absorptivity, face.emissivity]
