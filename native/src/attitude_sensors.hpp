// Sensors with noise, and the filter that they feed.
#pragma once

#include "llamaspace/attitude_control.hpp"
#include "llamaspace/attitude_filter.hpp"
#include "llamaspace/attitude_flight.hpp"

#include <cmath>
#include <numbers>
#include <random>

namespace llamaspace {

// Normal numbers by Box and Muller from a generator whose sequence the standard fixes: the same on every platform.
class Noise {
  public:
    explicit Noise(std::uint64_t seed) : bits_(seed) {}

    double operator()() {
        if (spare_) {
            spare_ = false;
            return kept_;
        }
        const double radius = std::sqrt(-2.0 * std::log(uniform())), angle = 2.0 * std::numbers::pi * uniform();
        kept_ = radius * std::sin(angle);
        spare_ = true;
        return radius * std::cos(angle);
    }
    Vec3 vector(double sigma) { return {sigma * (*this)(), sigma * (*this)(), sigma * (*this)()}; }

  private:
    std::mt19937_64 bits_;
    double kept_{};
    bool spare_{false};

    double uniform() { return (static_cast<double>(bits_() >> 11) + 0.5) * 0x1.0p-53; } // never 0, never 1
};

// A gyro whose bias wanders, star trackers, and the coarse sensors that help where no star tracker sees stars.
class SensedAttitude {
  public:
    SensedAttitude(const AttitudeCraft& craft, const Quaternion& q_true, std::uint64_t seed)
        : craft_(&craft), noise_(seed), gyro_bias_(noise_.vector(craft.gyro.bias_rad_s)),
          filter_(craft.gyro, turned_by(noise_.vector(start_error_rad)) * q_true, start_error_rad,
                  craft.gyro.bias_rad_s + 1.0e-9) {}

    // Measures at the end of a step and returns what the control then knows.
    Known measure(const AttitudeState& state, const Vicinity& around, unsigned blinded, double step_s) {
        gyro_bias_ = gyro_bias_ + noise_.vector(craft_->gyro.rate_walk_rad_s_sqrt_s * std::sqrt(step_s));
        const double white = craft_->gyro.angle_walk_rad_sqrt_s / std::sqrt(step_s);
        const Vec3 rate = state.omega_rad_s + gyro_bias_ + noise_.vector(white);
        // The reading is the mean over the step: half of the old rate, half of the new.
        filter_.propagate(0.5 * (rate + last_rate(rate)), step_s);
        last_ = rate;
        const Vec3 field = into(state.q_body_gcrf, around.field_t) + noise_.vector(craft_->magnetometer_noise_t);
        bool seen = false;
        for (std::size_t i = 0; i < craft_->trackers.size(); ++i) {
            if ((blinded >> i & 1U) == 0U) {
                track(craft_->trackers[i], state.q_body_gcrf);
                seen = true;
            }
        }
        if (!seen) {
            use_coarse(state.q_body_gcrf, around, field);
        }
        return {filter_.q_body_gcrf(), rate - filter_.bias_rad_s(), state.wheel_n_m_s, field};
    }

  private:
    static constexpr double start_error_rad = 1.0e-3;

    const AttitudeCraft* craft_;
    Noise noise_;
    Vec3 gyro_bias_;
    AttitudeFilter filter_;
    Vec3 last_{};
    bool has_last_{false};

    const Vec3& last_rate(const Vec3& rate) {
        if (!has_last_) {
            last_ = rate;
            has_last_ = true;
        }
        return last_;
    }

    void track(const Tracker& tracker, const Quaternion& q_true) {
        const Vec3 across = noise_.vector(tracker.noise_rad);
        const double along = tracker.roll_noise_rad * noise_() - dot(across, tracker.boresight);
        filter_.update(turned_by(across + along * tracker.boresight) * q_true, tracker.boresight, tracker.roll_noise_rad,
                       tracker.noise_rad);
    }

    void use_coarse(const Quaternion& q_true, const Vicinity& around, const Vec3& field) {
        if (around.light > 0.0 && craft_->sun_sensor_noise_rad > 0.0) {
            const Vec3 sun = unit(around.sun_m - around.r_m);
            filter_.update_direction(unit(into(q_true, sun) + noise_.vector(craft_->sun_sensor_noise_rad)), sun,
                                     craft_->sun_sensor_noise_rad);
        }
        const double strength = norm(around.field_t);
        if (strength > 0.0 && craft_->magnetometer_noise_t > 0.0) {
            filter_.update_direction(unit(field), (1.0 / strength) * around.field_t, craft_->magnetometer_noise_t / strength);
        }
    }
};

} // namespace llamaspace
