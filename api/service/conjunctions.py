"""A conjunction message as clients see it: what it says, and the probability that follows from it."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from pydantic import BaseModel, ConfigDict

from core.mission.conjunctions import ConjunctionMessage
from core.orbit import (
    EncounterError,
    RadiusSource,
    ValidityFault,
    collision_probability,
    encounter_of,
    hard_body_radius_m,
)
from core.time import format_utc

__all__ = ["ConjunctionView", "conjunction_view"]


class ConjunctionView(BaseModel):
    """A received message. ``collision_probability`` is ours, null where ``problem`` says why there is none.

    ``faults`` name what makes the two-dimensional probability doubtful; ``stated_probability`` is the originator's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    conjunction_id: str
    message_id: str
    originator: str
    satellite: str
    other_object: str
    closest_approach: str
    miss_distance_m: float
    relative_speed_m_s: float
    hard_body_radius_m: float
    hard_body_radius_source: RadiusSource
    collision_probability: float | None
    stated_probability: float | None
    faults: tuple[ValidityFault, ...]
    problem: str | None
    created_at: str
    received_at: str
    age_h: float


def conjunction_view(message: ConjunctionMessage, now_utc: datetime) -> ConjunctionView:
    """The client's form of a message at an instant."""
    cdm = message.cdm
    own, other = cdm.objects[message.own], message.other
    radius_m, source = hard_body_radius_m(cdm)
    probability, faults, problem = _assessed(message, radius_m)
    return ConjunctionView(
        conjunction_id=message.conjunction_id,
        message_id=cdm.message_id,
        originator=cdm.originator,
        satellite=message.satellite,
        other_object=other.name,
        closest_approach=format_utc(cdm.tca_utc),
        miss_distance_m=cdm.miss_distance_m,
        relative_speed_m_s=round(float(np.linalg.norm(other.v_gcrf_m_s - own.v_gcrf_m_s)), 3),
        hard_body_radius_m=radius_m,
        hard_body_radius_source=source,
        collision_probability=probability,
        stated_probability=cdm.stated_probability,
        faults=faults,
        problem=problem,
        created_at=format_utc(cdm.created_utc),
        received_at=format_utc(message.received_utc),
        age_h=round((now_utc - cdm.created_utc).total_seconds() / 3600.0, 2),
    )


def _assessed(
    message: ConjunctionMessage, radius_m: float
) -> tuple[float | None, tuple[ValidityFault, ...], str | None]:
    try:
        encounter = encounter_of(message.cdm, message.own)
    except EncounterError as error:
        return None, (), error.message
    probability = collision_probability(encounter.miss_m, encounter.covariance_m2, radius_m)
    return probability, encounter.faults, None
