"""Says in words with numbers what an anomaly is; every number is one of the anomaly's, or made of them alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.time import format_utc, utc_from_tai_s
from ml.anomaly.anomaly import Anomaly, AnomalyKind, Evidence

__all__ = ["EvidenceLine", "SimilarCase", "anomaly_text", "evidence_lines", "similar_cases"]

_MOST_SIMILAR: Final = 3
_LEAST_LIKENESS: Final = 0.6
_OTHER_KIND: Final = 0.7  # of the likeness, where the kinds differ
_TOLD: Final = 3  # sensors in the text; the rest stand in the lines

_KINDS: Final[Mapping[AnomalyKind, str]] = {
    AnomalyKind.POINT: "is at another level than expected, one that is not usual at all",
    AnomalyKind.CONTEXTUAL: "has values that are usual in themselves, but not together with what else is told",
    AnomalyKind.COLLECTIVE: "departs together with others from what is expected",
    AnomalyKind.DRIFT: "drifts away from what is expected",
    AnomalyKind.STUCK: "does not change although it is expected to",
    AnomalyKind.NOISE: "scatters about what is expected",
    AnomalyKind.SPIKE: "left what is expected for a moment",
    AnomalyKind.GAP: "has no values although they should be there",
}


@dataclass(frozen=True)
class EvidenceLine:
    """What one sensor showed, for people.

    Args:
        parameter, unit: Which, and of what its numbers are; empty where it has no unit.
        since: UTC.
        at: UTC, when it departed most.
        observed: Its value then; None where none came.
        expected, spread: The model's value for then, and how sure it was.
        off_spreads: How many spreads lie between them; None where no value came.
        share_percent: Of the anomaly's score.
    """

    parameter: str
    unit: str
    since: str
    at: str
    observed: float | None
    expected: float
    spread: float
    off_spreads: float | None
    share_percent: float


@dataclass(frozen=True)
class SimilarCase:
    """An earlier anomaly that showed in the same sensors.

    Args:
        anomaly_id, satellite, kind: Which.
        begin: UTC.
        likeness_percent: 100 where the same sensors have the same shares.
    """

    anomaly_id: str
    satellite: str
    kind: str
    begin: str
    likeness_percent: float


def evidence_lines(anomaly: Anomaly) -> tuple[EvidenceLine, ...]:
    """Its evidence, rounded as it is told."""
    return tuple(_line(one) for one in anomaly.evidence)


def similar_cases(anomaly: Anomaly, past: Sequence[Anomaly]) -> tuple[SimilarCase, ...]:
    """The most similar earlier anomalies, the most similar first; itself is none."""
    earlier = [one for one in past if one.anomaly_id != anomaly.anomaly_id and one.begin_tai_s <= anomaly.begin_tai_s]
    likeness = [(_likeness(anomaly, one), one) for one in earlier]
    found = sorted((pair for pair in likeness if pair[0] >= _LEAST_LIKENESS), key=lambda pair: -pair[0])
    return tuple(
        SimilarCase(one.anomaly_id, one.satellite, one.kind.value, _utc(one.begin_tai_s), round(100.0 * alike, 0))
        for alike, one in found[:_MOST_SIMILAR]
    )


def anomaly_text(anomaly: Anomaly, similar: Sequence[SimilarCase] = ()) -> str:
    """A few sentences: what, since when, against which expectation, how unusual, in which circumstances, and like what."""
    lines = evidence_lines(anomaly)
    first = lines[0]
    parts = [
        f"{anomaly.satellite}: {first.parameter} {_KINDS[anomaly.kind]} ({anomaly.kind.value}, "
        f"{anomaly.severity.name.lower()}), since {first.since}{_until(anomaly)}.",
        _compared(first),
    ]
    others = lines[1:_TOLD]
    if others:
        told = "; ".join(f"{one.parameter} {_versus(one)}" for one in others)
        more = len(lines) - len(others) - 1
        parts.append(f"With it: {told}{f', and {more} more' if more else ''}.")
    parts.append(f"It is {number(anomaly.score)} times the threshold of an anomaly.")
    if anomaly.circumstances:
        parts.append(f"When it began: {anomaly.circumstances}.")
    if similar:
        best = similar[0]
        parts.append(
            f"Most like {best.anomaly_id} of {best.satellite} ({best.kind}) from {best.begin}: "
            f"{number(best.likeness_percent)} % alike."
        )
    return " ".join(parts)


def number(value: float) -> str:
    """A number as texts have it: four digits."""
    return f"{value:.4g}"


def _compared(line: EvidenceLine) -> str:
    unit = f" {line.unit}" if line.unit else ""
    if line.observed is None or line.off_spreads is None:
        return f"No value came; {number(line.expected)}{unit} was expected."
    return (
        f"At {line.at} it was {number(line.observed)}{unit}, expected {number(line.expected)}{unit} with a spread of "
        f"{number(line.spread)}{unit}: {number(line.off_spreads)} spreads off. It makes up {number(line.share_percent)} % of "
        "what is unusual."
    )


def _versus(line: EvidenceLine) -> str:
    unit = f" {line.unit}" if line.unit else ""
    if line.observed is None:
        return f"without values instead of {number(line.expected)}{unit}"
    return f"{number(line.observed)}{unit} instead of {number(line.expected)}{unit}"


def _until(anomaly: Anomaly) -> str:
    return "" if anomaly.end_tai_s is None else f" until {_utc(anomaly.end_tai_s)}"


def _line(one: Evidence) -> EvidenceLine:
    known = math.isfinite(one.observed)
    off = abs(one.observed - one.expected) / one.spread if known else None
    return EvidenceLine(
        one.parameter,
        one.unit or "",
        _utc(one.since_tai_s),
        _utc(one.at_tai_s),
        one.observed if known else None,
        one.expected,
        one.spread,
        off,
        round(100.0 * one.share, 0),
    )


def _likeness(one: Anomaly, other: Anomaly) -> float:
    """Cosine between the shares of sensors, less where the kinds differ."""
    shares = [{line.parameter: line.share for line in each.evidence} for each in (one, other)]
    dot = sum(share * shares[1].get(name, 0.0) for name, share in shares[0].items())
    size = math.prod(math.sqrt(sum(share**2 for share in each.values())) for each in shares)
    return dot / size * (1.0 if one.kind is other.kind else _OTHER_KIND) if size > 0.0 else 0.0


def _utc(t_tai_s: float) -> str:
    return format_utc(utc_from_tai_s(t_tai_s).replace(microsecond=0))
