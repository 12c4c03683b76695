// What SGP4 side by side needs: the terms of one satellite, its epochs, and where the states go. Internal.
#pragma once

#include "llamaspace/sgp4.hpp"

#include <cstddef>
#include <cstdint>

namespace llamaspace::lanes {

// Everything of a satellite that does not change with time; names as in Sgp4Satellite.
struct Terms {
    bool deep, isimp;
    double ecco, inclo, nodeo, argpo, mo, bstar, no, a0, gsto;
    double cc1, cc4, cc5, d2, d3, d4, delmo, eta, sinmao;
    double argpdot, mdot, nodedot, nodecf, omgcof, xmcof;
    double t2cof, t3cof, t4cof, t5cof, aycof, xlcof;
    double con41, x1mth2, x7thm1, sinio, cosio;
    DeepSpaceTerms deep_terms;
};

// The resonance integrator at every 720 minutes from the epoch, forwards or backwards.
struct ResonanceNode {
    double xli, xni, xldot, xndt, xnddt;
};

struct Job {
    const Terms* terms;
    const double* minutes; // shared grid; the satellite's own minutes are these plus the offset
    double offset_min;
    std::size_t epochs;
    const ResonanceNode* forwards;  // null where there is no resonance
    const ResonanceNode* backwards;
    double* r_teme_m; // three numbers per epoch
    double* v_teme_m_s;
    std::uint8_t* codes; // 0 where the state is good, `ask_scalar` where the scalar code has to decide
};

inline constexpr std::uint8_t ask_scalar = 255;
inline constexpr double node_step_min = 720.0;
// Angles beyond this lose their reduction: the scalar code does them.
inline constexpr double largest_angle_rad = 8.0e5;

using Kernel = void (*)(const Job&);

void propagate_portable(const Job& job);
void propagate_avx2(const Job& job);
void propagate_avx512(const Job& job);


} // namespace llamaspace::lanes
