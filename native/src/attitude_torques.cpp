// Torques of plates in air and light, without shadows of one plate on another (Wertz 1978, section 17.2).
#include "llamaspace/attitude_torques.hpp"

#include "llamaspace/frames.hpp"

#include <cmath>

namespace llamaspace {
namespace {

constexpr double earth_mu_m3_s2 = 3.986004418e14;           // IERS Conventions 2010, table 1.1
constexpr double earth_rate_rad_s = 7.292115e-5;            // WGS 84, NIMA TR8350.2
constexpr double sun_pressure_1au_n_m2 = 1361.0 / 299792458.0; // IAU 2015 Resolution B3 over the speed of light

Vec3 air_torque(const AttitudeCraft& craft, const Vec3& flow_m_s, const Vec3& array, double density_kg_m3) {
    const double speed = norm(flow_m_s);
    if (!(density_kg_m3 > 0.0) || !(speed > 0.0)) {
        return {};
    }
    const Vec3 ahead = (1.0 / speed) * flow_m_s;
    const double pressure = 0.5 * density_kg_m3 * speed * speed * craft.drag_coefficient;
    Vec3 torque{};
    for (const AttitudePlate& plate : craft.plates) {
        double cosine = dot(plate.tracks_sun ? array : plate.normal, ahead);
        cosine = plate.tracks_sun ? std::abs(cosine) : cosine;
        if (cosine > 0.0) {
            const Vec3 force = (-pressure * plate.area_m2 * cosine) * ahead;
            torque = torque + cross(plate.centre_m - craft.centre_of_mass_m, force);
        }
    }
    return torque;
}

// Force of light on a plate: Wertz, eq. 17-8, diffuse light by Lambert's law.
Vec3 light_torque(const AttitudeCraft& craft, const Vec3& to_sun, const Vec3& array, double pressure_n_m2) {
    if (!(pressure_n_m2 > 0.0)) {
        return {};
    }
    Vec3 torque{};
    for (const AttitudePlate& plate : craft.plates) {
        const Vec3& normal = plate.tracks_sun ? array : plate.normal;
        const double cosine = dot(normal, to_sun);
        if (cosine > 0.0) {
            const double back = 2.0 * (plate.specular * cosine + plate.diffuse / 3.0);
            const Vec3 force = (-pressure_n_m2 * plate.area_m2 * cosine) * ((1.0 - plate.specular) * to_sun + back * normal);
            torque = torque + cross(plate.centre_m - craft.centre_of_mass_m, force);
        }
    }
    return torque;
}

} // namespace

Vec3 array_normal(const PointingAxes& axes, const Vec3& to_sun) {
    const Vec3 across = to_sun - dot(to_sun, axes.array_axis) * axes.array_axis;
    const double length = norm(across);
    return length > 1.0e-9 ? (1.0 / length) * across : axes.array_zero_normal;
}

EnvironmentTorques environment_torques(const AttitudeCraft& craft, const Vicinity& around, const Quaternion& q,
                                       const TorqueFactors& factors) {
    const double radius = norm(around.r_m);
    const Vec3 up = into(q, (1.0 / radius) * around.r_m);
    const Vec3 sunward = around.sun_m - around.r_m;
    const double distance = norm(sunward);
    const Vec3 to_sun = into(q, (1.0 / distance) * sunward);
    const Vec3 air = cross({0.0, 0.0, earth_rate_rad_s}, around.r_m); // the air turns with the Earth
    const Vec3 array = array_normal(craft.axes, to_sun);
    const double au = astronomical_unit_m / distance;
    return {(3.0 * earth_mu_m3_s2 / (radius * radius * radius)) * cross(up, craft.inertia_kg_m2 * up),
            air_torque(craft, into(q, around.v_m_s - air), array, factors.density * around.density_kg_m3),
            light_torque(craft, to_sun, array, factors.light * sun_pressure_1au_n_m2 * au * au * around.light),
            factors.dipole * cross(craft.residual_dipole_a_m2, into(q, around.field_t))};
}

} // namespace llamaspace
