"""The built-in spacecraft simulator; runs as its own process (``python -m core.ground.simulator``)."""

from core.ground.simulator.server import Simulator
from core.ground.simulator.spacecraft import SimulatedSpacecraft
from core.ground.simulator.state import OnboardState, initial_state
from core.ground.simulator.store import SimulatorStore

__all__ = ["OnboardState", "SimulatedSpacecraft", "Simulator", "SimulatorStore", "initial_state"]
