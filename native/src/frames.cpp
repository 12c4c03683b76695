// Places on the WGS 84 ellipsoid, and shadows.
#include "llamaspace/frames.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace llamaspace {

Site site_at(double latitude_rad, double longitude_rad, double height_m) {
    const double sp = std::sin(latitude_rad), cp = std::cos(latitude_rad);
    const double sl = std::sin(longitude_rad), cl = std::cos(longitude_rad);
    constexpr double e2 = wgs84_flattening * (2.0 - wgs84_flattening);
    const double n = wgs84_radius_m / std::sqrt(1.0 - e2 * sp * sp);
    return {.r_itrf_m = {(n + height_m) * cp * cl, (n + height_m) * cp * sl, (n * (1.0 - e2) + height_m) * sp},
            .east = {-sl, cl, 0.0},
            .north = {-sp * cl, -sp * sl, cp},
            .up = {cp * cl, cp * sl, sp}};
}

namespace {
struct Discs {
    double sun, earth, separation; // angular radii and distance of the centres, rad
};

Discs discs(const Vec3& r, const Vec3& r_sun) {
    const Vec3 to_sun = r_sun - r;
    return {.sun = std::asin(sun_radius_m / norm(to_sun)),
            .earth = std::asin(std::min(1.0, wgs84_radius_m / norm(r))),
            .separation = angle_between_rad(to_sun, -1.0 * r)};
}
} // namespace

double sunlit_fraction(const Vec3& r, const Vec3& r_sun) {
    // Overlap of two discs (Montenbruck and Gill, Satellite Orbits, section 3.4.2).
    const auto [a, b, c] = discs(r, r_sun);
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

double shadow_depth_rad(const Vec3& r, const Vec3& r_sun, bool umbra) {
    const auto [a, b, c] = discs(r, r_sun);
    return umbra ? b - a - c : a + b - c;
}

} // namespace llamaspace
