// The closed loop of environment, dynamics, sensors and control, and its kinematic shortcut.
#include "llamaspace/attitude_flight.hpp"

#include "llamaspace/error.hpp"

#include "attitude_sensors.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

namespace llamaspace {
namespace {

constexpr double integral_share = 0.1;          // of the cubed bandwidth: gain of the integral of the angle
constexpr double integral_within_rad = 0.0175;  // it gathers below this error, and is forgotten above
constexpr double desaturated_share = 0.5;       // thrusters stop at this share of where they started
constexpr double detumbled_share = 0.25;        // wheels take over at this share of the rate that starts detumbling
constexpr double steps_per_bend = 12.0;         // of the dynamics in a period of the fastest mode

// Means of absolute values over an interval of the grid.
struct Means {
    Vec3 dipole{};
    PerWheel torque{};
    double power_w{};
    double seconds{};
};

Vec3 magnitude(const Vec3& a) { return {std::abs(a.x), std::abs(a.y), std::abs(a.z)}; }

AttitudeCraft flown(const AttitudeCraft& craft, const FlightMember& member) {
    AttitudeCraft out = craft;
    for (double& element : out.inertia_kg_m2.m) {
        element *= member.inertia;
    }
    out.wheels.viscous_n_m_s *= member.friction;
    out.wheels.coulomb_n_m *= member.friction;
    out.complete();
    return out;
}

class Flight {
  public:
    Flight(const AttitudeCraft& craft, const SurroundingsTable& table, const std::vector<PointingSegment>& segments,
           const std::vector<TrackerOutage>& outages, const FlightMember& member, const FlightRows& rows)
        : craft_(craft), truth_(flown(craft, member)), table_(table), outages_(outages), member_(member), rows_(rows),
          profile_(craft, table, segments, member.start.q_body_gcrf, member.start.omega_rad_s), state_(member.start) {}

    int blocked_slews() const { return profile_.blocked_slews(); }

    void fly(bool sensed) {
        const auto& t = table_.times_s();
        Vicinity around = table_.at(t.front());
        unsigned blinded = blinded_at(t.front(), around);
        if (sensed) {
            sensors_.emplace(craft_, state_.q_body_gcrf, member_.seed);
        }
        known_ = {state_.q_body_gcrf, state_.omega_rad_s, state_.wheel_n_m_s, into(state_.q_body_gcrf, around.field_t)};
        for (std::size_t k = 0; k < t.size(); ++k) {
            Means means;
            if (k > 0) {
                const int steps = std::max(1, static_cast<int>(std::ceil((t[k] - t[k - 1]) / craft_.control.step_s - 1.0e-9)));
                const double step_s = (t[k] - t[k - 1]) / steps;
                for (int i = 0; i < steps; ++i) {
                    control_step(t[k - 1] + i * step_s, around, step_s, means);
                    around = table_.at(i + 1 < steps ? t[k - 1] + (i + 1) * step_s : t[k]);
                    blinded = blinded_at(t[k - 1] + (i + 1) * step_s, around);
                    know(around, blinded, step_s);
                }
            }
            const Command command = profile_.at(t[k]);
            const double control_error = angle_of(state_.q_body_gcrf * conjugate(command.q_body_gcrf));
            const bool settled = !command.slewing && !detumbling_ && control_error < craft_.control.settled_error_rad;
            write(k, around, blinded, settled, means, state_.q_body_gcrf, state_.omega_rad_s, state_.wheel_n_m_s);
        }
    }

    // Ideal attitudes; momentum by trapezoids of the torques, unloading by the same law as on board.
    void screen() {
        const auto& t = table_.times_s();
        Vec3 momentum = momentum_gcrf_n_m_s(truth_, state_), torque_before{}, unloading{};
        PerWheel wheels_before = state_.wheel_n_m_s;
        for (std::size_t k = 0; k < t.size(); ++k) {
            const Vicinity around = table_.at(t[k]);
            const Command command = profile_.at(t[k]);
            const Quaternion& q = command.q_body_gcrf;
            const Vec3 torque = out_of(q, external(around, q));
            Means means;
            if (k > 0) {
                means.seconds = t[k] - t[k - 1];
                momentum = momentum + means.seconds * (0.5 * (torque_before + torque) + unloading);
            }
            const Vec3 stored = into(q, momentum) - truth_.hub_inertia_kg_m2 * command.omega_rad_s;
            const PerWheel wheels = biased_wheels(craft_, stored, state_.wheel_n_m_s, t[k] - t.front());
            const Vec3 field = into(q, around.field_t);
            const Vec3 dipole = unloading_dipole_a_m2(craft_, excess(stored, command), field);
            unloading = out_of(q, cross(dipole, field));
            gather_screened(wheels, wheels_before, command.omega_rad_s, dipole, k > 0 ? means.seconds : 1.0, means);
            const bool settled = command.since_slew_s >= craft_.slew.settle_s || profile_never_slewed(command);
            write(k, around, blinded_in(t[k], around, q, command.omega_rad_s), settled, means, q, command.omega_rad_s, wheels);
            torque_before = torque;
            wheels_before = wheels;
        }
    }

