"""Maneuvers: transfers, plane changes, phasing, Lambert searches, station keeping, deorbit, spirals, finite burns."""

from core.orbit.maneuver.circular import Transfer, altitude_change_delta_v_m_s, circular_transfer
from core.orbit.maneuver.deorbit import ENTRY_ALTITUDE_M, DeorbitBurn, deorbit_burn
from core.orbit.maneuver.finite_burn import (
    Engine,
    FiniteBurn,
    TargetedBurn,
    TargetingError,
    centred_burn,
    target_burn,
)
from core.orbit.maneuver.impulsive import (
    PlaneTransfer,
    Sequence,
    bi_elliptic_transfer,
    hohmann_transfer,
    phasing,
    plane_and_altitude_transfer,
    plane_change_delta_v_m_s,
    turn_angle_rad,
)
from core.orbit.maneuver.low_thrust import Spiral, SpiralHistory, edelbaum_spiral
from core.orbit.maneuver.q_law import LowThrustTransfer, QLawError, QLawWeights, q_law_transfer
from core.orbit.maneuver.station_keeping import (
    KeepingCycle,
    decay_rate_m_s,
    drag_make_up,
    geostationary_east_west,
    geostationary_north_south,
    ground_track_keeping,
)
from core.orbit.maneuver.transfer_search import Track, TwoImpulseTransfer, best_two_impulse_transfer

__all__ = [
    "ENTRY_ALTITUDE_M",
    "DeorbitBurn",
    "Engine",
    "FiniteBurn",
    "KeepingCycle",
    "LowThrustTransfer",
    "PlaneTransfer",
    "QLawError",
    "QLawWeights",
    "Sequence",
    "Spiral",
    "SpiralHistory",
    "TargetedBurn",
    "TargetingError",
    "Track",
    "Transfer",
    "TwoImpulseTransfer",
    "altitude_change_delta_v_m_s",
    "best_two_impulse_transfer",
    "bi_elliptic_transfer",
    "centred_burn",
    "circular_transfer",
    "decay_rate_m_s",
    "deorbit_burn",
    "drag_make_up",
    "edelbaum_spiral",
    "geostationary_east_west",
    "geostationary_north_south",
    "ground_track_keeping",
    "hohmann_transfer",
    "phasing",
    "plane_and_altitude_transfer",
    "plane_change_delta_v_m_s",
    "q_law_transfer",
    "target_burn",
    "turn_angle_rad",
]
