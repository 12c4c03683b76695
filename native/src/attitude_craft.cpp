// What follows from a design: the inertia without the rotors, and how a torque is shared among the wheels.
#include "llamaspace/attitude_craft.hpp"

#include "llamaspace/error.hpp"

#include "matrix.hpp"

#include <algorithm>
#include <cmath>

namespace llamaspace {
namespace {

void add_dyad(Mat3& a, double scale, const Vec3& v) {
    const std::array<double, 3> c{v.x, v.y, v.z};
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
            a.m[3 * i + j] += scale * c[i] * c[j];
        }
    }
}

// Sylvester's criterion.
bool positive_definite(const Mat3& a) {
    const auto& m = a.m;
    const double minor = m[0] * m[4] - m[1] * m[3];
    const double whole = m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
    return m[0] > 0.0 && minor > 0.0 && whole > 0.0;
}

} // namespace

Mat3 inverse(const Mat3& a) {
    Matrix<3, 3> out;
    if (!invert(Matrix<3, 3>{a.m}, out)) {
        throw Error(ErrorCode::bad_value, "a matrix without inverse");
    }
    return {out.m};
}

void AttitudeCraft::complete() {
    if (wheels.axes.size() > wheel_limit || jets.size() > thruster_limit || trackers.size() > tracker_limit) {
        throw Error(ErrorCode::bad_value, "at most 8 wheels, 16 thrusters and 8 star trackers can be flown");
    }
    hub_inertia_kg_m2 = inertia_kg_m2;
    Mat3 gram{{0, 0, 0, 0, 0, 0, 0, 0, 0}};
    for (const Vec3& axis : wheels.axes) {
        add_dyad(hub_inertia_kg_m2, -wheels.rotor_inertia_kg_m2, axis);
        add_dyad(gram, 1.0, axis);
    }
    if (bending.present) {
        hub_inertia_kg_m2.m[0] -= bending.coupling.x * bending.coupling.x;
        hub_inertia_kg_m2.m[4] -= bending.coupling.y * bending.coupling.y;
        hub_inertia_kg_m2.m[8] -= bending.coupling.z * bending.coupling.z;
    }
    if (!positive_definite(hub_inertia_kg_m2)) {
        throw Error(ErrorCode::bad_value, "the inertia less that of rotors and bending modes is not that of a body");
    }
    hub_inverse = inverse(hub_inertia_kg_m2);
    if (!wheels.axes.empty()) {
        const Mat3 gram_inverse = inverse(gram);
        std::ranges::transform(wheels.axes, share_of_wheel.begin(), [&](const Vec3& axis) { return gram_inverse * axis; });
    }
}

Vec3 AttitudeCraft::along_axes(const PerWheel& values) const {
    Vec3 total{};
    for (std::size_t i = 0; i < wheels.axes.size(); ++i) {
        total = total + values[i] * wheels.axes[i];
    }
    return total;
}

PerWheel AttitudeCraft::spread(const Vec3& total) const {
    PerWheel values{};
    for (std::size_t i = 0; i < wheels.axes.size(); ++i) {
        values[i] = dot(share_of_wheel[i], total);
    }
    return values;
}

double AttitudeCraft::largest_share(const Vec3& total) const {
    double largest = 0.0;
    for (std::size_t i = 0; i < wheels.axes.size(); ++i) {
        largest = std::max(largest, std::abs(dot(share_of_wheel[i], total)));
    }
    return largest;
}

} // namespace llamaspace
