// Motion about one point mass: propagation by universal variables, and the orbits that join two positions.
#pragma once

#include "llamaspace/lanes.hpp"
#include "llamaspace/vec3.hpp"

#include <cstdint>
#include <span>

namespace llamaspace {

struct StateVector {
    Vec3 r_m, v_m_s;
};

// The state a time later (or earlier), for any conic; exact to rounding. Positions are bounded away from the centre by
// the caller. Throws Error(bad_value) where the state is not finite or at the centre.
[[nodiscard]] StateVector propagate_kepler(const StateVector& state, double t_s, double mu_m3_s2);

enum class LambertBranch : std::uint8_t {
    left, // of the two transfers that make the same number of whole revolutions: the one of less energy
    right // the one of more energy
};

enum class LambertCode : std::uint8_t {
    ok = 0,
    no_transfer = 1,     // the time is too short for that many revolutions
    plane_undefined = 2, // the positions and the centre lie on one line
    not_converged = 3,
    bad_input = 4, // not finite, a position at the centre, or a time not above zero
};

struct LambertProblem {
    Vec3 r1_m, r2_m;
    double time_of_flight_s;
};

struct LambertWay {
    int revolutions{0};
    LambertBranch branch{LambertBranch::left}; // without meaning for less than one revolution
    bool retrograde{false};                    // negative z component of the angular momentum
};

struct LambertTransfer {
    Vec3 v1_m_s, v2_m_s;
    LambertCode code;
};

// Izzo's method (Celest. Mech. Dyn. Astron. 121, 2015, 1), with Gooding's half-angle geometry for accuracy near 0 and
// 180 degrees. Never throws; velocities are not a number unless the code is ok.
[[nodiscard]] LambertTransfer solve_lambert(const LambertProblem& problem, const LambertWay& way, double mu_m3_s2);

// Many problems: three numbers per position and velocity, and one code per problem.
struct LambertBatch {
    std::span<const double> r1_m, r2_m, time_of_flight_s;
    std::span<double> v1_m_s, v2_m_s;
    std::span<std::uint8_t> codes;
};

// Every problem of a batch, in one way. Those below one revolution are solved side by side and agree with the single
// problem to rounding. Throws Error(bad_shape) where sizes differ, Error(bad_value) where the processor lacks the lanes.
void solve_lambert(const LambertBatch& batch, const LambertWay& way, double mu_m3_s2, Lanes lanes = Lanes::automatic);

// The greatest number of whole revolutions that the time allows; -1 where the problem itself is bad.
[[nodiscard]] int most_revolutions(const LambertProblem& problem, bool retrograde, double mu_m3_s2);

} // namespace llamaspace
