// SGP4 against the verification set of AIAA 2006-6753: a near-Earth, a half-day resonant and a one-day resonant orbit.
#include "check.hpp"
#include "llamaspace/error.hpp"
#include "llamaspace/sgp4.hpp"

#include <limits>
#include <numbers>
#include <vector>

using namespace llamaspace;

namespace {

constexpr double degree = std::numbers::pi / 180.0;
constexpr double rev_day = 2.0 * std::numbers::pi / 1440.0;

// Days since 1949-12-31 of day-of-year epochs.
double epoch_2000(double day) { return 18262.0 + day; }
double epoch_2006(double day) { return 20454.0 + day; }

// TLE 00005 and its states at 0 and 360 minutes (tcppver.out).
const MeanElements vanguard{epoch_2000(179.78495062), 10.82419157 * rev_day, 0.1859667,         34.2682 * degree,
                            348.7242 * degree,        331.7664 * degree,     19.3264 * degree,  0.28098e-4};
// TLE 08195, Molniya 2-14.
const MeanElements molniya{epoch_2006(176.33215444), 2.00491383 * rev_day, 0.6877146,         64.1586 * degree,
                           279.0717 * degree,        264.7651 * degree,    20.2257 * degree,  0.11873e-3};

void check_position(const Sgp4Satellite& satellite, double minutes, const Vec3& expected_km) {
    ResonanceState resonance{};
    const Sgp4State state = satellite.propagate(minutes, resonance);
    CHECK(state.code == Sgp4Code::ok);
    constexpr double tolerance_m = 1.0e-4; // the file prints 1e-5 m; the rest is rounding of different compilers
    CHECK_NEAR(state.r_teme_m.x, expected_km.x * 1000.0, tolerance_m);
    CHECK_NEAR(state.r_teme_m.y, expected_km.y * 1000.0, tolerance_m);
    CHECK_NEAR(state.r_teme_m.z, expected_km.z * 1000.0, tolerance_m);
}

void near_earth_states_match_the_report() {
    const Sgp4Satellite satellite(vanguard);
    CHECK(!satellite.is_deep_space());
    check_position(satellite, 0.0, {7022.46529266, -1400.08296755, 0.03995155});
    check_position(satellite, 360.0, {-7154.03120202, -3783.17682504, -3536.19412294});
}

void the_resonance_state_never_changes_a_result() {
    const Sgp4Satellite satellite(molniya);
    CHECK(satellite.is_deep_space());
    ResonanceState shared{};
    for (const double minutes : {2880.0, 120.0, -720.0, 0.0, 5000.0, 4999.0, -5000.0}) {
        ResonanceState fresh{};
        const Sgp4State a = satellite.propagate(minutes, shared), b = satellite.propagate(minutes, fresh);
        CHECK(a.r_teme_m.x == b.r_teme_m.x && a.r_teme_m.y == b.r_teme_m.y && a.r_teme_m.z == b.r_teme_m.z);
    }
}

void bad_elements_are_refused_with_a_code() {
    MeanElements bad = vanguard;
    bad.eccentricity = std::numeric_limits<double>::quiet_NaN();
    bool refused = false;
    try {
        const Sgp4Satellite satellite(bad);
    } catch (const Error& error) {
        refused = error.code() == ErrorCode::bad_value;
    }
    CHECK(refused);
}

void rows_report_a_decay_without_throwing() {
    MeanElements low = vanguard;
    low.mean_motion_rad_min = 17.2 * rev_day;
    low.eccentricity = 0.01;
    low.bstar_per_earth_radius = 0.1;
    const std::vector<Sgp4Satellite> satellites{Sgp4Satellite(low), Sgp4Satellite(vanguard)};
    const std::vector<double> minutes{0.0, 20000.0, 0.0, 20000.0};
    std::vector<double> r(12), v(12);
    std::vector<std::uint8_t> codes(4);
    propagate_rows(satellites, 2, minutes, r, v, codes);
    CHECK(codes[1] != 0);
    CHECK(codes[2] == 0 && codes[3] == 0);
}

} // namespace

int main() {
    near_earth_states_match_the_report();
    the_resonance_state_never_changes_a_result();
    bad_elements_are_refused_with_a_code();
    rows_report_a_decay_without_throwing();
    return check::result();
}
