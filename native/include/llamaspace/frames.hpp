// The Earth's figure, places on the ground, and its shadow.
#pragma once

#include "llamaspace/vec3.hpp"

namespace llamaspace {

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
