"""A running service over an empty data folder, with the simulator in its own process, and signed-in clients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import build_runtime, create_app
from api.service.runtime import Runtime
from api.settings import Settings

PASSWORD = "a-password-for-tests"
START = "2026-11-22T12:00:00Z"


class Service(SimpleNamespace):
    """A service and the people who use it."""

    app: FastAPI
    runtime: Runtime
    client: TestClient

    def as_role(self, username: str) -> dict[str, str]:
        """Headers of somebody who is signed in."""
        answer = self.client.post("/api/v1/auth/login", json={"username": username, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.client.cookies.clear()  # these are API clients; a browser's cookie would sign everybody in
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for all tests of the API; each test uses its own intents and plans."""
    folder: Path = tmp_path_factory.mktemp("service")
    settings = Settings(data=folder, clock_start=START, forbid_model_calls=True)
    runtime = build_runtime(settings)
    runtime.accounts.create_first(PASSWORD)
    app = create_app(runtime)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Service(app=app, runtime=runtime, client=client)


@pytest.fixture(scope="session")
def operator(service: Service) -> dict[str, str]:
    return service.as_role("operator")


@pytest.fixture(scope="session")
def planner(service: Service) -> dict[str, str]:
    return service.as_role("planner")


@pytest.fixture(scope="session")
def director(service: Service) -> dict[str, str]:
    return service.as_role("flight_director")
