"""The composition root: settings in, a running service out."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.staticfiles import StaticFiles

from agent.deps import AgentDeps
from agent.llm import ModelSettings, make_chat
from agent.planner import CorePlanner
from agent.session import Conversations
from api.anomaly_metrics import AnomalyMetrics
from api.auth.accounts import Accounts
from api.browser_safety import SAFE_HEADERS
from api.metrics import Metrics
from api.problems import PROBLEM_RESPONSES, install_problem_handlers
from api.rest import (
    accounts,
    alarms,
    anomalies,
    approvals,
    auth,
    conjunctions,
    definitions,
    files,
    flight,
    intents,
    mission,
    operations,
    plans,
    queues,
    records,
    stacks,
    telemetry,
    telemetry_stream,
)
from api.service.alternatives import AlternativeFinder
from api.service.anomaly_models import open_anomalies
from api.service.approvals import approval_watch
from api.service.approve_plan import resume_releases
from api.service.audit import AuditKeeper
from api.service.clock import open_clock
from api.service.conversation_log import ConversationLog
from api.service.files import file_watch
from api.service.flight import Flight
from api.service.intents import IntentService
from api.service.live import Broadcaster
from api.service.runtime import Runtime
from api.service.step_feed import StepsOf
from api.service.telemetry_reader import LiveTelemetryReader
from api.service.telemetry_requests import StreamCatalogue
from api.service.telemetry_stream import LiveTelemetry
from api.settings import Settings
from api.signing_keys import audit_file_of, open_signing_keys
from api.telemetry_metrics import TelemetryMetrics
from api.ws import console
from api.ws import telemetry as telemetry_socket
from core.authority import ApprovalRequests, DecisionLog, policies_of
from core.command.fleet import Fleet, FleetConfig
from core.command.keystore import KeyPurpose
from core.command.signing import Seal
from core.errors import InputError
from core.events import AuditTrail, EventLog
from core.ground.simulator.faults import load_faults
from core.mdb import MissionDatabase, reference_mdb
from core.mission import load_mission, reference_mission
from core.mission.catalogue_file import CatalogueFile
from core.mission.conjunctions import ConjunctionRepository
from core.mission.model import Mission
from core.mission.orbit_updates import OrbitRepository
from core.plan.repository import PlanRepository
from core.store import open_database
from core.telemetry.packet_feed import PacketFeed
from core.telemetry.retention import RetentionPolicies, RetentionPolicy
from knowledge import open_knowledge
from ml.anomaly.live import ArchiveAnomalies
from tools.catalog import CATALOG

__all__ = ["build_runtime", "create_app"]

_CONSOLE: Final = Path(__file__).parent / "console"
_WARM_AGENT_AFTER_S: Final = 1.0
_WATCH_ANOMALIES_AFTER_S: Final = 2.0
_WARM_KNOWLEDGE_AFTER_S: Final = 15.0
_MAXIMUM_BODY: Final = 4_000_000
_log = structlog.get_logger("api")


def build_runtime(settings: Settings) -> Runtime:
    """All parts of the service over one data folder; nothing runs yet."""
    flown = load_mission(settings.mission) if settings.mission else reference_mission()
    mdb = reference_mdb()
    policies = policies_of(settings.policies)
    _check_faults(settings, flown, mdb)
    if settings.stations is not None and settings.simulator:
        raise InputError("stations", f"{settings.stations} is for real spacecraft, and `simulator` is on")
    settings.data.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.data / "llamaspace.db")
    events = EventLog(database)
    clock_service = open_clock(
        database,
        settings.data / "clock.json",
        flown,
        settings.clock_rate,
        settings.clock_start,
        simulated=settings.simulator,
    )
    clock = clock_service.clock
    plan_store = PlanRepository(database, events)
    orbits = OrbitRepository(database, events, flown)
    conjunction_store = ConjunctionRepository(database, events, flown)
    catalogue = CatalogueFile(settings.data / "catalogue.txt")
    broadcaster = Broadcaster()
    config = FleetConfig(
        settings.data,
        mission_file=settings.mission,
        housekeeping_s=settings.housekeeping_s,
        faults_file=settings.faults,
        stations_file=settings.stations,
        retention=RetentionPolicies(
            RetentionPolicy(settings.keep_packets_days, settings.keep_values_days, settings.keep_summaries_days)
        ),
        postgres=None if settings.postgres is None else settings.postgres.get_secret_value(),
    )
    store = open_signing_keys(settings)
    requests = ApprovalRequests(database, events, policies, Seal(store, KeyPurpose.APPROVAL))
    fleet = Fleet(config, flown, mdb, database, events, clock, authority=policies, key_store=store, requests=requests)
    telemetry = LiveTelemetryReader(orbits, fleet.reader, clock_service.begun_utc)
    found = open_anomalies(settings, fleet, flown, mdb, database, events, clock, broadcaster)
    feed = PacketFeed(fleet.archive.columns)
    handbook = open_knowledge(settings.data / "knowledge")
    chat = make_chat(
        ModelSettings(
            model=settings.model, timeout_s=settings.model_timeout_s, allow_network=not settings.forbid_model_calls
        )
    )
    deps = AgentDeps(
        missions=orbits,
        clock=clock,
        catalog=CATALOG,
        planner=CorePlanner(orbits, clock, telemetry, plan_store, conjunction_store, catalogue, policies),
        telemetry=telemetry,
        knowledge=handbook,
        plans=plan_store,
        chat=chat,
        events=events,
        conjunctions=conjunction_store,
        archive=fleet.archive.columns,
        anomalies=ArchiveAnomalies(mdb, fleet.archive.columns),
    )
    conversations = Conversations(deps, settings.data / "conversations.db")
    log = ConversationLog(database, broadcaster)
    return Runtime(
        database=database,
        events=events,
        orbits=orbits,
        model=settings.model,
        clock_service=clock_service,
        accounts=Accounts(database, settings.token_lifetime_s),
        plans=plan_store,
        telemetry=telemetry,
        knowledge=handbook,
        conversations=conversations,
        conversation_log=log,
        intents=IntentService(database, events, conversations, log, plan_store, flown, clock),
        flight=Flight(fleet, orbits, plan_store, events, clock_service, broadcaster),
        broadcaster=broadcaster,
        live_telemetry=LiveTelemetry(
            fleet.stream,
            feed,
            fleet.latest,
            {StepsOf.ALARMS: fleet.alarms, StepsOf.ANOMALIES: found.desk},
            fleet.archive.units,
        ),
        stream_catalogue=StreamCatalogue(
            mdb, lambda: [one.id for one in flown.spacecraft], fleet.archive.units, feed, clock.now_tai_s
        ),
        conjunctions=conjunction_store,
        catalogue=catalogue,
        alternatives=AlternativeFinder(
            database, plan_store, events, orbits, clock, settings.alternatives, telemetry.initial_resources
        ),
        mdb=mdb,
        policies=policies,
        decisions=DecisionLog(database, events),
        requests=requests,
        key_store=store,
        approval_lifetime_s=settings.approval_lifetime_s,
        audit=AuditKeeper(
            AuditTrail(database, events, Seal(store, KeyPurpose.AUDIT), audit_file_of(settings)),
            events,
            settings.audit_every_events,
            settings.audit_every_s,
        ),
        anomalies=found,
    )


def _check_faults(settings: Settings, flown: Mission, mdb: MissionDatabase) -> None:
    """Refuse a wrong fault script now, with its line and field, and not as a simulator that never starts."""
    if settings.faults is None:
        return
    if not settings.simulator:
        raise InputError("faults", f"{settings.faults} is for simulated spacecraft, and `simulator` is off")
    load_faults(settings.faults, flown, mdb)


def create_app(runtime: Runtime) -> FastAPI:
    """The web application over a runtime; starting it starts the fleet and goes on with what a crash cut."""
    app = FastAPI(
        title="LlamaSpace",
        version="0.1.0",
        summary="Natural-language mission operations",
        openapi_url="/api/v1/openapi.json",
        docs_url="/api/v1/docs",
        redoc_url=None,
        lifespan=_lifespan,
        responses=PROBLEM_RESPONSES,
    )
    app.state.runtime = runtime
    app.state.metrics = Metrics()
    install_problem_handlers(app)
    app.middleware("http")(app.state.metrics.observe)
    app.middleware("http")(_guard)
    # Definitions and queues come before flight: /commands/queues is no command's id.
    for part in (
        auth,
        accounts,
        mission,
        intents,
        plans,
        approvals,
        conjunctions,
        definitions,
        queues,
        stacks,
        files,
        alarms,
        anomalies,
        telemetry_stream,
        flight,
        telemetry,
        records,
    ):
        # The guard refuses by the length that a client tells; the limit also holds for one that tells none.
        app.include_router(part.router, prefix="/api/v1", max_body_size=_MAXIMUM_BODY)
    app.include_router(console.router, prefix="/api/v1")
    app.include_router(telemetry_socket.router, prefix="/api/v1")
    app.include_router(operations.router)
    _serve_console(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    runtime: Runtime = app.state.runtime
    app.state.metrics.registry.register(TelemetryMetrics(runtime.flight.fleet))
    app.state.metrics.registry.register(AnomalyMetrics(runtime.anomalies))
    runtime.audit.start()
    watches = (approval_watch(runtime), file_watch(runtime))
    runtime.flight.start()
    runtime.alternatives.start(runtime.check, runtime.announce_plan, app.state.metrics.count_search)
    released = resume_releases(runtime)
    for watch in watches:
        watch.start()
    recovered = runtime.intents.recover()
    _log.info("service started", recovered_intents=recovered, resumed_releases=released)
    # They take seconds of processor time: they wait until the service has answered its first requests.
    warming = [
        threading.Timer(_WATCH_ANOMALIES_AFTER_S, runtime.anomalies.start),
        threading.Timer(_WARM_AGENT_AFTER_S, runtime.conversations.warm),
        threading.Timer(_WARM_KNOWLEDGE_AFTER_S, runtime.knowledge.warm),
    ]
    for one in warming:
        one.daemon = True
        one.start()
    try:
        yield
    finally:
        for one in warming:
            one.cancel()
        for watch in watches:
            watch.stop()
        runtime.alternatives.stop()
        runtime.intents.close()
        runtime.anomalies.stop()  # before the archive closes
        runtime.flight.stop()
        runtime.conversations.close()
        runtime.knowledge.close()
        runtime.audit.stop()
        runtime.database.close()


async def _guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse bodies that no route takes, and give every answer the headers that keep a browser safe."""
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > _MAXIMUM_BODY:
        detail = f"the body has {length} bytes; at most {_MAXIMUM_BODY} are taken"
        problem = {
            "type": "about:blank",
            "title": "Content Too Large",
            "status": 413,
            "detail": detail,
            "code": "too-large",
        }
        return Response(content=json.dumps(problem), status_code=413, media_type="application/problem+json")
    response: Response = await call_next(request)
    documentation = request.url.path.startswith("/api/v1/docs")  # its page loads scripts of its own
    for name, value in SAFE_HEADERS.items():
        if not (documentation and name == "Content-Security-Policy"):
            response.headers.setdefault(name, value)
    return response


def _serve_console(app: FastAPI) -> None:
    if not (_CONSOLE / "index.html").is_file():
        app.add_api_route("/", _no_console, include_in_schema=False, response_class=HTMLResponse)
        return
    app.mount("/assets", StaticFiles(directory=_CONSOLE / "assets"), name="assets")

    def page() -> FileResponse:
        return FileResponse(_CONSOLE / "index.html", headers={"Cache-Control": "no-cache"})

    app.add_api_route("/", page, include_in_schema=False)


def _no_console() -> HTMLResponse:
    return HTMLResponse("<p>The console is not built: run <code>make console</code>. The API is at /api/v1/docs.</p>")
