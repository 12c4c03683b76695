"""How probable a collision is: the encounter plane and the two-dimensional integral over it.

Both motions are taken as straight lines at constant relative velocity, both position errors as independent and normal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.constants import EARTH_MU_M3_S2
from core.errors import PhysicsError
from core.frames import dcm_rtn_from_gcrf
from core.mission.cdm import Cdm, CdmObject
from native import _core

__all__ = [
    "DEFAULT_HARD_BODY_RADIUS_M",
    "BPlane",
    "Encounter",
    "EncounterError",
    "MaximumProbability",
    "PlaneMethod",
    "RadiusSource",
    "ValidityFault",
    "collision_probabilities",
    "collision_probability",
    "encounter_of",
    "hard_body_radius_m",
    "maximum_probability",
    "rtn_axes_gcrf",
]

FloatArray = NDArray[np.float64]

# For objects of unknown size; NASA CARA's 35 public messages state 2 to 26 m, and 20 m most often.
DEFAULT_HARD_BODY_RADIUS_M: Final = 20.0
_SIGMAS: Final = 3.0
# Both limits were set on NASA CARA's 35 public messages: all 18 whose two-dimensional probability CARA calls invalid
# are flagged, and 1 of the 17 valid ones (test_every_case_that_cara_calls_invalid_is_flagged).
_LARGEST_TURN_RAD: Final = 0.02
_LARGEST_SAGITTA_RATIO: Final = 0.1
_LEAST_EIGENVALUE_RATIO: Final = 1e-12  # of the largest: below it a covariance is singular to rounding


class EncounterError(PhysicsError):
    """A message from which no collision probability follows."""

    default_code = "COL-006"


class ValidityFault(StrEnum):
    """Why the two-dimensional probability must not be trusted."""

    LONG_ENCOUNTER = "long_encounter"  # the relative motion turns while the error volume is crossed
    CURVED_ORBITS = "curved_orbits"  # the errors are so wide that orbits bend away from their tangents inside them
    COVARIANCE_NOT_POSITIVE_DEFINITE = "covariance_not_positive_definite"  # of one object, in three dimensions


class RadiusSource(StrEnum):
    """Where a combined hard-body radius came from."""

    MESSAGE = "message"
    AREAS = "areas"
    DEFAULT = "default"


class PlaneMethod(StrEnum):
    """How the probability in the encounter plane is computed."""

    ALFANO = "alfano"  # one integral of error functions; any size of disk and error
    FOSTER = "foster"  # two-dimensional quadrature
    CHAN = (
        "chan"  # a disk of the same area in the symmetrised plane; off by half where the disk is wide or errors unequal
    )
    PATERA = "patera"  # a contour integral
    SERIES = "series"  # Serra et al. (Laas-CNRS), a power series; not where the disk is 35 times the narrow error


_METHOD_CODES: Final = {method: code for code, method in enumerate(PlaneMethod)}


@dataclass(frozen=True)
class MaximumProbability:
    """The greatest probability over scales of the errors, and the scale.

    ``diluted`` says that smaller errors would raise the probability: better tracking is needed before it is trusted.
    """

    probability: float
    scale: float
    diluted: bool


@dataclass(frozen=True)
class BPlane:
    """The encounter plane by its own directions: S along the relative velocity, T and R across it.

    ``axes_gcrf`` (3, 3) holds the unit vectors T, R and S as rows; T is across S and the own object's orbit normal, R
    completes. ``miss_m`` (2,) and ``covariance_m2`` (2, 2) are along T and R; the error ellipse (one standard deviation)
    has its semi-major axis at an angle from T towards R. The Mahalanobis distance is the miss in standard deviations.
    """

    axes_gcrf: FloatArray
    miss_m: FloatArray
    covariance_m2: FloatArray
    semi_major_m: float
    semi_minor_m: float
    angle_rad: float
    mahalanobis: float


@dataclass(frozen=True)
class Encounter:
    """The plane across the relative velocity at closest approach.

    ``axes_gcrf`` (2, 3) are the plane's unit vectors; ``miss_m`` (2,) is where the other object passes relative to the
    own one; ``covariance_m2`` (2, 2) is that of both positions together.
    """

    axes_gcrf: FloatArray
    miss_m: FloatArray
    covariance_m2: FloatArray
    relative_speed_m_s: float
    faults: tuple[ValidityFault, ...]

    def displaced(self, own_shift_gcrf_m: FloatArray) -> FloatArray:
        """The miss (2,) after the own object has been moved by a vector (3,)."""
        moved: FloatArray = self.miss_m - self.axes_gcrf @ own_shift_gcrf_m
        return moved

    def b_plane(self, own_normal_gcrf: FloatArray) -> BPlane:
        """The same plane in axes that stay put from message to message, given the normal of the own orbit (3,)."""
        along = np.cross(self.axes_gcrf[0], self.axes_gcrf[1])
        across = np.cross(along, own_normal_gcrf)
        size = float(np.linalg.norm(across))
        if size < 1e-9 * float(np.linalg.norm(own_normal_gcrf)):
            raise EncounterError(
                "the relative velocity is along the own orbit's normal; the B-plane has no direction T"
            )
        first = across / size
        axes = np.array([first, np.cross(along, first), along])
        turn = axes[:2] @ self.axes_gcrf.T
        miss_m, covariance_m2 = turn @ self.miss_m, turn @ self.covariance_m2 @ turn.T
        values, vectors = np.linalg.eigh(covariance_m2)
        return BPlane(
            axes_gcrf=axes,
            miss_m=miss_m,
            covariance_m2=covariance_m2,
            semi_major_m=math.sqrt(values[1]),
            semi_minor_m=math.sqrt(values[0]),
            angle_rad=math.atan2(vectors[1, 1], vectors[0, 1]) % math.pi,
            mahalanobis=math.sqrt(float(miss_m @ np.linalg.solve(covariance_m2, miss_m))),
        )


def rtn_axes_gcrf(r_gcrf_m: FloatArray, v_gcrf_m_s: FloatArray) -> FloatArray:
    """Radial, transverse and normal unit vectors in GCRF as the rows of a (3, 3) matrix (CCSDS 508.0-B-1, annex)."""
    axes: FloatArray = dcm_rtn_from_gcrf(r_gcrf_m[np.newaxis], v_gcrf_m_s[np.newaxis])[0]
    return axes


def hard_body_radius_m(cdm: Cdm) -> tuple[float, RadiusSource]:
    """Sum of both objects' radii: as the message states it, from both cross-sections, or the default."""
    if cdm.hard_body_radius_m is not None:
        return cdm.hard_body_radius_m, RadiusSource.MESSAGE
    areas_m2 = [one.area_m2 for one in cdm.objects if one.area_m2]
    if len(areas_m2) == 2:
        return sum(math.sqrt(area_m2 / math.pi) for area_m2 in areas_m2), RadiusSource.AREAS
    return DEFAULT_HARD_BODY_RADIUS_M, RadiusSource.DEFAULT


