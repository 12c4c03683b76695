"""The simulator as a supervised child process: started, watched, and started again when it dies."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.errors import InputError

__all__ = ["SimulatorProcess"]

_LOG: Final = logging.getLogger(__name__)
_FIRST_RESTART_S: Final = 0.2
_LAST_RESTART_S: Final = 10.0
_STOP_TIMEOUT_S: Final = 5.0


class SimulatorProcess:
    """Keeps one simulator running.

    Args:
        data: Folder of its durable state.
        keys: Link keys that its spacecraft hold.
        mission: Mission file; None for the reference mission.
        mdb: Mission database file; None for the reference database.
        options: Further command line options.
    """

    def __init__(
        self, data: Path, keys: Path, mission: Path | None = None, mdb: Path | None = None, options: Sequence[str] = ()
    ) -> None:
        self._command = [sys.executable, "-m", "core.ground.simulator", "--parent-pid", str(os.getpid())]
        self._command += ["--data", str(data), "--keys", str(keys), *options]
        self._command += ["--mission", str(mission)] if mission else []
        self._command += ["--mdb", str(mdb)] if mdb else []
        self._process: subprocess.Popen[str] | None = None
        self._port: int | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="simulator-watch", daemon=True)
        self.restarts = 0

    def start(self) -> None:
        """Start the process and its watch.

        Raises:
            InputError: It ended at once, such as on a damaged key file.
        """
        self._launch()
        self._thread.start()

    def address(self) -> tuple[str, int] | None:
        """Where it listens; None while it is starting."""
        port = self._port
        return ("127.0.0.1", port) if port is not None else None

    @property
    def pid(self) -> int | None:
        """Process id of the running simulator."""
        return self._process.pid if self._process else None

    def stop(self) -> None:
        """End the process for good."""
        self._stopped.set()
        if self._process is not None:
            self._process.terminate()
        if self._thread.is_alive():
            self._thread.join(_STOP_TIMEOUT_S)
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def _launch(self) -> None:
        process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        self._process = process
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise InputError("simulator", f"the simulator ended at its start with code {process.wait()}")
        self._port = int(json.loads(line)["port"])

    def _watch(self) -> None:
        delay_s = _FIRST_RESTART_S
        while not self._stopped.is_set():
            process = self._process
            code = process.wait() if process else None
            if process is not None and process.stdout is not None:
                process.stdout.close()
            if self._stopped.is_set():
                return
            self._port = None
            _LOG.warning("the simulator ended with code %s; starting it again", code)
            self._stopped.wait(delay_s)
            delay_s = self._restart(delay_s)

    def _restart(self, delay_s: float) -> float:
        """Start it again, unless told to stop; returns how long to wait should it die again."""
        if self._stopped.is_set():
            return delay_s
        self.restarts += 1
        try:
            self._launch()
        except InputError as error:
            _LOG.warning("%s", error.message)
            return min(2 * delay_s, _LAST_RESTART_S)
        return _FIRST_RESTART_S
