"""Running services over empty data folders, with the simulator in its own process, and signed-in clients."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import structlog
import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import build_runtime, create_app
from api.auth.accounts import User
from api.service.runtime import Runtime
from api.settings import Settings
from api.ws.shared_frames import SOCKET_OPTIONS
from knowledge import Handbook
from knowledge.passage import Passage
from tools.contract import Role

PASSWORD = "a-password-for-tests"
START = "2026-11-22T12:00:00Z"
Headers = dict[str, str]


@dataclass
class Service:
    """A service and the people who use it."""

    app: FastAPI
    runtime: Runtime
    client: Any

    def as_role(self, username: str) -> Headers:
        """Headers of somebody who is signed in."""
        answer = self.client.post("/api/v1/auth/login", json={"username": username, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.client.cookies.clear()  # these are API clients; a browser's cookie would sign everybody in
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def as_viewer(self) -> Headers:
        """Headers of somebody who may only look."""
        self.runtime.accounts.add("viewer", Role.VIEWER, PASSWORD)
        token = self.runtime.accounts.token_for(User(username="viewer", role=Role.VIEWER))
        return {"Authorization": f"Bearer {token.value}"}


@pytest.fixture(scope="session", autouse=True)
def quiet_log() -> Iterator[None]:
    """The log as text: the development renderer draws every local variable of a traceback, which takes seconds."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])
    yield
    structlog.reset_defaults()


class SmallHandbook:
    """One passage, at once: opening the real handbook takes seconds, and tests of its own look at it."""

    def search(self, query: str, limit: int = 5) -> list[Passage]:
        return [Passage(document="D-1", title="Safe mode", section="1", text=query, score=1.0, licence="CC0-1.0")][
            :limit
        ]

    def warm(self) -> None:
        """It is open already."""

    def close(self) -> None:
        """Nothing is held."""


def make_runtime(folder: Path, **settings: Any) -> Runtime:
    """The parts of a service over a data folder, with accounts whose password the tests know."""
    # Alternatives take three more flights of every plan, and detectors a share of the processor for each spacecraft.
    chosen = {"alternatives": 0, "anomalies": False, **settings}
    runtime = build_runtime(Settings(data=folder, clock_start=START, forbid_model_calls=True, **chosen))
    runtime.accounts.create_first(PASSWORD)
    return replace(runtime, knowledge=cast(Handbook, SmallHandbook()))


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for all tests of the API; each test uses its own intents and plans."""
    runtime = make_runtime(tmp_path_factory.mktemp("service"))
    app = create_app(runtime)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Service(app=app, runtime=runtime, client=client)


@pytest.fixture(scope="session")
def operator(service: Service) -> Headers:
    return service.as_role("operator")


@pytest.fixture(scope="session")
def planner(service: Service) -> Headers:
    return service.as_role("planner")


@pytest.fixture(scope="session")
def director(service: Service) -> Headers:
    return service.as_role("flight_director")


@pytest.fixture(scope="session")
def viewer(service: Service) -> Headers:
    return service.as_viewer()


@dataclass
class LiveService(Service):
    """A service that a real server answers for, on a loopback port."""

    url: str

    @property
    def socket_url(self) -> str:
        """Where its sockets are."""
        return self.url.replace("http://", "ws://")


@contextmanager
def live_service(
    folder: Path, before: Callable[[Runtime], None] | None = None, **settings: Any
) -> Iterator[LiveService]:
    """A service behind a real HTTP server in a thread of its own; ``before`` sees it before any thread of its runs."""
    runtime = make_runtime(folder, **settings)
    if before is not None:
        before(runtime)
    app = create_app(runtime)
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_config=None, lifespan="on", timeout_graceful_shutdown=2, **SOCKET_OPTIONS)
    )
    thread = threading.Thread(target=asyncio.run, args=(server.serve(),), daemon=True)
    thread.start()
    deadline = time.monotonic() + 90.0
    while not server.started:
        assert time.monotonic() < deadline and thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        with httpx.Client(base_url=url, timeout=30.0) as client:
            yield LiveService(app=app, runtime=runtime, client=client, url=url)
    finally:
        server.should_exit = True
        thread.join(30.0)


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """A second service, behind a real server; its tests may change the world of theirs alone."""
    with live_service(tmp_path_factory.mktemp("live")) as running:
        yield running
