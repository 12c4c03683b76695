"""Hashes of everything a plan is computed with, so that staleness can be decided."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Final

from core.authority import Policies, package_policies
from core.mission.catalogue import Catalogue
from core.mission.conjunctions import ConjunctionMessage
from core.mission.model import Mission
from core.plan.commitments import NO_COMMITMENTS, Commitments
from core.plan.model import MissionPlan

__all__ = ["MODELS_VERSION", "catalogue_hash", "conjunctions_hash", "input_hashes", "judged_inputs", "stale_inputs"]

# Raised whenever a model that plans are computed with changes its results.
MODELS_VERSION: Final = "2026.11-2"
_BURN: Final = {"activity_id", "satellite", "window", "delta_v_m_s"}  # and not how far it has come
_ORBIT: Final = {"elements", "burns_flown_until", "orbit_doubt"}
_KNOWN_OF_ORBIT: Final = _ORBIT | {"orbit_checked_until"}  # that an orbit still holds changes no plan


def input_hashes(mission: Mission, satellites: Iterable[str]) -> dict[str, str]:
    """Hash by input name: the mission file without its orbits, the models, and the orbit of each satellite concerned, as far as the mission
    knows it."""
    design = mission.model_dump(mode="json", exclude={"spacecraft": {"__all__": _KNOWN_OF_ORBIT}})
    concerned = set(satellites)
    orbits = {
        f"orbit of {craft.id}": _hash(craft.model_dump(mode="json", include=_ORBIT))
        for craft in mission.spacecraft
        if craft.id in concerned
    }
    return {"mission": _hash(design), "models": MODELS_VERSION, **orbits}


def conjunctions_hash(conjunctions: Sequence[ConjunctionMessage]) -> str:
    """SHA-256 of which messages a plan was judged with, in any order; a message is never changed once received."""
    names = sorted(f"{one.conjunction_id} {one.cdm.originator} {one.cdm.message_id}" for one in conjunctions)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def catalogue_hash(catalogue: Catalogue | None) -> str:
    """Which catalogue a plan was screened with: its source, and its objects with their epochs; ``none`` without one."""
    if catalogue is None:
        return "none"
    digest = hashlib.sha256(catalogue.source.encode())
    for one in catalogue.objects:
        digest.update(f"{one.norad_id} {one.name} {one.elements.epoch_utc.timestamp()}".encode())
    return digest.hexdigest()


def judged_inputs(
    mission: Mission,
    satellites: Iterable[str],
    conjunctions: Sequence[ConjunctionMessage],
    catalogue: Catalogue | None,
    others: Commitments = NO_COMMITMENTS,
    policies: Policies | None = None,
) -> dict[str, str]:
    """Hash by name of everything that findings rest on beside the plan itself."""
    return {
        **input_hashes(mission, satellites),
        "conjunctions": conjunctions_hash(conjunctions),
        "catalogue": catalogue_hash(catalogue),
        "policies": (policies or package_policies()).content_hash,
        "burns of other plans": _hash([one.model_dump(mode="json", include=_BURN) for one in others.burns]),
        "contacts of other plans": _hash(
            sorted(
                [satellite, *contact.model_dump(mode="json")["window"].values(), contact.station]
                for satellite, contact in others.bookings.held
            )
        ),
    }


def stale_inputs(
    plan: MissionPlan,
    mission: Mission,
    conjunctions: Sequence[ConjunctionMessage],
    catalogue: Catalogue | None,
    others: Commitments = NO_COMMITMENTS,
    policies: Policies | None = None,
) -> tuple[str, ...]:
    """Names of what has changed since the plan's findings were made: with any, they say nothing any more.

    A plan that was never judged is stale as a whole: ``validation``; one edited since: ``plan``.
    """
    report = plan.validation
    if report is None:
        return ("validation",)
    present = judged_inputs(mission, plan.satellites, conjunctions, catalogue, others, policies)
    changed = [name for name, value in present.items() if report.input_hashes.get(name) != value]
    if report.revision_hash != plan.revision_hash():
        changed.insert(0, "plan")
    return tuple(changed)


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
