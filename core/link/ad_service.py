"""The sequence-controlled service as an operator wants it: FOP-1, and what to do whenever FOP-1 gives up.

FOP-1 ends the service at every contradiction and leaves the next step to its user. This user's rule is that a frame, once
bound to its N(S), is either accepted by the spacecraft exactly once and in order, or withdrawn: so after an alert the
service is set up again around the oldest frame that is not acknowledged.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from core.link.clcw import Clcw
from core.link.fop import Fop, FopAction, FopActionKind
from core.link.fop_table import Alert, FopState

__all__ = ["AdService"]

_MODULO: Final = 256
_TRANSMITTING: Final = frozenset({FopActionKind.TRANSMIT, FopActionKind.UNLOCK, FopActionKind.SET_VR})
_RUNNING: Final = frozenset({FopState.ACTIVE, FopState.RETRANSMIT, FopState.RETRANSMIT_WAIT})
_STEP_BACK: Final = frozenset({Alert.NN_R, Alert.SYNCH, Alert.CLCW})


@dataclass
class AdService:
    """One virtual channel, over a lower layer that takes every frame at once.

    Args:
        next_number: N(S) of the next new frame.
        outstanding: N(S) of frames that are not acknowledged, oldest first; consecutive, the last before ``next_number``.
        window: How many frames may be outstanding.
        timeout_s: Time to wait for an acknowledgement, in the caller's time, s.
        transmission_limit: Transmissions of a frame before an alert.
    """

    next_number: int = 0
    outstanding: deque[int] = field(default_factory=deque)
    window: int = 16
    timeout_s: float = 20.0
    transmission_limit: int = 10
    _fop: Fop = field(init=False)

    def __post_init__(self) -> None:
        self._fop = Fop(self._oldest, self.window, self.timeout_s, self.transmission_limit)

    @property
    def window_open(self) -> bool:
        """Whether another new frame may be sent now."""
        return len(self.outstanding) < self.window and self._fop.window_open

    @property
    def idle(self) -> bool:
        """Whether nothing waits for an acknowledgement."""
        return not self.outstanding and self._fop.state is not FopState.INITIALISING_BC

    def resume(self, now_s: float) -> list[FopAction]:
        """Begin a contact: transmit all that is outstanding, with fresh limits."""
        self._fop.set_timeout(self.timeout_s, now_s)
        return self._start_again(now_s)

    def send(self, number: int, now_s: float) -> list[FopAction]:
        """Take a new frame whose number was taken from ``next_number``."""
        self.outstanding.append(number)
        self.next_number = (number + 1) % _MODULO
        if self._fop.state in _RUNNING:
            return self._settle(self._fop.transmit(number, now_s), now_s)
        return []  # it follows once the service is set up

    def withdraw(self, number: int, now_s: float) -> list[FopAction]:
        """Give up the oldest frame, which must no longer be accepted; the spacecraft is told to expect what follows it."""
        self.outstanding.remove(number)
        return self._set_expected(now_s)

    def on_clcw(self, clcw: Clcw, now_s: float) -> list[FopAction]:
        """A control word from the spacecraft."""
        actions = self._fop.on_clcw(clcw, now_s)
        alert = next((one.alert for one in actions if one.kind is FopActionKind.ALERT), None)
        if alert is None:
            return self._settle(actions, now_s)
        told = self._settle((one for one in actions if one.kind is FopActionKind.ACKNOWLEDGED), now_s)
        if alert is Alert.LOCKOUT:
            return told + self._unlock(clcw.report_value, now_s)
        if alert in _STEP_BACK:
            return told + self._set_expected(now_s)
        return told + _alerts(actions) + self._start_again(now_s)

    def on_time(self, now_s: float) -> list[FopAction]:
        """Let the timer run out."""
        actions = self._fop.on_time(now_s)
        if _alerts(actions):
            return _alerts(actions) + self._start_again(now_s)
        return self._settle(actions, now_s)

    @property
    def _oldest(self) -> int:
        return self.outstanding[0] if self.outstanding else self.next_number

    def _start_again(self, now_s: float) -> list[FopAction]:
        """End the service and begin anew with the frames that are not acknowledged."""
        self._fop.terminate(now_s)
        self._fop.set_next_number(self._oldest, now_s)
        self._fop.initiate(now_s)
        return self._transmit_outstanding(now_s)

    def _set_expected(self, now_s: float) -> list[FopAction]:
        """Have the spacecraft expect the oldest frame that is not acknowledged."""
        self._fop.terminate(now_s)
        return self._settle(self._fop.initiate_with_set_vr(self._oldest, now_s), now_s)

    def _unlock(self, report_value: int, now_s: float) -> list[FopAction]:
        """The control word of a locked receiver still tells what it has accepted."""
        told = []
        if report_value in (*self.outstanding, self.next_number):
            while self._oldest != report_value:
                told.append(FopAction(FopActionKind.ACKNOWLEDGED, self.outstanding.popleft()))
        self._fop.set_next_number(report_value, now_s)
        return told + self._settle(self._fop.initiate_with_unlock(now_s), now_s)

    def _transmit_outstanding(self, now_s: float) -> list[FopAction]:
        actions: list[FopAction] = []
        for number in tuple(self.outstanding):
            actions += self._settle(self._fop.transmit(number, now_s), now_s)
        return actions

    def _settle(self, actions: Iterable[FopAction], now_s: float) -> list[FopAction]:
        """What the owner has to do; the lower layer takes each frame at once, and what that sets off follows."""
        told: list[FopAction] = []
        waiting = deque(actions)
        while waiting:
            action = waiting.popleft()
            if action.kind in _TRANSMITTING:
                told.append(action)
                waiting += self._fop.lower_took(action.kind, now_s)
            elif action.kind is FopActionKind.ACKNOWLEDGED:
                self.outstanding.remove(action.number)
                told.append(action)
            elif action.kind is FopActionKind.CONFIRMED:
                told += self._on_initiated(now_s)
        return told

    def _on_initiated(self, now_s: float) -> list[FopAction]:
        """The control command was carried out: if both ends agree on the next number, all outstanding frames follow."""
        if self._fop.next_number != self._oldest:
            return self._set_expected(now_s)
        return self._transmit_outstanding(now_s)


def _alerts(actions: Iterable[FopAction]) -> list[FopAction]:
    return [one for one in actions if one.kind is FopActionKind.ALERT]
