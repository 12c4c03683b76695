"""Everything that a running service holds together; the composition root builds it, use cases receive it."""

from __future__ import annotations

from dataclasses import dataclass

from agent.session import Conversations
from api.auth.accounts import Accounts
from api.service.alternatives import AlternativeFinder
from api.service.anomalies import Anomalies
from api.service.audit import AuditKeeper
from api.service.clock import ClockService
from api.service.conversation_log import ConversationLog
from api.service.flight import Flight
from api.service.intents import IntentService
from api.service.live import Broadcaster
from api.service.telemetry_requests import StreamCatalogue
from api.service.telemetry_stream import LiveTelemetry
from api.service.views import plan_summary
from core.authority import ApprovalRequests, DecisionLog, Policies
from core.command.keystore import KeyStore
from core.events import EventLog
from core.mdb import MissionDatabase
from core.mission.catalogue_file import CatalogueReader
from core.mission.conjunctions import ConjunctionMessage, ConjunctionRepository
from core.mission.model import Mission
from core.mission.orbit_updates import OrbitRepository
from core.plan.check import check_plan
from core.plan.inputs import stale_inputs
from core.plan.model import MissionPlan
from core.plan.repository import PlanRepository
from core.store import Database
from core.time import MissionClock
from knowledge import Handbook
from tools.contract import TelemetryReader

__all__ = ["Runtime"]


@dataclass(frozen=True)
class Runtime:
    """The parts of a running service."""

    database: Database
    events: EventLog
    orbits: OrbitRepository
    model: str
    clock_service: ClockService
    accounts: Accounts
    plans: PlanRepository
    telemetry: TelemetryReader
    knowledge: Handbook
    conversations: Conversations
    conversation_log: ConversationLog
    intents: IntentService
    flight: Flight
    broadcaster: Broadcaster
    live_telemetry: LiveTelemetry
    stream_catalogue: StreamCatalogue
    conjunctions: ConjunctionRepository
    catalogue: CatalogueReader
    alternatives: AlternativeFinder
    mdb: MissionDatabase
    policies: Policies
    decisions: DecisionLog
    requests: ApprovalRequests
    approval_lifetime_s: float
    key_store: KeyStore
    audit: AuditKeeper
    anomalies: Anomalies

    @property
    def mission(self) -> Mission:
        """The mission as it is known at present: with the newest orbit of each satellite."""
        return self.orbits.current()

    @property
    def clock(self) -> MissionClock:
        """Mission time."""
        return self.clock_service.clock

    def conjunctions_of(self, plan: MissionPlan) -> list[ConjunctionMessage]:
        """Messages received about the satellites of a plan."""
        return [message for one in plan.satellites for message in self.conjunctions.messages(one)]

    def check(self, plan: MissionPlan) -> MissionPlan:
        """The plan flown and judged now, with all that is known of other objects."""
        return check_plan(
            plan,
            self.mission,
            self.clock.now_utc(),
            self.conjunctions_of(plan),
            self.catalogue.current(),
            self.plans.commitments(plan.satellites, plan.plan_id),
            self.policies,
        )

    def stale_inputs(self, plan: MissionPlan) -> tuple[str, ...]:
        """What has changed since the plan's findings were made."""
        others = self.plans.commitments(plan.satellites, plan.plan_id)
        return stale_inputs(
            plan, self.mission, self.conjunctions_of(plan), self.catalogue.current(), others, self.policies
        )

    def announce_plan(self, plan: MissionPlan) -> None:
        """Tell every console that a plan has changed."""
        self.broadcaster.publish({"type": "plan", "plan": plan_summary(plan).model_dump(mode="json")})
