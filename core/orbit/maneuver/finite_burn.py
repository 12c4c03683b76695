"""From an impulse to a burn of finite length: its duration, and its correction until it does what the impulse did."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.constants import STANDARD_GRAVITY_M_S2
from core.errors import InputError, PhysicsError

__all__ = ["Engine", "FiniteBurn", "TargetedBurn", "TargetingError", "centred_burn", "target_burn"]

FloatArray = NDArray[np.float64]

_ROUNDS: Final = 25
_HALVINGS: Final = 8


class TargetingError(PhysicsError):
    """No burn near the guess reaches the target; ``facts`` hold the remaining ``miss`` and its ``tolerance``."""

    default_code = "MAN-001"


@dataclass(frozen=True)
class Engine:
    """Constant thrust, N, and specific impulse, s."""

    thrust_n: float
    specific_impulse_s: float

    def __post_init__(self) -> None:
        for field, value in (("thrust_n", self.thrust_n), ("specific_impulse_s", self.specific_impulse_s)):
            if not (math.isfinite(value) and value > 0.0):
                raise InputError(field, f"{value} is not above 0")

    @property
    def exhaust_speed_m_s(self) -> float:
        """Specific impulse times standard gravity."""
        return self.specific_impulse_s * STANDARD_GRAVITY_M_S2

    @property
    def mass_flow_kg_s(self) -> float:
        """Propellant used while it burns."""
        return self.thrust_n / self.exhaust_speed_m_s


@dataclass(frozen=True)
class FiniteBurn:
    """Constant thrust from a start for a duration, along a delta-v vector (3,) of the caller's frame.

    ``delta_v_m_s`` is what the burn would give free of gravity; its direction is that of the thrust.
    """

    start_s: float
    delta_v_m_s: FloatArray
    mass_kg: float
    engine: Engine

    @property
    def propellant_kg(self) -> float:
        """By the rocket equation."""
        return self.mass_kg * -math.expm1(-float(np.linalg.norm(self.delta_v_m_s)) / self.engine.exhaust_speed_m_s)

    @property
    def duration_s(self) -> float:
        """How long it burns."""
        return self.propellant_kg / self.engine.mass_flow_kg_s

    @property
    def end_s(self) -> float:
        """When it ends."""
        return self.start_s + self.duration_s

    @property
    def direction(self) -> FloatArray:
        """Unit vector (3,) of the thrust."""
        unit: FloatArray = self.delta_v_m_s / np.linalg.norm(self.delta_v_m_s)
        return unit


@dataclass(frozen=True)
class TargetedBurn:
    """A corrected burn, what it achieves (k,), by how much it misses (k,), and how many rounds that took."""

    burn: FiniteBurn
    achieved: FloatArray
    miss: FloatArray
    rounds: int


def centred_burn(t_s: float, delta_v_m_s: FloatArray, mass_kg: float, engine: Engine) -> FiniteBurn:
    """The burn that stands for an impulse: half of its delta-v is spent before the impulse's time.

    It loses to gravity by the square of its length over the orbit's period; :func:`target_burn` makes up for it.

    Raises:
        InputError: The impulse is zero or not finite, or the mass is not above 0.
    """
    size = float(np.linalg.norm(delta_v_m_s))
    if not (math.isfinite(size) and size > 0.0):
        raise InputError("delta_v_m_s", f"{size} m/s is not a delta-v above 0")
    if not mass_kg > 0.0:
        raise InputError("mass_kg", f"{mass_kg} kg is not above 0")
    half = FiniteBurn(t_s, 0.5 * delta_v_m_s, mass_kg, engine)
    return FiniteBurn(t_s - half.duration_s, np.array(delta_v_m_s, dtype=np.float64), mass_kg, engine)


def target_burn(
    fly: Callable[[FiniteBurn], FloatArray],
    guess: FiniteBurn,
    wanted: FloatArray,
    tolerance: FloatArray,
    *,
    shift_start: bool = True,
) -> TargetedBurn:
    """Correct a burn until flying it gives the wanted values.

    Newton's method on finite differences; with more freedom than conditions the smallest correction is taken, with
    less the best compromise must still lie within the tolerance.

    Args:
        fly: Propagates with a burn and returns the values (k,) that it achieves.
        guess: Where to begin, such as :func:`centred_burn`.
        wanted: What to achieve, (k,).
        tolerance: How near is near enough, (k,), above 0.
        shift_start: Whether the start may move as well as the delta-v vector.
    Raises:
        TargetingError: It does not come within the tolerance.
    """
    speed = float(np.linalg.norm(guess.delta_v_m_s))
    scale = np.array([speed, speed, speed, max(guess.duration_s, 1.0)])[: 4 if shift_start else 3]

    def burn_at(control: FloatArray) -> FiniteBurn:
        start_s = control[3] * scale[3] if shift_start else 0.0
        return FiniteBurn(
            guess.start_s + float(start_s), guess.delta_v_m_s + control[:3] * speed, guess.mass_kg, guess.engine
        )

    def miss_at(control: FloatArray) -> FloatArray:
        miss: FloatArray = (fly(burn_at(control)) - wanted) / tolerance
        return miss

    control = np.zeros(len(scale))
    miss = miss_at(control)
    for rounds in range(_ROUNDS):
        if float(np.abs(miss).max()) <= 1.0:
            return TargetedBurn(burn_at(control), miss * tolerance + wanted, miss * tolerance, rounds)
        jacobian = np.empty((len(miss), len(control)))
        for k in range(len(control)):
            nudge = np.zeros(len(control))
            nudge[k] = 1e-5
            jacobian[:, k] = (miss_at(control + nudge) - miss_at(control - nudge)) / 2e-5
        step = -np.linalg.lstsq(jacobian, miss, rcond=1e-12)[0]
        for _ in range(_HALVINGS):
            tried = miss_at(control + step)
            if float(np.linalg.norm(tried)) < float(np.linalg.norm(miss)):
                break
            step = 0.5 * step
        else:
            break
        control, miss = control + step, tried
    worst = int(np.argmax(np.abs(miss)))
    raise TargetingError(
        f"no burn near the guess reaches value {worst}: it misses by {miss[worst] * tolerance[worst]:.6g}, "
        f"and {tolerance[worst]:.6g} is allowed",
        miss=(miss * tolerance).tolist(),
        tolerance=tolerance.tolist(),
    )
