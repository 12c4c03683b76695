// Fundamental arguments, nutation and the celestial pole (IERS Conventions 2010, chapter 5).
#include "llamaspace/precession_nutation.hpp"

#include "cio_locator_06.hpp"
#include "nutation_2000a.inc"

#include <cmath>
#include <numbers>

namespace llamaspace {
namespace {

constexpr double twopi = 2.0 * std::numbers::pi;
constexpr double arcsec = std::numbers::pi / 648000.0;
constexpr double century_s = 36525.0 * 86400.0;

using Arguments = std::array<double, 14>; // l, l', F, D, Om, Mercury to Neptune, general precession

double turn(double arcseconds) { return std::fmod(arcseconds, 1296000.0) * arcsec; }

double quintic(double t, const std::array<double, 6>& c) {
    return c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * (c[4] + t * c[5]))));
}

double quartic_turn(double t, double c0, double c1, double c2, double c3, double c4) {
    return turn(c0 + t * (c1 + t * (c2 + t * (c3 + t * c4))));
}

double linear_turn(double t, double c0, double c1) { return std::fmod(c0 + c1 * t, twopi); }

// IERS Conventions 2010, eq. 5.43 and 5.44.
Arguments arguments_2003(double t) {
    return {quartic_turn(t, 485868.249036, 1717915923.2178, 31.8792, 0.051635, -0.00024470),
            quartic_turn(t, 1287104.793048, 129596581.0481, -0.5532, 0.000136, -0.00001149),
            quartic_turn(t, 335779.526232, 1739527262.8478, -12.7512, -0.001037, 0.00000417),
            quartic_turn(t, 1072260.703692, 1602961601.2090, -6.3706, 0.006593, -0.00003169),
            quartic_turn(t, 450160.398036, -6962890.5431, 7.4722, 0.007702, -0.00005939),
            linear_turn(t, 4.402608842, 2608.7903141574),
            linear_turn(t, 3.176146697, 1021.3285546211),
            linear_turn(t, 1.753470314, 628.3075849991),
            linear_turn(t, 6.203480913, 334.0612426700),
            linear_turn(t, 0.599546497, 52.9690962641),
            linear_turn(t, 0.874016757, 21.3299104960),
            linear_turn(t, 5.481293872, 7.4781598567),
            linear_turn(t, 5.311886287, 3.8133035638),
            (0.024381750 + 0.00000538691 * t) * t};
}

// The arguments with which the planetary series of IAU 2000A was made (Mathews, Herring and Buffett 2002).
Arguments planetary_arguments_2000a(double t, const Arguments& a) {
    return {linear_turn(t, 2.35555598, 8328.6914269554),
            a[1],
            linear_turn(t, 1.627905234, 8433.466158131),
            linear_turn(t, 5.198466741, 7771.3771468121),
            linear_turn(t, 2.18243920, -33.757045),
            a[5],
            a[6],
            a[7],
            a[8],
            a[9],
            a[10],
            a[11],
            linear_turn(t, 5.321159000, 3.8127774000),
            a[13]};
}

template <class Multiples> double angle_of(const Multiples& multiples, const Arguments& arguments) {
    double angle = 0.0;
    for (std::size_t k = 0; k < arguments.size(); ++k) {
        angle += static_cast<double>(multiples[k]) * arguments[k];
    }
    return angle;
}

struct Nutation {
    double dpsi_rad, deps_rad;
};

// IAU 2000A with the adjustments that IAU 2006 precession asks for (Wallace and Capitaine 2006, eq. 5).
Nutation nutation_06a(double t, const Arguments& delaunay) {
    // Two of the series' own arguments differ from the Conventions' in the last digits.
    const double lp = quartic_turn(t, 1287104.79305, 129596581.0481, -0.5532, 0.000136, -0.00001149);
    const double d = quartic_turn(t, 1072260.70369, 1602961601.2090, -6.3706, 0.006593, -0.00003169);
    double psi = 0.0, eps = 0.0;
    const Arguments planets = planetary_arguments_2000a(t, delaunay);
    for (std::size_t k = std::size(planetary_2000a); k-- > 0;) { // small terms first
        const PlanetaryTerm& term = planetary_2000a[k];
        const double angle = angle_of(term.multiples, planets), s = std::sin(angle), c = std::cos(angle);
        psi += term.psi_sin * s + term.psi_cos * c;
        eps += term.eps_sin * s + term.eps_cos * c;
    }
    for (std::size_t k = std::size(lunisolar_2000a); k-- > 0;) {
        const LunisolarTerm& term = lunisolar_2000a[k];
        const double angle = term.l * delaunay[0] + term.lp * lp + term.f * delaunay[2] + term.d * d + term.om * delaunay[4];
        const double s = std::sin(angle), c = std::cos(angle);
        psi += (term.psi_sin + term.psi_sin_t * t) * s + term.psi_cos * c;
        eps += (term.eps_cos + term.eps_cos_t * t) * c + term.eps_sin * s;
    }
    constexpr double unit = 1.0e-7 * arcsec; // the tables count 0.1 microarcseconds
    const double j2_rate = -2.7774e-6 * t;
    return {psi * unit * (1.0 + 0.4697e-6 + j2_rate), eps * unit * (1.0 + j2_rate)};
}

