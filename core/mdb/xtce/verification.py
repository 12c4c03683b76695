"""Transmission constraints and verifiers of XTCE 1.2 files, as conditions on live telemetry, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.mdb import conditions, references
from core.mdb.commands import TransmissionConstraint, VerificationStage, Verifier
from core.mdb.xtce.literals import boolean, read_condition, read_duration_s
from core.mdb.xtce.names import Scope
from core.mdb.xtce.xml_tree import Element

__all__ = ["live_condition", "match_condition", "read_constraints", "read_verifiers"]

_STAGES: Final = {
    "AcceptedVerifier": VerificationStage.ACCEPTED,
    "ExecutionVerifier": VerificationStage.STARTED,
    "CompleteVerifier": VerificationStage.COMPLETED,
}
_OF_THE_UPLINK: Final = {
    "TransferredToRangeVerifier": "the uplink itself tells that a telecommand was sent",
    "SentFromRangeVerifier": "the uplink itself tells that a telecommand was sent",
    "ReceivedVerifier": "COP-1 tells that a frame was received",
    "QueuedVerifier": "a telecommand on the on-board schedule has been accepted",
    "FailedVerifier": "a failure is told by service 1, or by a stage whose time passes",
}
_LAST_PASSED: Final = "timeLastVerifierPassed"
_RELEASED: Final = "timeCommandReleased"


def read_constraints(element: Element, scope: Scope, maximum_age_s: float) -> Iterator[TransmissionConstraint]:
    """What must hold before a telecommand leaves, in telemetry that is no older than an age, s."""
    for one in element.each("TransmissionConstraintList"):
        condition = read_condition(one, scope)
        if condition is None:
            raise one.error("a transmission constraint needs a condition")
        yield TransmissionConstraint(
            live_condition(one, condition, maximum_age_s),
            read_duration_s(one, "timeOut", 0.0),
            boolean(one, "suspendable", False),
        )


def read_verifiers(element: Element, scope: Scope, left_out: list[str]) -> dict[VerificationStage, Verifier]:
    """What proves the stages of a telecommand; those that other means prove are added to ``left_out``.

    A window that counts from the verifier before it is counted from the release instead, its predecessors' added.
    """
    found: dict[VerificationStage, Verifier] = {}
    before_s = 0.0
    for one in element.each("VerifierSet"):
        if one.tag in _OF_THE_UPLINK:
            left_out.append(f"{one.path}:{one.line}: {one.tag}: {_OF_THE_UPLINK[one.tag]}")
            continue
        if one.tag not in _STAGES:
            raise one.error(f"verifier {one.tag} is not one of {sorted([*_STAGES, *_OF_THE_UPLINK])}")
        stage = _STAGES[one.tag]
        if stage in found:  # a further step of the execution
            stage = VerificationStage.PROGRESS
        if stage in found:
            raise one.error(f"more than one verifier of {stage} is not supported")
        stop_s, relative = _window(one)
        before_s = before_s + stop_s if relative else stop_s
        condition, container, shows = _proof(one, scope)
        found[stage] = Verifier(stage, before_s, condition, container=container, shows=shows)
    return found


def _proof(element: Element, scope: Scope) -> tuple[conditions.Condition | None, str | None, tuple[str, str] | None]:
    """What proves a stage: a condition, the container of a report, or a parameter that shows an argument's value."""
    for tag in ("CustomAlgorithm", "ParameterValueChange", "CheckWindowAlgorithms"):
        unknown = element.find(tag)
        if unknown is not None:
            raise unknown.error(f"{tag} in a verifier is not supported")
    container = element.find("ContainerRef")
    condition = read_condition(element, scope)
    if (container is None) == (condition is None):
        raise element.error("a verifier needs a condition or a container, and not both")
    if container is not None:
        return None, scope.resolve(scope.containers, container, "containerRef"), None
    assert condition is not None
    if isinstance(condition, references.Comparison) and isinstance(condition.right, references.Reference):
        return None, None, _shown(element, condition, condition.right, scope)
    return live_condition(element, condition), None, None


def _shown(
    element: Element, condition: references.Comparison, right: references.Reference, scope: Scope
) -> tuple[str, str]:
    """A parameter that equals an argument of the telecommand once it is carried out."""
    equal = condition.operator is references.Operator.EQUAL and condition.left.calibrated and right.calibrated
    if not equal or condition.left.argument or not right.argument:
        raise element.error("a verifier compares a parameter with a number, a label, or by == with an argument")
    for one in scope.arguments:
        if one.get("name") == right.name and "initialValue" in one.attributes:
            raise element.error(
                f"argument {right.name} has a default and need not be given: no verifier can rest on it"
            )
    return condition.left.name, right.name


def _window(element: Element) -> tuple[float, bool]:
    """When checking stops, and whether that counts from the verifier before."""
    window = element.find("CheckWindow")
    if window is None:
        raise element.error("a verifier needs a CheckWindow, or a lost report would never be noticed")
    start = window.attributes.get("timeWindowIsRelativeTo", _LAST_PASSED)
    if start not in (_LAST_PASSED, _RELEASED):
        raise window.error(f"timeWindowIsRelativeTo {start!r} is neither {_LAST_PASSED} nor {_RELEASED}")
    start_s, stop_s = read_duration_s(window, "timeToStartChecking", 0.0), read_duration_s(window, "timeToStopChecking")
    if start_s:
        raise window.error("checking that starts later than its window is not supported")
    if stop_s <= start_s:
        raise window.error(f"checking stops after {stop_s:g} s, which is not after its start at {start_s:g} s")
    return stop_s, start == _LAST_PASSED


def live_condition(
    element: Element, condition: references.Condition, maximum_age_s: float = conditions.DEFAULT_AGE_S
) -> conditions.Condition:
    """A match criterion as a condition on live telemetry, whose values must not be older than an age, s."""
    if isinstance(condition, references.Comparison):
        value = condition.right
        if isinstance(value, (references.Reference, bytes)):
            raise element.error("a condition on live telemetry compares with a number or a label")
        if not condition.left.calibrated:
            raise element.error(
                f"a condition on live telemetry compares the engineering value of {condition.left.name}"
            )
        number = value if isinstance(value, str) else float(value)
        return conditions.Comparison(
            parameter=condition.left.name,
            operator=conditions.Operator(condition.operator),
            value=number,
            maximum_age_s=maximum_age_s,
        )
    parts = tuple(live_condition(element, one, maximum_age_s) for one in condition.conditions)
    if len(parts) == 1:
        return parts[0]
    return conditions.AllOf(parts=parts) if isinstance(condition, references.AllOf) else conditions.AnyOf(parts=parts)


def match_condition(condition: conditions.Condition) -> references.Condition:
    """The same, to write it; durations and negations have no form in the standard.

    Raises:
        ValueError: The condition has one of them.
    """
    if isinstance(condition, conditions.Comparison):
        return references.Comparison(
            references.Reference(condition.parameter), references.Operator(condition.operator), condition.value
        )
    if isinstance(condition, (conditions.AllOf, conditions.AnyOf)):
        parts = tuple(match_condition(one) for one in condition.parts)
        return references.AllOf(parts) if isinstance(condition, conditions.AllOf) else references.AnyOf(parts)
    raise ValueError(f"XTCE has no form for {condition}")
