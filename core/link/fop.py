"""FOP-1 for the AD service: the ground's half of the telecommand transfer procedure (CCSDS 232.1-B-2 §5).

A frame is bound to its N(S) before it reaches this machine and is stored, so that a retransmission, also one after a
crash, is the very same bytes. The machine therefore deals in sequence numbers and says what to do with them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from core.link.clcw import Clcw

__all__ = ["Fop", "FopAction", "FopActionKind", "FopState"]


class FopState(Enum):
    """States of §5.1.2; S4 (initialising without a directive) does not occur, as directives always accompany it."""

    ACTIVE = "S1 active"
    RETRANSMIT = "S2 retransmit without wait"
    RETRANSMIT_WAIT = "S3 retransmit with wait"
    INITIALISING = "S5 initialising with a control command"


class FopActionKind(Enum):
    """What the owner of the machine has to do."""

    TRANSMIT = "transmit"  # send the stored frame with this N(S)
    ACKNOWLEDGED = "acknowledged"  # the spacecraft has accepted this N(S)
    UNLOCK = "unlock"  # send a BC frame
    SET_VR = "set V(R)"  # send a BC frame with this value
    ALERT = "alert"  # the service is suspended; reason says why


@dataclass(frozen=True)
class FopAction:
    """One thing to do."""

    kind: FopActionKind
    number: int = 0
    reason: str = ""


@dataclass
class Fop:
    """The machine of one virtual channel.

    Args:
        next_number: V(S), the number of the next new frame.
        outstanding: N(S) of frames that are not acknowledged, oldest first.
        window: K, how many may be outstanding (§5.1.9).
        timeout_s: T1_Initial in the caller's time, s.
        transmission_limit: Transmissions of the oldest frame before an alert.
    """

    next_number: int = 0
    outstanding: deque[int] = field(default_factory=deque)
    window: int = 16
    timeout_s: float = 20.0
    transmission_limit: int = 10
    state: FopState = FopState.ACTIVE
    _transmissions: int = 0
    _timer_ends_s: float | None = None
    _directive: FopAction | None = None

    @property
    def window_open(self) -> bool:
        """Whether another new frame may be sent now."""
        return self.state is FopState.ACTIVE and len(self.outstanding) < self.window

    @property
    def idle(self) -> bool:
        """Whether nothing waits for an acknowledgement."""
        return not self.outstanding and self._directive is None

    def send(self, number: int, now_s: float) -> FopAction:
        """Take a new frame whose number was taken from ``next_number``."""
        self.outstanding.append(number)
        self.next_number = (number + 1) % 256
        self._start_timer(now_s)
        self._transmissions = max(self._transmissions, 1)
        return FopAction(FopActionKind.TRANSMIT, number)

    def resume(self, now_s: float) -> list[FopAction]:
        """Begin a contact: transmit again all that is outstanding, with fresh limits."""
        self._transmissions = 0
        self.state = FopState.ACTIVE if self._directive is None else self.state
        return self._again(now_s)

    def withdraw(self, number: int, now_s: float) -> list[FopAction]:
        """Give up a frame that must no longer be accepted; the spacecraft is told to expect what follows it."""
        remaining = [one for one in self.outstanding if one != number]
        self.outstanding = deque(remaining)
        return self.set_expected(remaining[0] if remaining else self.next_number, now_s)

    def set_expected(self, number: int, now_s: float) -> list[FopAction]:
        """Initiate with Set V(R)."""
        return self._initialise(FopAction(FopActionKind.SET_VR, number), now_s)

    def on_clcw(self, clcw: Clcw, now_s: float) -> list[FopAction]:
        """Events E1 to E14: a control word from the spacecraft."""
        if clcw.lockout:
            return self._on_lockout(now_s)
        if self._directive is not None:
            return self._on_initialised(clcw, now_s)
        acknowledged = self._acknowledge(clcw.report_value)
        if acknowledged is None:  # E13: N(R) is no number that could be expected
            oldest = self.outstanding[0] if self.outstanding else self.next_number
            return self.set_expected(oldest, now_s)
        actions = [FopAction(FopActionKind.ACKNOWLEDGED, number) for number in acknowledged]
        if acknowledged:
            self._transmissions = 1 if self.outstanding else 0
            self._restart_timer(now_s)
        return actions + self._on_flags(clcw, now_s)

    def on_time(self, now_s: float) -> list[FopAction]:
        """Events E16 to E18: let the timer run out."""
        if self._timer_ends_s is None or now_s < self._timer_ends_s:
            return []
        if self._transmissions >= self.transmission_limit:
            self._timer_ends_s = None
            return [
                FopAction(FopActionKind.ALERT, reason=f"no acknowledgement after {self._transmissions} transmissions")
            ]
        if self._directive is not None:
            return self._initialise(self._directive, now_s)
        return self._again(now_s) if self.state is not FopState.RETRANSMIT_WAIT else self._keep_waiting(now_s)

    def _on_flags(self, clcw: Clcw, now_s: float) -> list[FopAction]:
        if not clcw.retransmit:
            self.state = FopState.ACTIVE
            return []
        if clcw.wait:
            self.state = FopState.RETRANSMIT_WAIT
            return []
        if self.state is FopState.RETRANSMIT or not self.outstanding:
            return []  # already repeated; the control word tells of the time before
        self.state = FopState.RETRANSMIT
        return self._again(now_s)

    def _on_lockout(self, now_s: float) -> list[FopAction]:
        if self._directive is not None and self._directive.kind is FopActionKind.UNLOCK:
            return []
        return self._initialise(FopAction(FopActionKind.UNLOCK), now_s)

    def _on_initialised(self, clcw: Clcw, now_s: float) -> list[FopAction]:
        directive = self._directive
        if directive is None:
            return []
        if directive.kind is FopActionKind.SET_VR and clcw.report_value != directive.number:
            return []  # not carried out yet; the timer repeats it
        self._directive = None
        self.state = FopState.ACTIVE
        self._transmissions = 0
        self._timer_ends_s = None
        if directive.kind is FopActionKind.UNLOCK:
            return self.on_clcw(clcw, now_s) or self._again(now_s)
        return self._again(now_s)

    def _acknowledge(self, report_value: int) -> list[int] | None:
        """The numbers that N(R) acknowledges; None when it lies outside NN(R) to V(S)."""
        expected = [*self.outstanding, self.next_number]
        if report_value not in expected:
            return None
        acknowledged = []
        while self.outstanding and self.outstanding[0] != report_value:
            acknowledged.append(self.outstanding.popleft())
        return acknowledged

    def _initialise(self, directive: FopAction, now_s: float) -> list[FopAction]:
        self._directive = directive
        self.state = FopState.INITIALISING
        self._start_timer(now_s)
        self._transmissions += 1
        return [directive]

    def _again(self, now_s: float) -> list[FopAction]:
        if not self.outstanding:
            self._timer_ends_s = None
            return []
        self._transmissions += 1
        self._start_timer(now_s)
        return [FopAction(FopActionKind.TRANSMIT, number) for number in self.outstanding]

    def _keep_waiting(self, now_s: float) -> list[FopAction]:
        self._transmissions += 1
        self._start_timer(now_s)
        return []

    def _restart_timer(self, now_s: float) -> None:
        if self.outstanding:
            self._start_timer(now_s)
        else:
            self._timer_ends_s = None

    def _start_timer(self, now_s: float) -> None:
        self._timer_ends_s = now_s + self.timeout_s
