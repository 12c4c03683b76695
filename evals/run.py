"""Run cases through the whole agent and score what it did."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agent.ask import ask
from agent.deps import AgentDeps
from agent.state import Action, AgentRequest, RetrievedDocument
from core.errors import InputError, LlamaSpaceError
from evals.model import Case, CaseContext, CaseFile, CaseOutcome, EvalReport, ExpectedCall
from evals.scoring import same_calls, scores

__all__ = ["DepsFactory", "Progress", "load_cases", "run_cases"]

DepsFactory = Callable[[CaseContext], AgentDeps]
Progress = Callable[[int, int], None]


def load_cases(path: Path) -> CaseFile:
    """The cases of a file.

    Raises:
        InputError: The file is no JSON, or a field is wrong; names the field.
    """
    try:
        return CaseFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError("cases", f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(".".join(map(str, first["loc"])) or "cases", f"{first['msg']} ({path})") from error


def run_cases(path: Path, deps_factory: DepsFactory, progress: Progress | None = None) -> EvalReport:
    """Run every case of a file, one after another, and score them.

    Args:
        path: Cases in the form of ``requests.json``.
        deps_factory: Makes what the agent is given for a case: its time, its telemetry overrides, and the model.
        progress: Told how many cases of how many are done.
    """
    cases = load_cases(path).requests
    outcomes = []
    for index, case in enumerate(cases):
        outcomes.append(_run(case, deps_factory))
        if progress is not None:
            progress(index + 1, len(cases))
    return EvalReport(cases=tuple(outcomes), scores=scores(cases, outcomes))


def _run(case: Case, deps_factory: DepsFactory) -> CaseOutcome:
    started = time.perf_counter()
    request = AgentRequest(
        text=case.request,
        role=case.context.role,
        now=case.context.now,
        retrieved=tuple(_document(one) for one in case.context.retrieved),
    )
    try:
        answer = ask(deps_factory(case.context), request, case.context.conversation)
        action, text = answer.action, answer.text
        calls = tuple(ExpectedCall(tool=one.tool, args=one.args) for one in answer.calls)
    except LlamaSpaceError as error:  # a case that fails is a wrong answer, not the end of the evaluation
        action, text, calls = "error", f"{error.code}: {error.message}", ()
    return _judged(case, action, calls, text, round(time.perf_counter() - started, 4))


def _judged(case: Case, action: str, calls: tuple[ExpectedCall, ...], text: str, seconds: float) -> CaseOutcome:
    # Calls count for a request that asks for some: a question or a refusal is one whether or not something was read before.
    expected = case.expected
    if expected is None:
        return CaseOutcome(id=case.id, action=action, calls=calls, text=text, seconds=seconds)
    right_action = action == expected.action
    wanted = expected.calls
    compare = expected.action is Action.CALL or bool(wanted)
    right_tools = not compare or [one.tool for one in wanted] == [one.tool for one in calls]
    right = right_action and (not compare or same_calls(wanted, calls))
    return CaseOutcome(
        id=case.id,
        action=action,
        calls=calls,
        text=text,
        seconds=seconds,
        right=right,
        right_action=right_action,
        right_tools=right_tools,
    )


def _document(one: str | dict[str, Any]) -> RetrievedDocument:
    if isinstance(one, str):
        return RetrievedDocument(text=one)
    text = one.get("text") or one.get("content")
    return RetrievedDocument(title=str(one.get("title", "")), text=str(text) if text else json.dumps(one))
