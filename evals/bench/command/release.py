"""From the instant at which a command may leave to its octets on the socket, with few and with many commands waiting.

Fifty commands a second come due at random instants (Poisson) over four spacecraft; each is checked, protected, stored and
sent, while control words and reports of those before come back and are stored. Process and station share one core.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from core.command import CommandPolicy, open_keys, spacecraft_key_file
from core.ground import TcpGroundLink
from core.mission import reference_mission
from core.plan.activity import Window
from core.time import add_s, tai_s_from_utc, utc_from_tai_s
from evals.bench.command.service import Rig, approval_of, clock_at, ping_plan
from evals.bench.command.station_process import StationProcess
from evals.bench.model import BenchResult, Goal

__all__ = ["run"]

_RATE_PER_S: Final = 50.0
_SECONDS: Final = 20.0
_GOAL_S: Final = 0.005
_PEER_MEDIAN_S: Final = 0.052  # Yamcs, queue to link, median as its maintainers publish it
_START_TAI_S: Final = 8.48e8
_DIRECT_S: Final = 600.0  # what executes within it is sent at its time, and not to the on-board schedule ahead of it
_WARM_UP: Final = 25
_PLAN: Final = 100


class _TimedLink(TcpGroundLink):
    """Notes when each unit had been handed to the socket."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.sent_wall_s: dict[str, list[float]] = {}

    def send_cltu(self, station: str, satellite: str, cltu: bytes) -> None:
        super().send_cltu(station, satellite, cltu)
        self.sent_wall_s.setdefault(satellite, []).append(time.time())


def run() -> list[BenchResult]:
    """Median and 95th percentile with 10 and with 10,000 commands waiting, beside the median that Yamcs publishes."""
    with _one_core():
        few, many = _measure(10), _measure(10_000)
    rows = []
    for waiting, latencies_s in ((10, few), (10_000, many)):
        median_s, high_s = statistics.median(latencies_s), statistics.quantiles(latencies_s, n=20)[-1]
        note = (
            f"{len(latencies_s)} commands at {_RATE_PER_S:.0f}/s (Poisson), {waiting} more waiting; median {median_s * 1e3:.2f} "
            f"ms, worst {max(latencies_s) * 1e3:.1f} ms; one core, station and telemetry included."
        )
        rows.append(
            BenchResult.compare(
                f"command_release_p95_{waiting}",
                ours=high_s,
                peer=_GOAL_S,
                peer_name="required",
                unit="s",
                goal=1.0,
                goal_kind=Goal.AT_MOST,
                note=note,
            )
        )
        rows.append(
            BenchResult.compare(
                f"command_release_median_{waiting}",
                ours=median_s,
                peer=_PEER_MEDIAN_S,
                peer_name="Yamcs (its published median; read, not measured here)",
                unit="s",
                goal=1.0,
                goal_kind=Goal.AT_MOST,
                note=note,
            )
        )
    return rows


def _measure(waiting: int) -> list[float]:
    """Seconds from due to sent of every command after the warm-up."""
    with tempfile.TemporaryDirectory() as folder:
        return _flown(Path(folder), waiting)


def _flown(folder: Path, waiting: int) -> list[float]:
    clock = clock_at(_START_TAI_S)
    open_keys(folder / "keys", reference_mission())
    station = StationProcess(spacecraft_key_file(folder / "keys"), clock.anchor)
    link = _TimedLink(lambda: station.address, lambda: 0, lambda: None)
    rig = Rig.open(folder, clock, link, policy=CommandPolicy(schedule_lead_s=_DIRECT_S))
    satellites = [one.id for one in rig.mission.spacecraft]
    for number, satellite in enumerate(satellites):
        _queue(rig, satellite, waiting // len(satellites) + (number < waiting % len(satellites)), number)
    link.start()
    stop = rig.start()
    due = _submit(rig, satellites)
    _await_end(rig, station, due)
    stop.set()
    link.close()
    station.close()
    rig.close()
    return _latencies_s(link, due)


def _queue(rig: Rig, satellite: str, count: int, number: int) -> None:
    """Commands that wait for a contact of tomorrow, a different one for each spacecraft."""
    now_utc = rig.clock.now_utc()
    start_utc = add_s(now_utc, 40_000.0 + 4000.0 * number)
    window = Window(start=start_utc, end=add_s(start_utc, 3000.0))
    for first in range(0, count, _PLAN):
        instants = [add_s(start_utc, 100.0 + 0.5 * k) for k in range(first, min(count, first + _PLAN))]
        plan = ping_plan(f"plan-wait{number}x{first:05d}", satellite, window, instants, now_utc, _station(rig, number))
        rig.pipeline.submit(plan, [approval_of(plan)])


def _station(rig: Rig, number: int) -> str:
    """A station for each spacecraft: one serves one at a time."""
    return rig.mission.stations[number].id


def _submit(rig: Rig, satellites: list[str]) -> dict[str, list[float]]:
    """Wall instants at which each spacecraft's commands come due."""
    draw = random.Random(5)
    begin_tai_s = rig.clock.now_tai_s() + 8.0
    due: dict[str, list[float]] = {one: [] for one in satellites}
    t_s = 0.0
    while t_s < _SECONDS:
        due[draw.choice(satellites)].append(begin_tai_s + t_s)
        t_s += draw.expovariate(_RATE_PER_S)
    now_utc = rig.clock.now_utc()
    anchor = rig.clock.anchor
    told: dict[str, list[float]] = {}
    for number, (satellite, instants) in enumerate(due.items()):
        exact = [utc_from_tai_s(one) for one in instants]
        window = Window(start=add_s(now_utc, -10.0), end=utc_from_tai_s(begin_tai_s + _SECONDS + 60.0))
        for first in range(0, len(exact), _PLAN):
            plan = ping_plan(
                f"plan-due{number}x{first:05d}",
                satellite,
                window,
                exact[first : first + _PLAN],
                now_utc,
                _station(rig, number),
            )
            rig.pipeline.submit(plan, [approval_of(plan)])
        told[satellite] = [tai_s_from_utc(one) - anchor.t_tai_s + anchor.wall_s for one in exact]
    return told


def _await_end(rig: Rig, station: StationProcess, due: dict[str, list[float]]) -> None:
    deadline_s = time.monotonic() + _SECONDS + 30.0
    wanted = {satellite: len(instants) for satellite, instants in due.items()}
    time.sleep(_SECONDS)
    while station.taken() != wanted:
        if time.monotonic() > deadline_s:
            states = {str(one.state) for one in rig.pipeline.register.open()}
            raise RuntimeError(f"commands are missing after {_SECONDS + 30.0:.0f} s; open ones are {sorted(states)}")
        time.sleep(0.5)


def _latencies_s(link: _TimedLink, due: dict[str, list[float]]) -> list[float]:
    found = []
    for satellite, instants in due.items():
        sent = link.sent_wall_s[satellite]
        if len(sent) != len(instants):
            raise RuntimeError(f"{len(sent)} units left for {len(instants)} commands of {satellite}")
        found += [at - wanted for at, wanted in zip(sent, instants, strict=True)][_WARM_UP // len(due) :]
    return found


@contextmanager
def _one_core() -> Iterator[None]:
    """This process on one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
