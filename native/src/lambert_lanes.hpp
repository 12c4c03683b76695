// What Lambert's problem side by side needs: the problems, and where the transfers go. Internal.
#pragma once

#include <cstddef>
#include <cstdint>

namespace llamaspace::lanes {

// Problems of less than one revolution. Positions and velocities hold three numbers per problem.
struct LambertJob {
    const double *r1_m, *r2_m, *time_of_flight_s;
    std::size_t problems;
    double mu_m3_s2;
    bool retrograde;
    double *v1_m_s, *v2_m_s;
    std::uint8_t* codes; // 0 where the transfer is good, `lambert_ask_scalar` where the scalar code has to decide
};

inline constexpr std::uint8_t lambert_ask_scalar = 255;

using LambertKernel = void (*)(const LambertJob&);

void lambert_portable(const LambertJob& job);
void lambert_avx2(const LambertJob& job);
void lambert_avx512(const LambertJob& job);

} // namespace llamaspace::lanes
