"""The mission plan: what an operator wants, what will be done, what physics says of it, and who approved it."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, model_validator

from core.plan.activity import Activity, PlanPart, RejectedAlternative, ResourceName, Window

__all__ = [
    "Alternative",
    "Approval",
    "Finding",
    "InitialResources",
    "Intent",
    "MissionPlan",
    "Objective",
    "PlanDiff",
    "PlanState",
    "Repair",
    "RepairKind",
    "ResourceProfile",
    "Severity",
    "ValidationReport",
]

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class PlanState(StrEnum):
    """The life of a plan revision."""

    DRAFT = "draft"
    VALIDATED = "validated"
    APPROVED = "approved"
    RELEASED = "released"
    EXECUTING = "executing"
    COMPLETED = "completed"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


class Intent(PlanPart):
    """The operator's own words."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]
    author: str
    channel: Literal["console", "api", "cli", "mcp"]
    received_at: AwareDatetime


class InitialResources(PlanPart):
    """What one satellite starts the horizon with, and how well that is known.

    ``sigma`` holds one-sigma uncertainties by resource name; ``source`` says where the values came from
    (``telemetry`` with its time, or ``mission file``).
    """

    satellite: str
    soc: Annotated[float, Field(ge=0, le=1)]
    data_stored_bytes: Annotated[int, Field(ge=0)]
    propellant_kg: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    mode: str
    source: str
    as_of: AwareDatetime
    r_gcrf_m: tuple[Finite, Finite, Finite]
    v_gcrf_m_s: tuple[Finite, Finite, Finite]
    covariance_rtn_m2: tuple[tuple[Finite, ...], ...] | None = None
    sigma: dict[str, Finite] = Field(default_factory=dict)
    temperatures_k: dict[str, Positive] = Field(
        default_factory=dict
    )  # by thermal node; the others start as they settle


class ResourceProfile(PlanPart):
    """A simulated quantity over the horizon; ``t_s`` counts from the horizon's start."""

    satellite: str
    resource: ResourceName
    unit: str
    t_s: tuple[Finite, ...]
    values: tuple[Finite, ...]
    minimum: Finite | None = None
    maximum: Finite | None = None

    @model_validator(mode="after")
    def _same_length(self) -> ResourceProfile:
        if len(self.t_s) != len(self.values):
            raise ValueError(f"t_s has {len(self.t_s)} samples and values {len(self.values)}")
        return self


class Objective(PlanPart):
    """Something the plan is to achieve; ``gap`` is bound minus value in the direction that hurts (0: met)."""

    name: str
    value: Finite
    unit: str
    bound: Finite | None = None
    gap: Finite | None = None


class Severity(StrEnum):
    """What a finding means; ``unknown`` is never a pass."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"
    UNKNOWN = "unknown"


class RepairKind(StrEnum):
    """What the repair step can do by itself."""

    SHIFT = "shift"  # move the activity by shift_s
    MOVE_TO_CONTACT = "move_to_contact"  # use another pass
    SHORTEN = "shorten"  # cut the duration to duration_s
    REDUCE_VOLUME = "reduce_volume"  # downlink only volume_bytes
    DROP = "drop"  # leave the activity out
    RESCHEDULE = "reschedule"  # all that the activity's satellite does, behind its next free command contact


class Repair(PlanPart):
    """A computed change that would remove a finding."""

    kind: RepairKind
    activity_id: str
    description: str
    shift_s: Finite | None = None
    duration_s: Finite | None = None
    volume_bytes: int | None = None
    station: str | None = None
    window: Window | None = None


class Finding(PlanPart):
    """One result of a check.

    ``code`` is ``STR|TMP|RES|GEO|ATT|GND|MAN|COL|AUT|FRU|CON`` and a number; ``margin`` is how far the value is from
    the limit, negative when violated.
    """

    code: Annotated[str, Field(pattern=r"^(STR|TMP|RES|GEO|ATT|GND|MAN|COL|AUT|FRU|CON)-[0-9]{3}$")]
    severity: Severity
    activities: tuple[str, ...] = ()
    satellite: str | None = None
    window: Window | None = None
    quantity: str
    value: Finite | None = None
    limit: Finite | None = None
    margin: Finite | None = None
    unit: str = ""
    rule: str | None = None
    rule_revision: int | None = None
    explanation: str
    repairs: tuple[Repair, ...] = ()


class ValidationReport(PlanPart):
    """All findings of one validation, bound to the exact content and inputs it looked at."""

    revision_hash: str
    input_hashes: dict[str, str]
    validated_at: AwareDatetime
    checks_run: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def blocked(self) -> bool:
        """Whether any finding blocks the plan."""
        return any(finding.severity is Severity.BLOCK for finding in self.findings)


class Approval(PlanPart):
    """One person's yes, bound to the hash of the revision that they saw, with the unknown findings they accepted."""

    revision_hash: str
    by: str
    role: str
    at: AwareDatetime
    comment: str = ""
    accepted_unknown: tuple[str, ...] = ()


class Alternative(PlanPart):
    """Another way to the same end and how it differs; with ``blocking_codes`` it is no way as it stands."""

    description: str
    differences: dict[str, Finite]
    blocking_codes: tuple[str, ...] = ()


class PlanDiff(PlanPart):
    """What changed against the parent revision, by activity id."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: dict[str, tuple[str, ...]] = Field(default_factory=dict)


# What an approval does not bind: the plan's own life, and what is derived from its content.
_OUTSIDE_THE_HASH: Final = {"state", "approvals", "validation", "profiles", "objectives", "diff", "alternatives"}


class MissionPlan(PlanPart):
    """One revision of a plan. An edit makes a new revision, and approvals of the old one do not carry over.

    ``unplanned`` are parts of the request that could not be planned: what is approved is not all that was asked for.
    """

    plan_id: Annotated[str, Field(pattern=r"^plan-[a-z0-9]{6,32}$")]
    revision: Annotated[int, Field(ge=1)]
    parent_revision: int | None = None
    intent: Intent
    horizon: Window
    state: PlanState = PlanState.DRAFT
    input_hashes: dict[str, str]
    initial: tuple[InitialResources, ...]
    activities: tuple[Activity, ...]
    unplanned: tuple[RejectedAlternative, ...] = ()
    profiles: tuple[ResourceProfile, ...] = ()
    objectives: tuple[Objective, ...] = ()
    validation: ValidationReport | None = None
    approvals: tuple[Approval, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    diff: PlanDiff | None = None

    def revision_hash(self) -> str:
        """SHA-256 over everything that an approval binds: intent, horizon, inputs, initial state and activities."""
        content = self.model_dump(mode="json", exclude=_OUTSIDE_THE_HASH | {"activities"})
        content["activities"] = [one.model_dump(mode="json", exclude={"status"}) for one in self.activities]
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @property
    def satellites(self) -> tuple[str, ...]:
        """The satellites that the plan concerns, in order of first appearance."""
        return tuple(dict.fromkeys(one.satellite for one in self.activities))
