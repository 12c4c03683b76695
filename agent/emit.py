"""What nodes report while they run: small JSON facts that agent.stream turns into AG-UI events."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, cast

from langgraph.runtime import Runtime

from agent.budget import RunCancelled, add_usage, check_budget
from agent.deps import Run
from agent.state import AgentState

__all__ = ["Node", "node"]

Change = dict[str, Any]


class Node(Protocol):
    """What the graph runs."""

    __name__: str

    def __call__(self, state: AgentState, runtime: Runtime[Run]) -> Change: ...


def node(function: Callable[[AgentState, Runtime[Run]], Change]) -> Node:
    """A node that reports its start and end, stops when cancelled, and adds its seconds to the usage."""

    @wraps(function)
    def wrapped(state: AgentState, runtime: Runtime[Run]) -> Change:
        if runtime.context.cancel.is_set():
            raise RunCancelled("the run was stopped by the operator")
        runtime.stream_writer({"kind": "step_started", "name": function.__name__})
        started = time.perf_counter()
        check_budget(state["usage"], runtime.context.deps.limits)
        change = function(state, runtime)
        usage = change.get("usage", state["usage"])
        change["usage"] = add_usage(usage, seconds=time.perf_counter() - started)
        runtime.stream_writer({"kind": "step_finished", "name": function.__name__})
        return change

    return cast(Node, wrapped)