  private:
    const AttitudeCraft& craft_; // what the control believes
    AttitudeCraft truth_;
    const SurroundingsTable& table_;
    const std::vector<TrackerOutage>& outages_;
    const FlightMember& member_;
    const FlightRows& rows_;
    PointingProfile profile_;
    AttitudeState state_;
    Known known_{};
    std::optional<SensedAttitude> sensors_;
    Vec3 integral_{};
    bool detumbling_{false}, desaturating_{false};
    std::optional<Command> upcoming_; // at the start of the next control step

    // A slew of no length needs no settling.
    bool profile_never_slewed(const Command& command) const {
        return !command.slewing && profile_.slew_s(command.segment) < 1.0;
    }

    Vec3 external(const Vicinity& around, const Quaternion& q) const {
        const EnvironmentTorques e = environment_torques(truth_, around, q, member_.torques);
        return e.gravity_gradient + e.aerodynamic + e.solar + e.magnetic + around.applied_n_m;
    }

    unsigned blinded_at(double t_s, const Vicinity& around) const {
        return blinded_in(t_s, around, state_.q_body_gcrf, state_.omega_rad_s);
    }
    unsigned blinded_in(double t_s, const Vicinity& around, const Quaternion& q, const Vec3& omega) const {
        unsigned bits = 0;
        for (std::size_t i = 0; i < craft_.trackers.size(); ++i) {
            bits |= is_blinded(craft_.trackers[i], q, omega, around) ? 1U << i : 0U;
        }
        for (const TrackerOutage& outage : outages_) {
            bits |= t_s >= outage.start_s && t_s < outage.end_s ? 1U << outage.tracker : 0U;
        }
        return bits;
    }

    void know(const Vicinity& around, unsigned blinded, double step_s) {
        if (sensors_) {
            known_ = sensors_->measure(state_, around, blinded, step_s);
        } else {
            known_ = {state_.q_body_gcrf, state_.omega_rad_s, state_.wheel_n_m_s, into(state_.q_body_gcrf, around.field_t)};
        }
    }

    // Momentum to get rid of: all of it in a slew, else what the wheels hold beyond steady pointing.
    Vec3 excess(const Vec3& stored, const Command& command) const {
        return command.slewing ? stored + craft_.hub_inertia_kg_m2 * command.omega_rad_s : stored;
    }

    Vec3 integral_torque(const Command& command, double step_s) {
        const Quaternion error = known_.q_body_gcrf * conjugate(command.q_body_gcrf);
        const Vec3 angle = rotation_vector(error);
        if (norm(angle) > integral_within_rad) {
            integral_ = {};
        } else {
            integral_ = integral_ + step_s * angle;
        }
        const double gain = integral_share * std::pow(craft_.control.bandwidth_rad_s, 3);
        return craft_.inertia_kg_m2 * (-gain * integral_);
    }

    // Detumbling: only in safe spin, from a rate that the wheels should not take on until it is low.
    bool detumbles(PointingMode mode) {
        const double limit = craft_.control.detumble_above_rad_s * (detumbling_ ? detumbled_share : 1.0);
        detumbling_ = mode == PointingMode::safe_spin && norm(known_.omega_rad_s) > limit;
        return detumbling_;
    }

    bool desaturates() {
        double largest = 0.0;
        for (std::size_t i = 0; i < craft_.wheel_count(); ++i) {
            largest = std::max(largest, std::abs(known_.wheel_n_m_s[i]));
        }
        const double limit = craft_.control.desaturation_share * craft_.wheels.capacity_n_m_s;
        desaturating_ = !craft_.jets.empty() && largest > limit * (desaturating_ ? desaturated_share : 1.0);
        return desaturating_;
    }

    void control_step(double t_s, const Vicinity& around, double step_s, Means& means) {
        // Fed forward is the mean acceleration of the step: that at its start would miss the corners of a slew.
        Command command = upcoming_ ? *upcoming_ : profile_.at(t_s);
        upcoming_ = profile_.at(t_s + step_s);
        command.acceleration_rad_s2 = (1.0 / step_s) * (upcoming_->omega_rad_s - command.omega_rad_s);
        Vec3 dipole, jets{};
        Actuation acting{};
        if (detumbles(profile_.mode(command.segment))) {
            dipole = detumbling_dipole_a_m2(craft_, -1.0 * cross(known_.omega_rad_s, known_.field_body_t));
            integral_ = {};
        } else {
            const Vec3 stored = craft_.along_axes(known_.wheel_n_m_s);
            const Vec3 momentum = excess(stored, command);
            dipole = unloading_dipole_a_m2(craft_, momentum, known_.field_body_t);
            if (desaturates()) {
                jets = fire(unloading_duties(craft_, momentum), step_s);
            }
            const Vec3 torque = feedback_torque_n_m(craft_, known_, command) + integral_torque(command, step_s) -
                                cross(dipole, known_.field_body_t) - jets;
            acting.motor_n_m = wheel_motors_n_m(craft_, torque, known_);
        }
        const Vec3 field = into(state_.q_body_gcrf, around.field_t);
        acting.torque_n_m = external(around, state_.q_body_gcrf) + cross(dipole, field) + jets;
        gather(acting, dipole, step_s, means);
        const double fastest = std::max({craft_.bending.frequency_rad_s.x, craft_.bending.frequency_rad_s.y, craft_.bending.frequency_rad_s.z});
        const int parts = craft_.bending.present
                              ? std::max(1, static_cast<int>(std::ceil(step_s * steps_per_bend * fastest / (2.0 * std::numbers::pi))))
                              : 1;
        for (int i = 0; i < parts; ++i) {
            advance(truth_, state_, acting, step_s / parts);
        }
    }

