"""COP-1: FARM-1 by its windows, and the sequence-controlled service over a link that loses frames and reports."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.link import (
    AdService,
    Clcw,
    Farm,
    FarmVerdict,
    FopAction,
    FopActionKind,
    FrameMalformed,
    FrameService,
    TcFrame,
    decode_clcw,
    encode_clcw,
    set_vr_directive,
)
from core.link.tc_frame import UNLOCK


def _ad(number: int) -> TcFrame:
    return TcFrame(FrameService.AD, 1, 0, number % 256, b"x")


def _bc(data: bytes) -> TcFrame:
    return TcFrame(FrameService.BC, 1, 0, 0, data)


@given(st.integers(0, 255), st.integers(0, 255))
def test_farm_judges_a_frame_by_where_its_number_lies_in_the_window(expected: int, number: int) -> None:
    farm = Farm(vcid=0, expected=expected, window=20)
    ahead = (number - expected) % 256
    verdict = farm.receive(_ad(number))
    if ahead == 0:
        assert (verdict, farm.expected) == (FarmVerdict.ACCEPTED, (expected + 1) % 256)
    elif ahead < 10:
        assert (verdict, farm.retransmit, farm.expected) == (FarmVerdict.OUT_OF_SEQUENCE, True, expected)
    elif ahead >= 246:
        assert (verdict, farm.retransmit) == (FarmVerdict.DUPLICATE, False)
    else:
        assert (verdict, farm.lockout) == (FarmVerdict.LOCKOUT, True)


# CCSDS 232.1-B-2 table 6-1: verdict and (V(R) moves, retransmit, wait, lockout, FARM-B counter moves), in S1, S2 and S3.
FARM_TABLE = {
    "E1": ("accepted 1 0 0 0 0", "no buffer 0 1 1 0 0", "lockout 0 0 0 1 0"),
    "E2": ("no buffer 0 1 1 0 0", "no buffer 0 1 1 0 0", "lockout 0 0 0 1 0"),
    "E3": ("out of sequence 0 1 0 0 0", "no buffer 0 1 1 0 0", "lockout 0 0 0 1 0"),
    "E4": ("duplicate 0 0 0 0 0", "duplicate 0 1 1 0 0", "lockout 0 0 0 1 0"),
    "E5": ("lockout 0 0 0 1 0", "lockout 0 1 1 1 0", "lockout 0 0 0 1 0"),
    "E6": ("accepted 0 0 0 0 1", "accepted 0 1 1 0 1", "accepted 0 0 0 1 1"),
    "E7": ("directive 0 0 0 0 1", "directive 0 0 0 0 1", "directive 0 0 0 0 1"),
    "E8": ("directive 1 0 0 0 1", "directive 1 0 0 0 1", "lockout 0 0 0 1 1"),
}
FARM_FRAMES = {
    "E1": (_ad(0), True),
    "E2": (_ad(0), False),
    "E3": (_ad(3), True),
    "E4": (_ad(-3), True),
    "E5": (_ad(100), True),
    "E6": (TcFrame(FrameService.BD, 1, 0, 0, b"x"), True),
    "E7": (_bc(UNLOCK), True),
    "E8": (_bc(set_vr_directive(1)), True),
}


@pytest.mark.parametrize("event", FARM_TABLE)
@pytest.mark.parametrize("state", [1, 2, 3])
def test_every_cell_of_the_state_table_of_farm(event: str, state: int) -> None:
    farm = Farm(vcid=0, wait=state == 2, retransmit=state == 2, lockout=state == 3, window=20)
    frame, buffer_free = FARM_FRAMES[event]
    *verdict, moved, retransmit, wait, lockout, counted = FARM_TABLE[event][state - 1].split()
    assert farm.receive(frame, buffer_free=buffer_free and state != 2).value == " ".join(verdict)
    found = (farm.expected, farm.retransmit, farm.wait, farm.lockout, farm.farm_b_counter)
    assert found == (int(moved), retransmit == "1", wait == "1", lockout == "1", int(counted))


@pytest.mark.parametrize("state", [1, 2, 3])
def test_farm_goes_on_when_a_buffer_is_free_and_discards_what_is_no_frame_of_its_own(state: int) -> None:
    farm = Farm(vcid=0, wait=state == 2, retransmit=state == 2, lockout=state == 3)
    farm.release_buffer()
    assert (farm.wait, farm.lockout) == (False, state == 3)
    with pytest.raises(FrameMalformed, match="neither unlock nor set"):
        farm.receive(_bc(b"\x17"))
    assert (farm.expected, farm.farm_b_counter) == (0, 0)


def test_farm_in_lockout_accepts_only_unlock_and_bypass() -> None:
    farm = Farm(vcid=0, lockout=True)
    assert farm.receive(_ad(0)) is FarmVerdict.LOCKOUT
    assert farm.receive(_bc(set_vr_directive(9))) is FarmVerdict.LOCKOUT
    assert farm.receive(TcFrame(FrameService.BD, 1, 0, 0, b"x")) is FarmVerdict.ACCEPTED
    assert farm.receive(_bc(UNLOCK)) is FarmVerdict.DIRECTIVE
    assert (farm.lockout, farm.expected, farm.farm_b_counter) == (False, 0, 3)
    assert farm.receive(_bc(set_vr_directive(9))) is FarmVerdict.DIRECTIVE
    assert farm.expected == 9


def test_farm_without_buffer_waits_until_one_is_free() -> None:
    farm = Farm(vcid=0)
    assert farm.receive(_ad(0), buffer_free=False) is FarmVerdict.NO_BUFFER
    assert farm.wait and farm.retransmit
    assert farm.receive(_ad(0)) is FarmVerdict.NO_BUFFER
    farm.release_buffer()
    assert farm.receive(_ad(0)) is FarmVerdict.ACCEPTED
    assert not farm.retransmit


@given(st.integers(0, 63), st.integers(0, 255), st.lists(st.booleans(), min_size=5, max_size=5), st.integers(0, 3))
def test_a_control_word_comes_back(vcid: int, value: int, flags: list[bool], counter: int) -> None:
    lockout, wait, retransmit, no_rf, no_lock = flags
    word = Clcw(vcid, value, lockout, wait, retransmit, counter, no_rf, no_lock)
    assert decode_clcw(encode_clcw(word)) == word


class _Link:
    """FOP-1 and FARM-1 with a link between them that loses what it is told to lose."""

    def __init__(self, farm: Farm) -> None:
        self.farm, self.fop = farm, AdService(timeout_s=10.0)
        self.fop.resume(0.0)
        self.accepted: list[int] = []
        self.now_s = 0.0

    def carry(self, actions: list[FopAction], losses: list[bool]) -> None:
        for action in actions:
            frame = {
                FopActionKind.TRANSMIT: _ad(action.number),
                FopActionKind.UNLOCK: _bc(UNLOCK),
                FopActionKind.SET_VR: _bc(set_vr_directive(action.number)),
            }.get(action.kind)
            if frame is None or (losses and losses.pop()):
                continue
            if self.farm.receive(frame) is FarmVerdict.ACCEPTED:
                self.accepted.append(frame.sequence_number)

    def settle(self, losses: list[bool]) -> None:
        for _ in range(200):
            self.now_s += 4.0
            if not (losses and losses.pop()):
                self.carry(self.fop.on_clcw(self.farm.report(), self.now_s), losses)
            actions = self.fop.on_time(self.now_s)
            self.carry(actions, losses)


@given(st.integers(1, 12), st.lists(st.booleans(), max_size=60), st.booleans())
def test_every_frame_arrives_once_and_in_order_whatever_is_lost(count: int, losses: list[bool], locked: bool) -> None:
    link = _Link(Farm(vcid=0, lockout=locked))
    for _ in range(count):
        link.carry(link.fop.send(link.fop.next_number, link.now_s), losses)
    link.settle(losses)
    assert link.accepted == list(range(count))
    assert link.fop.idle


def test_a_spacecraft_that_expects_another_number_is_set_to_ours() -> None:
    link = _Link(Farm(vcid=0, expected=200))
    link.carry(link.fop.send(0, 0.0), [])
    link.settle([])
    assert link.accepted == [0]


def test_a_withdrawn_frame_is_never_accepted_and_later_ones_are() -> None:
    link = _Link(Farm(vcid=0))
    for number in range(3):
        link.fop.send(number, 0.0)  # none of these arrives
    link.carry(link.fop.withdraw(0, 1.0), [])
    link.settle([])
    assert link.accepted == [1, 2]


def test_an_unanswered_frame_raises_an_alert_after_the_transmission_limit() -> None:
    service = AdService(timeout_s=1.0, transmission_limit=3)
    service.resume(0.0)
    service.send(0, 0.0)
    kinds = [action.kind for now in range(1, 5) for action in service.on_time(float(now))]
    again = [FopActionKind.TRANSMIT, FopActionKind.TRANSMIT]
    assert kinds == [*again, FopActionKind.ALERT, *again]
