"""COP-1 with the anti-replay check over a link that loses, delays, doubles and reorders frames and control words."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.link import (
    AdService,
    AntiReplay,
    Clcw,
    Farm,
    FarmVerdict,
    FopAction,
    FopActionKind,
    FrameService,
    ReplayRefused,
    TcFrame,
    set_vr_directive,
)
from core.link.tc_frame import UNLOCK

TIMEOUT_S = 10.0


class Link(RuleBasedStateMachine):
    """A ground station and a spacecraft; a command is its place in the order of sending."""

    def __init__(self) -> None:
        super().__init__()
        self.service, self.farm, self.replay = AdService(timeout_s=TIMEOUT_S), Farm(vcid=0), AntiReplay(last=-1)
        self.up: list[tuple[TcFrame, int]] = []
        self.down: list[Clcw] = []
        self.bound: dict[int, int] = {}  # command by N(S), the newest
        self.sent, self.executed, self.acknowledged = 0, list[int](), list[int]()
        self.now_s = 0.0
        self._carry(self.service.resume(0.0))

    def _carry(self, actions: list[FopAction]) -> None:
        for action in actions:
            if action.kind is FopActionKind.TRANSMIT:
                frame = TcFrame(FrameService.AD, 1, 0, action.number, b"x")
                self.up.append((frame, self.bound[action.number]))
            elif action.kind is FopActionKind.UNLOCK:
                self.up.append((TcFrame(FrameService.BC, 1, 0, 0, UNLOCK), -1))
            elif action.kind is FopActionKind.SET_VR:
                self.up.append((TcFrame(FrameService.BC, 1, 0, 0, set_vr_directive(action.number)), -1))
            elif action.kind is FopActionKind.ACKNOWLEDGED:
                self.acknowledged.append(self.bound[action.number])

    def _receive(self, frame: TcFrame, command: int) -> None:
        if self.farm.receive(frame) is not FarmVerdict.ACCEPTED:
            return
        try:
            self.replay.accept(command)
        except ReplayRefused:
            return
        self.executed.append(command)

    @precondition(lambda self: self.service.window_open)
    @rule(count=st.integers(1, 20))
    def send(self, count: int) -> None:
        for _ in range(count):
            if self.service.window_open:
                number = self.service.next_number
                self.bound[number] = self.sent
                self.sent += 1
                self._carry(self.service.send(number, self.now_s))

    @precondition(lambda self: self.up)
    @rule(place=st.integers(0, 50), doubled=st.booleans())
    def a_frame_arrives(self, place: int, doubled: bool) -> None:
        at = place % len(self.up)
        frame, command = self.up[at] if doubled else self.up.pop(at)
        self._receive(frame, command)

    @precondition(lambda self: self.up)
    @rule(count=st.integers(1, 50))
    def all_frames_arrive_in_order(self, count: int) -> None:
        for frame, command in self.up[:count]:
            self._receive(frame, command)
        del self.up[:count]

    @precondition(lambda self: self.up)
    @rule(place=st.integers(0, 50))
    def a_frame_is_lost(self, place: int) -> None:
        del self.up[place % len(self.up)]

    @rule()
    def the_spacecraft_reports(self) -> None:
        self.down.append(self.farm.report())

    @precondition(lambda self: self.down)
    @rule(place=st.integers(0, 50))
    def a_report_arrives(self, place: int) -> None:
        self._carry(self.service.on_clcw(self.down.pop(place % len(self.down)), self.now_s))

    @rule()
    def the_spacecraft_is_locked(self) -> None:
        self.farm.lockout = True

    @rule(step_s=st.sampled_from([1.0, TIMEOUT_S + 1.0]))
    def time_passes(self, step_s: float) -> None:
        self.now_s += step_s
        self._carry(self.service.on_time(self.now_s))

    @invariant()
    def commands_are_executed_once_and_in_order(self) -> None:
        assert self.executed == list(range(len(self.executed)))

    @invariant()
    def what_is_acknowledged_was_executed(self) -> None:
        assert self.acknowledged == list(range(len(self.acknowledged)))
        assert len(self.acknowledged) <= len(self.executed)

    def teardown(self) -> None:
        """Once the link is good again everything arrives; what was under way comes first."""
        self.down.clear()
        for _ in range(60):
            for frame, command in self.up[:]:
                self._receive(frame, command)
            self.up.clear()
            self._carry(self.service.on_clcw(self.farm.report(), self.now_s))
            self.now_s += 4.0
            self._carry(self.service.on_time(self.now_s))
        assert self.executed == self.acknowledged == list(range(self.sent))


TestLink = Link.TestCase
TestLink.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
