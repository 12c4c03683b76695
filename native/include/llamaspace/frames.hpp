// Earth orientation: GCRF, TEME and ITRF; shadows; places on the ground.
//
// Precession and bias: IAU 2006 in Fukushima-Williams angles (Hilton et al. 2006). Nutation: IAU 2000B
// (McCarthy and Luzum 2003), 1 mas. Sidereal time: IAU 2006, and IAU 1982 for TEME. Polar motion is taken as zero,
// which moves an ITRF point by up to 0.6 arcsec (19 m on the ground).
#pragma once

#include "llamaspace/vec3.hpp"

namespace llamaspace {

// An instant: TAI seconds since J2000 (2000-01-01T12:00:00 TAI), and UT1 minus TAI there.
struct Instant {
    double t_tai_s;
    double ut1_minus_tai_s;
    [[nodiscard]] double tt_centuries() const;
    [[nodiscard]] double ut1_days_since_j2000() const;
};

struct EarthAngles {
    Mat3 dcm_tod_from_gcrf;
    Mat3 dcm_mod_from_gcrf;
    double gast_rad;
    double gmst82_rad;
};

[[nodiscard]] EarthAngles earth_angles(const Instant& at);
[[nodiscard]] Mat3 dcm_gcrf_from_teme(const EarthAngles& angles);
[[nodiscard]] Mat3 dcm_itrf_from_gcrf(const EarthAngles& angles);

// ITRF from TEME needs no nutation: one rotation by the sidereal time of 1982.
[[nodiscard]] Mat3 dcm_itrf_from_teme(const Instant& at);

inline constexpr double earth_rotation_rad_s = 7.292115e-5;   // IERS Conventions 2010, table 1.1 (GRS 80)
inline constexpr double wgs84_radius_m = 6378137.0;           // NIMA TR8350.2
inline constexpr double wgs84_flattening = 1.0 / 298.257223563; // NIMA TR8350.2
inline constexpr double sun_radius_m = 695700000.0;           // IAU 2015 Resolution B3
inline constexpr double astronomical_unit_m = 149597870700.0; // IAU 2012 Resolution B2

// A place on the WGS 84 ellipsoid with its local south, east, zenith axes.
struct Site {
    Vec3 r_itrf_m;
    Vec3 east, north, up;
};
[[nodiscard]] Site site_at(double latitude_rad, double longitude_rad, double height_m);

// Share of the Sun's disc that the Earth (a sphere of equatorial radius) leaves uncovered, 0 to 1.
[[nodiscard]] double sunlit_fraction(const Vec3& r_m, const Vec3& r_sun_m);

// How deep in shadow, rad: positive inside the penumbra or, with `umbra`, inside the umbra.
[[nodiscard]] double shadow_depth_rad(const Vec3& r_m, const Vec3& r_sun_m, bool umbra);

} // namespace llamaspace