    Vec3 fire(const PerJet& duties, double step_s) {
        Vec3 torque{};
        for (std::size_t i = 0; i < craft_.jets.size(); ++i) {
            rows_.jet_on_s[i] += duties[i] * step_s;
            torque = torque + duties[i] * craft_.jets[i].torque_n_m;
        }
        return torque;
    }

    void gather(const Actuation& acting, const Vec3& dipole, double step_s, Means& means) const {
        means.seconds += step_s;
        means.dipole = means.dipole + step_s * magnitude(dipole);
        for (std::size_t i = 0; i < craft_.wheel_count(); ++i) {
            means.torque[i] += step_s * std::abs(acting.motor_n_m[i]);
            means.power_w += step_s * std::abs(acting.motor_n_m[i] * wheel_rate_rad_s(truth_, state_, i));
        }
    }

    void gather_screened(const PerWheel& wheels, const PerWheel& before, const Vec3& omega, const Vec3& dipole,
                         double seconds, Means& means) const {
        means.seconds = seconds;
        means.dipole = seconds * magnitude(dipole);
        for (std::size_t i = 0; i < craft_.wheel_count(); ++i) {
            const double rate = wheels[i] / craft_.wheels.rotor_inertia_kg_m2 - dot(craft_.wheels.axes[i], omega);
            const double motor = std::abs(wheels[i] - before[i]) / seconds + std::abs(wheel_friction_n_m(truth_.wheels, rate));
            means.torque[i] = seconds * motor;
            means.power_w += seconds * motor * std::abs(rate);
        }
    }

    void write(std::size_t k, const Vicinity& around, unsigned blinded, bool settled, const Means& means,
               const Quaternion& q, const Vec3& omega, const PerWheel& wheels) const {
        const std::size_t n = craft_.wheel_count();
        const double share = means.seconds > 0.0 ? 1.0 / means.seconds : 0.0;
        std::ranges::copy(std::array{q.w, q.x, q.y, q.z}, rows_.q_body_gcrf.begin() + static_cast<std::ptrdiff_t>(4 * k));
        put(rows_.omega_rad_s, k, omega);
        put(rows_.dipole_a_m2, k, share * means.dipole);
        for (std::size_t i = 0; i < n; ++i) {
            rows_.wheel_n_m_s[n * k + i] = wheels[i];
            rows_.wheel_torque_n_m[n * k + i] = share * means.torque[i];
        }
        rows_.wheel_power_w[k] = share * means.power_w;
        rows_.error_rad[k] = angle_of(q * conjugate(profile_.wanted(table_.times_s()[k])));
        rows_.estimate_error_rad[k] = sensors_ ? angle_of(q * conjugate(known_.q_body_gcrf)) : 0.0;
        for (std::size_t i = 0; i < craft_.keep_outs.size(); ++i) {
            rows_.keep_out_margin_rad[craft_.keep_outs.size() * k + i] = keep_out_margin_rad(craft_.keep_outs[i], q, around);
        }
        rows_.settled[k] = settled ? 1 : 0;
        rows_.blinded[k] = static_cast<std::uint8_t>(blinded);
    }

    static void put(std::span<double> column, std::size_t k, const Vec3& v) {
        column[3 * k] = v.x;
        column[3 * k + 1] = v.y;
        column[3 * k + 2] = v.z;
    }
};

} // namespace

int fly_attitude(const AttitudeCraft& craft, const SurroundingsTable& table, const std::vector<PointingSegment>& segments,
                 const std::vector<TrackerOutage>& outages, FlightMode mode, const FlightMember& member,
                 const FlightRows& rows) {
    if (craft.wheel_count() < 3) {
        throw Error(ErrorCode::bad_value, "attitude flights need three or more wheels");
    }
    Flight flight(craft, table, segments, outages, member, rows);
    if (mode == FlightMode::screening) {
        flight.screen();
    } else {
        flight.fly(mode == FlightMode::sensed);
    }
    return flight.blocked_slews();
}

} // namespace llamaspace
