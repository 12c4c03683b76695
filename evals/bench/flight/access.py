"""Access windows of 100 satellites over 10 stations for 7 days: beside brahe, edges against skyfield."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.orbit import Constellation, find_all_passes
from core.time import J2000_JD, TT_MINUS_TAI_S, tai_s_from_utc
from evals.bench.flight.catalogue import Entry, catalogue
from evals.bench.flight.stations import plain_stations
from evals.bench.model import BenchResult, Goal, PeerMissing
from evals.bench.timing import alternate

__all__ = ["run"]

FloatArray = NDArray[np.float64]

_START: Final = datetime(2022, 11, 3, tzinfo=UTC)
_DAYS: Final = 7.0
_SATELLITES: Final = 100
_MASK_DEG: Final = 5.0
_NEAR_REV_DAY: Final = 6.4
_CHECKED_SATELLITES: Final = 8
_CHECKED_DAYS: Final = 1.0
_ERROR_GOAL_S: Final = 0.1
_PLACES: Final = (  # latitude, longitude, degrees; the stations of the reference mission and four more
    (78.23, 15.39),
    (67.88, 21.07),
    (64.86, -147.85),
    (-52.93, -70.86),
    (-25.89, 27.71),
    (-46.53, 168.38),
    (40.43, -4.25),
    (19.01, -155.66),
    (1.40, 103.83),
    (-72.00, 2.53),
)


def run() -> list[BenchResult]:
    """One row: seconds for the whole search, and the farthest edge from skyfield's among the satellites checked."""
    near = [one for one in catalogue() if one.tle.elements.mean_motion_rev_day > _NEAR_REV_DAY]
    entries = [near[int(k)] for k in np.linspace(0, len(near) - 1, _SATELLITES)]
    fleet = Constellation([one.tle.elements for one in entries])
    stations = plain_stations(_PLACES, _MASK_DEG)
    start_tai_s = tai_s_from_utc(_START)
    search_brahe = _brahe(entries)
    took = alternate(
        lambda: find_all_passes(fleet, stations, start_tai_s, start_tai_s + _DAYS * 86_400.0), search_brahe, repeats=1
    )
    checked = entries[:: _SATELLITES // _CHECKED_SATELLITES]
    end_tai_s = start_tai_s + _CHECKED_DAYS * 86_400.0
    passes = find_all_passes(Constellation([one.tle.elements for one in checked]), stations, start_tai_s, end_tai_s)
    errors_s: list[float] = []
    for satellite, entry in enumerate(checked):
        for site, place in enumerate(_PLACES):
            here = (passes.satellite == satellite) & (passes.station == site)
            rises, sets = (
                passes.aos_tai_s[here & ~passes.truncated_start],
                passes.los_tai_s[here & ~passes.truncated_end],
            )
            errors_s.append(_farthest_s(entry, place, rises, sets))
    return [
        BenchResult.compare(
            "access",
            ours=took.ours_s,
            peer=took.peer_s,
            peer_name="brahe",
            unit="s",
            goal=1.0 / 12.0,
            goal_kind=Goal.AT_MOST,
            error=max(errors_s),
            error_unit="s",
            error_goal=_ERROR_GOAL_S,
            note=f"error: farthest edge from skyfield's, {len(checked)} satellites over a day; one thread each",
        )
    ]


def _brahe(entries: list[Entry]) -> Any:
    try:
        brahe: Any = importlib.import_module("brahe")
    except ImportError as error:
        raise PeerMissing("brahe") from error
    brahe.set_global_eop_provider_from_file_provider(brahe.FileEOPProvider.from_default_standard(True, "Hold"))
    places = [brahe.PointLocation(longitude, latitude, 0.0) for latitude, longitude in _PLACES]
    propagators = [brahe.SGPPropagator.from_tle(one.line1, one.line2) for one in entries]
    start = brahe.Epoch.from_datetime(_START.year, _START.month, _START.day, 0, 0, 0.0, 0.0, brahe.TimeSystem.UTC)
    mask = brahe.ElevationConstraint(min_elevation_deg=_MASK_DEG, max_elevation_deg=None)
    config = brahe.AccessSearchConfig(parallel=False)
    return lambda: brahe.location_accesses(places, propagators, start, start + _DAYS * 86_400.0, mask, config=config)


def _farthest_s(entry: Entry, place: tuple[float, float], rises_tai_s: FloatArray, sets_tai_s: FloatArray) -> float:
    """How far the farthest edge is from where skyfield's elevation crosses the mask; without bound if one is missed.

    Skyfield's own event search ends within half a second, so its elevation and rate at our edges are the reference.
    """
    try:
        api: Any = importlib.import_module("skyfield.api")
    except ImportError as error:
        raise PeerMissing("skyfield") from error
    timescale = api.load.timescale(builtin=True)
    satellite = api.EarthSatellite(entry.line1, entry.line2, "", timescale)
    site = api.wgs84.latlon(*place)
    first = timescale.from_datetime(_START)
    last = timescale.from_datetime(_START + timedelta(days=_CHECKED_DAYS))
    _, kinds = satellite.find_events(site, first, last, altitude_degrees=_MASK_DEG)
    if ((kinds == 0).sum(), (kinds == 2).sum()) != (rises_tai_s.size, sets_tai_s.size):
        return float("inf")
    edges_tai_s = np.concatenate([rises_tai_s, sets_tai_s])
    if edges_tai_s.size == 0:
        return 0.0

    def elevation_deg(t_tai_s: FloatArray) -> FloatArray:
        time = timescale.tt_jd(J2000_JD, (t_tai_s + TT_MINUS_TAI_S) / 86_400.0)
        degrees: FloatArray = (satellite - site).at(time).altaz()[0].degrees
        return degrees

    rate_deg_s = elevation_deg(edges_tai_s + 0.5) - elevation_deg(edges_tai_s - 0.5)
    return float(np.abs((elevation_deg(edges_tai_s) - _MASK_DEG) / rate_deg_s).max())
