"""Which accesses could serve each image: a share of a large fleet is looked at first, all of it only for what that leaves short.

Every satellite over every place would cost the product of both, and a request needs no more ways than a search can weigh.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.plan.checks.geometry import MINIMUM_SUN_ELEVATION_DEG
from core.plan.commanding import IMAGE_ATTITUDE_LEAD_S
from core.plan.schedule.requests import ImagingRequest
from core.plan.schedule.sky import Accesses, Sky

__all__ = ["Look", "look_for_images"]

FloatArray = NDArray[np.float64]

_SUN_MARGIN_DEG: Final = 0.5  # the check looks at another moment of the window
_SHARE_SATELLITE_DAYS: Final = 280.0  # of search for a place; a satellite has it in daylight every other day or so
_LEAST_SHARE: Final = 16  # satellites
_TOLD: Final = 4  # refusals of one code: a reader wants reasons, not lists


@dataclass(frozen=True)
class Look:
    """Accesses that could serve an image, nearest to nadir first, and (start, code) of some that could not."""

    fitting: Accesses
    refused: tuple[tuple[float, str], ...] = ()


def look_for_images(
    images: Sequence[ImagingRequest], sky: Sky, ready_s: Mapping[int, float], most: int
) -> dict[str, Look]:
    """What could serve each image, by the name of its request, at most so many accesses each.

    An image with fewer than ``most`` has been looked for on every satellite that it may be taken by.

    Args:
        images: What is asked for.
        sky: The fleet.
        ready_s: From when each satellite executes commands, by its place; one that is not there never does.
        most: Accesses of one image.
    """
    shares = _shares(sky)
    place_of = {name: place for place, name in enumerate(sky.names)}
    ready = np.array([ready_s.get(place, np.inf) for place in range(len(sky.names))])
    share_of = {place: number for number, share in enumerate(shares) for place in share}
    looks = {one.name: Look(Accesses.none()) for one in images}
    waiting: list[tuple[ImagingRequest, list[int]]] = []
    for k, one in enumerate(images):
        numbers = sorted({share_of[place_of[name]] for name in one.satellites}) or range(len(shares))
        begin = k % len(numbers)
        waiting.append((one, [*numbers[begin:], *numbers[:begin]]))
    while waiting:
        asked: dict[int, list[ImagingRequest]] = {}
        for one, numbers in waiting:
            asked.setdefault(numbers[0], []).append(one)
        for number, group in asked.items():
            found = sky.accesses(group, shares[number])
            for one in group:
                allowed = {place_of[name] for name in one.satellites} or None
                looks[one.name] = _judged(one, looks[one.name], found[one.name], allowed, sky, ready, most)
        waiting = [
            (one, numbers[1:]) for one, numbers in waiting if len(numbers) > 1 and len(looks[one.name].fitting) < most
        ]
    return looks


def _shares(sky: Sky) -> list[list[int]]:
    """The satellites in even groups, drawn at random: neighbours in a list often share a plane."""
    places = list(range(len(sky.names)))
    size = max(_LEAST_SHARE, math.ceil(_SHARE_SATELLITE_DAYS * 86_400.0 / sky.horizon_s))
    count = math.ceil(len(places) / size)
    Random(count).shuffle(places)
    return [sorted(places[number::count]) for number in range(count)]


def _judged(
    one: ImagingRequest,
    before: Look,
    found: Accesses,
    allowed: set[int] | None,
    sky: Sky,
    ready: FloatArray,
    most: int,
) -> Look:
    """What was known of an image, and what more accesses add to it."""
    if allowed is not None:
        found = found.taken(np.flatnonzero(np.isin(found.satellite, list(allowed))))
    start_s = found.best_s - 0.5 * one.duration_s
    begin_s, end_s = start_s - IMAGE_ATTITUDE_LEAD_S, start_s + one.duration_s
    codes = np.select(
        [
            found.sun_elevation_deg < MINIMUM_SUN_ELEVATION_DEG + _SUN_MARGIN_DEG,
            (start_s < found.start_s) | (end_s > found.end_s),
            begin_s < sky.seconds(one.earliest, 0.0),
            begin_s < ready[found.satellite],
            end_s > sky.seconds(one.latest_end, sky.horizon_s),
        ],
        ["GEO-003", "GEO-002", "TMP-004", "GND-001", "TMP-003"],
        default="",
    )
    refused = list(before.refused)
    for code in sorted(set(codes.tolist()) - {""}):
        known = sum(other == code for _, other in refused)
        places = np.flatnonzero(codes == code)[: _TOLD - known]
        refused += [(max(float(start_s[k]), 0.0), code) for k in places]
    fitting = before.fitting.joined(found.taken(np.flatnonzero(codes == "")))
    best = np.argsort(-fitting.max_elevation_deg, kind="stable")[:most]
    return Look(fitting.taken(best), tuple(sorted(refused)))
