"""What people read about a plan."""

from __future__ import annotations

from pathlib import Path

from agent.session import Conversations
from agent.state import AgentRequest
from agent.wording import plan_text
from tests.agent.conftest import NOW, Bench, ScriptedChat, calls, says


def test_each_repair_is_told_once_on_a_line_of_its_own(bench: Bench, tmp_path: Path) -> None:
    point = ("point_attitude", {"satellite": "LSAT-1", "pointing": "sun", "duration_min": 45})
    conversations = Conversations(bench.deps(ScriptedChat(calls(point), says("Done."))), tmp_path / "c.db")
    list(conversations.start("t1", AgentRequest(text="Point LSAT-1 at the sun for 45 minutes", now=NOW)))
    conversations.close()
    (plan,) = bench.planner.saved.values()
    lines = plan_text(plan, ["move a to another pass", "shorten b", "move a to another pass"]).splitlines()
    assert "1 activity," in lines[0]
    assert [one for one in lines if "Repaired" in one] == [
        "- Repaired: move a to another pass",
        "- Repaired: shorten b",
    ]
