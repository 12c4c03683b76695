// Geodetic coordinates in closed form.
#include "llamaspace/forces.hpp"
#include "llamaspace/frames.hpp"

#include <cmath>

namespace llamaspace {

GeodeticPlace geodetic_place(const Vec3& r) {
    // Bowring 1976 with the parametric latitude of Bowring 1985, once corrected.
    constexpr double e2 = wgs84_flattening * (2.0 - wgs84_flattening), axis_ratio = 1.0 - wgs84_flattening;
    constexpr double second_e2 = e2 / (1.0 - e2), minor_m = wgs84_radius_m * axis_ratio;
    const double p = std::hypot(r.x, r.y), distance = norm(r);
    double tan_beta = axis_ratio * r.z * (1.0 + second_e2 * minor_m / distance);
    double cos_beta = 0.0, sin_beta = 0.0, up = 0.0, out = 0.0;
    tan_beta = p > 0.0 ? tan_beta / p : std::copysign(1.0e300, r.z);
    for (int pass = 0; pass < 2; ++pass) {
        cos_beta = 1.0 / std::sqrt(1.0 + tan_beta * tan_beta);
        sin_beta = tan_beta * cos_beta;
        if (std::abs(tan_beta) > 1.0e150) {
            cos_beta = 0.0;
            sin_beta = std::copysign(1.0, r.z);
        }
        up = r.z + second_e2 * minor_m * sin_beta * sin_beta * sin_beta;
        out = p - e2 * wgs84_radius_m * cos_beta * cos_beta * cos_beta;
        tan_beta = out > 0.0 ? axis_ratio * up / out : std::copysign(1.0e300, r.z);
    }
    const double scale = 1.0 / std::hypot(up, out), sin_lat = up * scale, cos_lat = out * scale;
    const double n = wgs84_radius_m / std::sqrt(1.0 - e2 * sin_lat * sin_lat);
    // Distance to the ellipse along its normal, without the loss of either component alone.
    const double height = p * cos_lat + r.z * sin_lat - n * (1.0 - e2 * sin_lat * sin_lat);
    return {std::atan2(up, out), std::atan2(r.y, r.x), height};
}

} // namespace llamaspace
