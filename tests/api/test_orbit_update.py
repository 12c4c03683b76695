"""A raise is planned, flown by the simulator, and the ground finds the new orbit in its fixes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from starlette.testclient import TestClient

from api.app import create_app
from core.command import CommandState
from core.ground.simulator.store import SimulatorStore
from core.mission import reference_mission
from core.mission.model import MeanElements
from core.orbit import Pass, Sgp4Orbit, find_passes
from core.store import open_database
from core.time import add_s
from tests.api.conftest import Headers, Service, make_runtime
from tests.api.story import plan_of, say
from tests.pace import affordable

SATELLITE = "LSAT-1"
MISSION = reference_mission()
ON_GROUND = {
    CommandState.DRAFTED,
    CommandState.VALIDATED,
    CommandState.AUTHORISED,
    CommandState.SCHEDULED,
    CommandState.RELEASED,
}


def until(done: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None, patience_s: float = 240.0) -> None:
    deadline = time.monotonic() + patience_s
    while not done():
        assert time.monotonic() < deadline
        meanwhile()
        time.sleep(0.05)


class Pace:
    """Mission time that runs fast between the contacts of what waits, and in them so slowly that a loaded machine keeps up."""

    def __init__(self, service: Service, headers: Headers) -> None:
        self.service, self.headers, self.rate = service, headers, 0.0
        waiting = service.runtime.flight.fleet.pipeline.register.open()
        self.contacts = {contact for one in waiting for contact in one.contacts}

    def keep(self) -> None:
        now_utc = self.service.runtime.clock.now_utc()
        near = any(add_s(one.start, -120.0) <= now_utc <= one.end for one in self.contacts)
        if (wanted := affordable(50.0 if near else 400.0)) != self.rate:
            self.rate = wanted
            self.service.client.put("/api/v1/clock", json={"rate": wanted}, headers=self.headers)


def passes(elements: MeanElements, start_tai_s: float) -> list[Pass]:
    orbit = Sgp4Orbit.from_elements(elements)
    found = [
        one for place in MISSION.stations for one in find_passes(orbit, place, start_tai_s, start_tai_s + 86_400.0)
    ]
    return sorted((one for one in found if one.duration_s > 300.0), key=lambda one: (one.station, one.aos_tai_s))


def latest_s(mine: list[Pass], truth: list[Pass]) -> float:
    """The greatest difference of acquisition times, pass by pass."""
    pairs = [(one, min(truth, key=lambda other: abs(other.aos_tai_s - one.aos_tai_s))) for one in mine]
    return max(abs(one.aos_tai_s - other.aos_tai_s) for one, other in pairs if one.station == other.station)


def approve(client: TestClient, plan_id: str, digest: str, who: Headers, unknown: tuple[str, ...]) -> bool:
    body = {"revision_hash": digest, "accept_unknown": list(unknown)}
    answer = client.post(f"/api/v1/plans/{plan_id}/approve", json=body, headers=who)
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["released"])


def test_after_a_raise_the_ground_predicts_passes_again(tmp_path: Path) -> None:
    runtime = make_runtime(tmp_path)
    app = create_app(runtime)
    with TestClient(app, raise_server_exceptions=False) as client:
        service = Service(app=app, runtime=runtime, client=client)
        operator, director = service.as_role("operator"), service.as_role("flight_director")
        raised = say(client, operator, f"Raise {SATELLITE} by 2 km")["plan_id"]
        older = say(client, operator, f"Point {SATELLITE} at the sun for 20 minutes tomorrow")["plan_id"]
        _, digest = plan_of(client, operator, raised)
        approve(client, raised, digest, director, ("COL-004",))
        assert approve(client, raised, digest, service.as_role("planner"), ())
        # Before anything is flown, every other plan of the satellite knows that its orbit will be another.
        assert (
            "burns of other plans" in client.get(f"/api/v1/plans/{older}/staleness", headers=operator).json()["changed"]
        )
        judged = client.post(f"/api/v1/plans/{older}/validate", headers=operator).json()["validation"]["findings"]
        assert {one["severity"] for one in judged if one["code"] == "CON-010"} == {"unknown"}
        pace = Pace(service, operator)
        until(lambda: all(one.state not in ON_GROUND for one in runtime.flight.commands(raised)), pace.keep)
        client.put("/api/v1/clock", json={"rate": affordable(1800.0)}, headers=operator)
        until(lambda: runtime.orbits.newest(SATELLITE) is not None)
        client.put("/api/v1/clock", json={"rate": 1.0}, headers=operator)
        now_tai_s = runtime.clock.now_tai_s()

        events = runtime.events.read(subject=SATELLITE, kinds=["orbit."])
        assert events[-1].kind == "orbit.accepted" and events[-1].payload["rms_m"] < 20.0  # fixes of 5 m on each axis
        # The burns were noticed before there were fixes enough; each reason is told once.
        assert events[0].kind == "orbit.doubted"
        reasons = [one.payload["code"] for one in events[:-1]]
        assert set(reasons) <= {"burnt-since", "too-few-fixes", "short-arc"} and len(reasons) == len(set(reasons))
        staleness = client.get(f"/api/v1/plans/{older}/staleness", headers=operator).json()
        # The passes that the raise was promised count only until its commands have gone.
        changed = set(staleness["changed"]) - {"contacts of other plans"}
        assert staleness["stale"] and changed == {"orbit of LSAT-1", "burns of other plans"}
        shown = client.get("/api/v1/orbits", headers=operator).json()["orbits"]
        assert [one["update"] is not None for one in shown] == [one["satellite"] == SATELLITE for one in shown]

    simulated = SimulatorStore(open_database(tmp_path / "simulator" / "simulator.db")).load_state(SATELLITE)
    assert simulated is not None and simulated.elements is not None
    truth = passes(simulated.elements, now_tai_s)
    assert latest_s(passes(runtime.mission.craft(SATELLITE).elements, now_tai_s), truth) < 0.1
    assert latest_s(passes(MISSION.craft(SATELLITE).elements, now_tai_s), truth) > 20.0
