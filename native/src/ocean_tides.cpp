// The sum over the waves of an ocean tide model.
#include "ocean_tides.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace llamaspace {
namespace {

constexpr double arcsec = std::numbers::pi / 648000.0;

// Doodson's arguments: tau, s, h, p, N', p1. IERS Conventions 2010, section 6.4 and eq. 5.43; sidereal time by eq. 5.32.
std::array<double, 6> doodson_arguments(double t_tai_s, double earth_angle_rad) {
    const double t = (t_tai_s + 32.184) / (36525.0 * 86400.0);
    const auto angle = [t](double c0, double c1, double c2) {
        return std::fmod(c0 + t * (c1 + t * c2), 1296000.0) * arcsec;
    };
    const double l = angle(485868.249036, 1717915923.2178, 31.8792), ls = angle(1287104.793048, 129596581.0481, -0.5532);
    const double f = angle(335779.526232, 1739527262.8478, -12.7512), d = angle(1072260.703692, 1602961601.2090, -6.3706);
    const double node = angle(450160.398036, -6962890.5431, 7.4722);
    const double sidereal = earth_angle_rad + (0.014506 + t * (4612.156534 + t * 1.3915817)) * arcsec;
    const double s = f + node, h = s - d;
    return {sidereal + std::numbers::pi - s, s, h, s - l, -node, h - ls};
}

} // namespace

void store_ocean_tides(const OceanTideTable& table, double t_tai_s, double earth_angle_rad, GravityModel& model) {
    const std::array<double, 6> arguments = doodson_arguments(t_tai_s, earth_angle_rad);
    std::array<std::array<Harmonic, ocean_degree + 1>, ocean_degree + 1> sums{};
    double cosine = 1.0, sine = 0.0;
    int wave = -1;
    for (const OceanTideTerm& term : table.terms) {
        if (term.wave != wave) {
            wave = term.wave;
            double angle = 0.0;
            for (std::size_t k = 0; k < arguments.size(); ++k) {
                angle += table.waves[static_cast<std::size_t>(wave)][k] * arguments[k];
            }
            cosine = std::cos(angle);
            sine = std::sin(angle);
        }
        Harmonic& sum = sums[static_cast<std::size_t>(term.degree)][static_cast<std::size_t>(term.order)];
        sum.c += (term.c_plus + term.c_minus) * cosine + (term.s_plus + term.s_minus) * sine;
        sum.s += term.order == 0 ? 0.0 : (term.s_plus - term.s_minus) * cosine - (term.c_plus - term.c_minus) * sine;
    }
    for (int n = 2; n <= ocean_degree; ++n) {
        for (int m = 0; m <= n; ++m) {
            const Harmonic& sum = sums[static_cast<std::size_t>(n)][static_cast<std::size_t>(m)];
            model.set({n, m, sum.c, sum.s});
        }
    }
}

} // namespace llamaspace
