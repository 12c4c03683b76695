// Where the Earth's pole points in GCRF: precession IAU 2006 with nutation IAU 2000A.
#pragma once

#include "llamaspace/chebyshev.hpp"
#include "llamaspace/vec3.hpp"

namespace llamaspace {

// The celestial intermediate pole and origins of an instant.
struct CelestialPole {
    double x_rad, y_rad; // coordinates of the pole in GCRF
    double s_rad;        // places the celestial intermediate origin
    double eo_rad;       // equation of the origins: Earth rotation angle less apparent sidereal time
};

// The whole series, 1431 terms, about 30 microseconds; TT seconds since J2000.
[[nodiscard]] CelestialPole celestial_pole_06a(double t_tt_s);

// From GCRF to the celestial intermediate frame of a pole (IERS Conventions 2010, eq. 5.10).
[[nodiscard]] Mat3 dcm_cirs_from_gcrf(const CelestialPole& pole);

// Mean equator and equinox of date: frame bias and precession only.
[[nodiscard]] Mat3 dcm_mod_from_gcrf(double t_tt_s);

// Mean equator and equinox of J2000.0: the frame bias of IAU 2006, a constant.
[[nodiscard]] Mat3 dcm_eme2000_from_gcrf();

// The pole over a span, interpolated to 1e-14 rad: 12 evaluations of the series for every four days.
class CelestialPoleSeries {
  public:
    CelestialPoleSeries(double start_tt_s, double end_tt_s);
    [[nodiscard]] CelestialPole at(double t_tt_s) const;

  private:
    ChebyshevSeries series_;
};

inline constexpr double pole_span_s = 4.0 * 86400.0;
inline constexpr std::size_t pole_terms = 12;

} // namespace llamaspace
