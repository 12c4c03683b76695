// Equations of motion of a body with rotors (Schaub and Junkins 2018, section 4.5; Wertz 1978, section 16.2).
//
// With J the inertia less that of the rotors about their axes, and h the rotors' momenta relative to inertial space:
//   J omega' = -omega x (J omega + sum a h) - sum a u + torque,   h' = u = motor - friction.
#include "llamaspace/attitude_dynamics.hpp"

#include <cmath>

namespace llamaspace {
namespace {

constexpr double friction_smoothing_rad_s = 1.0; // Coulomb friction turns over within this rate

struct Rates {
    Quaternion q;
    Vec3 omega;
    PerWheel wheel;
    Vec3 bending, bending_rate;
};

Vec3 times(const Vec3& a, const Vec3& b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }

double rotor_torque(const AttitudeCraft& craft, const AttitudeState& s, std::size_t i, double motor_n_m) {
    const double torque = motor_n_m - wheel_friction_n_m(craft.wheels, wheel_rate_rad_s(craft, s, i));
    const bool full = std::abs(s.wheel_n_m_s[i]) >= craft.wheels.capacity_n_m_s;
    return full && torque * s.wheel_n_m_s[i] > 0.0 ? 0.0 : torque;
}

Rates rates_of(const AttitudeCraft& craft, const AttitudeState& s, const Actuation& acting) {
    Rates out{};
    const Vec3& w = s.omega_rad_s;
    const Vec3 v = vector_part(s.q_body_gcrf);
    out.q = quaternion_of(-0.5 * dot(w, v), 0.5 * (s.q_body_gcrf.w * w - cross(w, v)));
    Vec3 stored = craft.hub_inertia_kg_m2 * w, reaction{};
    for (std::size_t i = 0; i < craft.wheels.axes.size(); ++i) {
        out.wheel[i] = rotor_torque(craft, s, i, acting.motor_n_m[i]);
        stored = stored + s.wheel_n_m_s[i] * craft.wheels.axes[i];
        reaction = reaction + out.wheel[i] * craft.wheels.axes[i];
    }
    Vec3 torque = acting.torque_n_m - reaction;
    if (craft.bending.present) {
        const Bending& b = craft.bending;
        const Vec3 restoring = times(times(b.frequency_rad_s, b.frequency_rad_s), s.bending) +
                               2.0 * b.damping * times(b.frequency_rad_s, s.bending_rate);
        stored = stored + times(times(b.coupling, b.coupling), w) + times(b.coupling, s.bending_rate);
        out.omega = craft.hub_inverse * (torque - cross(w, stored) + times(b.coupling, restoring));
        out.bending = s.bending_rate;
        out.bending_rate = -1.0 * (restoring + times(b.coupling, out.omega));
        return out;
    }
    out.omega = craft.hub_inverse * (torque - cross(w, stored));
    return out;
}

AttitudeState moved(const AttitudeCraft& craft, const AttitudeState& s, const Rates& k, double h) {
    AttitudeState out;
    out.q_body_gcrf = {s.q_body_gcrf.w + h * k.q.w, s.q_body_gcrf.x + h * k.q.x, s.q_body_gcrf.y + h * k.q.y,
                       s.q_body_gcrf.z + h * k.q.z};
    out.omega_rad_s = s.omega_rad_s + h * k.omega;
    for (std::size_t i = 0; i < craft.wheels.axes.size(); ++i) {
        out.wheel_n_m_s[i] = s.wheel_n_m_s[i] + h * k.wheel[i];
    }
    out.bending = s.bending + h * k.bending;
    out.bending_rate = s.bending_rate + h * k.bending_rate;
    return out;
}

} // namespace

double wheel_friction_n_m(const ReactionWheels& wheels, double rate_rad_s) {
    return wheels.viscous_n_m_s * rate_rad_s + wheels.coulomb_n_m * std::tanh(rate_rad_s / friction_smoothing_rad_s);
}

double wheel_rate_rad_s(const AttitudeCraft& craft, const AttitudeState& state, std::size_t wheel) {
    return state.wheel_n_m_s[wheel] / craft.wheels.rotor_inertia_kg_m2 - dot(craft.wheels.axes[wheel], state.omega_rad_s);
}

void advance(const AttitudeCraft& craft, AttitudeState& state, const Actuation& acting, double step_s) {
    const Rates k1 = rates_of(craft, state, acting);
    const Rates k2 = rates_of(craft, moved(craft, state, k1, 0.5 * step_s), acting);
    const Rates k3 = rates_of(craft, moved(craft, state, k2, 0.5 * step_s), acting);
    const Rates k4 = rates_of(craft, moved(craft, state, k3, step_s), acting);
    const double sixth = step_s / 6.0;
    state = moved(craft, moved(craft, moved(craft, moved(craft, state, k1, sixth), k2, 2.0 * sixth), k3, 2.0 * sixth), k4, sixth);
    state.q_body_gcrf = normalised(state.q_body_gcrf);
}

Vec3 momentum_gcrf_n_m_s(const AttitudeCraft& craft, const AttitudeState& state) {
    Vec3 body = craft.hub_inertia_kg_m2 * state.omega_rad_s + craft.along_axes(state.wheel_n_m_s);
    if (craft.bending.present) {
        const Vec3& d = craft.bending.coupling;
        body = body + times(times(d, d), state.omega_rad_s) + times(d, state.bending_rate);
    }
    return out_of(state.q_body_gcrf, body);
}

double kinetic_energy_j(const AttitudeCraft& craft, const AttitudeState& state) {
    double energy = 0.5 * dot(state.omega_rad_s, craft.hub_inertia_kg_m2 * state.omega_rad_s);
    for (std::size_t i = 0; i < craft.wheels.axes.size(); ++i) {
        energy += 0.5 * state.wheel_n_m_s[i] * state.wheel_n_m_s[i] / craft.wheels.rotor_inertia_kg_m2;
    }
    return energy;
}

} // namespace llamaspace
