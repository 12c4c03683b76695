"""Anti-replay sequence numbers (CCSDS 355.0-B-2 §3.3.4): strictly increasing, within a window, never wrapping."""

from __future__ import annotations

from dataclasses import dataclass

from core.link.errors import ReplayRefused

__all__ = ["AntiReplay", "complete"]


@dataclass
class AntiReplay:
    """The receiver's memory of sequence numbers."""

    last: int = 0
    window: int = 1024

    def check(self, sequence_number: int) -> None:
        """Refuse a number that is not new or is too far ahead; changes nothing."""
        if not self.last < sequence_number <= self.last + self.window:
            raise ReplayRefused(
                f"sequence number {sequence_number} is outside {self.last + 1} to {self.last + self.window}",
                sequence_number=sequence_number,
                last=self.last,
            )

    def accept(self, sequence_number: int) -> None:
        """Remember a number as used.

        Raises:
            ReplayRefused: It was used before or lies outside the window.
        """
        self.check(sequence_number)
        self.last = sequence_number


def complete(low: int, low_octets: int, last: int, octets: int) -> int:
    """The whole of a counter of which only the last octets were transmitted: the next value after ``last`` that ends so.

    Raises:
        ReplayRefused: The counter is used up: no value after ``last`` ends so.
    """
    modulus = 1 << 8 * low_octets
    value = last - last % modulus + low
    if value <= last:
        value += modulus
    if value >> 8 * octets:
        raise ReplayRefused(f"a counter of {octets} octets is used up after {last}", last=last)
    return value
