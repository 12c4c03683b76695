"""What features mean, sample by sample with plain lists and exact fractions: slow, and short enough to be read."""

from __future__ import annotations

import math
from fractions import Fraction

from ml.features.expressions import (
    Comparison,
    Condition,
    Delayed,
    Difference,
    Expression,
    Magnitude,
    Newest,
    Range,
    Ratio,
    Statistic,
    TimeIn,
    TimeSince,
    Total,
    Window,
)

__all__ = ["PlainSample", "plain_value"]

PlainSample = tuple[float, float, float | str]  # generated, received, value; in the order of arrival


def plain_value(
    expression: Expression, samples: dict[str, list[PlainSample]], at_s: float, known_s: float = math.inf
) -> float | None:
    """The value at an instant; None where it is not known."""

    def within(parameter: str, length_s: float) -> list[PlainSample]:
        found = [one for one in samples[parameter] if at_s - length_s < one[0] <= at_s and one[1] <= known_s]
        return sorted(found, key=lambda one: one[0])  # a stable sort: of one time as they arrived

    def of(part: Expression, at: float = at_s) -> float | None:
        return plain_value(part, samples, at, known_s)

    match expression:
        case Newest():
            found = within(expression.parameter, expression.max_age_s)
            return found[-1][2] if found else None  # type: ignore[return-value]
        case Window():
            return _statistic(expression.statistic, within(expression.parameter, expression.window_s))
        case TimeSince():
            found = within(expression.condition.parameter, expression.horizon_s)
            held = [one[0] for one in found if _holds(expression.condition, one[2])]
            return at_s - held[-1] if held else None
        case TimeIn():
            found = within(expression.condition.parameter, expression.window_s + expression.hold_s)
            known = held = Fraction(0)
            for place, one in enumerate(found):
                ends = [at_s, one[0] + expression.hold_s, *(later[0] for later in found[place + 1 : place + 2])]
                length = max(Fraction(min(ends)) - Fraction(max(one[0], at_s - expression.window_s)), Fraction(0))
                known += length
                held += length * _holds(expression.condition, one[2])
            if not known:
                return None
            return float(held / known) if expression.share else float(held)
        case Difference():
            left, right = of(expression.left), of(expression.right)
            return None if left is None or right is None else left - right
        case Ratio():
            above, below = of(expression.above), of(expression.below)
            return None if above is None or below is None or below == 0 else above / below
        case Total() | Range():
            terms = [of(one) for one in expression.terms]
            known_terms = [one for one in terms if one is not None]
            if len(known_terms) < len(terms):
                return None
            return sum(known_terms) if isinstance(expression, Total) else max(known_terms) - min(known_terms)
        case Magnitude():
            found_value = of(expression.of)
            return None if found_value is None else abs(found_value)
        case Delayed():
            return of(expression.of, at_s - expression.by_s)
    raise AssertionError(expression)


def _holds(condition: Condition, value: float | str) -> bool:
    match condition.comparison:
        case Comparison.ABOVE:
            return value > condition.value  # type: ignore[operator]
        case Comparison.AT_LEAST:
            return value >= condition.value  # type: ignore[operator]
        case Comparison.BELOW:
            return value < condition.value  # type: ignore[operator]
        case Comparison.AT_MOST:
            return value <= condition.value  # type: ignore[operator]
        case Comparison.EQUAL:
            return value == condition.value
    return value != condition.value


def _statistic(statistic: Statistic, found: list[PlainSample]) -> float | None:
    if statistic is Statistic.COUNT:
        return len(found)
    if not found:
        return None
    times, values = [Fraction(one[0]) for one in found], [Fraction(one[2]) for one in found]
    mean, mean_s = sum(values) / len(values), sum(times) / len(times)
    if statistic in (Statistic.SLOPE, Statistic.RATE) and times[0] == times[-1]:
        return None
    match statistic:
        case Statistic.MEAN:
            return float(mean)
        case Statistic.MINIMUM:
            return float(min(values))
        case Statistic.MAXIMUM:
            return float(max(values))
        case Statistic.DEVIATION:
            return math.sqrt(sum((one - mean) ** 2 for one in values) / len(values))
        case Statistic.RATE:
            return float((values[-1] - values[0]) / (times[-1] - times[0]))
    pairs = list(zip(times, values, strict=True))
    above = sum((time - mean_s) * (value - mean) for time, value in pairs)
    return float(above / sum((time - mean_s) ** 2 for time in times))
