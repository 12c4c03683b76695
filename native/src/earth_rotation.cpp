// Interpolated Earth orientation, and rotations by it (IERS Conventions 2010, chapter 5).
#include "llamaspace/earth_rotation.hpp"

#include "llamaspace/error.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace llamaspace {
namespace {

constexpr double twopi = 2.0 * std::numbers::pi;
constexpr double arcsec = std::numbers::pi / 648000.0;
constexpr double day_s = 86400.0;
constexpr double tt_minus_tai_s = 32.184; // IAU 1991 Resolution A4
constexpr double mjd_j2000 = 51544.5;
// The table's days begin at 0 h UTC. TAI - UTC has been 10 to 37 s since 1972: taking it as 37 moves UT1 by less than
// half a microsecond and the pole by less than a microarcsecond.
constexpr double tai_minus_utc_s = 37.0;

} // namespace

EarthOrientationTable::EarthOrientationTable(double first_mjd_utc, std::span<const EarthOrientation> days)
    : first_tai_s_((first_mjd_utc - mjd_j2000) * day_s + tai_minus_utc_s) {
    if (days.size() < 4 || !std::isfinite(first_mjd_utc)) {
        throw Error(ErrorCode::bad_value, "Earth orientation needs a date and at least four days, not " +
                                              std::to_string(days.size()));
    }
    days_.reserve(days.size());
    for (const auto& day : days) {
        days_.push_back(
            {day.ut1_minus_tai_s, day.pole_x_rad, day.pole_y_rad, day.dx_rad, day.dy_rad, day.lod_s});
        if (!std::ranges::all_of(days_.back(), [](double value) { return std::isfinite(value); })) {
            throw Error(ErrorCode::bad_value, "a value of Earth orientation is not finite");
        }
    }
}

double EarthOrientationTable::last_tai_s() const {
    return first_tai_s_ + day_s * static_cast<double>(days_.size() - 1);
}

EarthOrientation EarthOrientationTable::at(double t_tai_s) const {
    const auto last = static_cast<double>(days_.size() - 1);
    const double day = std::clamp((t_tai_s - first_tai_s_) / day_s, 0.0, last);
    const double lower = std::clamp(std::floor(day), 1.0, last - 2.0);
    const std::array<double, 6>* d = days_.data() + static_cast<std::size_t>(lower) - 1;
    // Lagrange's cubic through the four days about the instant.
    const double u = day - lower, a = u + 1.0, b = u - 1.0, c = u - 2.0;
    const double w0 = -u * b * c / 6.0, w1 = a * b * c / 2.0, w2 = -a * u * c / 2.0, w3 = a * u * b / 6.0;
    std::array<double, 6> v{};
    for (std::size_t k = 0; k < v.size(); ++k) {
        v[k] = w0 * d[0][k] + w1 * d[1][k] + w2 * d[2][k] + w3 * d[3][k];
    }
    return {v[0], v[1], v[2], v[3], v[4], v[5]};
}

double earth_rotation_angle_rad(double t_tai_s, double ut1_minus_tai_s) {
    // Whole days drop out before UT1 is added, so that the angle keeps the digits of both.
    const double of_day = (std::fmod(t_tai_s, day_s) + ut1_minus_tai_s) / day_s;
    const double days = (t_tai_s + ut1_minus_tai_s) / day_s;
    const double turns = of_day + 0.7790572732640 + 0.00273781191135448 * days; // IERS Conventions 2010, eq. 5.15
    return twopi * (turns - std::floor(turns));
}

double gmst82_at_rad(double t_tai_s, double ut1_minus_tai_s) {
    // Aoki et al. 1982: seconds of time at UT1; the whole turn a day is added apart, for its digits.
    const double of_day = (std::fmod(t_tai_s, day_s) + ut1_minus_tai_s) / day_s;
    const double t = (t_tai_s + ut1_minus_tai_s) / (36525.0 * day_s);
    const double seconds = 67310.54841 + t * (8640184.812866 + t * (0.093104 - 6.2e-6 * t));
    const double turns = of_day + seconds / day_s;
    return twopi * (turns - std::floor(turns));
}

