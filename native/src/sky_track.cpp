// Interpolation of the Earth's orientation, the Sun and the Moon.
#include "llamaspace/sky_track.hpp"

#include "llamaspace/earth_rotation.hpp"
#include "llamaspace/error.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace llamaspace {
namespace {

constexpr std::size_t points = SkyTrack::points;

// Lagrange weights at x for nodes 0, 1, ..., 7.
std::array<double, points> lagrange(double x) {
    constexpr std::array<double, points> divisor{-5040.0, 720.0, -240.0, 144.0, -144.0, 240.0, -720.0, 5040.0};
    std::array<double, points> below{}, weights{};
    double product = 1.0;
    for (std::size_t k = 0; k < points; ++k) {
        below[k] = product;
        product *= x - static_cast<double>(k);
    }
    product = 1.0;
    for (std::size_t k = points; k-- > 0;) {
        weights[k] = below[k] * product / divisor[k];
        product *= x - static_cast<double>(k);
    }
    return weights;
}

// IERS Conventions 2010, eq. 5.1 and 5.10, without the TIO locator.
Mat3 itrf_from_gcrf(double x, double y, double angle_rad, double xp, double yp) {
    const double a = 1.0 / (1.0 + std::sqrt(1.0 - x * x - y * y));
    const double xy = -a * x * y;
    const Mat3 celestial{{1.0 - a * x * x, xy, -x, xy, 1.0 - a * y * y, -y, x, y, 1.0 - a * (x * x + y * y)}};
    // To second order: the first alone is no rotation by 1e-12, and would feed that much of the central pull to the energy.
    const double xx = 0.5 * xp * xp, yy = 0.5 * yp * yp;
    const Mat3 polar{{1.0 - xx, 0.0, xp, xp * yp, 1.0 - yy, -yp, -xp, yp, 1.0 - xx - yy}};
    return polar * (axes_rotation_z(angle_rad) * celestial);
}

} // namespace

SkyTrack::SkyTrack(double first_tai_s, double step_s, std::vector<double> rows)
    : first_tai_s_(first_tai_s), step_s_(step_s), rows_(std::move(rows)), count_(rows_.size() / columns) {
    if (rows_.size() % columns != 0 || count_ < points || !(step_s > 0.0)) {
        throw Error(ErrorCode::bad_shape, "a sky track needs a positive step and at least 8 rows of 12 columns");
    }
}

Sky SkyTrack::at(double t_tai_s) const {
    const double place = (t_tai_s - first_tai_s_) / step_s_;
    if (!(place >= 0.0 && place <= static_cast<double>(count_ - 1))) {
        throw Error(ErrorCode::bad_interval, "t = " + std::to_string(t_tai_s) + " s is outside the sampled span");
    }
    const auto last = static_cast<std::ptrdiff_t>(count_ - points);
    const auto start = std::clamp(static_cast<std::ptrdiff_t>(place) - 3, std::ptrdiff_t{0}, last);
    const auto weights = lagrange(place - static_cast<double>(start));
    std::array<double, columns> q{};
    const double* row = rows_.data() + static_cast<std::size_t>(start) * columns;
    for (std::size_t k = 0; k < points; ++k, row += columns) {
        for (std::size_t i = 0; i < columns; ++i) {
            q[i] += weights[k] * row[i];
        }
    }
    const double era = earth_rotation_angle_rad(t_tai_s, q[5]);
    constexpr double tio_rad_s = -47.0e-6 * 4.84813681109536e-6 / (36525.0 * 86400.0); // IERS Conventions 2010, eq. 5.13
    return {.t_tai_s = t_tai_s,
            .dcm_itrf_from_gcrf = itrf_from_gcrf(q[0], q[1], era + tio_rad_s * t_tai_s - q[2], q[3], q[4]),
            .r_sun_gcrf_m = {q[6], q[7], q[8]},
            .r_moon_gcrf_m = {q[9], q[10], q[11]}};
}

} // namespace llamaspace
