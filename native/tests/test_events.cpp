// Searches: edges lie where the function crosses zero, short windows are not missed, shadows have the right shape.
#include "check.hpp"
#include "llamaspace/error.hpp"
#include "llamaspace/events.hpp"

#include "../src/intervals.hpp"

#include <array>
#include <numbers>

using namespace llamaspace;

namespace {

constexpr double pi = std::numbers::pi;

void edges_of_a_sine_are_found() {
    const auto wave = [](double t) { return std::sin(t / 1000.0); };
    const auto found = intervals::positive(wave, {1.0, 12000.0}, 700.0);
    CHECK(found.size() == 2);
    CHECK(found[0].open_start && !found[0].open_end);
    CHECK_NEAR(found[0].end, 1000.0 * pi, 1.0e-3);
    CHECK_NEAR(found[1].start, 2000.0 * pi, 1.0e-3);
    CHECK_NEAR(found[1].end, 3000.0 * pi, 1.0e-3);
}

void a_window_shorter_than_the_step_is_not_missed() {
    const auto bump = [](double t) { return 4.0 - (t - 5043.0) * (t - 5043.0); }; // positive for 4 s
    const auto found = intervals::positive(bump, {0.0, 10000.0}, 60.0);
    CHECK(found.size() == 1);
    CHECK_NEAR(found.front().start, 5041.0, 1.0e-3);
    CHECK_NEAR(found.front().end, 5045.0, 1.0e-3);
}

void a_gap_shorter_than_the_step_is_not_missed() {
    const auto dip = [](double t) { return (t - 5043.0) * (t - 5043.0) - 4.0; };
    CHECK(intervals::positive(dip, {0.0, 10000.0}, 60.0).size() == 2);
}

void light_behind_the_earth_grows_from_none_to_all() {
    const Vec3 sun{astronomical_unit_m, 0.0, 0.0};
    CHECK_NEAR(sunlit_fraction({-7.0e6, 0.0, 0.0}, sun), 0.0, 0.0);
    CHECK_NEAR(sunlit_fraction({7.0e6, 0.0, 0.0}, sun), 1.0, 0.0);
    double before = 0.0;
    for (double y = 6.30e6; y < 6.45e6; y += 1.0e3) {
        const double now = sunlit_fraction({-3.0e6, y, 0.0}, sun);
        CHECK(now >= before);
        before = now;
    }
    CHECK_NEAR(before, 1.0, 0.0);
    CHECK(shadow_depth_rad({-7.0e6, 0.0, 0.0}, sun, true) > 0.0);
}

// An Earth that turns evenly.
EarthOrientationTable even_earth() {
    const std::array<EarthOrientation, 4> days{{{-32.0, 0, 0, 0, 0, 0}, {-32.0, 0, 0, 0, 0, 0}, {-32.0, 0, 0, 0, 0, 0}, {-32.0, 0, 0, 0, 0, 0}}};
    return {51544.0, days};
}

// A Sun and a Moon that stand still, for a month from J2000.
SunMoonEphemeris still_sky() {
    static const std::array<double, 6> moon{3.8e8, 0.0, 0.0, 0.0, 0.0, 0.0}, sun{0.0, 0.0, astronomical_unit_m, 0.0, 0.0, 0.0};
    const double span_s = 30.0 * 86400.0;
    return {-1000.0, -1000.0 + span_s, 0.0, {span_s, 2, moon}, {span_s, 2, sun}};
}

void a_reversed_span_is_refused() {
    const MeanElements elements{27000.0, 15.2 * 2.0 * pi / 1440.0, 0.001, 1.7, 1.5, 0.0, 0.0, 0.0};
    const OrbitInTime orbit{Sgp4Satellite(elements), 0.0};
    const EarthOrientationTable earth = even_earth();
    const SunMoonEphemeris sky = still_sky();
    bool refused = false;
    try {
        static_cast<void>(find_eclipses(orbit, {100.0, 0.0}, {earth, sky}));
    } catch (const Error& error) {
        refused = error.code() == ErrorCode::bad_interval;
    }
    CHECK(refused);
    CHECK(!find_passes(orbit, site_at(1.3, 0.3, 0.0), {0.0, 86400.0}, 0.0, earth).empty());
    CHECK(!find_eclipses(orbit, {0.0, 86400.0}, {earth, sky}).empty());
    CHECK(!find_target_access(orbit, site_at(0.5, 0.3, 0.0), {0.0, 5.0 * 86400.0}, {0.8, -pi}, {earth, sky}).empty());
}

} // namespace

int main() {
    edges_of_a_sine_are_found();
    a_window_shorter_than_the_step_is_not_missed();
    a_gap_shorter_than_the_step_is_not_missed();
    light_behind_the_earth_grows_from_none_to_all();
    a_reversed_span_is_refused();
    return check::result();
}
