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


def main() -> None:
    """Submit the plan in a folder (again, after a restart) and work until every command is final."""
    folder = Path(sys.argv[1])
    clock = MissionClock(ClockAnchor(float(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])))
    plan = MissionPlan.model_validate_json((folder / "plan.json").read_text())
    story = Story(folder, clock)
    story.fleet.start()
    story.fleet.pipeline.submit(plan, [approval(plan)])
    while not all(one.final for one in story.fleet.pipeline.register.find()):
        time.sleep(0.02)
    story.stop()


if __name__ == "__main__":
    main()
