"""The orbit that a satellite flies, from the fixes of its GNSS receiver, or a reason why they do not tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import PhysicsError
from core.frames import gcrf_from_itrf
from core.mission.model import MeanElements
from core.orbit.propagation import Ephemeris, Orbit, Sgp4Orbit
from core.orbit.tle_fit import fit_mean_elements
from core.time import utc_from_tai_s

__all__ = ["FixedOrbit", "FixesRefused", "GnssFixes", "distances_m", "orbit_from_fixes"]

FloatArray = NDArray[np.float64]

_LEAST_FIXES: Final = 20
# Half a revolution: with fixes of 5 m each minute the mean motion is then known to some 100 m a day along the orbit.
_LEAST_SPAN_S: Final = 2700.0
_OLDEST_S: Final = 12 * 3600.0
_GREATEST_RMS_M: Final = 1000.0  # SGP4 follows a real low orbit to some hundred metres over a revolution or two
_FAR: Final = (
    6.0 / 1.538
)  # times the median distance, which is 1.538 sigma of an axis (chi, 3 degrees of freedom): 6 sigma
_NEAREST_FAR_M: Final = 100.0  # what is nearer is never an outlier
_GREATEST_REJECTED_SHARE: Final = 0.2
_ROUNDS: Final = 6  # an outlier of a thousand kilometres hides one of ten in the first


class FixesRefused(PhysicsError):
    """Fixes that no orbit is taken from; ``facts`` has the values and limits of the message."""

    default_code = "fixes-refused"


@dataclass(frozen=True)
class GnssFixes:
    """Fixes of a GNSS receiver, in time order: TAI seconds since J2000 (n,), ITRF position and velocity (n, 3)."""

    t_tai_s: FloatArray
    r_itrf_m: FloatArray
    v_itrf_m_s: FloatArray

    def __len__(self) -> int:
        return len(self.t_tai_s)

    def after(self, t_tai_s: float) -> GnssFixes:
        """Those later than an instant."""
        return self.where(self.t_tai_s > t_tai_s)

    def ephemeris(self) -> Ephemeris:
        """The fixes as states in GCRF."""
        return Ephemeris(self.t_tai_s, *gcrf_from_itrf(self.t_tai_s, self.r_itrf_m, self.v_itrf_m_s))

    def where(self, chosen: NDArray[np.bool_]) -> GnssFixes:
        """Those that a mask (n,) chooses."""
        return GnssFixes(self.t_tai_s[chosen], self.r_itrf_m[chosen], self.v_itrf_m_s[chosen])


@dataclass(frozen=True)
class FixedOrbit:
    """Mean elements from fixes: how many were used and rejected, and how far those used are from the orbit, m."""

    elements: MeanElements
    used: int
    rejected: int
    first_tai_s: float
    last_tai_s: float
    rms_m: float
    greatest_m: float


def distances_m(orbit: Orbit, fixes: GnssFixes) -> FloatArray:
    """How far each fix is from where an orbit has the satellite, (n,)."""
    apart_m: FloatArray = np.linalg.norm(orbit.propagate(fixes.t_tai_s).r_gcrf_m - fixes.ephemeris().r_gcrf_m, axis=1)
    return apart_m


def orbit_from_fixes(fixes: GnssFixes, now_tai_s: float, bstar_per_earth_radius: float) -> FixedOrbit:
    """Mean elements, at the newest fix, whose SGP4 orbit is nearest to fixes of one coasting arc.

    Fixes far from the rest are left out: further than six times what the median says the scatter is.

    Args:
        fixes: Without a burn among them.
        now_tai_s: The time at which they are judged.
        bstar_per_earth_radius: Drag term to keep: an arc of hours does not tell it.
    Raises:
        FixesRefused: Too few, over too short a time, too old, or no orbit follows them; codes ``too-few-fixes``,
            ``short-arc``, ``old-fixes``, ``scattered-fixes``.
        TleFitError: There are no mean elements near them.
    """
    _judge(fixes, now_tai_s)
    epoch_utc = utc_from_tai_s(float(fixes.t_tai_s[-1]))
    kept = fixes
    for _ in range(_ROUNDS):
        fit = fit_mean_elements(kept.ephemeris(), epoch_utc, bstar_per_earth_radius=bstar_per_earth_radius)
        apart_m = distances_m(Sgp4Orbit.from_elements(fit.elements), fixes)
        near = apart_m <= max(_FAR * float(np.median(apart_m)), _NEAREST_FAR_M)
        if int(near.sum()) == len(kept):
            break
        kept = fixes.where(near)
        if len(kept) < (1.0 - _GREATEST_REJECTED_SHARE) * len(fixes):
            raise FixesRefused(
                f"{len(fixes) - len(kept)} of {len(fixes)} fixes are far from any one orbit; "
                f"at most {_GREATEST_REJECTED_SHARE:.0%} may be: a maneuver or a bad receiver",
                code="scattered-fixes",
                rejected=len(fixes) - len(kept),
                fixes=len(fixes),
            )
    if fit.rms_m > _GREATEST_RMS_M:
        raise FixesRefused(
            f"the fixes are {fit.rms_m:.0f} m (rms) from the nearest orbit; at most {_GREATEST_RMS_M:.0f} m: "
            "a maneuver among them, or a bad receiver",
            code="scattered-fixes",
            rms_m=fit.rms_m,
            limit_m=_GREATEST_RMS_M,
        )
    return FixedOrbit(
        elements=fit.elements,
        used=len(kept),
        rejected=len(fixes) - len(kept),
        first_tai_s=float(fixes.t_tai_s[0]),
        last_tai_s=float(fixes.t_tai_s[-1]),
        rms_m=fit.rms_m,
        greatest_m=fit.greatest_m,
    )


def _judge(fixes: GnssFixes, now_tai_s: float) -> None:
    """Refuse fixes that cannot tell an orbit, before one is sought."""
    if len(fixes) < _LEAST_FIXES:
        message = f"{len(fixes)} fixes since the last burn; at least {_LEAST_FIXES} are needed"
        raise FixesRefused(message, code="too-few-fixes", fixes=len(fixes), limit=_LEAST_FIXES)
    span_s, age_s = float(fixes.t_tai_s[-1] - fixes.t_tai_s[0]), now_tai_s - float(fixes.t_tai_s[-1])
    if span_s < _LEAST_SPAN_S:
        message = f"the fixes since the last burn span {span_s:.0f} s; at least {_LEAST_SPAN_S:.0f} s are needed"
        raise FixesRefused(message, code="short-arc", span_s=span_s, limit_s=_LEAST_SPAN_S)
    if age_s > _OLDEST_S:
        message = f"the newest fix is {age_s / 3600.0:.1f} h old; at most {_OLDEST_S / 3600.0:.0f} h are allowed"
        raise FixesRefused(message, code="old-fixes", age_s=age_s, limit_s=_OLDEST_S)
