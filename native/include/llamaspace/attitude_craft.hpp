// A spacecraft as the attitude simulation sees it; directions and places are in body axes.
#pragma once

#include "llamaspace/attitude_quaternion.hpp"
#include "llamaspace/vec3.hpp"

#include <array>
#include <cstddef>
#include <limits>
#include <vector>

namespace llamaspace {

inline constexpr std::size_t wheel_limit = 8;
inline constexpr std::size_t thruster_limit = 16;
inline constexpr std::size_t tracker_limit = 8;
using PerWheel = std::array<double, wheel_limit>;

struct AttitudePlate {
    double area_m2;
    Vec3 normal, centre_m;
    double specular, diffuse;
    bool tracks_sun; // two-sided, turned about the array's axis towards the Sun
};

struct ReactionWheels {
    std::vector<Vec3> axes;
    double capacity_n_m_s, torque_n_m, rotor_inertia_kg_m2;
    double viscous_n_m_s, coulomb_n_m;
};

struct AttitudeJet {
    Vec3 torque_n_m; // about the centre of mass
};

struct Tracker {
    Vec3 boresight;
    double noise_rad, roll_noise_rad;
    double sun_exclusion_rad, earth_exclusion_rad, moon_exclusion_rad; // of the limb
    double maximum_rate_rad_s;
};

struct GyroNoise {
    double angle_walk_rad_sqrt_s, rate_walk_rad_s_sqrt_s, bias_rad_s;
};

enum class BrightBody : int { sun = 0, moon = 1, earth = 2 };

struct KeepOutZone {
    Vec3 boresight;
    BrightBody body;
    double angle_rad; // from the limb of the Earth, from the centre of the Sun and the Moon
};

struct PointingAxes {
    Vec3 payload, antenna, thrust, array_axis, array_zero_normal;
};

enum class ControlLaw : int { quaternion = 0, mrp = 1 };

struct ControlSettings {
    ControlLaw law;
    double bandwidth_rad_s, damping, step_s, settled_error_rad;
    double unloading_time_s, desaturation_share, wheel_bias_share, detumble_above_rad_s, safe_spin_rad_s;
};

struct SlewLimits {
    double rate_rad_s, acceleration_rad_s2; // the latter may be infinite: the wheels then decide
    double torque_share, settle_s;
};

// Bending modes: q'' + 2 z w q' + w^2 q = -d omega', with d^2 the inertia that takes part.
struct Bending {
    bool present{false};
    Vec3 frequency_rad_s{}, coupling{};
    double damping{};
};

struct AttitudeCraft {
    Mat3 inertia_kg_m2;  // wheels locked, about the centre of mass
    Vec3 centre_of_mass_m;
    double drag_coefficient;
    std::vector<AttitudePlate> plates;
    Vec3 residual_dipole_a_m2, torquer_a_m2;
    ReactionWheels wheels;
    std::vector<AttitudeJet> jets;
    std::vector<Tracker> trackers;
    GyroNoise gyro;
    double sun_sensor_noise_rad, magnetometer_noise_t;
    PointingAxes axes;
    ControlSettings control;
    SlewLimits slew;
    std::vector<KeepOutZone> keep_outs;
    Bending bending;

    // Derived by `complete`, which throws Error(bad_value) for a body or wheels that cannot be.
    Mat3 hub_inertia_kg_m2, hub_inverse; // less what spins with the wheels (and bends)
    std::array<Vec3, wheel_limit> share_of_wheel; // rows of the wheels' pseudo-inverse
    void complete();

    [[nodiscard]] std::size_t wheel_count() const { return wheels.axes.size(); }
    // Sum of wheel values along their axes, and the least wheel values with that sum.
    [[nodiscard]] Vec3 along_axes(const PerWheel& values) const;
    [[nodiscard]] PerWheel spread(const Vec3& total) const;
    // Largest share that any wheel bears of a vector.
    [[nodiscard]] double largest_share(const Vec3& total) const;
};

[[nodiscard]] Mat3 inverse(const Mat3& a);

} // namespace llamaspace
