// Axes that maneuvers and panels are given in, as unit vectors in GCRF.
#pragma once

#include "llamaspace/vec3.hpp"

namespace llamaspace {

enum class Axes : int {
    rtn = 0,      // radial, transverse, normal
    inertial = 1, // GCRF
    velocity = 2, // along the velocity, along the orbit normal, and outward completing the set
};

struct Triad {
    Vec3 x, y, z;
    [[nodiscard]] Vec3 operator*(const Vec3& c) const { return c.x * x + c.y * y + c.z * z; }
    [[nodiscard]] Vec3 components(const Vec3& a) const { return {dot(a, x), dot(a, y), dot(a, z)}; }
};

[[nodiscard]] inline Vec3 unit(const Vec3& a) { return (1.0 / norm(a)) * a; }

[[nodiscard]] inline Triad triad(Axes axes, const Vec3& r, const Vec3& v) {
    if (axes == Axes::inertial) {
        return {{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}, {0.0, 0.0, 1.0}};
    }
    const Vec3 normal = unit(cross(r, v));
    if (axes == Axes::rtn) {
        const Vec3 radial = unit(r);
        return {radial, cross(normal, radial), normal};
    }
    const Vec3 along = unit(v);
    return {along, normal, cross(along, normal)};
}

} // namespace llamaspace
