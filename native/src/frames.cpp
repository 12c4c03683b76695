// Precession, nutation, sidereal time and shadows.
#include "llamaspace/frames.hpp"

#include "llamaspace/sgp4.hpp"
#include "nutation_2000b.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace llamaspace {
namespace {

constexpr double pi = std::numbers::pi;
constexpr double twopi = 2.0 * pi;
constexpr double arcsec = pi / 648000.0;
constexpr double tt_minus_tai_s = 32.184; // IAU 1991 Resolution A4
constexpr double day_s = 86400.0;

double polynomial(double t, double c0, double c1, double c2, double c3, double c4, double c5) {
    return c0 + t * (c1 + t * (c2 + t * (c3 + t * (c4 + t * c5))));
}

struct Nutation {
    double dpsi_rad, deps_rad, omega_rad;
};

Nutation nutation(double t) {
    // Delaunay arguments as IAU 2000B truncates them: linear in time (McCarthy and Luzum 2003, table 1).
    const auto turn = [](double seconds) { return std::fmod(seconds, 1296000.0) * arcsec; };
    const double l = turn(485868.249036 + 1717915923.2178 * t), lp = turn(1287104.79305 + 129596581.0481 * t);
    const double f = turn(335779.526232 + 1739527262.8478 * t), d = turn(1072260.70369 + 1602961601.2090 * t);
    const double om = turn(450160.398036 - 6962890.5431 * t);
    double dpsi = 0.0, deps = 0.0;
    for (const auto& term : nutation_2000b) {
        const double angle = term.l * l + term.lp * lp + term.f * f + term.d * d + term.om * om;
        const double s = std::sin(angle), c = std::cos(angle);
        dpsi += (term.psi_sin + term.psi_sin_t * t) * s + term.psi_cos * c;
        deps += (term.eps_cos + term.eps_cos_t * t) * c + term.eps_sin * s;
    }
    constexpr double unit = 1.0e-7 * arcsec;                            // the table counts 0.1 microarcseconds
    constexpr double planetary_psi = -0.000135, planetary_eps = 0.000388; // arcsec; same source, section 4
    return {dpsi * unit + planetary_psi * arcsec, deps * unit + planetary_eps * arcsec, om};
}

struct PrecessionAngles {
    double gamb, phib, psib, epsa;
};

// Fukushima-Williams angles with frame bias (Hilton et al. 2006; IERS Conventions 2010, eq. 5.40).
PrecessionAngles precession(double t) {
    return {polynomial(t, -0.052928, 10.556378, 0.4932044, -0.00031238, -0.000002788, 0.0000000260) * arcsec,
            polynomial(t, 84381.412819, -46.811016, 0.0511268, 0.00053289, -0.000000440, -0.0000000176) * arcsec,
            polynomial(t, -0.041775, 5038.481484, 1.5584175, -0.00018522, -0.000026452, -0.0000000148) * arcsec,
            polynomial(t, 84381.406, -46.836769, -0.0001831, 0.00200340, -0.000000576, -0.0000000434) * arcsec};
}

Mat3 equator_of_date(const PrecessionAngles& p, double dpsi, double deps) {
    return axes_rotation_x(-(p.epsa + deps)) * axes_rotation_z(-(p.psib + dpsi)) * axes_rotation_x(p.phib) *
           axes_rotation_z(p.gamb);
}

// IAU 2006 mean sidereal time (Capitaine et al. 2003; IERS Conventions 2010, eq. 5.32).
double gmst06_rad(double ut1_days, double t) {
    const double turns = 0.7790572732640 + 0.00273781191135448 * ut1_days + std::fmod(ut1_days, 1.0);
    const double era = twopi * turns;
    return era + polynomial(t, 0.014506, 4612.156534, 1.3915817, -0.00000044, -0.000029956, -0.0000000368) * arcsec;
}

} // namespace