struct PrecessionAngles {
    double gamb, phib, psib, epsa;
};

// Fukushima-Williams angles with frame bias (Hilton et al. 2006; IERS Conventions 2010, eq. 5.40).
PrecessionAngles precession(double t) {
    return {quintic(t, {-0.052928, 10.556378, 0.4932044, -0.00031238, -0.000002788, 0.0000000260}) * arcsec,
            quintic(t, {84381.412819, -46.811016, 0.0511268, 0.00053289, -0.000000440, -0.0000000176}) * arcsec,
            quintic(t, {-0.041775, 5038.481484, 1.5584175, -0.00018522, -0.000026452, -0.0000000148}) * arcsec,
            quintic(t, {84381.406, -46.836769, -0.0001831, 0.00200340, -0.000000576, -0.0000000434}) * arcsec};
}

Mat3 equator_of_date(const PrecessionAngles& p, const Nutation& n) {
    return axes_rotation_x(-(p.epsa + n.deps_rad)) * axes_rotation_z(-(p.psib + n.dpsi_rad)) *
           axes_rotation_x(p.phib) * axes_rotation_z(p.gamb);
}

// IERS Conventions 2010, table 5.2d.
double cio_locator(double t, double x, double y, const Arguments& arguments) {
    std::array<double, 6> sums{94.0, 3808.65, -122.68, -72574.11, 27.98, 15.62}; // microarcseconds
    for (std::size_t k = std::size(locator_06); k-- > 0;) {
        const LocatorTerm& term = locator_06[k];
        const double angle = angle_of(term.multiples, arguments);
        sums[static_cast<std::size_t>(term.power)] += term.sine * std::sin(angle) + term.cosine * std::cos(angle);
    }
    return quintic(t, sums) * 1.0e-6 * arcsec - 0.5 * x * y;
}

// Wallace and Capitaine (2006), eq. 16.
double equation_of_the_origins(const Mat3& npb, double s) {
    const auto& m = npb.m;
    const double x = m[6], a = x / (1.0 + m[8]);
    const double xs = 1.0 - a * x, ys = -a * m[7], zs = -x;
    const double p = m[0] * xs + m[1] * ys + m[2] * zs, q = m[3] * xs + m[4] * ys + m[5] * zs;
    return s - std::atan2(q, p);
}

} // namespace

CelestialPole celestial_pole_06a(double t_tt_s) {
    const double t = t_tt_s / century_s;
    const Arguments arguments = arguments_2003(t);
    const Mat3 npb = equator_of_date(precession(t), nutation_06a(t, arguments));
    const double x = npb.m[6], y = npb.m[7], s = cio_locator(t, x, y, arguments);
    return {x, y, s, equation_of_the_origins(npb, s)};
}

Mat3 dcm_cirs_from_gcrf(const CelestialPole& pole) {
    const double x = pole.x_rad, y = pole.y_rad, z = std::sqrt(1.0 - x * x - y * y), a = 1.0 / (1.0 + z);
    const Mat3 towards_pole{{1.0 - a * x * x, -a * x * y, -x, -a * x * y, 1.0 - a * y * y, -y, x, y, z}};
    return axes_rotation_z(-pole.s_rad) * towards_pole;
}

Mat3 dcm_mod_from_gcrf(double t_tt_s) { return equator_of_date(precession(t_tt_s / century_s), {0.0, 0.0}); }
Mat3 dcm_eme2000_from_gcrf() { return dcm_mod_from_gcrf(0.0); }

CelestialPoleSeries::CelestialPoleSeries(double start_tt_s, double end_tt_s)
    : series_(ChebyshevSeries::fit(
          [](double t_tt_s) {
              const CelestialPole pole = celestial_pole_06a(t_tt_s);
              return ChebyshevSeries::Four{pole.x_rad, pole.y_rad, pole.s_rad, pole.eo_rad};
          },
          start_tt_s, end_tt_s, pole_span_s, pole_terms)) {}

CelestialPole CelestialPoleSeries::at(double t_tt_s) const {
    const auto four = series_.at(t_tt_s);
    return {four[0], four[1], four[2], four[3]};
}

} // namespace llamaspace
