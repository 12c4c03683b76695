// Light that comes from the Earth: scattered from the Sun (albedo), and its own heat.
#pragma once

#include "llamaspace/vec3.hpp"

#include <array>
#include <cstddef>

namespace llamaspace {

// What a zone of the Earth gives, by the sine of its latitude: Legendre polynomials of degree 0 to 2.
struct ZonalShares {
    std::array<double, 3> albedo, emissivity;

    // Seasonal means of satellite data: Knocke, Ries and Tapley, AIAA 88-4292 (1988), eq. 6 to 8.
    [[nodiscard]] static ZonalShares of_season(double t_tai_s);
};

// The Earth's disc as a satellite sees it: the cap below, and rings about it, all of the same solid angle as weighted by
// the cosine of Lambert's law, so that a uniform Earth pushes as a closed form says, with any number of rings.
struct EarthFacet {
    Vec3 to_facet;         // unit vector from the satellite
    double irradiance_w_m2; // across it
};
inline constexpr std::size_t earth_rings = 3, earth_facets = 1 + 6 + 12 + 18;

// Facets of a satellite at r, with the Earth's pole and a Sun at r_sun that gives sun_w_m2 at the Earth; one inertial frame.
[[nodiscard]] std::array<EarthFacet, earth_facets> earth_facets_seen(const Vec3& r_m, const Vec3& r_sun_m, const Vec3& pole,
                                                                    double sun_w_m2, const ZonalShares& shares);

} // namespace llamaspace