double Instant::tt_centuries() const { return (t_tai_s + tt_minus_tai_s) / (36525.0 * day_s); }
double Instant::ut1_days_since_j2000() const { return (t_tai_s + ut1_minus_tai_s) / day_s; }

EarthAngles earth_angles(const Instant& at) {
    const double t = at.tt_centuries();
    const PrecessionAngles p = precession(t);
    const Nutation n = nutation(t);
    // Equation of the equinoxes with its two largest complementary terms (IERS Conventions 2010, table 5.2e).
    const double complementary = (0.00264096 * std::sin(n.omega_rad) + 0.00006352 * std::sin(2.0 * n.omega_rad)) * arcsec;
    const double equation = n.dpsi_rad * std::cos(p.epsa) + complementary;
    const double ut1 = at.ut1_days_since_j2000();
    return {.dcm_tod_from_gcrf = equator_of_date(p, n.dpsi_rad, n.deps_rad),
            .dcm_mod_from_gcrf = equator_of_date(p, 0.0, 0.0),
            .gast_rad = gmst06_rad(ut1, t) + equation,
            .gmst82_rad = gmst82_rad(ut1)};
}

Mat3 dcm_gcrf_from_teme(const EarthAngles& a) {
    return transpose(a.dcm_tod_from_gcrf) * axes_rotation_z(a.gmst82_rad - a.gast_rad);
}

Mat3 dcm_itrf_from_gcrf(const EarthAngles& a) { return axes_rotation_z(a.gast_rad) * a.dcm_tod_from_gcrf; }

Mat3 dcm_itrf_from_teme(const Instant& at) { return axes_rotation_z(gmst82_rad(at.ut1_days_since_j2000())); }

Site site_at(double latitude_rad, double longitude_rad, double height_m) {
    const double sp = std::sin(latitude_rad), cp = std::cos(latitude_rad);
    const double sl = std::sin(longitude_rad), cl = std::cos(longitude_rad);
    constexpr double e2 = wgs84_flattening * (2.0 - wgs84_flattening);
    const double n = wgs84_radius_m / std::sqrt(1.0 - e2 * sp * sp);
    return {.r_itrf_m = {(n + height_m) * cp * cl, (n + height_m) * cp * sl, (n * (1.0 - e2) + height_m) * sp},
            .east = {-sl, cl, 0.0},
            .north = {-sp * cl, -sp * sl, cp},
            .up = {cp * cl, cp * sl, sp}};
}

namespace {
struct Discs {
    double sun, earth, separation; // angular radii and distance of the centres, rad
};

Discs discs(const Vec3& r, const Vec3& r_sun) {
    const Vec3 to_sun = r_sun - r;
    return {.sun = std::asin(sun_radius_m / norm(to_sun)),
            .earth = std::asin(std::min(1.0, wgs84_radius_m / norm(r))),
            .separation = angle_between_rad(to_sun, -1.0 * r)};
}
} // namespace

double sunlit_fraction(const Vec3& r, const Vec3& r_sun) {
    // Overlap of two discs (Montenbruck and Gill, Satellite Orbits, section 3.4.2).
    const auto [a, b, c] = discs(r, r_sun);
    if (c >= a + b) {
        return 1.0;
    }
    if (c <= b - a) {
        return 0.0;
    }
    if (c <= a - b) {
        return 1.0 - b * b / (a * a);
    }
    const double x = (c * c + a * a - b * b) / (2.0 * c), y = std::sqrt(std::max(0.0, a * a - x * x));
    const double overlap = a * a * std::acos(std::clamp(x / a, -1.0, 1.0)) +
                           b * b * std::acos(std::clamp((c - x) / b, -1.0, 1.0)) - c * y;
    return std::clamp(1.0 - overlap / (pi * a * a), 0.0, 1.0);
}

double shadow_depth_rad(const Vec3& r, const Vec3& r_sun, bool umbra) {
    const auto [a, b, c] = discs(r, r_sun);
    return umbra ? b - a - c : a + b - c;
}

} // namespace llamaspace
