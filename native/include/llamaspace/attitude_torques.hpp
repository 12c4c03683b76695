// What turns a spacecraft from outside: gravity gradient, air, sunlight and the residual magnetic dipole.
#pragma once

#include "llamaspace/attitude_craft.hpp"

namespace llamaspace {

// Where the spacecraft is and what acts on it there, GCRF.
struct Vicinity {
    Vec3 r_m, v_m_s, sun_m, moon_m; // the Sun and the Moon from the Earth's centre
    Vec3 field_t;
    double density_kg_m3{}, light{}; // share of the Sun's disc seen
    Vec3 applied_n_m{};              // torque from elsewhere, such as that of a burn, body axes
};

struct EnvironmentTorques {
    Vec3 gravity_gradient, aerodynamic, solar, magnetic; // N m, body axes, about the centre of mass
};

// How a member of a Monte Carlo differs from the nominal design.
struct TorqueFactors {
    double density{1.0}, light{1.0}, dipole{1.0};
};

[[nodiscard]] EnvironmentTorques environment_torques(const AttitudeCraft& craft, const Vicinity& around,
                                                     const Quaternion& q_body_gcrf, const TorqueFactors& factors);

// Normal of the array turned about its axis as near to the Sun as it can be, body axes.
[[nodiscard]] Vec3 array_normal(const PointingAxes& axes, const Vec3& to_sun);

} // namespace llamaspace
