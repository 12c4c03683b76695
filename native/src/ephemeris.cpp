// Clenshaw sums of the Sun's and the Moon's Chebyshev coefficients.
#include "llamaspace/ephemeris.hpp"

#include "llamaspace/error.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace llamaspace {

namespace {

ChebyshevSeries series_of(double start_s, double end_s, const ChebyshevSpans& spans) {
    if (!(spans.step_s > 0.0) || !(end_s > start_s) || spans.terms < 2) {
        throw Error(ErrorCode::bad_value, "an ephemeris needs a positive span length, an end after its start, 2 terms");
    }
    const auto count = static_cast<std::size_t>(std::ceil((end_s - start_s) / spans.step_s));
    const auto& c = spans.coefficients_m;
    if (c.size() != count * 3 * spans.terms) {
        throw Error(ErrorCode::bad_shape, std::to_string(c.size()) + " coefficients; " +
                                              std::to_string(count * 3 * spans.terms) + " cover the ephemeris");
    }
    std::vector<ChebyshevSeries::Four> out;
    out.reserve(count * spans.terms);
    for (std::size_t span = 0; span < count; ++span) {
        for (std::size_t term = 0; term < spans.terms; ++term) {
            const std::size_t first = span * 3 * spans.terms + term;
            out.push_back({c[first], c[first + spans.terms], c[first + 2 * spans.terms], 0.0});
        }
    }
    return {start_s, spans.step_s, spans.terms, std::move(out)};
}

Vec3 vector_of(const ChebyshevSeries::Four& four) { return {four[0], four[1], four[2]}; }

} // namespace

SunMoonEphemeris::SunMoonEphemeris(double start_tdb_s, double end_tdb_s, double moon_share, const ChebyshevSpans& moon,
                                   const ChebyshevSpans& sun)
    : start_tdb_s_(start_tdb_s), end_tdb_s_(end_tdb_s), moon_share_(moon_share),
      moon_(series_of(start_tdb_s, end_tdb_s, moon)), sun_(series_of(start_tdb_s, end_tdb_s, sun)) {}

SunMoon SunMoonEphemeris::at(double t_tdb_s) const {
    if (!covers(t_tdb_s)) {
        throw Error(ErrorCode::no_data, "the Sun and the Moon at " + std::to_string(t_tdb_s) +
                                            " s since J2000 are outside the ephemeris, " +
                                            std::to_string(start_tdb_s_) + " to " + std::to_string(end_tdb_s_) + " s");
    }
    const Vec3 moon = vector_of(moon_.at(t_tdb_s));
    return {.r_sun_gcrf_m = vector_of(sun_.at(t_tdb_s)) + moon_share_ * moon, .r_moon_gcrf_m = moon};
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
