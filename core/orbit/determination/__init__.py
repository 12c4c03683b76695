"""Orbit determination: what is observed, and the orbit that fits it."""

from core.orbit.determination.batch import FitError, OrbitFit, OutlierRule, Residuals, fit_orbit
from core.orbit.determination.empirical import EmpiricalTerm
from core.orbit.determination.filters import FilteredOrbit, FilterKind, FilterStep, filter_orbit
from core.orbit.determination.laser_data import (
    LaserPass,
    StationCoordinates,
    TrackingDataError,
    parse_crd,
    parse_sinex,
)
from core.orbit.determination.linearised import Estimate
from core.orbit.determination.observations import (
    AzimuthElevation,
    LaserRange,
    Observations,
    Position,
    RangeRate,
    TwoWayRange,
    laser_ranges,
)
from core.orbit.determination.realism import CovarianceRealism, Verdict, covariance_realism, prediction_realism
from core.orbit.determination.stations import TrackingStation
from core.orbit.determination.troposphere import LaserWeather

__all__ = [
    "AzimuthElevation",
    "CovarianceRealism",
    "EmpiricalTerm",
    "Estimate",
    "FilterKind",
    "FilterStep",
    "FilteredOrbit",
    "FitError",
    "LaserPass",
    "LaserRange",
    "LaserWeather",
    "Observations",
    "OrbitFit",
    "OutlierRule",
    "Position",
    "RangeRate",
    "Residuals",
    "StationCoordinates",
    "TrackingDataError",
    "TrackingStation",
    "TwoWayRange",
    "Verdict",
    "covariance_realism",
    "filter_orbit",
    "fit_orbit",
    "laser_ranges",
    "parse_crd",
    "parse_sinex",
    "prediction_realism",
]
