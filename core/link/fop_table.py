"""The state table of FOP-1 (CCSDS 232.1-B-2 table 5-1): for every event and state, what is done and what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

__all__ = ["TABLE", "Alert", "Cell", "Event", "FopState", "Step"]


class FopState(Enum):
    """States of §5.1.2."""

    ACTIVE = 1
    RETRANSMIT = 2  # without wait
    RETRANSMIT_WAIT = 3
    INITIALISING = 4  # without a control command: the next control word decides
    INITIALISING_BC = 5  # a control command is on its way
    INITIAL = 6


class Alert(Enum):
    """Why the service was ended (§5.1.11)."""

    CLCW = "the control word contradicts itself"
    SYNCH = "the control word asks for a retransmission of what it has acknowledged"
    LIMIT = "the transmission limit is reached"
    NN_R = "the control word expects a frame that is neither outstanding nor next"
    LOCKOUT = "the spacecraft is in lockout"
    T1 = "no acknowledgement came after the last transmission"
    LLIF = "the lower layer refused a frame"
    TERM = "the service was terminated"


class Event(Enum):
    """Events of table 5-1, by what happens."""

    E1 = "all acknowledged, as before"
    E2 = "all acknowledged, some newly"
    E3 = "all acknowledged, wait"
    E4 = "all acknowledged, retransmit"
    E5 = "some outstanding, none newly acknowledged"
    E6 = "some outstanding, some newly acknowledged"
    E7 = "some outstanding, wait without retransmit"
    E101 = "retransmit, limit 1, some newly acknowledged"
    E102 = "retransmit, limit 1, none newly acknowledged"
    E8 = "retransmit, some newly acknowledged"
    E9 = "retransmit and wait, some newly acknowledged"
    E10 = "retransmit, count below the limit"
    E11 = "retransmit and wait, count below the limit"
    E12 = "retransmit, count at the limit"
    E103 = "retransmit and wait, count at the limit"
    E13 = "invalid N(R)"
    E14 = "lockout"
    E15 = "invalid control word"
    E16 = "time is over, count below the limit, alert on the last"
    E104 = "time is over, count below the limit, suspend on the last"
    E17 = "time is over, count at the limit, alert"
    E18 = "time is over, count at the limit, suspend"
    E19 = "AD frame, wait queue empty"
    E20 = "AD frame, wait queue full"
    E21 = "BD frame, lower layer ready"
    E22 = "BD frame, lower layer busy"
    E23 = "initiate without check"
    E24 = "initiate with check of the control word"
    E25 = "initiate with unlock, lower layer ready"
    E26 = "initiate with unlock, lower layer busy"
    E27 = "initiate with set V(R), lower layer ready"
    E28 = "initiate with set V(R), lower layer busy"
    E29 = "terminate"
    E30 = "resume, nothing suspended"
    E31 = "resume what was suspended in S1"
    E32 = "resume what was suspended in S2"
    E33 = "resume what was suspended in S3"
    E34 = "resume what was suspended in S4"
    E35 = "set V(S)"
    E36 = "set the window"
    E37 = "set the timer"
    E38 = "set the transmission limit"
    E39 = "set the time-out type"
    E40 = "unknown directive"
    E41 = "lower layer took the AD frame"
    E42 = "lower layer refused the AD frame"
    E43 = "lower layer took the BC frame"
    E44 = "lower layer refused the BC frame"
    E45 = "lower layer took the BD frame"
    E46 = "lower layer refused the BD frame"


class Step(Enum):
    """Actions of table 5-1 and §5.2; Fop performs each by the method of the same name."""

    REMOVE_ACKNOWLEDGED = auto()
    CANCEL_TIMER = auto()
    START_TIMER = auto()
    LOOK_FOR_FRAME = auto()
    LOOK_FOR_DIRECTIVE = auto()
    RETRANSMIT_AD = auto()
    RETRANSMIT_BC = auto()
    RELEASE_BC = auto()
    ACCEPT = auto()
    REJECT = auto()
    CONFIRM = auto()
    INITIALISE = auto()
    SEND_UNLOCK = auto()
    SEND_SET_VR = auto()
    SET_VS = auto()
    SET_WINDOW = auto()
    SET_TIMER = auto()
    SET_LIMIT = auto()
    SET_TIMEOUT_TYPE = auto()
    SUSPEND = auto()
    RESUME = auto()
    QUEUE_AD = auto()
    SEND_BD = auto()
    AD_READY = auto()
    BC_READY = auto()
    BD_READY = auto()


@dataclass(frozen=True)
class Cell:
    """What one event does in one state; ``next`` is None where the state stays."""

    steps: tuple[Step, ...] = ()
    next: FopState | None = None
    alert: Alert | None = None


_S1, _S2, _S3, _S4, _S5, _S6 = FopState
_IGNORE: Final = Cell()
_REJECT: Final = Cell((Step.REJECT,))


def _do(*steps: Step, to: FopState | None = None) -> Cell:
    return Cell(steps, to)


def _alert(alert: Alert, *before: Step) -> Cell:
    return Cell(before, _S6, alert)


def _everywhere(cell: Cell) -> tuple[Cell, ...]:
    return (cell,) * len(FopState)


_REMOVE, _LOOK = Step.REMOVE_ACKNOWLEDGED, Step.LOOK_FOR_FRAME
_SYNCH, _CLCW, _LIMIT = _alert(Alert.SYNCH), _alert(Alert.CLCW), _alert(Alert.LIMIT)
_NN_R, _LOCKOUT, _T1 = _alert(Alert.NN_R), _alert(Alert.LOCKOUT), _alert(Alert.T1)
_SUSPEND: Final = _do(Step.SUSPEND, to=_S6)
_ALL_ACKNOWLEDGED: Final = _do(_REMOVE, Step.CANCEL_TIMER, _LOOK, to=_S1)
_SOME_ACKNOWLEDGED: Final = _do(_REMOVE, _LOOK, to=_S1)
_AGAIN: Final = _do(_REMOVE, Step.RETRANSMIT_AD, _LOOK, to=_S2)
_NOT_YET: Final = _do(_REMOVE, to=_S3)
_ENDS_WITH_LIMIT: Final = _alert(Alert.LIMIT, _REMOVE)
_TIME_OVER: Final = _do(Step.RETRANSMIT_AD, _LOOK)
_TIME_OVER_BC: Final = _do(Step.RETRANSMIT_BC, Step.LOOK_FOR_DIRECTIVE)
_REFUSED_BELOW: Final = _alert(Alert.LLIF)
_TERMINATE: Final = Cell((Step.ACCEPT, Step.CONFIRM), _S6, Alert.TERM)
_BD_SENT: Final = _do(Step.ACCEPT, Step.SEND_BD)


def _only_when_initial(cell: Cell) -> tuple[Cell, ...]:
    return (_REJECT,) * 5 + (cell,)


def _set(step: Step) -> tuple[Cell, ...]:
    return _everywhere(_do(Step.ACCEPT, step, Step.CONFIRM))


def _resume(to: FopState) -> tuple[Cell, ...]:
    return _only_when_initial(_do(Step.ACCEPT, Step.RESUME, Step.CONFIRM, to=to))


# Columns S1 to S6. Where the standard says "not applicable" the event cannot occur and is ignored.
TABLE: Final[Mapping[Event, tuple[Cell, ...]]] = {
    Event.E1: (
        _IGNORE,
        _SYNCH,
        _SYNCH,
        _do(Step.CONFIRM, Step.CANCEL_TIMER, to=_S1),
        _do(Step.RELEASE_BC, Step.CONFIRM, Step.CANCEL_TIMER, to=_S1),
        _IGNORE,
    ),
    Event.E2: (_ALL_ACKNOWLEDGED, _ALL_ACKNOWLEDGED, _ALL_ACKNOWLEDGED, _IGNORE, _IGNORE, _IGNORE),
    Event.E3: (_CLCW, _CLCW, _CLCW, _CLCW, _CLCW, _IGNORE),
    Event.E4: (_SYNCH, _SYNCH, _SYNCH, _SYNCH, _IGNORE, _IGNORE),
    Event.E5: (_IGNORE, _SYNCH, _SYNCH, _IGNORE, _IGNORE, _IGNORE),
    Event.E6: (_SOME_ACKNOWLEDGED, _SOME_ACKNOWLEDGED, _SOME_ACKNOWLEDGED, _IGNORE, _IGNORE, _IGNORE),
    Event.E7: (_CLCW, _CLCW, _CLCW, _IGNORE, _IGNORE, _IGNORE),
    Event.E101: (_ENDS_WITH_LIMIT, _ENDS_WITH_LIMIT, _ENDS_WITH_LIMIT, _IGNORE, _IGNORE, _IGNORE),
    Event.E102: (_LIMIT, _LIMIT, _LIMIT, _IGNORE, _IGNORE, _IGNORE),
    Event.E8: (_AGAIN, _AGAIN, _AGAIN, _IGNORE, _IGNORE, _IGNORE),
    Event.E9: (_NOT_YET, _NOT_YET, _NOT_YET, _IGNORE, _IGNORE, _IGNORE),
    Event.E10: (
        _do(Step.RETRANSMIT_AD, _LOOK, to=_S2),
        _IGNORE,
        _do(Step.RETRANSMIT_AD, _LOOK, to=_S2),
        _IGNORE,
        _IGNORE,
        _IGNORE,
    ),
    Event.E11: (_do(to=_S3), _do(to=_S3), _IGNORE, _IGNORE, _IGNORE, _IGNORE),
    Event.E12: (_do(to=_S2), _IGNORE, _do(to=_S2), _IGNORE, _IGNORE, _IGNORE),
    Event.E103: (_do(to=_S3), _do(to=_S3), _IGNORE, _IGNORE, _IGNORE, _IGNORE),
    Event.E13: (_NN_R, _NN_R, _NN_R, _NN_R, _IGNORE, _IGNORE),
    Event.E14: (_LOCKOUT, _LOCKOUT, _LOCKOUT, _LOCKOUT, _IGNORE, _IGNORE),
    Event.E15: (_CLCW, _CLCW, _CLCW, _CLCW, _CLCW, _IGNORE),
    Event.E16: (_TIME_OVER, _TIME_OVER, _IGNORE, _T1, _TIME_OVER_BC, _IGNORE),
    Event.E104: (_TIME_OVER, _TIME_OVER, _IGNORE, _SUSPEND, _TIME_OVER_BC, _IGNORE),
    Event.E17: (_T1, _T1, _T1, _T1, _T1, _IGNORE),
    Event.E18: (_SUSPEND, _SUSPEND, _SUSPEND, _SUSPEND, _T1, _IGNORE),
    Event.E19: (_do(Step.QUEUE_AD, _LOOK), _do(Step.QUEUE_AD, _LOOK), _do(Step.QUEUE_AD), _REJECT, _REJECT, _REJECT),
    Event.E20: _everywhere(_REJECT),
    Event.E21: _everywhere(_BD_SENT),
    Event.E22: _everywhere(_REJECT),
    Event.E23: _only_when_initial(_do(Step.ACCEPT, Step.INITIALISE, Step.CONFIRM, to=_S1)),
    Event.E24: _only_when_initial(_do(Step.ACCEPT, Step.INITIALISE, Step.START_TIMER, to=_S4)),
    Event.E25: _only_when_initial(_do(Step.ACCEPT, Step.INITIALISE, Step.SEND_UNLOCK, to=_S5)),
    Event.E26: _everywhere(_REJECT),
    Event.E27: _only_when_initial(_do(Step.ACCEPT, Step.INITIALISE, Step.SEND_SET_VR, to=_S5)),
    Event.E28: _everywhere(_REJECT),
    Event.E29: (*(_TERMINATE,) * 5, _TERMINATE),
    Event.E30: _everywhere(_REJECT),
    Event.E31: _resume(_S1),
    Event.E32: _resume(_S2),
    Event.E33: _resume(_S3),
    Event.E34: _resume(_S4),
    Event.E35: _only_when_initial(_do(Step.ACCEPT, Step.SET_VS, Step.CONFIRM)),
    Event.E36: _set(Step.SET_WINDOW),
    Event.E37: _set(Step.SET_TIMER),
    Event.E38: _set(Step.SET_LIMIT),
    Event.E39: _set(Step.SET_TIMEOUT_TYPE),
    Event.E40: _everywhere(_REJECT),
    Event.E41: (
        _do(Step.AD_READY, _LOOK),
        _do(Step.AD_READY, _LOOK),
        *(_do(Step.AD_READY),) * 4,
    ),
    Event.E42: (*(_REFUSED_BELOW,) * 5, _IGNORE),
    Event.E43: (
        *(_do(Step.BC_READY),) * 4,
        _do(Step.BC_READY, Step.LOOK_FOR_DIRECTIVE),
        _do(Step.BC_READY),
    ),
    Event.E44: (*(_REFUSED_BELOW,) * 5, _IGNORE),
    Event.E45: _everywhere(_do(Step.BD_READY)),
    Event.E46: (*(_REFUSED_BELOW,) * 5, _IGNORE),
}
