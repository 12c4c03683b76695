// What a propagation needs from outside the spacecraft, sampled at equal steps and interpolated: the Earth's
// orientation, the Sun and the Moon.
//
// Precession-nutation, polar motion, UT1 and the bodies vary slowly, so that eight samples three hours apart carry them
// far below the accuracy of their sources; the rotation of the Earth itself is exact. One look-up costs less than one
// trigonometric series of any of them.
#pragma once

#include "llamaspace/vec3.hpp"

#include <cstddef>
#include <vector>

namespace llamaspace {

struct Sky {
    double t_tai_s;
    Mat3 dcm_itrf_from_gcrf;
    Vec3 r_sun_gcrf_m, r_moon_gcrf_m; // geometric
};

class SkyTrack {
  public:
    // CIP X, Y and CIO locator s, rad; polar motion xp, yp, rad; UT1 minus TAI, s; the Sun and the Moon, m.
    static constexpr std::size_t columns = 12;
    static constexpr std::size_t points = 8; // of the interpolation

    // Throws Error(bad_shape) unless there are whole rows, at least eight.
    SkyTrack(double first_tai_s, double step_s, std::vector<double> rows);

    // Throws Error(bad_interval) where four samples do not lie on each side, but for the ends of the table.
    [[nodiscard]] Sky at(double t_tai_s) const;

  private:
    double first_tai_s_, step_s_;
    std::vector<double> rows_;
    std::size_t count_;
};

} // namespace llamaspace