def encounter_of(cdm: Cdm, own: int = 0) -> Encounter:
    """The encounter as seen from one of the objects.

    Args:
        cdm: The message.
        own: Index of the object that counts as the own one.
    Raises:
        EncounterError: The objects do not move relative to each other, or the combined covariance is not positive
            definite in the encounter plane.
    """
    primary, secondary = cdm.objects[own], cdm.objects[1 - own]
    r_m, v_m_s = secondary.r_gcrf_m - primary.r_gcrf_m, secondary.v_gcrf_m_s - primary.v_gcrf_m_s
    speed_m_s = float(np.linalg.norm(v_m_s))
    if speed_m_s == 0.0:
        raise EncounterError(f"{cdm.message_id}: the relative speed is 0 m/s; there is no encounter plane")
    covariances_m2 = [_covariance_gcrf_m2(one) for one in (primary, secondary)]
    covariance_m2: FloatArray = covariances_m2[0] + covariances_m2[1]
    along = v_m_s / speed_m_s
    plane = _axes_across(along, r_m)
    in_plane_m2 = plane @ covariance_m2 @ plane.T
    if not _positive_definite(in_plane_m2):
        raise EncounterError(
            f"{cdm.message_id}: the combined covariance in the encounter plane is not positive definite "
            f"(least eigenvalue {float(np.linalg.eigvalsh(in_plane_m2)[0]):.3g} m2; it must exceed 0)"
        )
    encounter = Encounter(plane, plane @ r_m, in_plane_m2, speed_m_s, ())
    radius_m = float(np.linalg.norm(primary.r_gcrf_m))
    holds = {
        ValidityFault.COVARIANCE_NOT_POSITIVE_DEFINITE: all(
            _positive_definite(one.covariance_rtn_m2) for one in cdm.objects
        ),
        ValidityFault.LONG_ENCOUNTER: _turn_rad(primary.r_gcrf_m, along, covariance_m2, r_m, speed_m_s)
        <= _LARGEST_TURN_RAD,
        ValidityFault.CURVED_ORBITS: _sagitta_ratio(encounter, covariances_m2, radius_m) <= _LARGEST_SAGITTA_RATIO,
    }
    return replace(encounter, faults=tuple(fault for fault, kept in holds.items() if not kept))


def collision_probability(
    miss_m: FloatArray, covariance_m2: FloatArray, radius_m: float, method: PlaneMethod = PlaneMethod.ALFANO
) -> float:
    """Probability that a normal distribution puts into a disk.

    Args:
        miss_m: Mean of the distribution relative to the disk's centre, shape (2,).
        covariance_m2: Its covariance, shape (2, 2), positive definite.
        radius_m: Radius of the disk, the combined hard-body radius.
        method: How; all but Chan's agree to ten digits where they apply.
    Raises:
        EncounterError: The covariance is not positive definite, the radius not above 0, or the method does not apply.
    Source: Foster and Estes, JSC-25898 (1992), for the plane; Alfano, J. Astronautical Sciences 53 (2005) 103, for the
        reduction to one integral of error functions along a principal axis. Agrees with the public cases of NASA CARA
        within 1e-3 (test_the_probability_matches_the_public_cases).
    """
    return float(
        collision_probabilities(np.atleast_2d(miss_m), covariance_m2[np.newaxis], np.array([radius_m]), method)[0]
    )


