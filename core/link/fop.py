"""FOP-1: the ground's half of the telecommand transfer procedure, complete (CCSDS 232.1-B-2 §5).

A frame is bound to its N(S) before it reaches this machine and is stored, so that a retransmission, also one after a
crash, is the very same bytes. The machine therefore deals in sequence numbers and says what to do with them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from core.link.clcw import Clcw
from core.link.fop_table import TABLE, Alert, Event, FopState, Step

__all__ = ["Fop", "FopAction", "FopActionKind"]

_MODULO: Final = 256


class FopActionKind(Enum):
    """What the owner of the machine has to do, or is told."""

    TRANSMIT = "transmit"  # send the stored frame with this N(S), then report lower_took or lower_refused
    UNLOCK = "unlock"  # send a BC frame, then report
    SET_VR = "set V(R)"  # send a BC frame with this value, then report
    TRANSMIT_BD = "transmit BD"  # send this BD frame, then report
    ABORT = "abort"  # drop what the lower layer still holds
    ACKNOWLEDGED = "acknowledged"  # the spacecraft has accepted this N(S)
    DISCARDED = "discarded"  # this N(S) was not acknowledged when the service ended
    ACCEPTED = "accepted"  # a request or directive is taken
    REJECTED = "rejected"  # a request or directive is not possible now
    CONFIRMED = "confirmed"  # a directive is carried out
    SUSPENDED = "suspended"  # time ran out; resume goes on
    ALERT = "alert"  # the service has ended; the alert says why


@dataclass(frozen=True)
class FopAction:
    """One thing to do or to know."""

    kind: FopActionKind
    number: int = 0
    alert: Alert | None = None


@dataclass
class _Sent:
    number: int
    again: bool = False


@dataclass
class Fop:
    """The machine of one virtual channel.

    Args:
        next_number: V(S), the number of the next new frame.
        window: K, how many may be outstanding (§5.1.12).
        timeout_s: T1_Initial in the caller's time, s.
        transmission_limit: Transmissions of a frame before time-out type decides.
        suspends: Timeout_Type 1: suspend when time is over for the last time, instead of an alert.
    """

    next_number: int = 0
    window: int = 16
    timeout_s: float = 20.0
    transmission_limit: int = 10
    suspends: bool = False
    state: FopState = FopState.INITIAL
    expected: int = field(init=False)  # NN(R), the oldest number that is not acknowledged
    suspended_in: FopState | None = field(init=False, default=None)  # SS
    transmissions: int = field(init=False, default=1)
    timer_ends_s: float | None = field(init=False, default=None)
    _wait: int | None = field(init=False, default=None)
    _sent: deque[_Sent] = field(init=False, default_factory=deque)
    _directive: FopAction | None = field(init=False, default=None)
    _directive_again: bool = field(init=False, default=False)
    _ad_ready: bool = field(init=False, default=True)
    _bc_ready: bool = field(init=False, default=True)
    _bd_ready: bool = field(init=False, default=True)
    _now_s: float = field(init=False, default=0.0)
    _report_value: int = field(init=False, default=0)
    _argument: float = field(init=False, default=0.0)
    _actions: list[FopAction] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.expected = self.next_number

    @property
    def outstanding(self) -> tuple[int, ...]:
        """Numbers sent and not acknowledged, oldest first."""
        return tuple(one.number for one in self._sent)

    @property
    def window_open(self) -> bool:
        """Whether another new frame would be sent at once."""
        room = (self.next_number - self.expected) % _MODULO < self.window
        return self.state in (FopState.ACTIVE, FopState.RETRANSMIT) and self._wait is None and room and self._ad_ready

    # Requests (E19 to E22)

    def transmit(self, number: int, now_s: float) -> list[FopAction]:
        """An AD frame; it must be bound to V(S).

        Raises:
            ValueError: It is bound to another number: the owner's counters have come apart from the machine's.
        """
        if number != self.next_number:
            raise ValueError(f"the frame is bound to N(S) {number}, V(S) is {self.next_number}")
        return self._take(Event.E19 if self._wait is None else Event.E20, now_s, number)

    def transmit_bypass(self, number: int, now_s: float) -> list[FopAction]:
        """A BD frame, by a number of the owner's choice."""
        return self._take(Event.E21 if self._bd_ready else Event.E22, now_s, number)

    # Directives (E23 to E39)

    def initiate(self, now_s: float, *, check: bool = False) -> list[FopAction]:
        """Start the AD service, at once or (``check``) once a control word shows that both ends agree."""
        return self._take(Event.E24 if check else Event.E23, now_s)

    def initiate_with_unlock(self, now_s: float) -> list[FopAction]:
        """Start the AD service with an unlock."""
        return self._take(Event.E25 if self._bc_ready else Event.E26, now_s)

    def initiate_with_set_vr(self, value: int, now_s: float) -> list[FopAction]:
        """Start the AD service with V(R), V(S) and NN(R) set to a value."""
        return self._take(Event.E27 if self._bc_ready else Event.E28, now_s, value % _MODULO)

    def terminate(self, now_s: float) -> list[FopAction]:
        """End the AD service."""
        return self._take(Event.E29, now_s)

    def resume(self, now_s: float) -> list[FopAction]:
        """Go on where time had suspended the service."""
        return self._take(_RESUME[self.suspended_in], now_s)

    def set_next_number(self, value: int, now_s: float) -> list[FopAction]:
        """Set V(S) and NN(R); only before the service is started or while it is ended."""
        if self.suspended_in is not None:
            return self._take(Event.E40, now_s)
        return self._take(Event.E35, now_s, value % _MODULO)

    def set_window(self, window: int, now_s: float) -> list[FopAction]:
        """Set K, 1 to 255."""
        return self._take(Event.E36 if 1 <= window < _MODULO else Event.E40, now_s, window)

    def set_timeout(self, timeout_s: float, now_s: float) -> list[FopAction]:
        """Set T1_Initial."""
        return self._take(Event.E37 if timeout_s > 0 else Event.E40, now_s, timeout_s)

    def set_transmission_limit(self, limit: int, now_s: float) -> list[FopAction]:
        """Set the transmission limit, 1 to 255."""
        return self._take(Event.E38 if 1 <= limit < _MODULO else Event.E40, now_s, limit)

    def set_timeout_type(self, suspends: bool, now_s: float) -> list[FopAction]:
        """Set Timeout_Type."""
        return self._take(Event.E39, now_s, suspends)

    # What happens (E1 to E18, E41 to E46)

    def on_clcw(self, clcw: Clcw, now_s: float) -> list[FopAction]:
        """A control word of this virtual channel."""
        self._report_value = clcw.report_value
        return self._take(self._event_of(clcw), now_s)

    def on_invalid_clcw(self, now_s: float) -> list[FopAction]:
        """A control word that is none of COP-1."""
        return self._take(Event.E15, now_s)

    def on_time(self, now_s: float) -> list[FopAction]:
        """Let the timer run out, if its time has come."""
        if self.timer_ends_s is None or now_s < self.timer_ends_s:
            return []
        self.timer_ends_s = None
        if self.transmissions < self.transmission_limit:
            return self._take(Event.E104 if self.suspends else Event.E16, now_s)
        return self._take(Event.E18 if self.suspends else Event.E17, now_s)

    def lower_took(self, kind: FopActionKind, now_s: float) -> list[FopAction]:
        """The lower layer has sent what a transmitting action asked for."""
        return self._take(_TOOK[kind], now_s)

    def lower_refused(self, kind: FopActionKind, now_s: float) -> list[FopAction]:
        """The lower layer could not send what a transmitting action asked for."""
        return self._take(_REFUSED[kind], now_s)

    # The machine

    def _event_of(self, clcw: Clcw) -> Event:
        """E1 to E14 by the conditions at the left of table 5-1."""
        if clcw.lockout:
            return Event.E14
        ahead = (clcw.report_value - self.expected) % _MODULO
        sent = (self.next_number - self.expected) % _MODULO
        if ahead > sent:
            return Event.E13
        newly = ahead > 0
        if ahead == sent:
            if clcw.retransmit:
                return Event.E4
            if clcw.wait:
                return Event.E3
            return Event.E2 if newly else Event.E1
        if not clcw.retransmit:
            if clcw.wait:
                return Event.E7
            return Event.E6 if newly else Event.E5
        if self.transmission_limit == 1:
            return Event.E101 if newly else Event.E102
        if newly:
            return Event.E9 if clcw.wait else Event.E8
        if self.transmissions < self.transmission_limit:
            return Event.E11 if clcw.wait else Event.E10
        return Event.E103 if clcw.wait else Event.E12

    def _take(self, event: Event, now_s: float, argument: float = 0) -> list[FopAction]:
        self._now_s, self._argument, self._actions = now_s, argument, []
        cell = TABLE[event][self.state.value - 1]
        # A confirmation comes after the service has ended, all else before.
        late = [step for step in cell.steps if cell.alert is not None and step is Step.CONFIRM]
        for step in cell.steps:
            if step not in late:
                _PERFORM[step](self)
        if cell.alert is not None:
            self._end(cell.alert)
        for step in late:
            _PERFORM[step](self)
        self.state = cell.next or self.state
        taken, self._actions = self._actions, []
        return taken

    def _say(self, kind: FopActionKind, number: float = 0, alert: Alert | None = None) -> None:
        self._actions.append(FopAction(kind, int(number), alert))

    def _end(self, alert: Alert) -> None:
        """The alert procedure (§5.2.1): cancel the timer, purge the queues, tell."""
        self.timer_ends_s = None
        self.suspended_in = None
        self._purge()
        self._say(FopActionKind.ALERT, alert=alert)

    def _purge(self) -> None:
        for sent in self._sent:
            self._say(FopActionKind.DISCARDED, sent.number)
        self._sent.clear()
        self._directive, self._directive_again = None, False
        if self._wait is not None:
            self._say(FopActionKind.REJECTED, self._wait)
            self._wait = None

    def _initialise(self) -> None:
        self._purge()
        self.transmissions = 1
        self.suspended_in = None

    def _remove_acknowledged(self) -> None:
        while self._sent and self.expected != self._report_value:
            self._say(FopActionKind.ACKNOWLEDGED, self._sent.popleft().number)
            self.expected = (self.expected + 1) % _MODULO
        self.expected = self._report_value
        self.transmissions = 1

    def _start_timer(self) -> None:
        self.timer_ends_s = self._now_s + self.timeout_s

    def _cancel_timer(self) -> None:
        self.timer_ends_s = None

    def _look_for_frame(self) -> None:
        """Send what is to be sent again, else what waits, while the lower layer is ready (§5.2.8)."""
        if not self._ad_ready:
            return
        again = next((one for one in self._sent if one.again), None)
        if again is not None:
            again.again = False
            self._send_ad(again.number)
        elif self._wait is not None and (self.next_number - self.expected) % _MODULO < self.window:
            number, self._wait = self._wait, None
            self.next_number = (number + 1) % _MODULO
            if not self._sent:
                self.transmissions = 1
            self._sent.append(_Sent(number))
            self._say(FopActionKind.ACCEPTED, number)
            self._send_ad(number)

    def _send_ad(self, number: int) -> None:
        self._start_timer()
        self._ad_ready = False
        self._say(FopActionKind.TRANSMIT, number)

    def _retransmit_ad(self) -> None:
        self._say(FopActionKind.ABORT)
        self._ad_ready = True
        self.transmissions += 1
        self._start_timer()
        for sent in self._sent:
            sent.again = True

    def _retransmit_bc(self) -> None:
        self._say(FopActionKind.ABORT)
        self._bc_ready = True
        self.transmissions += 1
        self._start_timer()
        self._directive_again = True

    def _look_for_directive(self) -> None:
        if self._bc_ready and self._directive is not None and self._directive_again:
            self._directive_again = False
            self._send_bc(self._directive)

    def _send_bc(self, directive: FopAction) -> None:
        self._directive = directive
        self._start_timer()
        self._bc_ready = False
        self._actions.append(directive)

    def _send_unlock(self) -> None:
        self.transmissions = 1
        self._send_bc(FopAction(FopActionKind.UNLOCK))

    def _send_set_vr(self) -> None:
        self._set_vs()
        self.transmissions = 1
        self._send_bc(FopAction(FopActionKind.SET_VR, int(self._argument)))

    def _release_bc(self) -> None:
        self._directive, self._directive_again = None, False

    def _set_vs(self) -> None:
        self.next_number = self.expected = int(self._argument)

    def _suspend(self) -> None:
        self.suspended_in = self.state
        self._say(FopActionKind.SUSPENDED)

    def _resume(self) -> None:
        self._start_timer()
        self.suspended_in = None

    def _queue_ad(self) -> None:
        self._wait = int(self._argument)

    def _send_bd(self) -> None:
        self._bd_ready = False
        self._say(FopActionKind.TRANSMIT_BD, self._argument)

    def _set_window(self) -> None:
        self.window = int(self._argument)

    def _set_timer(self) -> None:
        self.timeout_s = self._argument

    def _set_limit(self) -> None:
        self.transmission_limit = int(self._argument)

    def _set_timeout_type(self) -> None:
        self.suspends = bool(self._argument)

    def _ad_is_ready(self) -> None:
        self._ad_ready = True

    def _bc_is_ready(self) -> None:
        self._bc_ready = True

    def _bd_is_ready(self) -> None:
        self._bd_ready = True

    def _accept(self) -> None:
        self._say(FopActionKind.ACCEPTED, self._argument)

    def _reject(self) -> None:
        self._say(FopActionKind.REJECTED, self._argument)

    def _confirm(self) -> None:
        self._say(FopActionKind.CONFIRMED)


