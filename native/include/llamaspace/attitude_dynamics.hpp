// Rigid-body rotation with reaction wheels and, where the design has them, bending modes.
#pragma once

#include "llamaspace/attitude_craft.hpp"

#include <span>

namespace llamaspace {

struct AttitudeState {
    Quaternion q_body_gcrf;
    Vec3 omega_rad_s;              // of the body relative to GCRF, body axes
    PerWheel wheel_n_m_s{};        // of each rotor about its axis, relative to GCRF
    Vec3 bending{}, bending_rate{}; // modal coordinates
};

// What acts over a step: torque from outside on the body, and motor torque on each rotor.
struct Actuation {
    Vec3 torque_n_m;
    PerWheel motor_n_m{};
};

// Friction torque on a rotor that turns at a rate relative to the body; smooth through zero.
[[nodiscard]] double wheel_friction_n_m(const ReactionWheels& wheels, double rate_rad_s);

[[nodiscard]] double wheel_rate_rad_s(const AttitudeCraft& craft, const AttitudeState& state, std::size_t wheel);

// One Runge-Kutta step of order four with the actuation held; the quaternion is made unit again. A rotor at the end of
// its momentum takes no torque that would speed it up.
void advance(const AttitudeCraft& craft, AttitudeState& state, const Actuation& acting, double step_s);

// Total angular momentum, GCRF, and kinetic energy of body and rotors without bending.
[[nodiscard]] Vec3 momentum_gcrf_n_m_s(const AttitudeCraft& craft, const AttitudeState& state);
[[nodiscard]] double kinetic_energy_j(const AttitudeCraft& craft, const AttitudeState& state);

} // namespace llamaspace