def collision_probabilities(
    miss_m: FloatArray, covariance_m2: FloatArray, radius_m: FloatArray, method: PlaneMethod = PlaneMethod.ALFANO
) -> FloatArray:
    """The same for many encounters: (n, 2), (n, 2, 2) and (n,) give (n,).

    Raises:
        EncounterError: As for one; the message does not say which.
    """
    try:
        return _core.plane_probability(miss_m, covariance_m2, radius_m, _METHOD_CODES[method])
    except _core.NativeError as error:
        raise EncounterError(str(error)) from error


def maximum_probability(miss_m: FloatArray, covariance_m2: FloatArray, radius_m: float) -> MaximumProbability:
    """The greatest probability that any common scale of the errors gives, with the miss as it is.

    Source: Alfano, J. Astronautical Sciences 53 (2005) 103, section on maximum probability; NASA CARA calls it dilution.
    Raises:
        EncounterError: As :func:`collision_probability`.
    """

    def at(log_scales: FloatArray) -> FloatArray:
        scales = np.exp(log_scales)
        return collision_probabilities(
            np.repeat(np.atleast_2d(miss_m), len(scales), axis=0),
            covariance_m2 * (scales**2)[:, np.newaxis, np.newaxis],
            np.full(len(scales), radius_m),
        )

    centre, width = 0.0, math.log(1e6)
    best = float(at(np.zeros(1))[0])
    for _ in range(24):
        tried = centre + width * np.linspace(-1.0, 1.0, 17)
        values = at(tried)
        k = int(np.argmax(values))
        if values[k] >= best:
            best, centre = float(values[k]), float(tried[k])
        width *= 0.25
    scale = math.exp(centre)
    return MaximumProbability(best, scale, diluted=scale < 1.0 - 1e-3)


def _covariance_gcrf_m2(one: CdmObject) -> FloatArray:
    axes = rtn_axes_gcrf(one.r_gcrf_m, one.v_gcrf_m_s)
    turned: FloatArray = axes.T @ one.covariance_rtn_m2 @ axes
    return turned


def _positive_definite(covariance: FloatArray) -> bool:
    eigenvalues = np.linalg.eigvalsh(covariance)
    return bool(eigenvalues[0] > _LEAST_EIGENVALUE_RATIO * eigenvalues[-1] and eigenvalues[0] > 0.0)


def _axes_across(along: FloatArray, r_m: FloatArray) -> FloatArray:
    """Two unit vectors across a direction, the first along the miss where there is one."""
    across = r_m - along * float(along @ r_m)
    if float(np.linalg.norm(across)) < 1e-9:
        across = np.cross(along, np.eye(3)[int(np.argmin(np.abs(along)))])
    first = across / np.linalg.norm(across)
    return np.array([first, np.cross(along, first)])


def _turn_rad(r_gcrf_m: FloatArray, along: FloatArray, combined_m2: FloatArray, r_m: FloatArray, speed: float) -> float:
    """By how much both orbits turn about the Earth while the combined error volume is crossed.

    The crossing ends 3 standard deviations beyond the point of greatest density along the relative path, which for a
    wide error and a large miss lies off the closest approach. Coppola (AAS 12-248) tests the same by a duration.
    """
    precision = np.linalg.inv(combined_m2 + 1e-9 * float(np.trace(combined_m2)) * np.eye(3))
    sharpness = float(along @ precision @ along)
    reach_m = abs(float(along @ precision @ r_m)) / sharpness + _SIGMAS / math.sqrt(sharpness)
    mean_motion_rad_s = math.sqrt(EARTH_MU_M3_S2 / float(np.linalg.norm(r_gcrf_m)) ** 3)
    return mean_motion_rad_s * reach_m / speed


def _sagitta_ratio(encounter: Encounter, covariances_m2: list[FloatArray], radius_m: float) -> float:
    """How far curved orbits leave their tangents where a collision is most likely, over the narrow in-plane error.

    If the two did collide, each would most likely be displaced from its estimate by its share of the miss, weighted by
    the covariances; an orbit of that radius bends away from its tangent by the square of the displacement over twice
    the radius.
    """
    pull = encounter.axes_gcrf.T @ np.linalg.solve(encounter.covariance_m2, encounter.miss_m)
    squared_m2 = sum(float(np.sum((one_m2 @ pull) ** 2)) for one_m2 in covariances_m2)
    narrow_m = math.sqrt(float(np.linalg.eigvalsh(encounter.covariance_m2)[0]))
    return squared_m2 / (2.0 * radius_m) / narrow_m
