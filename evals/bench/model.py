"""What a benchmark says: our figure beside the peer's, the goal, and whether it is met."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from core.errors import InputError

__all__ = ["BenchReport", "BenchResult", "Benchmark", "Goal", "PeerMissing"]


class PeerMissing(InputError):
    """A benchmark's peer is not installed; names the package."""

    def __init__(self, package: str) -> None:
        super().__init__("bench", f'the peer {package} is not installed: pip install "llamaspace[bench]"')


class Goal(StrEnum):
    """How the ratio of ours to the peer's is judged."""

    AT_LEAST = "at_least"  # rates: more is better
    AT_MOST = "at_most"  # times and errors: less is better


class BenchResult(BaseModel):
    """One row: medians of the same work in one run.

    Attributes:
        name: The work, such as ``sgp4_batch``.
        ours: Our median figure, in ``unit``.
        peer: The peer's median figure, in ``unit``.
        ratio: ``ours / peer``.
        error: Our worst error against the row's reference, in ``error_unit``.
        peer_error: The peer's, against the same reference.
        goal: What the ratio should reach.
        meets_goal: Whether ratio and error both do.
        note: What a reader must know: the reference, the sizes, what differs between the two.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    ours: float
    peer: float
    peer_name: str
    unit: str
    ratio: float
    error: float | None = None
    peer_error: float | None = None
    error_unit: str | None = None
    goal: float
    goal_kind: Goal
    error_goal: float | None = None
    meets_goal: bool
    note: str = ""

    @classmethod
    def compare(
        cls,
        name: str,
        *,
        ours: float,
        peer: float,
        peer_name: str,
        unit: str,
        goal: float,
        goal_kind: Goal,
        error: float | None = None,
        peer_error: float | None = None,
        error_unit: str | None = None,
        error_goal: float | None = None,
        note: str = "",
    ) -> BenchResult:
        """A row whose ratio and verdict follow from its figures; an error above ``error_goal`` misses the goal."""
        ratio = ours / peer
        fast_enough = ratio >= goal if goal_kind is Goal.AT_LEAST else ratio <= goal
        exact_enough = error_goal is None or (error is not None and error <= error_goal)
        return cls(
            name=name,
            ours=ours,
            peer=peer,
            peer_name=peer_name,
            unit=unit,
            ratio=ratio,
            error=error,
            peer_error=peer_error,
            error_unit=error_unit,
            goal=goal,
            goal_kind=goal_kind,
            error_goal=error_goal,
            meets_goal=fast_enough and exact_enough,
            note=note,
        )


Benchmark = Callable[[], list[BenchResult]]


class BenchReport(BaseModel):
    """All rows of a run, and the machine that they ran on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    machine: str
    results: tuple[BenchResult, ...]
    missing: tuple[str, ...] = ()
