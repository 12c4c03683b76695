// Places on the WGS 84 ellipsoid, and shadows.
#include "llamaspace/frames.hpp"

#include "occultation.hpp"

#include <algorithm>
#include <cmath>

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

double sunlit_fraction(const Vec3& r, const Vec3& r_sun) {
    return uncovered_share(r_sun - r, sun_radius_m, -1.0 * r, wgs84_radius_m);
}

double shadow_depth_rad(const Vec3& r, const Vec3& r_sun, bool umbra) {
    const Vec3 to_sun = r_sun - r;
    const double sun = std::asin(sun_radius_m / norm(to_sun));
    const double earth = std::asin(std::min(1.0, wgs84_radius_m / norm(r)));
    const double separation = angle_between_rad(to_sun, -1.0 * r);
    return umbra ? earth - sun - separation : sun + earth - separation;
}

} // namespace llamaspace
