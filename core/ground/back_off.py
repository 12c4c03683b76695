"""How long to wait before the next attempt: twice as long each time, up to a limit, and never in step with others."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

__all__ = ["BackOff"]


@dataclass
class BackOff:
    """Waits between attempts, real s.

    Args:
        first_s: The first one.
        last_s: None is longer.
        jitter: Share by which each is shortened at random: stations that broke together do not come back together.
        draw: Source of chance.
    """

    first_s: float = 0.05
    last_s: float = 2.0
    jitter: float = 0.5
    draw: Random = field(default_factory=Random)
    _next_s: float = field(init=False, default=0.0)

    def wait_s(self) -> float:
        """The next wait."""
        self._next_s = min(max(self.first_s, 2.0 * self._next_s), self.last_s)
        return self._next_s * (1.0 - self.jitter * self.draw.random())

    def reset(self) -> None:
        """An attempt has lasted: begin anew."""
        self._next_s = 0.0
