"""What every test gets: reference data, a switch that forbids model calls, and Chromium where it is installed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Model calls are forbidden in tests: scripted replies stand in (agent.llm refuses a network model when this is set).
os.environ["LLAMASPACE_FORBID_MODEL_CALLS"] = "1"
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# A loaded machine is slow, which is no failure.
settings.register_profile("no-timing", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no-timing")

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of real reference data; the test is skipped where it is absent."""
    folder = Path(os.environ.get("LLAMASPACE_REFERENCE_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"reference data not found at {folder}: set LLAMASPACE_REFERENCE_DATA")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of an installed Chromium; the test is skipped without one, unless CI requires it."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    if os.environ.get("LLAMASPACE_REQUIRE_BROWSER"):
        pytest.fail("LLAMASPACE_REQUIRE_BROWSER is set but no Chromium is installed")
    pytest.skip("browser tests skipped: no Chromium on this machine")
