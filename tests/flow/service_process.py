"""The real service as its own process: started, killed without warning, and started again on the same data."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

PASSWORD = "a-password-for-tests"
_ADDRESS = re.compile(r"^Console and API: (http://\S+)$", re.MULTILINE)


class ServiceProcess:
    """``llamaspace serve`` on a free port.

    Args:
        data: Its data folder.
        rate: Rate of a new mission clock.
        start: Mission time at the very first start.
    """

    def __init__(self, data: Path, *, rate: float = 1.0, start: str = "2026-11-22T12:00:00Z") -> None:
        self.data = data
        self._options = ["--data", str(data), "--clock-rate", str(rate), "--clock-start", start]
        self._process: subprocess.Popen[bytes] | None = None
        self._log = data.with_suffix(".log")
        self.address = ""

    def start(self, port: str = "0") -> float:
        """Start, on a free port or the given one, and wait for the first answer; returns the seconds it took."""
        began = time.monotonic()
        environment = {**os.environ, "LLAMASPACE_INITIAL_PASSWORD": PASSWORD, "LLAMASPACE_FORBID_MODEL_CALLS": "1"}
        with self._log.open("wb") as log:
            command = [sys.executable, "-m", "api.cli.main", "serve", "--port", port, *self._options]
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        while time.monotonic() - began < 60.0:
            if self._process.poll() is not None:
                raise AssertionError(f"the service ended with {self._process.returncode}: {self.log()}")
            found = _ADDRESS.search(self.log())
            if found:
                self.address = found[1]
                try:
                    httpx.get(f"{self.address}/healthz", timeout=5.0).raise_for_status()
                    return time.monotonic() - began
                except httpx.HTTPError:
                    pass
            time.sleep(0.05)
        raise AssertionError(f"the service did not answer within a minute: {self.log()}")

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """An orderly end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(15.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def kill_simulator(self) -> bool:
        """SIGKILL to the spacecraft simulator; False when it is just being started again."""
        assert self._process is not None
        children = subprocess.run(
            ["pgrep", "-P", str(self._process.pid), "-f", "core.ground.simulator"],
            capture_output=True,
            text=True,
            check=False,
        )
        for pid in children.stdout.split():
            os.kill(int(pid), signal.SIGKILL)
        return bool(children.stdout.split())

    def log(self) -> str:
        """What it printed so far."""
        return self._log.read_text() if self._log.exists() else ""

    def client(self, username: str) -> Client:
        """A signed-in client."""
        return Client(self, username)


class Client:
    """An API client that signs in, and again after a restart."""

    def __init__(self, service: ServiceProcess, username: str) -> None:
        self._service = service
        self._username = username
        self._token = ""

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request; raises httpx.HTTPError while the service is down."""
        url = f"{self._service.address}/api/v1"
        if not self._token:
            body = {"username": self._username, "password": PASSWORD}
            answer = httpx.post(f"{url}/auth/login", json=body, timeout=10.0)
            answer.raise_for_status()
            self._token = answer.json()["access_token"]
        headers = {"Authorization": f"Bearer {self._token}", **options.pop("headers", {})}
        return httpx.request(method, f"{url}/{path}", headers=headers, timeout=10.0, **options)

    def get(self, path: str) -> Any:
        """The JSON of an answer that must be good."""
        answer = self.request("GET", path)
        answer.raise_for_status()
        return answer.json()
