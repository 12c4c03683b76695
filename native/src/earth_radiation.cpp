// Light from the Earth, facet by facet.
#include "earth_radiation.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace llamaspace {
namespace {

constexpr double earth_radius_m = 6371008.8; // mean radius of WGS 84 (Moritz 2000)
constexpr std::array<std::size_t, earth_rings + 1> facets_of_ring{1, 6, 12, 18};

double of_degree_two(const std::array<double, 3>& zonal, double u) {
    return zonal[0] + zonal[1] * u + zonal[2] * 0.5 * (3.0 * u * u - 1.0);
}

} // namespace

ZonalShares ZonalShares::of_season(double t_tai_s) {
    // Days since 22 December 1981; J2000 is Julian date 2451545.0. The scale of time does not matter here.
    const double days = t_tai_s / 86400.0 + 2451545.0 - 2444960.5;
    const double season = std::cos(2.0 * std::numbers::pi * days / 365.25);
    return {{0.34, 0.10 * season, 0.29}, {0.68, -0.07 * season, -0.18}};
}

std::array<EarthFacet, earth_facets> earth_facets_seen(const Vec3& r, const Vec3& r_sun, const Vec3& pole, double sun_w_m2,
                                                       const ZonalShares& shares) {
    const double distance = norm(r), sine = std::min(1.0, earth_radius_m / distance);
    const Vec3 down = (-1.0 / distance) * r, to_sun = (1.0 / norm(r_sun)) * r_sun;
    const Vec3 helper = std::abs(down.z) < 0.9 ? Vec3{0.0, 0.0, 1.0} : Vec3{1.0, 0.0, 0.0};
    const Vec3 first = (1.0 / norm(cross(down, helper))) * cross(down, helper), second = cross(down, first);
    // Rings between equal steps of the cosine of the angle from the nadir hold equal solid angles, and the middle of a
    // step is its mean.
    const double depth = sine * sine / (1.0 + std::sqrt(1.0 - sine * sine)); // 1 - cosine of the rim
    const double per_facet = depth / static_cast<double>(earth_facets), solid_angle = 2.0 * std::numbers::pi * per_facet;
    std::array<EarthFacet, earth_facets> out;
    std::size_t next = 0;
    for (const std::size_t count : facets_of_ring) {
        const double from_one = per_facet * (static_cast<double>(next) + 0.5 * static_cast<double>(count));
        const double along = 1.0 - from_one, across = count == 1 ? 0.0 : std::sqrt(from_one * (2.0 - from_one));
        for (std::size_t k = 0; k < count; ++k) {
            const double azimuth = 2.0 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(count);
            const Vec3 ray = (count == 1 ? 1.0 : along) * down + across * (std::cos(azimuth) * first + std::sin(azimuth) * second);
            const double inside = earth_radius_m * earth_radius_m - distance * distance * across * across;
            const Vec3 place = r + (distance * (count == 1 ? 1.0 : along) - std::sqrt(std::max(0.0, inside))) * ray;
            const Vec3 up = (1.0 / norm(place)) * place;
            const double u = dot(up, pole), day = std::max(0.0, dot(up, to_sun));
            const double exitance = sun_w_m2 * (of_degree_two(shares.albedo, u) * day + 0.25 * of_degree_two(shares.emissivity, u));
            // The cap's light comes from all about the nadir: its mean direction is shorter than one.
            out[next + k] = {ray, exitance / std::numbers::pi * solid_angle * (count == 1 ? along : 1.0)};
        }
        next += count;
    }
    return out;
}

} // namespace llamaspace
