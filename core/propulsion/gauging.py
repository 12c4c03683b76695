"""How much propellant is left: from pressure and temperature (PVT), from bookkeeping, and both together; and leaks.

Sources: Yendler, Review of Propellant Gauging Methods, AIAA 2006-939; JCGM 100:2008 (GUM), section 5.1.2 (combination of
uncertainties).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.constants import STANDARD_GRAVITY_M_S2
from core.errors import InputError
from core.mission.design.propulsion import Propulsion
from core.propulsion.tank import (
    MOLAR_GAS_CONSTANT_J_MOL_K,
    liquid_density_kg_m3,
    pressurant_mol,
    pressure_pa,
    vapour_pressure_pa,
)

__all__ = [
    "BurnRecord",
    "LeakTest",
    "PropellantEstimate",
    "bookkeeping_estimate",
    "combined_estimate",
    "leak_test",
    "pvt_estimate",
]

FloatArray = NDArray[np.float64]

_DISAGREEMENT_SIGMA: Final = 3.0
_TEMPERATURE_STEP_K: Final = 0.01


@dataclass(frozen=True)
class PropellantEstimate:
    """Propellant mass with its standard uncertainty."""

    mass_kg: float
    sigma_kg: float


@dataclass(frozen=True)
class BurnRecord:
    """One burn as flown."""

    impulse_n_s: float
    specific_impulse_s: float


@dataclass(frozen=True)
class LeakTest:
    """Whether pressures fall faster than temperature and use explain.

    Attributes:
        loss_kg_s: Fitted loss of propellant; of gas it is meaningless, but its sign and significance hold.
        sigma_kg_s: Standard uncertainty of it.
        significance: Loss over uncertainty.
        leaking: Whether the significance exceeds the threshold.
        pressure_residual_pa: Measured minus expected pressure, shape (n,).
    """

    loss_kg_s: float
    sigma_kg_s: float
    significance: float
    leaking: bool
    pressure_residual_pa: FloatArray


def pvt_estimate(
    propulsion: Propulsion,
    tank_pressure_pa: float,
    temp_k: float,
    *,
    sigma_pressure_pa: float,
    sigma_temp_k: float,
    pressurant_share_sigma: float = 0.002,
) -> PropellantEstimate:
    """Mass from the gas that the measured pressure leaves room for.

    Args:
        propulsion: Tank and its fill.
        tank_pressure_pa: Measured.
        temp_k: Measured, of propellant and gas.
        sigma_pressure_pa: Standard uncertainty of the pressure.
        sigma_temp_k: Standard uncertainty of the temperature.
        pressurant_share_sigma: Standard uncertainty of the loaded gas, as a share.
    Raises:
        InputError: Pressure and temperature are not those of this tank: no mass between empty and full gives them.
    """

    def mass_kg(at_pa: float, at_k: float, gas_share: float) -> float:
        gas_pa = at_pa - vapour_pressure_pa(propulsion.tank, at_k)
        gas_m3 = gas_share * pressurant_mol(propulsion) * MOLAR_GAS_CONSTANT_J_MOL_K * at_k / gas_pa
        return liquid_density_kg_m3(propulsion.tank, at_k) * (propulsion.tank.volume_m3 - gas_m3)

    best_kg = mass_kg(tank_pressure_pa, temp_k, 1.0)
    by_pressure = (mass_kg(tank_pressure_pa * 1.0001, temp_k, 1.0) - best_kg) / (1e-4 * tank_pressure_pa)
    by_temperature = (mass_kg(tank_pressure_pa, temp_k + _TEMPERATURE_STEP_K, 1.0) - best_kg) / _TEMPERATURE_STEP_K
    by_gas = (mass_kg(tank_pressure_pa, temp_k, 1.0001) - best_kg) / 1e-4
    sigma_kg = math.hypot(
        by_pressure * sigma_pressure_pa, by_temperature * sigma_temp_k, by_gas * pressurant_share_sigma
    )
    if not -3.0 * sigma_kg <= best_kg <= propulsion.propellant_mass_kg + 3.0 * sigma_kg:
        raise InputError(
            "tank_pressure_pa",
            f"{tank_pressure_pa:.0f} Pa at {temp_k:.1f} K would mean {best_kg:.2f} kg; the tank holds 0 to "
            f"{propulsion.propellant_mass_kg:g} kg",
        )
    return PropellantEstimate(best_kg, sigma_kg)


def bookkeeping_estimate(
    loaded: PropellantEstimate,
    burns: Sequence[BurnRecord],
    *,
    common_share_sigma: float = 0.02,
    single_share_sigma: float = 0.03,
) -> PropellantEstimate:
    """Mass from what was loaded less what the burns took.

    An error of the thrusters' calibration is common to all burns and adds up; each burn also has one of its own.

    Args:
        loaded: What was in the tank before the burns.
        burns: Burns since.
        common_share_sigma: Standard uncertainty of consumption that all burns share.
        single_share_sigma: Standard uncertainty of each burn's consumption beside it.
    """
    used_kg = [one.impulse_n_s / (one.specific_impulse_s * STANDARD_GRAVITY_M_S2) for one in burns]
    single_kg = single_share_sigma * math.sqrt(math.fsum(one**2 for one in used_kg))
    total_kg = math.fsum(used_kg)
    sigma_kg = math.hypot(loaded.sigma_kg, common_share_sigma * total_kg, single_kg)
    return PropellantEstimate(loaded.mass_kg - total_kg, sigma_kg)


def combined_estimate(first: PropellantEstimate, second: PropellantEstimate) -> PropellantEstimate:
    """The two weighted by the inverse of their variances.

    Raises:
        InputError: They differ by more than three standard uncertainties of their difference: one is wrong, and a mean
            would hide it.
    """
    spread_kg = math.hypot(first.sigma_kg, second.sigma_kg)
    apart_kg = abs(first.mass_kg - second.mass_kg)
    if apart_kg > _DISAGREEMENT_SIGMA * spread_kg:
        raise InputError(
            "propellant_kg",
            f"{first.mass_kg:.2f} kg and {second.mass_kg:.2f} kg differ by {apart_kg:.2f} kg, more than "
            f"{_DISAGREEMENT_SIGMA:g} standard uncertainties ({spread_kg:.2f} kg): a leak, a bad sensor or a missing burn",
            code="gauging-disagrees",
        )
    weight, other = first.sigma_kg**-2, second.sigma_kg**-2
    mass_kg = (weight * first.mass_kg + other * second.mass_kg) / (weight + other)
    return PropellantEstimate(mass_kg, (weight + other) ** -0.5)


def leak_test(
    propulsion: Propulsion,
    t_s: FloatArray,
    tank_pressure_pa: FloatArray,
    temp_k: FloatArray,
    propellant_kg: FloatArray,
    *,
    sigma_pressure_pa: float,
    threshold: float = 4.0,
) -> LeakTest:
    """A straight line through what measured pressures lack of the expected ones, tested against their noise.

    Args:
        propulsion: Tank and its fill.
        t_s: Instants, shape (n,), at least 3.
        tank_pressure_pa: Measured, shape (n,).
        temp_k: Measured, shape (n,).
        propellant_kg: Booked, shape (n,).
        sigma_pressure_pa: Standard uncertainty of one pressure, noise alone: a constant offset does no harm.
        threshold: Significance from which it is called a leak.
    Raises:
        InputError: Fewer than 3 samples, or shapes that differ.
    """
    shapes = {one.shape for one in (t_s, tank_pressure_pa, temp_k, propellant_kg)}
    if len(shapes) != 1 or len(t_s) < 3:
        raise InputError("t_s", f"shapes {sorted(shapes)}: four arrays of one length of at least 3 are needed")
    pairs = list(zip(propellant_kg.tolist(), temp_k.tolist(), strict=True))
    expected_pa = np.array([pressure_pa(propulsion, mass, temp) for mass, temp in pairs])
    residual_pa = tank_pressure_pa - expected_pa
    centred_s = t_s - t_s.mean()
    moment = float(centred_s @ centred_s)
    slope_pa_s = float(centred_s @ residual_pa) / moment
    sigma_pa_s = sigma_pressure_pa / math.sqrt(moment)
    mass_kg, at_k = float(propellant_kg.mean()), float(temp_k.mean())
    step_kg = 1e-4 * propulsion.propellant_mass_kg
    pa_per_kg = (pressure_pa(propulsion, mass_kg, at_k) - pressure_pa(propulsion, mass_kg - step_kg, at_k)) / step_kg
    significance = -slope_pa_s / sigma_pa_s
    return LeakTest(
        -slope_pa_s / pa_per_kg, sigma_pa_s / pa_per_kg, significance, significance > threshold, residual_pa
    )
