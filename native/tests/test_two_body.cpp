// Two-body motion, Lambert's problem and collision probabilities: a case each, and refusals.
#include "check.hpp"
#include "llamaspace/collision.hpp"
#include "llamaspace/error.hpp"
#include "llamaspace/two_body.hpp"

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

} // namespace

int main() {
    vallado_example_7_5();
    a_transfer_of_several_revolutions_arrives();
    a_line_through_the_centre_has_no_plane();
    every_method_in_the_plane_agrees();
    a_fast_encounter_is_what_the_plane_says();
    return check::result();
}
