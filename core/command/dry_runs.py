"""Dry runs of submitted plans, done ahead in a process of their own, and kept as long as they hold."""

from __future__ import annotations

import logging
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Final

from core.command.dry_run import DryRunAnswer, DryRunQuestion, MeasuredResources
from core.command.model import Command
from core.command.policy import CommandPolicy
from core.errors import CommandRefused
from core.mission.model import Mission
from core.plan.model import MissionPlan
from core.telemetry import ArchiveTelemetryReader
from core.time import Clock, duration_s

__all__ = ["TwinDryRuns"]

_LOG: Final = logging.getLogger(__name__)
_FRESH_SHARE: Final = 0.5  # of its validity: then the next flight is asked for, so that a release never waits for it


class TwinDryRuns:
    """Answers by plan and revision.

    Args:
        mission: What is flown.
        reader: Telemetry of the satellites.
        clock: Mission time.
        policy: How long an answer holds.
    """

    def __init__(
        self,
        mission: Mission,
        reader: ArchiveTelemetryReader,
        clock: Clock,
        policy: CommandPolicy,
    ) -> None:
        self._mission = mission
        self._reader = reader
        self._clock = clock
        self._policy = policy
        self._plan_of: Callable[[Command], MissionPlan | None] = lambda _command: None
        self._done: Callable[[str], None] = lambda _plan_id: None
        self._lock = threading.Lock()
        self._answers: dict[str, DryRunAnswer] = {}
        self._asked: set[str] = set()
        self._questions: queue.Queue[DryRunQuestion | None] = queue.Queue()
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None

    def connect(self, plan_of: Callable[[Command], MissionPlan | None], done: Callable[[str], None]) -> None:
        """Say where submitted plans are, and who wants to know of ended flights."""
        self._plan_of, self._done = plan_of, done

    def missing(self, command: Command) -> str:
        """Why the rest of a command's plan is not proved now; asks for a flight where one is needed.

        Raises:
            CommandRefused: The flight says no, by a finding's code.
        """
        key = f"{command.plan_id}:{command.revision}"
        holds_s = self._policy.dry_run_holds_s(self._clock)
        answer, age_s = self._answer(key)
        if not -1.0 <= age_s <= _FRESH_SHARE * holds_s:
            self._ask(key, command)
            answer, age_s = self._answer(key)
        if answer is None or not -1.0 <= age_s <= holds_s:
            return f"the rest of {command.plan_id} is being flown in the twin from the present state"
        if answer.failed:
            return f"the rest of {command.plan_id} could not be flown in the twin: {answer.failed}"
        if answer.code:
            raise CommandRefused(
                f"flown from the present state, the rest of {command.plan_id} fails: {answer.reason}",
                code=answer.code,
                stage="release",
                flown_from=answer.flown_from.isoformat(),
            )
        return ""

    def close(self) -> None:
        """End the process."""
        self._questions.put(None)
        if self._thread is not None:
            self._thread.join(10.0)

    def _answer(self, key: str) -> tuple[DryRunAnswer | None, float]:
        """The newest answer and its age, mission s."""
        with self._lock:
            answer = self._answers.get(key)
        return answer, duration_s(answer.flown_from, self._clock.now_utc()) if answer is not None else float("inf")

    def _ask(self, key: str, command: Command) -> None:
        with self._lock:
            if key in self._asked:
                return
            plan = self._plan_of(command)
            if plan is None:
                return
            self._asked.add(key)
            own = _own_flight(key, plan)
            if own is not None:
                self._answers.setdefault(key, own)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="dry-runs", daemon=True)
                self._thread.start()
        now_utc = self._clock.now_utc()
        measured = []
        for satellite in dict.fromkeys(one.satellite for one in plan.initial):
            found = self._reader.initial_resources(satellite, now_utc)
            if found is not None:
                measured.append(
                    MeasuredResources(
                        satellite=satellite,
                        soc=found.soc,
                        data_stored_bytes=found.data_stored_bytes,
                        propellant_kg=found.propellant_kg,
                        mode=found.mode,
                        as_of=found.as_of,
                        temperatures_k=dict(found.temperatures_k),
                    )
                )
        bare = plan.model_copy(update={"profiles": (), "alternatives": ()})
        self._questions.put(DryRunQuestion(key=key, plan=bare, now=now_utc, measured=tuple(measured)))

    def _run(self) -> None:
        while (question := self._questions.get()) is not None:
            answer = self._fly(question)
            with self._lock:
                self._answers[question.key] = answer
                self._asked.discard(question.key)
            self._done(question.key.rsplit(":", 1)[0])
        if self._process is not None:
            self._process.communicate()

    def _fly(self, question: DryRunQuestion) -> DryRunAnswer:
        """Ask the process; a broken one gives no answer, and the next question starts another."""
        try:
            process = self._process or self._launch()
            self._process = process
            if process.stdin is None or process.stdout is None:
                raise BrokenPipeError("the twin has no pipes")
            process.stdin.write(question.model_dump_json() + "\n")
            process.stdin.flush()
            return DryRunAnswer.model_validate_json(process.stdout.readline())
        except (OSError, ValueError) as error:
            _LOG.warning("the twin's process broke: %s", error)
            if self._process is not None:
                self._process.kill()
                self._process.wait()
            self._process = None
            return DryRunAnswer(key=question.key, flown_from=question.now, failed="the twin's process broke")

    def _launch(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", "from core.command.dry_run import main; main()"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if process.stdin is not None:
            process.stdin.write(self._mission.model_dump_json() + "\n")
            process.stdin.flush()
        return process


def _own_flight(key: str, plan: MissionPlan) -> DryRunAnswer | None:
    """The flight that the plan was validated with, as old as the oldest state that it started from."""
    report = plan.validation
    if report is None or report.blocked or report.revision_hash != plan.revision_hash() or not plan.initial:
        return None
    return DryRunAnswer(key=key, flown_from=min(report.validated_at, *(one.as_of for one in plan.initial)))
