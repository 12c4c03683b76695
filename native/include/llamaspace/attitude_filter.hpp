// Attitude and gyro bias by a multiplicative extended Kalman filter (Markley and Crassidis 2014, section 6.2).
#pragma once

#include "llamaspace/attitude_craft.hpp"

#include "llamaspace/vec3.hpp"

#include <array>

namespace llamaspace {

class AttitudeFilter {
  public:
    // Standard deviations of the start: attitude on each axis and gyro bias on each axis.
    AttitudeFilter(const GyroNoise& gyro, const Quaternion& q_body_gcrf, double attitude_rad, double bias_rad_s);

    // One gyro reading held over a step.
    void propagate(const Vec3& measured_rad_s, double step_s);
    // An attitude measured with independent errors: `noise_rad` about the axis, and `noise_rad_across` across it.
    void update(const Quaternion& measured, const Vec3& axis, double noise_rad, double noise_rad_across);
    // A direction measured in body axes, and where it is in GCRF; both unit.
    void update_direction(const Vec3& measured_body, const Vec3& known_gcrf, double noise_rad);

    [[nodiscard]] const Quaternion& q_body_gcrf() const { return q_; }
    [[nodiscard]] const Vec3& bias_rad_s() const { return bias_; }
    // Row by row: attitude error (body axes, rad), then bias (rad/s).
    [[nodiscard]] const std::array<double, 36>& covariance() const { return p_; }

  private:
    GyroNoise gyro_;
    Quaternion q_;
    Vec3 bias_{};
    std::array<double, 36> p_{};

    void correct(const std::array<double, 18>& gain, const Vec3& residual);
};

} // namespace llamaspace
