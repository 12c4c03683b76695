// Clenshaw sums of the Sun's and the Moon's Chebyshev coefficients.
#include "llamaspace/ephemeris.hpp"

#include "llamaspace/error.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace llamaspace {

SunMoonEphemeris::Series::Series(double start_s, double end_s, const ChebyshevSpans& spans)
    : start_s_(start_s), step_s_(spans.step_s), terms_(spans.terms), spans_(0) {
    if (!(step_s_ > 0.0) || !(end_s > start_s) || terms_ < 2) {
        throw Error(ErrorCode::bad_value, "an ephemeris needs a positive span length, an end after its start, 2 terms");
    }
    spans_ = static_cast<std::size_t>(std::ceil((end_s - start_s) / step_s_));
    const auto& c = spans.coefficients_m;
    if (c.size() != spans_ * 3 * terms_) {
        throw Error(ErrorCode::bad_shape, std::to_string(c.size()) + " coefficients; " +
                                              std::to_string(spans_ * 3 * terms_) + " cover the ephemeris");
    }
    coefficients_m_.resize(spans_ * terms_);
    for (std::size_t span = 0; span < spans_; ++span) {
        for (std::size_t term = 0; term < terms_; ++term) {
            const std::size_t first = span * 3 * terms_ + term;
            coefficients_m_[span * terms_ + term] = {c[first], c[first + terms_], c[first + 2 * terms_], 0.0};
        }
    }
}

Vec3 SunMoonEphemeris::Series::at(double t_s) const {
    const double spans = (t_s - start_s_) / step_s_;
    const auto span = std::min(static_cast<std::size_t>(spans), spans_ - 1);
    const double x = 2.0 * (spans - static_cast<double>(span)) - 1.0, twice_x = 2.0 * x;
    const std::array<double, 4>* c = coefficients_m_.data() + span * terms_;
    std::array<double, 4> b1{}, b2{};
    for (std::size_t term = terms_ - 1; term > 0; --term) {
        for (std::size_t axis = 0; axis < 4; ++axis) {
            const double b = c[term][axis] + twice_x * b1[axis] - b2[axis];
            b2[axis] = b1[axis];
            b1[axis] = b;
        }
    }
    return {c[0][0] + x * b1[0] - b2[0], c[0][1] + x * b1[1] - b2[1], c[0][2] + x * b1[2] - b2[2]};
}

SunMoonEphemeris::SunMoonEphemeris(double start_tdb_s, double end_tdb_s, double moon_share, const ChebyshevSpans& moon,
                                   const ChebyshevSpans& sun)
    : start_tdb_s_(start_tdb_s), end_tdb_s_(end_tdb_s), moon_share_(moon_share), moon_(start_tdb_s, end_tdb_s, moon),
      sun_(start_tdb_s, end_tdb_s, sun) {}

SunMoon SunMoonEphemeris::at(double t_tdb_s) const {
    if (!covers(t_tdb_s)) {
        throw Error(ErrorCode::no_data, "the Sun and the Moon at " + std::to_string(t_tdb_s) +
                                            " s since J2000 are outside the ephemeris, " +
                                            std::to_string(start_tdb_s_) + " to " + std::to_string(end_tdb_s_) + " s");
    }
    const Vec3 moon = moon_.at(t_tdb_s);
    return {.r_sun_gcrf_m = sun_.at(t_tdb_s) + moon_share_ * moon, .r_moon_gcrf_m = moon};
}

Vec3 SunMoonEphemeris::apparent_sun_gcrf_m(double t_tdb_s) const {
    // Relative to the Earth, light time and aberration together show the Sun where it was when the light left.
    constexpr double light_m_s = 299792458.0; // SI
    const Vec3 geometric = at(t_tdb_s).r_sun_gcrf_m;
    return at(std::max(start_tdb_s_, t_tdb_s - norm(geometric) / light_m_s)).r_sun_gcrf_m;
}

double tdb_minus_tt_s(double t_tt_s) {
    const double t = t_tt_s / (36525.0 * 86400.0); // Julian centuries
    return 0.001657 * std::sin(628.3076 * t + 6.2401) + 0.000022 * std::sin(575.3385 * t + 4.2970) +
           0.000014 * std::sin(1256.6152 * t + 6.1969) + 0.000005 * std::sin(606.9777 * t + 4.0212) +
           0.000005 * std::sin(52.9691 * t + 0.4444) + 0.000002 * std::sin(21.3299 * t + 5.5431) +
           0.000010 * t * std::sin(628.3076 * t + 4.2490);
}

double tdb_s_from_tai_s(double t_tai_s) {
    const double t_tt_s = t_tai_s + 32.184; // IAU 1991 Resolution A4
    return t_tt_s + tdb_minus_tt_s(t_tt_s);
}

} // namespace llamaspace
