"""Joins the models that judge telemetry with the service: which there are, and what puts their findings into words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from api.service.anomalies import Anomalies, alert_entry_answer
from api.service.anomaly_watch import AnomalyWatch, Opened
from api.service.drift_watch import DriftWatch
from api.service.live import Broadcaster
from api.settings import Settings
from core.command.fleet import Fleet
from core.events import EventLog
from core.mdb import MissionDatabase
from core.mission import reference_mission
from core.mission.model import Mission
from core.store import Database
from core.time import Clock
from ml.alerts.desk import AlertDesk
from ml.alerts.rules import AlertRules
from ml.alerts.store import StoredAlertEntry
from tools.explanation import explained

__all__ = ["open_anomalies"]

_OFF = "models do not judge telemetry here: the setting `anomalies` is off"
_STRANGER = "the shipped model was trained for the spacecraft of the reference mission; {} is built otherwise (bus {})"


def open_anomalies(
    settings: Settings,
    fleet: Fleet,
    mission: Mission,
    mdb: MissionDatabase,
    database: Database,
    events: EventLog,
    clock: Clock,
    broadcaster: Broadcaster,
) -> Anomalies:
    """Alerts, and a watch over the telemetry of a fleet that does not run yet."""
    satellites = [one.id for one in mission.spacecraft]
    rules = AlertRules(
        join_within_s=settings.anomaly_join_minutes * 60.0, quiet_s=settings.anomaly_quiet_days * 86_400.0
    )
    desk = AlertDesk(database, events, clock, rules)
    desk.on_change(partial(_tell, broadcaster))

    def opened(wanted: Sequence[str], now_tai_s: float) -> Opened:
        if not settings.anomalies:
            return {}, dict.fromkeys(wanted, _OFF)
        strangers = {
            one: _STRANGER.format(one, mission.craft(one).bus) for one in wanted if not _of_reference(mission, one)
        }
        known = [one for one in wanted if one not in strangers]
        if not known:
            return {}, strangers
        # It brings ONNX Runtime, for which the start of the service does not wait.
        from ml.anomaly.live import open_detectors

        detectors, reasons = open_detectors(mdb, known, fleet.archive.columns, now_tai_s)
        return detectors, {**reasons, **strangers}

    watch = AnomalyWatch(desk, satellites, opened, clock, fleet.archive.decoder)
    fleet.stream.on_part(watch.take)
    drift = DriftWatch(fleet.archive.columns, desk.store, watch.detectors, clock)
    return Anomalies(desk, watch, drift, explained)


def _of_reference(mission: Mission, satellite: str) -> bool:
    """Whether a spacecraft is built as those that the shipped model knows: telemetry of the same form can be of another."""
    return mission.bus_of(satellite) in reference_mission().buses.values()


def _tell(broadcaster: Broadcaster, made: Sequence[StoredAlertEntry]) -> None:
    for one in made:
        broadcaster.publish({"type": "anomaly", **alert_entry_answer(one).model_dump(mode="json")})
