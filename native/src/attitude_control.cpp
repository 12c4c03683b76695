// Control laws (Markley and Crassidis 2014, chapter 7; Schaub and Junkins 2018, chapter 8).
#include "llamaspace/attitude_control.hpp"

#include "llamaspace/attitude_dynamics.hpp"

#include <algorithm>
#include <cmath>

namespace llamaspace {
namespace {

constexpr double null_space_time_s = 100.0; // in which the bias of the wheels is restored
constexpr double jet_torque_share = 0.5;    // of what the wheels can hold, for the mean torque of the thrusters

Vec3 shortened(const Vec3& a, double limit) {
    const double length = norm(a);
    return length > limit ? (limit / length) * a : a;
}

// The part of wheel values that does not torque the body.
PerWheel null_part(const AttitudeCraft& craft, const PerWheel& values) {
    const PerWheel acting = craft.spread(craft.along_axes(values));
    PerWheel out{};
    for (std::size_t i = 0; i < craft.wheel_count(); ++i) {
        out[i] = values[i] - acting[i];
    }
    return out;
}

PerWheel bias_of(const AttitudeCraft& craft) {
    PerWheel alternating{};
    for (std::size_t i = 0; i < craft.wheel_count(); ++i) {
        alternating[i] = (i % 2 == 0 ? 1.0 : -1.0) * craft.control.wheel_bias_share * craft.wheels.capacity_n_m_s;
    }
    return null_part(craft, alternating);
}

} // namespace

Vec3 mrp_of(const Quaternion& q) {
    const double sign = q.w < 0.0 ? -1.0 : 1.0;
    return (sign / (1.0 + sign * q.w)) * vector_part(q);
}

Vec3 feedback_torque_n_m(const AttitudeCraft& craft, const Known& known, const Command& command) {
    const ControlSettings& c = craft.control;
    const Quaternion error = known.q_body_gcrf * conjugate(command.q_body_gcrf);
    const Vec3 wanted_rate = into(error, command.omega_rad_s);
    const Vec3 rate_error = known.omega_rad_s - wanted_rate;
    const double stiffness = c.bandwidth_rad_s * c.bandwidth_rad_s, drag = 2.0 * c.damping * c.bandwidth_rad_s;
    const Vec3 angle = c.law == ControlLaw::mrp ? 4.0 * mrp_of(error)
                                                : (error.w < 0.0 ? -2.0 : 2.0) * vector_part(error);
    const Vec3 back = stiffness * shortened(angle, drag * craft.slew.rate_rad_s / stiffness) + drag * rate_error;
    const Vec3 ahead = into(error, command.acceleration_rad_s2) - cross(known.omega_rad_s, wanted_rate);
    const Vec3 stored = craft.inertia_kg_m2 * known.omega_rad_s + craft.along_axes(known.wheel_n_m_s);
    return craft.inertia_kg_m2 * (ahead - back) + cross(known.omega_rad_s, stored);
}

PerWheel wheel_motors_n_m(const AttitudeCraft& craft, const Vec3& torque, const Known& known) {
    const std::size_t n = craft.wheel_count();
    const double limit = craft.wheels.torque_n_m;
    PerWheel motor = craft.spread(-1.0 * torque);
    double largest = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
        largest = std::max(largest, std::abs(motor[i]));
    }
    const PerWheel bias = bias_of(craft), now = null_part(craft, known.wheel_n_m_s);
    const double cut = largest > limit ? limit / largest : 1.0;
    double room = 1.0;
    for (std::size_t i = 0; i < n; ++i) {
        motor[i] *= cut;
        const double wanted = (bias[i] - now[i]) / null_space_time_s;
        const double left = limit - std::abs(motor[i]);
        room = std::abs(wanted) > left ? std::min(room, left / std::abs(wanted)) : room;
    }
    for (std::size_t i = 0; i < n; ++i) {
        const double rate = known.wheel_n_m_s[i] / craft.wheels.rotor_inertia_kg_m2 - dot(craft.wheels.axes[i], known.omega_rad_s);
        motor[i] += room * (bias[i] - now[i]) / null_space_time_s + wheel_friction_n_m(craft.wheels, rate);
        motor[i] = std::clamp(motor[i], -limit, limit);
    }
    return motor;
}

PerWheel biased_wheels(const AttitudeCraft& craft, const Vec3& total_n_m_s, const PerWheel& start_n_m_s, double since_s) {
    PerWheel values = craft.spread(total_n_m_s);
    const PerWheel bias = bias_of(craft), start = null_part(craft, start_n_m_s);
    const double left = std::exp(-since_s / null_space_time_s);
    for (std::size_t i = 0; i < craft.wheel_count(); ++i) {
        values[i] += bias[i] + left * (start[i] - bias[i]);
    }
    return values;
}

Vec3 unloading_dipole_a_m2(const AttitudeCraft& craft, const Vec3& momentum, const Vec3& field) {
    const double strength = dot(field, field);
    if (!(strength > 0.0)) {
        return {};
    }
    const Vec3 wanted = (-1.0 / (craft.control.unloading_time_s * strength)) * cross(field, momentum);
    const Vec3& limit = craft.torquer_a_m2;
    const double share = std::max({1.0, std::abs(wanted.x) / limit.x, std::abs(wanted.y) / limit.y, std::abs(wanted.z) / limit.z});
    return (1.0 / share) * wanted;
}

Vec3 detumbling_dipole_a_m2(const AttitudeCraft& craft, const Vec3& rate) {
    const auto against = [](double change, double limit) { return change > 0.0 ? -limit : (change < 0.0 ? limit : 0.0); };
    return {against(rate.x, craft.torquer_a_m2.x), against(rate.y, craft.torquer_a_m2.y), against(rate.z, craft.torquer_a_m2.z)};
}

PerJet unloading_duties(const AttitudeCraft& craft, const Vec3& momentum) {
    PerJet duties{};
    const double length = norm(momentum);
    if (!(length > 0.0)) {
        return duties;
    }
    const Vec3 wanted = (-1.0 / length) * momentum;
    Vec3 all{};
    for (std::size_t i = 0; i < craft.jets.size(); ++i) {
        duties[i] = std::max(0.0, dot(unit(craft.jets[i].torque_n_m), wanted));
        all = all + duties[i] * craft.jets[i].torque_n_m;
    }
    const double borne = craft.largest_share(all);
    const double scale = borne > 0.0 ? std::min(1.0, jet_torque_share * craft.wheels.torque_n_m / borne) : 0.0;
    for (double& duty : duties) {
        duty *= scale;
    }
    return duties;
}

} // namespace llamaspace
