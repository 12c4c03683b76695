"""The radio link budget: bit energy over noise density from transmitter to receiver.

Source: CCSDS 401.0-B; Larson and Wertz, Space Mission Analysis and Design, 3rd ed., section 13.3.
"""

from __future__ import annotations

import math
from typing import Final

from core.constants import SPEED_OF_LIGHT_M_S

__all__ = ["BOLTZMANN_DBW_K_HZ", "eb_n0_db", "free_space_loss_db"]

BOLTZMANN_DBW_K_HZ: Final = 10.0 * math.log10(1.380649e-23)  # exact, SI


def free_space_loss_db(range_m: float, frequency_hz: float) -> float:
    """Loss over a distance at a frequency, dB."""
    return 20.0 * math.log10(4.0 * math.pi * range_m * frequency_hz / SPEED_OF_LIGHT_M_S)


def eb_n0_db(
    *, eirp_dbw: float, range_m: float, frequency_hz: float, g_over_t_db_k: float, rate_bit_s: float, losses_db: float
) -> float:
    """Bit energy over noise density at the receiver, dB.

    Args:
        eirp_dbw: Equivalent isotropically radiated power.
        range_m: Distance.
        frequency_hz: Carrier.
        g_over_t_db_k: The receiver's figure of merit.
        rate_bit_s: Information rate.
        losses_db: Everything else that is lost: atmosphere, polarisation, pointing, implementation.
    """
    received = eirp_dbw - free_space_loss_db(range_m, frequency_hz) + g_over_t_db_k - losses_db
    return received - BOLTZMANN_DBW_K_HZ - 10.0 * math.log10(rate_bit_s)
