"""Motion of one satellite about another: Hill-Clohessy-Wiltshire, Yamanaka-Ankersen, and transfers in it.

Relative states are (6,) or (n, 6): position and velocity in the target's rotating radial, transverse and normal axes,
m and m/s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError, PhysicsError
from core.orbit.conjunction import rtn_axes_gcrf

__all__ = [
    "RelativeTransfer",
    "hcw_transition",
    "least_impulses",
    "relative_state",
    "two_impulses",
    "yamanaka_ankersen_transition",
]

FloatArray = NDArray[np.float64]

_ROUNDS: Final = 400
_SMOOTHING: Final = 1e-12  # of the largest impulse: below it an impulse counts as none


@dataclass(frozen=True)
class RelativeTransfer:
    """Impulses (k, 3) in radial, transverse and normal axes, m/s, at times (k,), s after the start."""

    t_s: FloatArray
    delta_v_m_s: FloatArray

    @property
    def total_delta_v_m_s(self) -> float:
        """Sum of the magnitudes."""
        return float(np.linalg.norm(self.delta_v_m_s, axis=1).sum())


def hcw_transition(mean_motion_rad_s: float, t_s: float) -> FloatArray:
    """State transition (6, 6) of the Hill-Clohessy-Wiltshire equations in radial, transverse, normal axes.

    Source: Clohessy and Wiltshire, J. Aerospace Sciences 27 (1960) 653; Curtis, Orbital Mechanics for Engineering
    Students, section 7.5. Agrees with two-body propagation to second order in the separation over the radius.
    """
    n, c, s = mean_motion_rad_s, math.cos(mean_motion_rad_s * t_s), math.sin(mean_motion_rad_s * t_s)
    return np.array(
        [
            [4.0 - 3.0 * c, 0.0, 0.0, s / n, 2.0 / n * (1.0 - c), 0.0],
            [6.0 * (s - n * t_s), 1.0, 0.0, 2.0 / n * (c - 1.0), 4.0 / n * s - 3.0 * t_s, 0.0],
            [0.0, 0.0, c, 0.0, 0.0, s / n],
            [3.0 * n * s, 0.0, 0.0, c, 2.0 * s, 0.0],
            [6.0 * n * (c - 1.0), 0.0, 0.0, -2.0 * s, 4.0 * c - 3.0, 0.0],
            [0.0, 0.0, -n * s, 0.0, 0.0, c],
        ]
    )


def relative_state(
    r_target_m: FloatArray, v_target_m_s: FloatArray, r_chaser_m: FloatArray, v_chaser_m_s: FloatArray
) -> FloatArray:
    """The chaser's state relative to the target, (6,), in the target's rotating axes, from inertial states (3,)."""
    axes = rtn_axes_gcrf(r_target_m, v_target_m_s)
    turn = np.cross(r_target_m, v_target_m_s) / float(r_target_m @ r_target_m)
    apart_m = r_chaser_m - r_target_m
    apart_m_s = v_chaser_m_s - v_target_m_s - np.cross(turn, apart_m)
    return np.concatenate([axes @ apart_m, axes @ apart_m_s])


def yamanaka_ankersen_transition(
    semi_major_axis_m: float,
    eccentricity: float,
    true_anomaly_rad: float,
    t_s: float,
    mu_m3_s2: float = EARTH_MU_M3_S2,
) -> FloatArray:
    """State transition (6, 6) about a target on an ellipse, from a true anomaly over a time.

    Source: Yamanaka and Ankersen, J. Guidance Control Dynamics 25 (2002) 60, equations 82 to 87; their axes
        (along track, against the normal, down) are turned into radial, transverse, normal. Agrees with two-body flight
        to second order in the separation (test_relative_motion_on_an_ellipse).
    Raises:
        InputError: The eccentricity is outside 0 to below 1, or the semi-major axis is not above 0.
    """
    if not (0.0 <= eccentricity < 1.0 and semi_major_axis_m > 0.0):
        raise InputError("eccentricity", f"{eccentricity} with {semi_major_axis_m} m is not an ellipse")
    e = eccentricity
    p_m = semi_major_axis_m * (1.0 - e * e)
    k2 = math.sqrt(mu_m3_s2 / p_m**3)  # angular momentum over the square of the parameter
    end_rad = _anomaly_after(semi_major_axis_m, e, true_anomaly_rad, t_s, mu_m3_s2)
    start = _fundamental(e, true_anomaly_rad, 0.0)
    end = _fundamental(e, end_rad, k2 * t_s)
    moved: FloatArray = _from_transformed(e, end_rad, k2) @ end @ np.linalg.inv(start)
    return moved @ _to_transformed(e, true_anomaly_rad, k2)


def two_impulses(transition: FloatArray, start: FloatArray, end: FloatArray, t_s: float) -> RelativeTransfer:
    """The impulses at the start and at the end that lead from one relative state to another.

    Args:
        transition: State transition (6, 6) over ``t_s``.
        start: Relative state (6,) before the first impulse.
        end: Wanted state (6,) after the second.
    Raises:
        PhysicsError: The time does not allow every position to be reached, such as a whole or, out of plane, a half
            revolution.
    """
    reach = transition[:3, 3:]
    if np.linalg.cond(reach) > 1e12:
        raise PhysicsError(f"after {t_s:.1f} s the position does not depend on the whole impulse", t_s=t_s)
    first = np.linalg.solve(reach, end[:3] - transition[:3, :3] @ start[:3]) - start[3:]
    arrival = transition @ np.concatenate([start[:3], start[3:] + first])
    return RelativeTransfer(np.array([0.0, t_s]), np.stack([first, end[3:] - arrival[3:]]))


def least_impulses(
    transitions_to_end: FloatArray, free_end: FloatArray, end: FloatArray, t_s: FloatArray
) -> RelativeTransfer:
    """The impulses of least total delta-v that lead to a relative state, each at one of the given times.

    The problem is convex. It is solved by weighted least squares whose weights are the impulses' own sizes (Daubechies
    et al., Comm. Pure Appl. Math. 63, 2010, 1); impulses that do not pay shrink to nothing.

    Args:
        transitions_to_end: State transitions (k, 6, 6) from each of the times to the end.
        free_end: The state (6,) at the end without any impulse.
        end: The wanted state (6,) after the last impulse.
        t_s: The times (k,).
    Raises:
        PhysicsError: The impulses cannot reach the state.
    """
    effect = transitions_to_end[:, :, 3:]
    # Positions and velocities are brought to one scale, so that rounding treats them alike.
    scale = np.where(np.arange(6) < 3, 1.0 / max(float(np.abs(effect[:, :3]).max()), 1.0), 1.0)
    reach = (effect * scale[None, :, None]).transpose(1, 0, 2).reshape(6, -1)
    needed = scale * (end - free_end)
    if np.linalg.matrix_rank(reach) < 6:
        raise PhysicsError("impulses at these times cannot reach every relative state", times=len(t_s))
    weights = np.ones(len(t_s))
    impulses = np.zeros((len(t_s), 3))
    floor = 1.0
    for _ in range(_ROUNDS):
        weighted = reach * np.repeat(weights, 3)[None, :]
        impulses = (weighted.T @ np.linalg.lstsq(weighted @ reach.T, needed, rcond=None)[0]).reshape(-1, 3)
        sizes = np.linalg.norm(impulses, axis=1)
        floor = max(0.7 * floor, _SMOOTHING)
        weights = np.hypot(sizes, floor * max(float(sizes.max()), 1e-300))
    return RelativeTransfer(t_s, impulses)


def _fundamental(e: float, anomaly: float, j: float) -> FloatArray:
    """Independent solutions of the transformed equations; columns: four in plane, two out of plane.

    Rows: radial (up), transverse, normal, then their derivatives by true anomaly.
    """
    rho, sine, cosine = 1.0 + e * math.cos(anomaly), math.sin(anomaly), math.cos(anomaly)
    s, c = rho * sine, rho * cosine
    s_rate, c_rate = cosine + e * math.cos(2.0 * anomaly), -(sine + e * math.sin(2.0 * anomaly))
    k = 1.0 + 1.0 / rho
    out = np.zeros((6, 6))
    out[1, :4] = [1.0, -c * k, s * k, 3.0 * rho**2 * j]
    out[0, 1:4] = [-s, -c, -(2.0 - 3.0 * e * s * j)]
    out[4, 1:4] = [2.0 * s, 2.0 * c - e, 3.0 * (1.0 - 2.0 * e * s * j)]
    out[3, 1:4] = [-s_rate, -c_rate, 3.0 * e * (s_rate * j + s / rho**2)]
    out[2, 4:] = [cosine, sine]
    out[5, 4:] = [-sine, cosine]
    return out


def _to_transformed(e: float, anomaly: float, k2: float) -> FloatArray:
    rho = 1.0 + e * math.cos(anomaly)
    out = np.zeros((6, 6))
    out[:3, :3] = rho * np.eye(3)
    out[3:, :3] = -e * math.sin(anomaly) * np.eye(3)
    out[3:, 3:] = np.eye(3) / (k2 * rho)
    return out


def _from_transformed(e: float, anomaly: float, k2: float) -> FloatArray:
    rho = 1.0 + e * math.cos(anomaly)
    out = np.zeros((6, 6))
    out[:3, :3] = np.eye(3) / rho
    out[3:, :3] = k2 * e * math.sin(anomaly) * np.eye(3)
    out[3:, 3:] = k2 * rho * np.eye(3)
    return out


def _anomaly_after(a_m: float, e: float, anomaly: float, t_s: float, mu_m3_s2: float) -> float:
    """True anomaly a time later, by Kepler's equation with Newton's method."""
    root = math.sqrt((1.0 - e) / (1.0 + e))
    eccentric = 2.0 * math.atan2(root * math.sin(0.5 * anomaly), math.cos(0.5 * anomaly))
    mean = eccentric - e * math.sin(eccentric) + math.sqrt(mu_m3_s2 / a_m**3) * t_s
    found = mean + e * math.sin(mean) if e < 0.8 else math.floor(mean / (2.0 * math.pi)) * 2.0 * math.pi + math.pi
    for _ in range(60):
        step = (found - e * math.sin(found) - mean) / (1.0 - e * math.cos(found))
        found -= step
        if abs(step) < 1e-14 * max(abs(found), 1.0):
            break
    return 2.0 * math.atan2(math.sin(0.5 * found), root * math.cos(0.5 * found))