_PERFORM: Final[Mapping[Step, Callable[[Fop], None]]] = {
    Step.REMOVE_ACKNOWLEDGED: Fop._remove_acknowledged,
    Step.CANCEL_TIMER: Fop._cancel_timer,
    Step.START_TIMER: Fop._start_timer,
    Step.LOOK_FOR_FRAME: Fop._look_for_frame,
    Step.LOOK_FOR_DIRECTIVE: Fop._look_for_directive,
    Step.RETRANSMIT_AD: Fop._retransmit_ad,
    Step.RETRANSMIT_BC: Fop._retransmit_bc,
    Step.RELEASE_BC: Fop._release_bc,
    Step.ACCEPT: Fop._accept,
    Step.REJECT: Fop._reject,
    Step.CONFIRM: Fop._confirm,
    Step.INITIALISE: Fop._initialise,
    Step.SEND_UNLOCK: Fop._send_unlock,
    Step.SEND_SET_VR: Fop._send_set_vr,
    Step.SET_VS: Fop._set_vs,
    Step.SET_WINDOW: Fop._set_window,
    Step.SET_TIMER: Fop._set_timer,
    Step.SET_LIMIT: Fop._set_limit,
    Step.SET_TIMEOUT_TYPE: Fop._set_timeout_type,
    Step.SUSPEND: Fop._suspend,
    Step.RESUME: Fop._resume,
    Step.QUEUE_AD: Fop._queue_ad,
    Step.SEND_BD: Fop._send_bd,
    Step.AD_READY: Fop._ad_is_ready,
    Step.BC_READY: Fop._bc_is_ready,
    Step.BD_READY: Fop._bd_is_ready,
}
_RESUME: Final[Mapping[FopState | None, Event]] = {
    None: Event.E30,
    FopState.ACTIVE: Event.E31,
    FopState.RETRANSMIT: Event.E32,
    FopState.RETRANSMIT_WAIT: Event.E33,
    FopState.INITIALISING: Event.E34,
}
_TOOK: Final[Mapping[FopActionKind, Event]] = {
    FopActionKind.TRANSMIT: Event.E41,
    FopActionKind.UNLOCK: Event.E43,
    FopActionKind.SET_VR: Event.E43,
    FopActionKind.TRANSMIT_BD: Event.E45,
}
_REFUSED: Final[Mapping[FopActionKind, Event]] = {
    FopActionKind.TRANSMIT: Event.E42,
    FopActionKind.UNLOCK: Event.E44,
    FopActionKind.SET_VR: Event.E44,
    FopActionKind.TRANSMIT_BD: Event.E46,
}
