"""``llamaspace ask``: one request, answered from the mission file, executing nothing."""

from __future__ import annotations

import argparse
import sys

from agent.ask import AskAnswer, ask
from agent.state import AgentRequest
from api.cli.deps import clock_at, deps_for, mission_of
from core.errors import InputError
from tools.contract import Role

__all__ = ["ask_once"]


def ask_once(options: argparse.Namespace) -> int:
    """Print the answer; 1 when the request was refused."""
    if options.role not in list(Role):
        raise InputError("--role", f"{options.role!r} is not one of {', '.join(Role)}")
    if not 1 <= len(options.text.strip()) <= 4000:
        raise InputError("text", f"the request has {len(options.text.strip())} characters; 1 to 4000 are allowed")
    mission = mission_of(options.mission)
    deps = deps_for(
        mission, clock_at(options.now), options.model, conjunctions=options.conjunctions, catalogue=options.catalogue
    )
    request = AgentRequest(text=options.text, author="operator", role=Role(options.role), channel="cli")
    answer = ask(deps, request)
    sys.stdout.write(answer.model_dump_json(indent=2) + "\n" if options.json else _words(answer))
    return 1 if answer.action == "refuse" else 0


def _words(answer: AskAnswer) -> str:
    lines = [answer.text]
    if answer.plan:
        plan = answer.plan
        lines += ["", f"{plan.plan_id} revision {plan.revision}: {plan.state}"]
        lines += [
            f"  {one.window.start:%Y-%m-%d %H:%M:%S} to {one.window.end:%H:%M:%S} UTC  {one.type:<9} {one.activity_id}"
            for one in plan.activities
        ]
    return "\n".join(lines) + "\n"
