// Feedback that turns a spacecraft to the commanded attitude, and what keeps the wheels from filling up.
#pragma once

#include "llamaspace/attitude_craft.hpp"
#include "llamaspace/attitude_slew.hpp"

namespace llamaspace {

// What the control knows of the spacecraft: measured or true.
struct Known {
    Quaternion q_body_gcrf;
    Vec3 omega_rad_s;
    PerWheel wheel_n_m_s;
    Vec3 field_body_t;
};

// Modified Rodrigues parameters of the shorter rotation.
[[nodiscard]] Vec3 mrp_of(const Quaternion& q);

// Torque on the body wanted from the wheels, N m, body axes, without integral action: feedback on attitude and rate,
// with the commanded rate and acceleration and the gyroscopic torque fed forward. The gains are the inertia times
// bandwidth and damping; the error in angle is limited so that the slew rate is not exceeded (Wie 2008, section 7.3).
[[nodiscard]] Vec3 feedback_torque_n_m(const AttitudeCraft& craft, const Known& known, const Command& command);

// Motor torques of the wheels for a torque on the body: the least ones, cut in proportion where one would exceed its
// limit, then, from what is left, towards the bias that keeps rotors from rest (in the null space), then friction.
[[nodiscard]] PerWheel wheel_motors_n_m(const AttitudeCraft& craft, const Vec3& torque_on_body_n_m, const Known& known);

// Wheel momenta with that sum, and in the null space the bias of the design, as far as it is restored after a time.
[[nodiscard]] PerWheel biased_wheels(const AttitudeCraft& craft, const Vec3& total_n_m_s, const PerWheel& start_n_m_s,
                                     double since_s);

// Dipole that torques against a momentum as far as the field allows (cross-product law), cut in proportion to the limits.
[[nodiscard]] Vec3 unloading_dipole_a_m2(const AttitudeCraft& craft, const Vec3& momentum_n_m_s, const Vec3& field_body_t);

// Dipole against the change of the field in body axes, switched to its limits (B-dot, Wertz 1978, section 7.5).
[[nodiscard]] Vec3 detumbling_dipole_a_m2(const AttitudeCraft& craft, const Vec3& field_rate_body_t_s);

// Share of a step that each thruster fires to lower a momentum, with a mean torque that the wheels can hold against.
using PerJet = std::array<double, thruster_limit>;
[[nodiscard]] PerJet unloading_duties(const AttitudeCraft& craft, const Vec3& momentum_n_m_s);

} // namespace llamaspace
