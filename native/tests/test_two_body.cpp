// Two-body motion, Lambert's problem and collision probabilities: a case each, and refusals.
#include "check.hpp"
#include "llamaspace/collision.hpp"
#include "llamaspace/error.hpp"
#include "llamaspace/two_body.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

using namespace llamaspace;

namespace {

constexpr double mu = 3.986004418e14;

// Vallado, Fundamentals of Astrodynamics and Applications, 4th ed., example 7-5.
void vallado_example_7_5() {
    const LambertProblem problem{{15945.34e3, 0.0, 0.0}, {12214.83899e3, 10249.46731e3, 0.0}, 4560.0};
    const LambertTransfer found = solve_lambert(problem, {}, mu);
    CHECK(found.code == LambertCode::ok);
    CHECK_NEAR(found.v1_m_s.x, 2058.913, 2.0e-3);
    CHECK_NEAR(found.v1_m_s.y, 2915.965, 2.0e-3);
    CHECK(most_revolutions(problem, false, mu) == 0);
    CHECK(solve_lambert(problem, {1, LambertBranch::left, false}, mu).code == LambertCode::no_transfer);
}

void a_transfer_of_several_revolutions_arrives() {
    const LambertProblem problem{{7.0e6, 0.0, 1.0e5}, {-2.0e6, 7.5e6, 4.0e5}, 30000.0};
    const int most = most_revolutions(problem, false, mu);
    CHECK(most >= 3);
    for (const LambertBranch branch : {LambertBranch::left, LambertBranch::right}) {
        const LambertTransfer found = solve_lambert(problem, {most, branch, false}, mu);
        CHECK(found.code == LambertCode::ok);
        const StateVector end = propagate_kepler({problem.r1_m, found.v1_m_s}, problem.time_of_flight_s, mu);
        CHECK_NEAR(norm(end.r_m - problem.r2_m), 0.0, 1.0e-3);
        CHECK_NEAR(norm(end.v_m_s - found.v2_m_s), 0.0, 1.0e-6);
    }
}

void a_line_through_the_centre_has_no_plane() {
    const LambertTransfer found = solve_lambert({{7.0e6, 0.0, 0.0}, {-7.5e6, 0.0, 0.0}, 3000.0}, {}, mu);
    CHECK(found.code == LambertCode::plane_undefined);
    CHECK(std::isnan(found.v1_m_s.x));
}

void every_method_in_the_plane_agrees() {
    const EncounterPlane plane{10.0, -20.0, 400.0, 50.0, 225.0, 5.0};
    const double exact = plane_probability(plane, PlaneMethod::alfano);
    for (const PlaneMethod method : {PlaneMethod::foster, PlaneMethod::patera, PlaneMethod::series}) {
        CHECK_NEAR(plane_probability(plane, method) / exact, 1.0, 1.0e-10);
    }
    bool refused = false;
    try {
        static_cast<void>(plane_probability({0.0, 0.0, 1.0, 2.0, 1.0, 1.0}, PlaneMethod::alfano));
    } catch (const Error& error) {
        refused = error.code() == ErrorCode::bad_value;
    }
    CHECK(refused);
}

void a_fast_encounter_is_what_the_plane_says() {
    UncertainState own{{7.0e6, 0.0, 0.0}, {0.0, 7546.0, 0.0}, {}};
    UncertainState other{{7.0e6 + 30.0, 0.0, 0.0}, {0.0, 0.0, 7546.0}, {}};
    for (std::size_t i = 0; i < 6; ++i) {
        own.covariance[7 * i] = other.covariance[7 * i] = i < 3 ? 400.0 : 1.0e-6;
    }
    const CollisionRate rate = expected_collisions(own, other, 5.0, mu);
    const double plane = plane_probability({30.0, 0.0, 800.0, 0.0, 800.0, 5.0}, PlaneMethod::alfano);
    CHECK_NEAR(rate.expected / plane, 1.0, 1.0e-3);
    CHECK_NEAR(rate.t_s, 0.0, 1.0e-2);
}

// Both ways of counting, of a pair that meets once.
void counted_collisions_are_what_the_rate_expects() {
    UncertainState own{{7.0e6, 0.0, 0.0}, {0.0, 7546.0, 0.0}, {}};
    UncertainState other{{7.0e6 + 30.0, 0.0, 0.0}, {0.0, 0.0, 7546.0}, {}};
    for (std::size_t i = 0; i < 6; ++i) {
        own.covariance[7 * i] = other.covariance[7 * i] = i < 3 ? 400.0 : 1.0e-6;
    }
    const double expected = expected_collisions(own, other, 15.0, mu).expected;
    const CollisionCount found = count_collisions(own, other, 15.0, mu, {-2900.0, 2900.0, 20000, 3, 2});
    const double scatter = std::sqrt(expected * (1.0 - expected) / 20000.0);
    CHECK(found.samples == 20000 && found.unbound == 0);
    CHECK_NEAR(static_cast<double>(found.hits) / 20000.0, expected, 4.0 * scatter);
    bool refused = false;
    try {
        static_cast<void>(count_collisions(own, other, 15.0, mu, {1.0, 1.0, 10, 1, 1}));
    } catch (const Error& error) {
        refused = error.code() == ErrorCode::bad_value;
    }
    CHECK(refused);
}

void a_batch_of_transfers_is_the_single_ones() {
    std::vector<double> r1, r2, t;
    for (int k = 0; k < 23; ++k) {
        const double angle = 0.25 * k, size = 7.0e6 + 5.0e5 * k;
        r1.insert(r1.end(), {7.0e6, 1.0e5 * k, 2.0e5});
        r2.insert(r2.end(), {size * std::cos(angle), size * std::sin(angle), k == 5 ? std::nan("") : 1.0e6});
        t.push_back(k == 7 ? -1.0 : 900.0 + 700.0 * k);
    }
    for (const int revolutions : {0, 1}) {
        for (const Lanes lanes : {Lanes::automatic, Lanes::portable, Lanes::avx2, Lanes::avx512, Lanes::scalar}) {
            if (!has_lanes(lanes)) {
                continue;
            }
            std::vector<double> v1(r1.size()), v2(r2.size());
            std::vector<std::uint8_t> codes(t.size());
            solve_lambert({r1, r2, t, v1, v2, codes}, {revolutions, LambertBranch::left, false}, mu, lanes);
            for (std::size_t k = 0; k < t.size(); ++k) {
                const LambertProblem problem{{r1[3 * k], r1[3 * k + 1], r1[3 * k + 2]},
                                             {r2[3 * k], r2[3 * k + 1], r2[3 * k + 2]}, t[k]};
                const LambertTransfer one = solve_lambert(problem, {revolutions, LambertBranch::left, false}, mu);
                CHECK(codes[k] == static_cast<std::uint8_t>(one.code));
                if (one.code == LambertCode::ok) {
                    CHECK_NEAR(v1[3 * k], one.v1_m_s.x, 1.0e-8);
                    CHECK_NEAR(v2[3 * k + 1], one.v2_m_s.y, 1.0e-8);
                }
            }
        }
    }
    std::vector<double> short_v(3);
    std::vector<std::uint8_t> codes(t.size());
    bool refused = false;
    try {
        solve_lambert({r1, r2, t, short_v, short_v, codes}, {}, mu);
    } catch (const Error& error) {
        refused = error.code() == ErrorCode::bad_shape;
    }
    CHECK(refused);
}

} // namespace

int main() {
    vallado_example_7_5();
    a_transfer_of_several_revolutions_arrives();
    a_line_through_the_centre_has_no_plane();
    every_method_in_the_plane_agrees();
    a_fast_encounter_is_what_the_plane_says();
    counted_collisions_are_what_the_rate_expects();
    a_batch_of_transfers_is_the_single_ones();
    return check::result();
}
