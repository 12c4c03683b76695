"""From raw to engineering values: polynomials, splines and operations on a stack (XTCE 1.2 §4.3.2.2.5)."""

from __future__ import annotations

import bisect
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from core.mdb.references import Condition, Reference, Values

__all__ = [
    "Calibrator",
    "ContextCalibrator",
    "MathOperation",
    "Polynomial",
    "Spline",
    "invert",
]


@dataclass(frozen=True)
class Polynomial:
    """Coefficients from the constant term up."""

    coefficients: tuple[float, ...]

    def calibrate(self, x: float, values: Values) -> float:
        """The value by Horner's rule."""
        result = 0.0
        for coefficient in reversed(self.coefficients):
            result = result * x + coefficient
        return result


@dataclass(frozen=True)
class Spline:
    """Points in rising order of raw values, joined by steps (order 0) or lines (order 1)."""

    points: tuple[tuple[float, float], ...]
    order: int = 1
    extrapolate: bool = False

    def calibrate(self, x: float, values: Values) -> float:
        """The value between the points; outside of them NaN, unless it may be extrapolated."""
        raws = [raw for raw, _ in self.points]
        if not self.extrapolate and not raws[0] <= x <= raws[-1]:
            return math.nan
        index = min(max(bisect.bisect_right(raws, x) - 1, 0), len(raws) - (1 if self.order == 0 else 2))
        (x0, y0) = self.points[index]
        if self.order == 0:
            return y0
        (x1, y1) = self.points[index + 1]
        return y0 + (x - x0) * ((y1 - y0) / (x1 - x0))


def _euclidean(x: float, y: float) -> float:
    return math.floor(x / y) if y > 0 else math.ceil(x / y)


_UNARY: Final[Mapping[str, Callable[[float], float]]] = {
    "ln": math.log,
    "log": math.log10,
    "e^x": math.exp,
    "1/x": lambda x: 1.0 / x,
    "x!": lambda x: float(math.factorial(int(x))) if x <= 170 else math.inf,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "asinh": math.asinh,
    "acosh": math.acosh,
    "atanh": math.atanh,
    "abs": abs,
    "int": math.trunc,
    "!": lambda x: float(not x),  # "~" is left out: the schema says of it both "bitwise" and "0 or 1"
}
_BINARY: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": math.fmod,
    "^": math.pow,
    "y^x": lambda x, y: math.pow(y, x),
    "atan2": lambda x, y: math.atan2(y, x),
    "div": _euclidean,
    "min": min,
    "max": max,
    "<<": lambda x, y: float(int(x) << int(y)) if 0 <= y < 64 else math.nan,
    ">>": lambda x, y: float(int(x) >> int(y)) if 0 <= y < 64 else math.nan,
    "&": lambda x, y: float(int(x) & int(y)),
    "|": lambda x, y: float(int(x) | int(y)),
    "xor": lambda x, y: float(int(x) ^ int(y)),
    "&&": lambda x, y: float(bool(x) and bool(y)),
    "||": lambda x, y: float(bool(x) or bool(y)),
    ">": lambda x, y: float(x > y),
    ">=": lambda x, y: float(x >= y),
    "<": lambda x, y: float(x < y),
    "<=": lambda x, y: float(x <= y),
    "==": lambda x, y: float(x == y),
    "!=": lambda x, y: float(x != y),
}
_STACK: Final[Mapping[str, Callable[[list[float]], None]]] = {
    "swap": lambda stack: stack.__setitem__(slice(-2, None), [stack[-1], stack[-2]]),
    "drop": lambda stack: stack.__delitem__(-1),
    "dup": lambda stack: stack.append(stack[-1]),
    "over": lambda stack: stack.append(stack[-2]),
}
_THIS: Final = "this"
_NEEDS: Final = {"swap": 2, "drop": 1, "dup": 1, "over": 2}
_GIVES: Final = {"swap": 2, "drop": 0, "dup": 2, "over": 3}


@dataclass(frozen=True)
class MathOperation:
    """Operands and operators in postfix order.

    Args:
        steps: A number, the raw value itself (``MathOperation.THIS``), another parameter, or the name of an operator.
    """

    steps: tuple[float | str | Reference, ...]
    THIS = _THIS

    @staticmethod
    def fault(steps: tuple[float | str | Reference, ...]) -> str | None:
        """Why steps cannot be carried out; None where they can."""
        depth = 0
        for step in steps:
            if not isinstance(step, str) or step == _THIS:
                depth += 1
                continue
            needs = _NEEDS.get(step, 1 if step in _UNARY else 2)
            if step not in _UNARY and step not in _BINARY and step not in _STACK:
                return f"there is no operator {step!r}"
            if depth < needs:
                return f"operator {step!r} needs {needs} operands, {depth} are there"
            depth += _GIVES.get(step, 1) - needs
        return None if depth == 1 else f"{depth} values are left at the end, there must be one"

    def calibrate(self, x: float, values: Values) -> float:
        """The value; NaN where it is not defined, such as a logarithm of zero or a parameter without a value."""
        stack: list[float] = []
        try:
            for step in self.steps:
                self._perform(step, stack, x, values)
        except (ValueError, ZeroDivisionError, OverflowError):
            return math.nan
        return float(stack[0])

    def _perform(self, step: float | str | Reference, stack: list[float], x: float, values: Values) -> None:
        if isinstance(step, Reference):
            operand = step.of(values)
            stack.append(math.nan if operand is None or isinstance(operand, (str, bytes)) else float(operand))
        elif not isinstance(step, str):
            stack.append(step)
        elif step == _THIS:
            stack.append(x)
        elif step in _UNARY:
            stack.append(_UNARY[step](stack.pop()))
        elif step in _STACK:
            _STACK[step](stack)
        else:
            top = stack.pop()
            stack.append(_BINARY[step](stack.pop(), top))


Calibrator = Polynomial | Spline | MathOperation


@dataclass(frozen=True)
class ContextCalibrator:
    """A calibrator that holds in a context; the first whose condition holds is taken."""

    condition: Condition
    calibrator: Calibrator


def invert(calibrator: Calibrator, y: float) -> float | None:
    """The raw value of an engineering one, by a straight line or by monotonous points; None where there is no one answer."""
    if isinstance(calibrator, Polynomial):
        terms = calibrator.coefficients
        if len(terms) != 2 or terms[1] == 0.0:
            return None
        return (y - terms[0]) / terms[1]
    if not isinstance(calibrator, Spline) or calibrator.order != 1:
        return None
    rising = sorted((value, raw) for raw, value in calibrator.points)
    raws = [raw for _, raw in rising]
    distinct = len({value for value, _ in rising}) == len(rising)
    if not distinct or raws not in (sorted(raws), sorted(raws, reverse=True)) or not rising[0][0] <= y <= rising[-1][0]:
        return None
    index = min(bisect.bisect_right([value for value, _ in rising], y) - 1, len(rising) - 2)
    (y0, x0), (y1, x1) = rising[index], rising[index + 1]
    return x0 + (y - y0) * ((x1 - x0) / (y1 - y0))
