"""The agenda gives each command exactly when and as often as it should, whatever is done to it before."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from core.command.agenda import Agenda, WaitingFor

Step = tuple[str, str, float, int]
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["look", "wait", "ready", "remove", "change"]),
        st.sampled_from("abcdef"),
        st.floats(0.0, 100.0),
        st.integers(-2, 2),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(_STEPS, st.floats(0.0, 100.0))
def test_what_is_due_ready_or_waiting_is_what_was_said_last(steps: list[Step], now: float) -> None:
    agenda = Agenda()
    said: dict[str, tuple[str, float, int]] = {}
    for kind, one, t_s, number in steps:
        if kind == "look":
            agenda.look_at(one, t_s)
        elif kind == "wait":
            agenda.wait_for(one, WaitingFor(str(number), "why"), t_s)
        elif kind == "ready":
            agenda.make_ready(one, "LSAT-1", number, t_s, t_s)
        elif kind == "remove":
            agenda.remove(one)
            said.pop(one, None)
            continue
        else:
            expected = sorted(name for name, (how, _, key) in said.items() if how == "wait" and key == number)
            assert agenda.changed(str(number)) == expected
            for name in expected:
                said[name] = ("look", said[name][1], 0)
            continue
        said[one] = (kind, t_s, number)
    assert agenda.next_tai_s() == min((t_s for _, t_s, _ in said.values()), default=math.inf)
    due = agenda.take_due(now)
    assert sorted(due) == sorted(name for name, (_, t_s, _) in said.items() if t_s <= now)
    assert [said[one][1] for one in due] == sorted(said[one][1] for one in due)
    ready = []
    while (one := agenda.take_ready("LSAT-1")) is not None:
        ready.append(one)
    wanted = [name for name, (how, _, _) in said.items() if how == "ready"]
    assert sorted(ready) == sorted(wanted)
    keys = [(-said[one][2], said[one][1]) for one in ready]
    assert keys == sorted(keys)
    assert agenda.ready_satellites() == []
