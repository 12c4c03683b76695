"""Limits on what one request may cost, and the typed errors that stop it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from core.errors import LlamaSpaceError

__all__ = ["BudgetExceeded", "Limits", "RunCancelled", "add_usage", "check_budget"]


class BudgetExceeded(LlamaSpaceError):
    """A request used up what it may use; what it had found so far is kept."""

    default_code = "budget-exceeded"


class RunCancelled(LlamaSpaceError):
    """A person stopped the run; the last checkpoint is kept."""

    default_code = "cancelled"


class Limits(BaseModel):
    """What one request may use at most; names carry the unit, ``cost_usd`` is in US dollars."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_calls: int = Field(default=12, ge=1)
    tool_calls: int = Field(default=40, ge=1)
    tokens: int = Field(default=200_000, ge=1)
    seconds: float = Field(default=180.0, gt=0)
    cost_usd: float = Field(default=2.0, ge=0)
    repairs: int = Field(default=3, ge=0)
    parallel_tools: int = Field(default=4, ge=1)


_UNITS: Mapping[str, str] = {
    "model_calls": "model calls",
    "tool_calls": "tool calls",
    "tokens": "tokens",
    "seconds": "s",
    "cost_usd": "USD",
}


def add_usage(used: Mapping[str, float], **more: float) -> dict[str, float]:
    """Usage so far plus what was just used."""
    return {name: used.get(name, 0.0) + more.get(name, 0.0) for name in {**used, **more}}


def check_budget(used: Mapping[str, float], limits: Limits, **wanted: float) -> None:
    """Refuse what would exceed a limit.

    Args:
        used: Usage so far in this request, by the field names of Limits.
        limits: What is allowed.
        wanted: What is about to be used, such as ``model_calls=1``.
    Raises:
        BudgetExceeded: Names the quantity, its value and the limit.
    """
    for name, unit in _UNITS.items():
        value, limit = used.get(name, 0.0) + wanted.get(name, 0.0), float(getattr(limits, name))
        if value > limit:
            raise BudgetExceeded(
                f"this request would use {value:g} {unit}, over its limit of {limit:g} {unit}",
                quantity=name,
                value=value,
                limit=limit,
            )
