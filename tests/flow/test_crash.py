"""kill -9 at random points of the story, of the service and of the simulator: every outcome happens exactly once.

Four stories run at the same time, one a satellite, so that each kill meets all stages at once. Times are drawn from a
seeded generator; how far the stories have come at each kill varies with the machine, which is the point. The mission
clock runs slowly until every plan is approved: at full rate the restarts between a plan and its approval would outlast
the contact that it was made for. After that it runs so fast that a restart of some seconds costs minutes: slower than the
four minutes that a command is loaded before its time.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.command.model import CommandState
from core.events import EventLog
from core.mdb import reference_mdb
from core.plan.repository import PlanRepository
from core.store import open_database
from core.telemetry.telemetry_archive import TelemetryArchive
from tests.flow.service_process import Client, ServiceProcess
from tests.pace import affordable

KILLS = 20
RATE = 60.0
REVIEW_RATE = 2.0
SATELLITES = ("LSAT-1", "LSAT-2", "LSAT-3", "LSAT-4")
VOLUME_MB = 300
_PUS_1_COMPLETED = 7


@dataclass
class Teller:
    """Carries every satellite's story on as far as the service lets it, and forgets nothing it was promised.

    Each step is what a client would do that retries after a broken connection: the same idempotency key, the same
    revision hash.
    """

    operator: Client
    planner: Client
    director: Client
    promised: dict[str, str] = field(default_factory=dict)
    plans: dict[str, str] = field(default_factory=dict)
    approved: set[str] = field(default_factory=set)

    @property
    def rate(self) -> float:
        """How fast mission time should run: slowly while people review."""
        return RATE if len(self.approved) == len(SATELLITES) else REVIEW_RATE

    def set_rate(self, rate: float) -> None:
        """Make mission time run at a rate."""
        self.director.request("PUT", "clock", json={"rate": rate}).raise_for_status()

    def step(self) -> bool:
        """One round; True when every story has ended."""
        try:
            if self.director.get("clock")["rate"] != (rate := affordable(self.rate)):
                self.set_rate(rate)
        except httpx.TransportError:
            return False
        ended = [self._story(satellite) for satellite in SATELLITES]
        return all(ended)

    def _story(self, satellite: str) -> bool:
        try:
            if satellite not in self.promised:
                text = f"Downlink {VOLUME_MB} MB from {satellite} at Svalbard, then point it at the sun for 15 minutes"
                headers = {"Idempotency-Key": f"story-{satellite}"}
                answer = self.operator.request("POST", "intents", json={"text": text}, headers=headers)
                answer.raise_for_status()
                self.promised[satellite] = answer.json()["intent_id"]
            if satellite not in self.plans:
                intent = self.operator.get(f"intents/{self.promised[satellite]}")
                if intent["status"] != "awaiting_review":
                    assert intent["status"] in ("queued", "running"), intent
                    return False
                self.plans[satellite] = intent["plan_id"]
            if satellite not in self.approved:
                return self._approve(satellite)
            return bool(self.operator.get(f"plans/{self.plans[satellite]}")["state"] == "completed")
        except httpx.TransportError:
            return False

    def _approve(self, satellite: str) -> bool:
        plan = self.planner.request("GET", f"plans/{self.plans[satellite]}")
        plan.raise_for_status()
        body = {"revision_hash": plan.headers["etag"].strip('"')}
        answer = self.planner.request("POST", f"plans/{self.plans[satellite]}/approve", json=body)
        if (answer.status_code == 200 and answer.json()["released"]) or plan.json()["state"] in (
            "released",
            "executing",
            "completed",
        ):
            self.approved.add(satellite)
        else:
            assert answer.status_code != 422, answer.text
        return False


def _tell_with_kills(
    service: ServiceProcess, kill: Callable[[Teller], None], seed: int, longest_pause_s: float
) -> Teller:
    draw = random.Random(seed)
    service.start()
    teller = Teller(service.client("operator"), service.client("planner"), service.client("flight_director"))
    kills, ended = 0, False
    next_kill = time.monotonic() + draw.uniform(0.05, longest_pause_s)
    deadline = time.monotonic() + 340.0
    while not (ended and kills >= KILLS):
        assert time.monotonic() < deadline, (kills, teller)
        if kills < KILLS and time.monotonic() >= next_kill:
            kill(teller)
            kills += 1
            next_kill = time.monotonic() + draw.uniform(0.05, longest_pause_s)
        ended = teller.step()
        time.sleep(0.02)
    return teller


def _assert_exactly_once(data: Path, teller: Teller) -> None:
    database = open_database(data / "llamaspace.db")
    events = EventLog(database)
    plans = PlanRepository(database, events)
    assert events.verify() == []
    happened = Counter((one.kind, one.subject) for one in events.read(limit=100_000))
    # Every accepted intent, plan and approval is there, once.
    for satellite in SATELLITES:
        assert happened["intent.received", teller.promised[satellite]] == 1
        plan_id = teller.plans[satellite]
        for kind in ("plan.drafted", "plan.approved", "plan.released", "plan.completed"):
            assert happened[kind, plan_id] == 1, (kind, satellite, happened)
        # It is completed when its last activity ends, not when its last command does.
        completed = next(one.at_utc for one in events.read(subject=plan_id) if one.kind == "plan.completed")
        assert completed >= max(one.window.end for one in plans.get(plan_id).activities)
    assert len([kind for kind, _ in happened if kind == "intent.received"]) == len(SATELLITES)
    # Every command went through each state at most once, ended well, and the spacecraft says so once.
    commands = {subject for kind, subject in happened if kind == "command.drafted"}
    assert len(commands) == 2 * len(SATELLITES)
    states = {f"command.{state}" for state in CommandState}
    assert all(count == 1 for (kind, _), count in happened.items() if kind in states)
    assert {subject for kind, subject in happened if kind == "command.completed"} == commands
    archive = TelemetryArchive(data / "telemetry", reference_mdb())
    reports = [one for one in archive.packets(service=1, limit=100_000) if one.subtype == _PUS_1_COMPLETED]
    # A report repeats nothing: the satellite, and the request id that it is about .
    assert max(Counter((one.satellite, one.raw) for one in reports).values()) == 1
    for satellite in SATELLITES:
        downlinked = [one.number for one in archive.samples(satellite, "event_value", -1e12, 1e12) if one.number]
        assert downlinked.count(max(downlinked)) == 1
        assert max(downlinked) == pytest.approx(VOLUME_MB * 1e6, rel=1e-3)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    """A service that has ended when the test has."""
    process = ServiceProcess(tmp_path / "data", rate=REVIEW_RATE)
    yield process
    process.stop()


@pytest.mark.slow
@pytest.mark.timeout(460)
def test_twenty_kills_of_the_service_lose_and_repeat_nothing(service: ServiceProcess) -> None:
    def kill(_teller: Teller) -> None:
        service.kill()
        service.start()

    teller = _tell_with_kills(service, kill, seed=20261122, longest_pause_s=3.0)
    service.stop()
    _assert_exactly_once(service.data, teller)


@pytest.mark.slow
@pytest.mark.timeout(460)
def test_twenty_kills_of_the_simulator_lose_and_repeat_nothing(service: ServiceProcess) -> None:
    """The clock runs slowly while the simulator is away: at full rate a restart would outlast a whole pass."""

    def kill(teller: Teller) -> None:
        teller.set_rate(REVIEW_RATE)
        while not service.kill_simulator():
            time.sleep(0.02)
        time.sleep(0.1)
        while httpx.get(f"{service.address}/readyz").status_code != 200:
            time.sleep(0.02)
        teller.set_rate(teller.rate)

    teller = _tell_with_kills(service, kill, seed=20261123, longest_pause_s=3.0)
    service.stop()
    _assert_exactly_once(service.data, teller)


def _ended(client: Client, intent_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 90.0
    while time.monotonic() < deadline:
        intent: dict[str, Any] = client.get(f"intents/{intent_id}")
        if intent["status"] not in ("queued", "running"):
            return intent
        time.sleep(0.05)
    raise AssertionError(f"{intent_id} still runs")


@pytest.mark.slow
def test_words_about_a_plan_that_were_accepted_before_a_crash_are_taken_up_after_it(service: ServiceProcess) -> None:
    service.start()
    operator = service.client("operator")
    answer = operator.request("POST", "intents", json={"text": "Point LSAT-2 at the sun for 20 minutes"})
    intent = _ended(operator, answer.json()["intent_id"])
    assert intent["status"] == "awaiting_review"
    words = {"text": "Point LSAT-2 at the sun for 35 minutes instead"}
    accepted = operator.request("POST", f"conversations/{intent['conversation_id']}/respond", json=words)
    service.kill()
    assert accepted.status_code == 202
    service.start()
    operator = service.client("operator")
    again = _ended(operator, intent["intent_id"])
    said = operator.get(f"conversations/{intent['conversation_id']}")["messages"]
    assert words["text"] in [one["content"] for one in said if one["role"] == "user"]
    plan = operator.get(f"plans/{again['plan_id']}")
    pointing = next(one for one in plan["activities"] if one["type"] == "pointing")
    assert pointing["commands"][0]["arguments"]["duration_s"] == 35 * 60
