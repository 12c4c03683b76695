"""A collision probability by drawing pairs of orbits and flying them: slow, and true where no formula is.

Errors are normal in equinoctial elements, as for the expected number of collisions; motion is that of two bodies. Each
pair counts at most once, so that objects which meet again and again have a probability too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError
from core.mission.cdm import Cdm
from core.orbit.conjunction import EncounterError
from core.orbit.uncertain_state import half_revolution_s, uncertain_state
from native import _core

__all__ = ["CollisionSimulation", "SimulationSettings", "binomial_interval", "simulate_collision"]


@dataclass(frozen=True)
class SimulationSettings:
    """How many pairs are drawn, from which seed, on how many threads (which do not change the result).

    ``half_span_s`` is how long before and after the closest approach they fly; None is half a revolution of the faster
    object. A million pairs take some 5 s of one core; 4 / p pairs give p within a factor of two.
    """

    samples: int = 1_000_000
    seed: int = 1
    confidence: float = 0.95
    half_span_s: float | None = None
    threads: int = 1


@dataclass(frozen=True)
class CollisionSimulation:
    """What was counted: ``hits`` of ``samples`` pairs collide, ``unbound`` of them were no orbits and count as no hit.

    ``low`` and ``high`` enclose the probability with the confidence that was asked for, ``half_span_s`` is the time flown
    to either side of the closest approach.
    """

    probability: float
    low: float
    high: float
    hits: int
    samples: int
    unbound: int
    half_span_s: float

    @property
    def believed(self) -> float:
        """The probability; without a hit the upper end of the interval, since none seen is not none possible."""
        return self.probability if self.hits else self.high


def simulate_collision(cdm: Cdm, radius_m: float, settings: SimulationSettings | None = None) -> CollisionSimulation:
    """The probability that two objects come within a radius of each other, counted.

    Args:
        cdm: The message; both objects need covariances of position and velocity.
        radius_m: Combined hard-body radius.
        settings: How many pairs, and over what time.
    Raises:
        EncounterError: A velocity covariance is missing, a state is not that of a bound orbit, or more than a thousandth
            of the pairs are no orbits: the errors are too wide for what is simulated.
        InputError: Samples, confidence or span make no sense.
    Source: Alfano, AAS 09-117 (2009). Agrees with NASA CARA's and Alfano's published simulations within the binomial
        scatter (test_counted_collisions_agree_with_published_simulations).
    """
    settings = settings or SimulationSettings()
    if settings.samples < 1 or settings.threads < 1:
        raise InputError("settings", f"{settings.samples} samples on {settings.threads} threads count nothing")
    half_s = half_revolution_s(cdm) if settings.half_span_s is None else settings.half_span_s
    try:
        hits, unbound = _core.count_collisions(
            *uncertain_state(cdm.objects[0]),
            *uncertain_state(cdm.objects[1]),
            radius_m,
            EARTH_MU_M3_S2,
            from_s=-half_s,
            to_s=half_s,
            samples=settings.samples,
            seed=settings.seed,
            threads=settings.threads,
        )
    except _core.NativeError as error:
        raise EncounterError(f"{cdm.message_id}: {error}") from error
    if unbound * 1000 > settings.samples:
        raise EncounterError(
            f"{cdm.message_id}: {unbound} of {settings.samples} drawn pairs are no orbits (limit a thousandth): the errors "
            "are too wide",
            unbound=unbound,
            samples=settings.samples,
        )
    low, high = binomial_interval(hits, settings.samples, settings.confidence)
    return CollisionSimulation(hits / settings.samples, low, high, hits, settings.samples, unbound, half_s)


def binomial_interval(hits: int, samples: int, confidence: float = 0.95) -> tuple[float, float]:
    """The interval that encloses a share with this confidence.

    Source: Wilson, J. American Statistical Association 22 (1927) 209. Unlike the normal one it holds for few hits, and for
    none.
    """
    if not 0 <= hits <= samples or samples < 1 or not 0.0 < confidence < 1.0:
        raise InputError("binomial_interval", f"{hits} of {samples} at a confidence of {confidence} has no interval")
    z = NormalDist().inv_cdf(0.5 + 0.5 * confidence)
    share, wide = hits / samples, 1.0 + z * z / samples
    centre = (share + z * z / (2.0 * samples)) / wide
    half = z * math.sqrt(share * (1.0 - share) / samples + z * z / (4.0 * samples**2)) / wide
    return (0.0 if hits == 0 else centre - half), (1.0 if hits == samples else centre + half)
