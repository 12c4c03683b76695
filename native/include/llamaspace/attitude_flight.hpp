// The attitude of one spacecraft over a timeline: closed loop, or as ideal profiles with momentum bookkeeping.
#pragma once

#include "llamaspace/attitude_dynamics.hpp"
#include "llamaspace/attitude_slew.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace llamaspace {

enum class FlightMode : int {
    screening = 0, // attitudes are the commanded ones; momentum is integrated over the grid
    full = 1,      // control steps with rigid-body dynamics, control on true states
    sensed = 2,    // the same with sensors and filter in the loop
};

// How one member of a Monte Carlo differs from the nominal flight.
struct FlightMember {
    AttitudeState start;
    double inertia{1.0}, friction{1.0};
    TorqueFactors torques;
    std::uint64_t seed{0};
};

struct TrackerOutage {
    std::size_t tracker;
    double start_s, end_s;
};

// Rows on the grid, one for each time; wheel and dipole values are means over the interval that ends there.
struct FlightRows {
    std::span<double> q_body_gcrf, omega_rad_s, wheel_n_m_s, error_rad;
    std::span<double> dipole_a_m2, wheel_torque_n_m, wheel_power_w; // of absolute values
    std::span<double> keep_out_margin_rad, estimate_error_rad;
    std::span<std::uint8_t> settled, blinded; // the latter: one bit for each tracker
    std::span<double> jet_on_s;               // total of each thruster
};

// Flies one member. `craft` must be complete; the rows have the sizes of its wheels, thrusters and keep-out zones.
// Returns the number of slews for which no way round the forbidden cones was found.
int fly_attitude(const AttitudeCraft& craft, const SurroundingsTable& table, const std::vector<PointingSegment>& segments,
                 const std::vector<TrackerOutage>& outages, FlightMode mode, const FlightMember& member,
                 const FlightRows& rows);

} // namespace llamaspace