Mat3 dcm_itrf_from_pef(double t_tai_s, const EarthOrientation& earth) {
    const double t = (t_tai_s + tt_minus_tai_s) / (36525.0 * day_s);
    const double tio_locator = -47.0e-6 * arcsec * t; // IERS Conventions 2010, eq. 5.13
    const double cx = std::cos(earth.pole_x_rad), sx = std::sin(earth.pole_x_rad);
    const Mat3 about_y{{cx, 0.0, sx, 0.0, 1.0, 0.0, -sx, 0.0, cx}};
    return axes_rotation_x(-earth.pole_y_rad) * about_y * axes_rotation_z(tio_locator);
}

EarthRotation::EarthRotation(const EarthOrientationTable& table, double start_tai_s, double end_tai_s) : table_(&table) {
    if (!(end_tai_s >= start_tai_s) || !std::isfinite(end_tai_s - start_tai_s)) {
        throw Error(ErrorCode::bad_interval, "the span of an Earth rotation must be finite and not end before its start");
    }
    poles_.emplace(start_tai_s + tt_minus_tai_s, end_tai_s + tt_minus_tai_s);
}

CelestialPole EarthRotation::pole(double t_tai_s, const EarthOrientation& earth) const {
    const double t_tt_s = t_tai_s + tt_minus_tai_s;
    CelestialPole pole = poles_ ? poles_->at(t_tt_s) : celestial_pole_06a(t_tt_s);
    pole.x_rad += earth.dx_rad;
    pole.y_rad += earth.dy_rad;
    return pole;
}

Mat3 EarthRotation::dcm_cirs_from_gcrf(double t_tai_s) const {
    return llamaspace::dcm_cirs_from_gcrf(pole(t_tai_s, orientation(t_tai_s)));
}

Mat3 EarthRotation::dcm_tod_from_gcrf(double t_tai_s) const {
    const CelestialPole p = pole(t_tai_s, orientation(t_tai_s));
    return axes_rotation_z(p.eo_rad) * llamaspace::dcm_cirs_from_gcrf(p);
}

Mat3 EarthRotation::dcm_pef_from_gcrf(double t_tai_s) const {
    const EarthOrientation earth = orientation(t_tai_s);
    return axes_rotation_z(earth_rotation_angle_rad(t_tai_s, earth.ut1_minus_tai_s)) *
           llamaspace::dcm_cirs_from_gcrf(pole(t_tai_s, earth));
}

Mat3 EarthRotation::dcm_itrf_from_gcrf(double t_tai_s) const {
    return dcm_itrf_from_pef(t_tai_s, orientation(t_tai_s)) * dcm_pef_from_gcrf(t_tai_s);
}

Mat3 EarthRotation::dcm_pef_from_teme(double t_tai_s) const {
    return axes_rotation_z(gmst82_at_rad(t_tai_s, orientation(t_tai_s).ut1_minus_tai_s));
}

Mat3 EarthRotation::dcm_itrf_from_teme(double t_tai_s) const {
    return dcm_itrf_from_pef(t_tai_s, orientation(t_tai_s)) * dcm_pef_from_teme(t_tai_s);
}

Mat3 EarthRotation::dcm_gcrf_from_teme(double t_tai_s) const {
    return transpose(dcm_pef_from_gcrf(t_tai_s)) * dcm_pef_from_teme(t_tai_s);
}

double EarthRotation::rate_rad_s(double t_tai_s) const {
    constexpr double nominal_rad_s = 7.292115146706979e-5; // IERS Conventions 2010, eq. 5.15: rate of the rotation angle
    return nominal_rad_s * (1.0 - orientation(t_tai_s).lod_s / day_s);
}

} // namespace llamaspace
