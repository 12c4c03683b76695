"""Keeps the orbits that are planned with true: compares them with GNSS fixes, determines new ones when they drift, and says
which are in doubt meanwhile."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Final

import numpy as np
import structlog

from core.errors import PhysicsError
from core.mission.model import OrbitDoubt
from core.mission.orbit_updates import CONFIRMING_S, OrbitRepository, OrbitUpdate
from core.orbit import Sgp4Orbit
from core.orbit.fixes import FixedOrbit, GnssFixes, distances_m, orbit_from_fixes
from core.telemetry import Archive
from core.telemetry.fixes import archived_fixes, last_event_tai_s
from core.time import Clock, format_utc, tai_s_from_utc, utc_from_tai_s

__all__ = ["OrbitWatch"]

_WINDOW_S: Final = 6 * 3600.0  # four revolutions: longer, and drag is no longer that of the elements
_NEW_FIXES_S: Final = 600.0  # fixes of so much more time are worth another look
_JUDGED_S: Final = 3000.0  # the newest half revolution tells whether the present orbit still holds
_LEAST_JUDGED: Final = 3
_MISS_M: Final = 2000.0  # 0.3 s along a low orbit: nearer, and no plan needs to be made again
_ACTOR: Final = "service"
_EVENTS_S: Final = 2 * 86_400.0  # how far back a burn is looked for that no fix has told the orbit of
_CHECKED_EVERY: Final = timedelta(days=1)  # how often the log is told that an orbit still holds
# What ends a burn; fixes before it belong to another orbit. Nothing tells whether safe mode cut one short.
_BURN_ENDS: Final = frozenset({"burn_completed", "safe_mode_entered"})
_log = structlog.get_logger("orbit")


class OrbitWatch:
    """Looks at new fixes; an orbit that misses them is replaced, or the log says why it cannot be.

    Args:
        orbits: The orbits that are planned with.
        archive: Stored telemetry.
        clock: Mission time.
    """

    def __init__(self, orbits: OrbitRepository, archive: Archive, clock: Clock) -> None:
        self._orbits = orbits
        self._archive = archive
        self._clock = clock
        self._looked_tai_s: dict[str, float] = {}
        self._heard_tai_s: dict[str, float] = {}

    def look(self) -> tuple[OrbitUpdate, ...]:
        """Orbits accepted now: at most one look at each satellite in ten minutes of fixes."""
        now_tai_s = self._clock.now_tai_s()
        accepted = []
        for craft in self._orbits.current().spacecraft:
            self._question(craft.id, now_tai_s)
            newest = self._archive.newest(craft.id, "gnss_valid", now_tai_s)
            seen_tai_s = self._looked_tai_s.get(craft.id, -math.inf)
            if newest is not None and newest.generated_tai_s > seen_tai_s + _NEW_FIXES_S:
                self._looked_tai_s[craft.id] = newest.generated_tai_s
                update = self._judge(craft.id, now_tai_s)
                accepted += [update] if update is not None else []
        return tuple(accepted)

    def _judge(self, satellite: str, now_tai_s: float) -> OrbitUpdate | None:
        fixes = self._coasting(satellite, now_tai_s)
        newest = fixes.where(fixes.t_tai_s > now_tai_s - _WINDOW_S)
        newest = newest.after(newest.t_tai_s[-1] - _JUDGED_S) if len(newest) else newest
        if len(newest) < _LEAST_JUDGED:
            return None
        craft = self._orbits.current().craft(satellite)
        miss_m = float(np.median(distances_m(Sgp4Orbit.from_elements(craft.elements), newest)))
        if miss_m <= _MISS_M:
            self._confirm(satellite, fixes, miss_m)
            return None
        try:
            found = orbit_from_fixes(fixes, now_tai_s, craft.elements.bstar_per_earth_radius)
        except PhysicsError as error:
            self._tell_refusal(satellite, error, miss_m)
            return None
        update = _update(satellite, found, miss_m)
        self._orbits.accept(update, actor=_ACTOR, at_utc=self._clock.now_utc())
        _log.info("a new orbit is flown with", satellite=satellite, rms_m=round(found.rms_m, 1), miss_m=round(miss_m))
        return update

    def _question(self, satellite: str, now_tai_s: float) -> None:
        """A burn, or a safe mode that may have cut one, puts the orbit in doubt until fixes have told the one after it."""
        event = self._archive.newest(satellite, "event_id", now_tai_s)
        if event is None or event.generated_tai_s <= self._heard_tai_s.get(satellite, -math.inf):
            return
        self._heard_tai_s[satellite] = event.generated_tai_s
        burnt_tai_s = last_event_tai_s(self._archive, satellite, _BURN_ENDS, now_tai_s - _EVENTS_S, now_tai_s)
        checked_utc = self._orbits.checked_until(satellite)
        if burnt_tai_s is None or self._orbits.doubt(satellite) is not None:
            return
        if checked_utc is not None and tai_s_from_utc(checked_utc) > burnt_tai_s:
            return
        burnt_utc = utc_from_tai_s(burnt_tai_s).replace(microsecond=0)
        reason = (
            f"a burn ended, or may have, on {format_utc(burnt_utc)}, and the fixes since then do not tell its orbit yet"
        )
        doubt = OrbitDoubt(code="burnt-since", reason=reason, since_utc=burnt_utc)
        self._orbits.question(satellite, doubt, actor=_ACTOR, at_utc=self._clock.now_utc())
        _log.info("the orbit is in doubt", satellite=satellite, reason=reason)

    def _confirm(self, satellite: str, fixes: GnssFixes, miss_m: float) -> None:
        """The orbit holds: what put it in doubt is over once fixes of long enough say so."""
        if fixes.t_tai_s[-1] - fixes.t_tai_s[0] < CONFIRMING_S:
            return
        last_utc = utc_from_tai_s(float(fixes.t_tai_s[-1]))
        checked_utc = (
            self._orbits.checked_until(satellite) or self._orbits.current().craft(satellite).elements.epoch_utc
        )
        if self._orbits.doubt(satellite) is not None or last_utc - checked_utc >= _CHECKED_EVERY:
            self._orbits.confirm(satellite, last_utc, round(miss_m, 1), actor=_ACTOR, at_utc=self._clock.now_utc())

    def _coasting(self, satellite: str, now_tai_s: float) -> GnssFixes:
        """Fixes since the last burn, of the last hours."""
        start_tai_s = now_tai_s - _WINDOW_S
        fixes = archived_fixes(self._archive, satellite, start_tai_s, now_tai_s)
        burnt_tai_s = last_event_tai_s(self._archive, satellite, _BURN_ENDS, start_tai_s, now_tai_s)
        known = self._orbits.newest(satellite)
        begins = [burnt_tai_s or -math.inf, tai_s_from_utc(known.first_fix_utc) - 1.0 if known else -math.inf]
        return fixes.after(max(begins))

    def _tell_refusal(self, satellite: str, error: PhysicsError, miss_m: float) -> None:
        """Once for each reason: the next pass may bring what is missing."""
        before, now_utc = self._orbits.doubt(satellite), self._clock.now_utc()
        if before is not None and before.code == error.code:
            return
        since_utc = now_utc if before is None else before.since_utc
        doubt = OrbitDoubt(code=error.code, reason=error.message, since_utc=since_utc, miss_m=round(miss_m, 1))
        self._orbits.refuse(satellite, doubt, actor=_ACTOR, at_utc=now_utc)
        _log.warning("the orbit drifts and cannot be determined yet", satellite=satellite, reason=error.message)


def _update(satellite: str, found: FixedOrbit, miss_m: float) -> OrbitUpdate:
    return OrbitUpdate(
        satellite=satellite,
        elements=found.elements,
        source="GNSS",
        first_fix_utc=utc_from_tai_s(found.first_tai_s),
        last_fix_utc=utc_from_tai_s(found.last_tai_s),
        fixes=found.used,
        rejected=found.rejected,
        rms_m=round(found.rms_m, 3),
        greatest_m=round(found.greatest_m, 3),
        previous_miss_m=round(miss_m, 1),
    )
