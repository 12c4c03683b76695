// The Sun and the Moon as seen from the Earth's centre, from Chebyshev coefficients fitted to JPL DE440.
#pragma once

#include "llamaspace/chebyshev.hpp"
#include "llamaspace/vec3.hpp"

#include <span>

namespace llamaspace {

struct SunMoon {
    Vec3 r_sun_gcrf_m, r_moon_gcrf_m; // geometric: neither light time nor aberration
};

// Coefficients of a vector over spans of equal length: per span three axes of `terms` coefficients, m.
struct ChebyshevSpans {
    double step_s;
    std::size_t terms;
    std::span<const double> coefficients_m;
};

class SunMoonEphemeris {
  public:
    // `sun` is relative to the barycentre of Earth and Moon, which lies moon_share of the way to the Moon.
    // Throws Error(bad_shape) or Error(bad_value) where the spans do not cover start to end.
    SunMoonEphemeris(double start_tdb_s, double end_tdb_s, double moon_share, const ChebyshevSpans& moon,
                     const ChebyshevSpans& sun);

    // At TDB seconds since J2000 (TT will do: 1.7 ms are 2 m of the Moon); throws Error(no_data) outside the file.
    [[nodiscard]] SunMoon at(double t_tdb_s) const;

    // The Sun where it is seen: light time and aberration, to 1e-8 rad; throws Error(no_data) as at() does.
    [[nodiscard]] Vec3 apparent_sun_gcrf_m(double t_tdb_s) const;

    [[nodiscard]] double start_tdb_s() const { return start_tdb_s_; }
    [[nodiscard]] double end_tdb_s() const { return end_tdb_s_; }
    [[nodiscard]] bool covers(double t_tdb_s) const { return t_tdb_s >= start_tdb_s_ && t_tdb_s < end_tdb_s_; }

  private:
    double start_tdb_s_, end_tdb_s_, moon_share_;
    ChebyshevSeries moon_, sun_; // x, y, z and an unused fourth
};

// TDB minus TT at TT (or TAI) seconds since J2000; within 10 microseconds (Fairhead and Bretagnon 1990, largest term;
// USNO Circular 179, eq. 2.6).
[[nodiscard]] double tdb_minus_tt_s(double t_tt_s);
[[nodiscard]] double tdb_s_from_tai_s(double t_tai_s);

} // namespace llamaspace
