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

// One satellite twice, and one that decays at once: bulk rows come by satellite, and the failed one is named.
void bulk_searches_answer_for_every_satellite() {
    const MeanElements low{18262.0, 15.2 * 2.0 * pi / 1440.0, 0.001, 1.7, 1.5, 0.0, 0.0, 0.0};
    const MeanElements falling{18262.0, 16.4 * 2.0 * pi / 1440.0, 0.001, 1.7, 1.5, 0.0, 0.0, 0.5};
    const std::array<Sgp4Satellite, 3> satellites{Sgp4Satellite(low), Sgp4Satellite(falling), Sgp4Satellite(low)};
    const std::array<double, 3> offsets{0.0, 0.0, 0.0};
    const CrossingsTask task{satellites, offsets, {0.0, 20.0 * 86400.0}, 2};
    const EarthOrientationTable earth = even_earth();
    const SunMoonEphemeris sky = still_sky();
    const AllCrossings nodes = find_all_nodes(task, earth), apsides = find_all_apsides(task);
    const AllKeepOut kept = find_all_keep_out(task, {{0.0, 0.0, 1.0}, 1.2, false}, {earth, sky});
    for (const auto& unsearched : {nodes.unsearched, apsides.unsearched, kept.unsearched}) {
        CHECK(unsearched.size() == 1 && unsearched.front() == 1);
    }
    const std::size_t half = nodes.crossings.size() / 2;
    CHECK(half > 600 && half < 612); // 20 days of 15.2 revolutions
    for (std::size_t k = 0; k < half; ++k) {
        CHECK(nodes.crossings[k].satellite == 0 && nodes.crossings[k + half].satellite == 2);
        CHECK_NEAR(nodes.crossings[k].t_tai_s, nodes.crossings[k + half].t_tai_s, 1.0e-6);
    }
    CHECK(!apsides.crossings.empty());
    bool refused = false;
    try {
        static_cast<void>(find_all_keep_out(task, {{0.0, 0.0, 0.0}, 1.2, false}, {earth, sky}));
    } catch (const Error& error) {
        refused = error.code() == ErrorCode::bad_value;
    }
    CHECK(refused);
}

} // namespace

int main() {
    edges_of_a_sine_are_found();
    a_window_shorter_than_the_step_is_not_missed();
    a_gap_shorter_than_the_step_is_not_missed();
    light_behind_the_earth_grows_from_none_to_all();
    a_reversed_span_is_refused();
    bulk_searches_answer_for_every_satellite();
    return check::result();
}
