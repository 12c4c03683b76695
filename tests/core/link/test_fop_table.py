"""FOP-1 cell by cell: table 5-1 of CCSDS 232.1-B-2, written down once more by what can be seen from outside.

A cell names what the machine says and the state that follows; "-" says nothing and stays; an empty one cannot come about. Each event is brought about by
what causes it (a control word, time, a request), not by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from core.link.clcw import Clcw
from core.link.fop import Fop, FopAction, FopActionKind
from core.link.fop_table import Event, FopState

#          S1             S2             S3             S4           S5           S6
TABLE: Final = """
E1   | -            | synch 6      | synch 6      | confirm 1  | confirm 1  | -
E2   | ack 1        | ack 1        | ack 1        | -          | -          | -
E3   | clcw 6       | clcw 6       | clcw 6       | clcw 6     | clcw 6     | -
E4   | synch 6      | synch 6      | synch 6      | synch 6    | -          | -
E5   | -            | synch 6      | synch 6      |            |            |
E6   | ack 1        | ack 1        | ack 1        |            |            |
E7   | clcw 6       | clcw 6       | clcw 6       |            |            |
E101 | ack limit 6  | ack limit 6  | ack limit 6  |            |            |
E102 | limit 6      | limit 6      | limit 6      |            |            |
E8   | ack again 2  | ack again 2  | ack again 2  |            |            |
E9   | ack 3        | ack 3        | ack 3        |            |            |
E10  | again 2      | -            | again 2      |            |            |
E11  | 3            | 3            | -            |            |            |
E12  | 2            | -            | 2            |            |            |
E103 | 3            | 3            | -            |            |            |
E13  | nn_r 6       | nn_r 6       | nn_r 6       | nn_r 6     | -          | -
E14  | lockout 6    | lockout 6    | lockout 6    | lockout 6  | -          | -
E15  | clcw 6       | clcw 6       | clcw 6       | clcw 6     | clcw 6     | -
E16  | again        | again        | -            | t1 6       | unlock     |
E104 | again        | again        | -            | suspend 6  | unlock     |
E17  | t1 6         | t1 6         | t1 6         | t1 6       | t1 6       |
E18  | suspend 6    | suspend 6    | suspend 6    | suspend 6  | t1 6       |
E19  | accept send  | accept send  | -            | reject     | reject     | reject
E20  | reject       | reject       | reject       | reject     | reject     | reject
E21  | accept bd    | accept bd    | accept bd    | accept bd  | accept bd  | accept bd
E22  | reject       | reject       | reject       | reject     | reject     | reject
E23  | reject       | reject       | reject       | reject     | reject     | accept confirm 1
E24  | reject       | reject       | reject       | reject     | reject     | accept 4
E25  | reject       | reject       | reject       | reject     | reject     | accept unlock 5
E26  | reject       | reject       | reject       | reject     | reject     | reject
E27  | reject       | reject       | reject       | reject     | reject     | accept set 5
E28  | reject       | reject       | reject       | reject     | reject     | reject
E29  | accept term confirm 6 | accept term confirm 6 | accept term confirm 6 | accept term confirm 6 | accept term confirm 6 | accept term confirm 6
E30  | reject       | reject       | reject       | reject     | reject     | reject
E31  |              |              |              |            |            | accept confirm 1
E32  |              |              |              |            |            | accept confirm 2
E33  |              |              |              |            |            | accept confirm 3
E34  |              |              |              |            |            | accept confirm 4
E35  | reject       | reject       | reject       | reject     | reject     | accept confirm
E36  | accept confirm | accept confirm | accept confirm | accept confirm | accept confirm | accept confirm
E37  | accept confirm | accept confirm | accept confirm | accept confirm | accept confirm | accept confirm
E38  | accept confirm | accept confirm | accept confirm | accept confirm | accept confirm | accept confirm
E39  | accept confirm | accept confirm | accept confirm | accept confirm | accept confirm | accept confirm
E40  | reject       | reject       | reject       | reject     | reject     | reject
E41  | -            | -            | -            | -          | -          | -
E42  | llif 6       | llif 6       | llif 6       | llif 6     | llif 6     | -
E43  | -            | -            | -            | -          | -          | -
E44  | llif 6       | llif 6       | llif 6       | llif 6     | llif 6     | -
E45  | -            | -            | -            | -          | -          | -
E46  | llif 6       | llif 6       | llif 6       | llif 6     | llif 6     | -
"""
WORDS: Final = {
    FopActionKind.ACKNOWLEDGED: "ack",
    FopActionKind.UNLOCK: "unlock",
    FopActionKind.SET_VR: "set",
    FopActionKind.TRANSMIT_BD: "bd",
    FopActionKind.ACCEPTED: "accept",
    FopActionKind.REJECTED: "reject",
    FopActionKind.CONFIRMED: "confirm",
    FopActionKind.SUSPENDED: "suspend",
}
SILENT: Final = {FopActionKind.ABORT, FopActionKind.DISCARDED}


def _clcw(report_value: int, *, retransmit: bool = False, wait: bool = False, lockout: bool = False) -> Clcw:
    return Clcw(vcid=0, report_value=report_value, retransmit=retransmit, wait=wait, lockout=lockout)


def _machine(state: FopState, sent: int = 0, **settings: object) -> Fop:
    """A machine in a state, with so many frames sent from N(S) 0 on and none acknowledged."""
    fop = Fop(**settings)  # type: ignore[arg-type]
    fop.initiate(0.0)
    for number in range(sent):
        fop.transmit(number, 0.0)
        fop.lower_took(FopActionKind.TRANSMIT, 0.0)
    fop.state = state
    return fop


def _word(report_value: int, sent: int, limit: int = 10, count: int = 1, **flags: bool) -> Callable[..., object]:
    def bring_about(state: FopState) -> tuple[Fop, list[FopAction]]:
        fop = _machine(state, sent, transmission_limit=limit)
        fop.transmissions = count
        return fop, fop.on_clcw(_clcw(report_value, **flags), 1.0)

    return bring_about


def _time(count: int, *, suspends: bool) -> Callable[..., object]:
    def bring_about(state: FopState) -> tuple[Fop, list[FopAction]]:
        if state is FopState.INITIALISING_BC:
            fop = Fop(suspends=suspends, timeout_s=5.0)
            fop.initiate_with_unlock(0.0)
            fop.lower_took(FopActionKind.UNLOCK, 0.0)
        else:
            fop = _machine(state, 2, suspends=suspends, timeout_s=5.0)
            fop.timer_ends_s = 5.0
        fop.transmissions = count
        assert fop.on_time(4.9) == []
        return fop, fop.on_time(5.0)

    return bring_about


def _request(call: Callable[[Fop], list[FopAction]], before: Callable[[Fop], object] = lambda _: None) -> object:
    def bring_about(state: FopState) -> tuple[Fop, list[FopAction]]:
        fop = _machine(state)
        before(fop)
        fop.state = state
        return fop, call(fop)

    return bring_about


def _queue(fop: Fop) -> None:
    """One frame waits: the lower layer has not taken the one before."""
    fop.state = FopState.ACTIVE
    fop.transmit(0, 0.0)
    fop.transmit(1, 0.0)


def _busy_below(fop: Fop) -> None:
    fop.state = FopState.INITIAL
    fop.initiate_with_unlock(0.0)


def _suspended(state: FopState) -> Callable[..., object]:
    def bring_about(_: FopState) -> tuple[Fop, list[FopAction]]:
        fop = _machine(state, suspends=True, transmission_limit=1)
        fop.timer_ends_s = 1.0
        fop.on_time(1.0)
        return fop, fop.resume(2.0)

    return bring_about


BRING_ABOUT: Final = {
    "E1": _word(0, 0),
    "E2": _word(2, 2),
    "E3": _word(0, 0, wait=True),
    "E4": _word(0, 0, retransmit=True),
    "E5": _word(0, 2),
    "E6": _word(1, 2),
    "E7": _word(1, 2, wait=True),
    "E101": _word(1, 2, limit=1, retransmit=True),
    "E102": _word(0, 2, limit=1, retransmit=True),
    "E8": _word(1, 2, retransmit=True),
    "E9": _word(1, 2, retransmit=True, wait=True),
    "E10": _word(0, 2, count=9, retransmit=True),
    "E11": _word(0, 2, count=9, retransmit=True, wait=True),
    "E12": _word(0, 2, count=10, retransmit=True),
    "E103": _word(0, 2, count=10, retransmit=True, wait=True),
    "E13": _word(77, 2),
    "E14": _word(0, 2, lockout=True),
    "E15": _request(lambda fop: fop.on_invalid_clcw(1.0)),
    "E16": _time(9, suspends=False),
    "E104": _time(9, suspends=True),
    "E17": _time(10, suspends=False),
    "E18": _time(10, suspends=True),
    "E19": _request(lambda fop: fop.transmit(0, 1.0)),
    "E20": _request(lambda fop: fop.transmit(1, 1.0), _queue),
    "E21": _request(lambda fop: fop.transmit_bypass(5, 1.0)),
    "E22": _request(lambda fop: fop.transmit_bypass(5, 1.0), lambda fop: fop.transmit_bypass(4, 0.0)),
    "E23": _request(lambda fop: fop.initiate(1.0)),
    "E24": _request(lambda fop: fop.initiate(1.0, check=True)),
    "E25": _request(lambda fop: fop.initiate_with_unlock(1.0)),
    "E26": _request(lambda fop: fop.initiate_with_unlock(1.0), _busy_below),
    "E27": _request(lambda fop: fop.initiate_with_set_vr(9, 1.0)),
    "E28": _request(lambda fop: fop.initiate_with_set_vr(9, 1.0), _busy_below),
    "E29": _request(lambda fop: fop.terminate(1.0)),
    "E30": _request(lambda fop: fop.resume(1.0)),
    "E31": _suspended(FopState.ACTIVE),
    "E32": _suspended(FopState.RETRANSMIT),
    "E33": _suspended(FopState.RETRANSMIT_WAIT),
    "E34": _suspended(FopState.INITIALISING),
    "E35": _request(lambda fop: fop.set_next_number(9, 1.0)),
    "E36": _request(lambda fop: fop.set_window(9, 1.0)),
    "E37": _request(lambda fop: fop.set_timeout(9.0, 1.0)),
    "E38": _request(lambda fop: fop.set_transmission_limit(9, 1.0)),
    "E39": _request(lambda fop: fop.set_timeout_type(True, 1.0)),
    "E40": _request(lambda fop: fop.set_window(256, 1.0)),
    "E41": _request(lambda fop: fop.lower_took(FopActionKind.TRANSMIT, 1.0)),
    "E42": _request(lambda fop: fop.lower_refused(FopActionKind.TRANSMIT, 1.0)),
    "E43": _request(lambda fop: fop.lower_took(FopActionKind.UNLOCK, 1.0)),
    "E44": _request(lambda fop: fop.lower_refused(FopActionKind.SET_VR, 1.0)),
    "E45": _request(lambda fop: fop.lower_took(FopActionKind.TRANSMIT_BD, 1.0)),
    "E46": _request(lambda fop: fop.lower_refused(FopActionKind.TRANSMIT_BD, 1.0)),
}


def _cells() -> list[tuple[str, FopState, str]]:
    cells = []
    for line in TABLE.strip().splitlines():
        event, *row = (part.strip() for part in line.split("|"))
        cells += [(event, state, cell) for state, cell in zip(FopState, row, strict=True) if cell]
    return cells


def _seen(actions: list[FopAction], before: int) -> list[str]:
    """What was said, each word once; a frame sent before is sent "again"."""
    words = []
    for action in actions:
        if action.kind is FopActionKind.ALERT:
            assert action.alert is not None
            words.append(action.alert.name.lower())
        elif action.kind is FopActionKind.TRANSMIT:
            words.append("again" if action.number < before else "send")
        elif action.kind not in SILENT:
            words.append(WORDS[action.kind])
    return list(dict.fromkeys(words))


@pytest.mark.parametrize(("event", "state", "cell"), _cells())
def test_every_cell_of_the_state_table(event: str, state: FopState, cell: str) -> None:
    sent = 2
    fop, actions = BRING_ABOUT[event](state)  # type: ignore[operator]
    words = [] if cell == "-" else cell.split()
    following = FopState(int(words.pop())) if words and words[-1].isdigit() else state
    if event == "E19":
        sent = 0
    assert (_seen(actions, sent), fop.state) == (words, following)


def test_no_event_is_left_out() -> None:
    assert {event for event, _, _ in _cells()} == set(BRING_ABOUT) == {one.name for one in Event}


def test_a_frame_bound_to_another_number_is_a_mistake_of_the_owner() -> None:
    with pytest.raises(ValueError, match="bound to N\\(S\\) 7, V\\(S\\) is 0"):
        _machine(FopState.ACTIVE).transmit(7, 0.0)


def test_frames_are_sent_again_one_after_another_as_the_lower_layer_takes_them() -> None:
    fop = _machine(FopState.ACTIVE, 3)
    sent = fop.on_clcw(_clcw(0, retransmit=True), 1.0)
    numbers = []
    while sent:
        numbers += [one.number for one in sent if one.kind is FopActionKind.TRANSMIT]
        sent = fop.lower_took(FopActionKind.TRANSMIT, 1.0)
    assert numbers == [0, 1, 2]
    assert fop.outstanding == (0, 1, 2)


def test_set_vr_moves_both_counters_and_the_next_frame_starts_there() -> None:
    fop = Fop(next_number=3)
    fop.initiate_with_set_vr(200, 0.0)
    fop.lower_took(FopActionKind.SET_VR, 0.0)
    assert [one.kind for one in fop.on_clcw(_clcw(200), 1.0)] == [FopActionKind.CONFIRMED]
    assert [one.kind for one in fop.transmit(200, 2.0)] == [FopActionKind.ACCEPTED, FopActionKind.TRANSMIT]
    assert (fop.expected, fop.next_number) == (200, 201)
