"""The service's share of the story as a process of its own, so that a test can kill it at any moment."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from core.plan.model import MissionPlan
from core.time import MissionClock
from core.time.clock import ClockAnchor

sys.path.insert(0, str(Path(__file__).parent))

from story import Story, approval

from tests.pace import affordable


def main() -> None:
    """Submit the plan in a folder (again, after a restart) and work until every command is final.

    Mission time goes on from where it stood, as the simulator stops with the service. It runs at one until the ground
    segment stands: however long a machine takes to start, no command is late for it.
    """
    folder = Path(sys.argv[1])
    now = folder / "now"
    clock = MissionClock(ClockAnchor(time.time(), float(now.read_text()), 1.0))
    plan = MissionPlan.model_validate_json((folder / "plan.json").read_text())
    story = Story(folder, clock)
    story.fleet.start()
    story.fleet.pipeline.submit(plan, [approval(plan)])
    story.until(lambda _: story.fleet.link.connected)
    story.run_at(affordable(float(sys.argv[2])))
    while not all(one.final for one in story.fleet.pipeline.register.find()):
        draft = folder / "now.new"
        draft.write_text(repr(clock.now_tai_s()))
        draft.replace(now)
        time.sleep(0.02)
    story.stop()


if __name__ == "__main__":
    main()
