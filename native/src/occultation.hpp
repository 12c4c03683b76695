// How much of the Sun's disc another body leaves uncovered.
#pragma once

#include "llamaspace/vec3.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace llamaspace {

// Overlap of two discs (Montenbruck and Gill, Satellite Orbits, section 3.4.2), both bodies as spheres.
inline double uncovered_share(const Vec3& to_sun, double sun_radius_m, const Vec3& to_body, double body_radius_m) {
    const double a = std::asin(std::min(1.0, sun_radius_m / norm(to_sun)));
    const double b = std::asin(std::min(1.0, body_radius_m / norm(to_body)));
    const double c = angle_between_rad(to_sun, to_body);
    if (c >= a + b) {
        return 1.0;
    }
    if (c <= b - a) {
        return 0.0;
    }
    if (c <= a - b) {
        return 1.0 - b * b / (a * a);
    }
    const double x = (c * c + a * a - b * b) / (2.0 * c), y = std::sqrt(std::max(0.0, a * a - x * x));
    const double overlap = a * a * std::acos(std::clamp(x / a, -1.0, 1.0)) +
                           b * b * std::acos(std::clamp((c - x) / b, -1.0, 1.0)) - c * y;
    return std::clamp(1.0 - overlap / (std::numbers::pi * a * a), 0.0, 1.0);
}

} // namespace llamaspace
