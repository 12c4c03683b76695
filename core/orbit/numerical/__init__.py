"""Numerical propagation: force models, integrators, maneuvers, stops, state transition, covariance, Monte Carlo."""

from core.orbit.numerical.cartesian import CartesianState
from core.orbit.numerical.covariance import CovarianceHistory, covariance_in_rtn, propagate_covariance
from core.orbit.numerical.forces import (
    Atmosphere,
    EmpiricalAcceleration,
    EnvironmentData,
    ForceModel,
    Panel,
    SpacecraftProperties,
)
from core.orbit.numerical.gravity import GravityField, gravity_model
from core.orbit.numerical.integration import Integration, Method
from core.orbit.numerical.maneuvers import Burn, Impulse, ManeuverAxes
from core.orbit.numerical.monte_carlo import CaseEnd, StateBundle, propagate_many
from core.orbit.numerical.propagate import (
    ConvergenceError,
    ModelsUsed,
    Propagation,
    ReentryError,
    Sighting,
    Stop,
    StopKind,
    acceleration_m_s2,
    propagate,
)

__all__ = [
    "Atmosphere",
    "Burn",
    "CartesianState",
    "CaseEnd",
    "ConvergenceError",
    "CovarianceHistory",
    "EmpiricalAcceleration",
    "EnvironmentData",
    "ForceModel",
    "GravityField",
    "Impulse",
    "Integration",
    "ManeuverAxes",
    "Method",
    "ModelsUsed",
    "Panel",
    "Propagation",
    "ReentryError",
    "Sighting",
    "SpacecraftProperties",
    "StateBundle",
    "Stop",
    "StopKind",
    "acceleration_m_s2",
    "covariance_in_rtn",
    "gravity_model",
    "propagate",
    "propagate_covariance",
    "propagate_many",
]
