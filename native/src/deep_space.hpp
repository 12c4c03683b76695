// Lunar and solar perturbations of SGP4's deep-space branch; internal to the library.
#pragma once

#include "llamaspace/sgp4.hpp"
#include "sgp4_lanes.hpp"

#include <vector>

namespace llamaspace::deep_space {

// What initialisation of the deep-space terms needs from the near-Earth part.
struct Inputs {
    const MeanElements& elements;
    double no, xke, gsto, mdot, argpdot, nodedot, sinio, cosio;
};

// Elements that the long-period and secular terms change.
struct Working {
    double em, inclm, argpm, nodem, mm, nm;
};

DeepSpaceTerms initialise(const Inputs& in);
void add_secular(const DeepSpaceTerms& terms, const MeanElements& elements, double no, double argpdot, double gsto,
                 double t_min, ResonanceState& resonance, Working& w);
void add_periodic(const DeepSpaceTerms& terms, double t_min, double& ep, double& inclp, double& nodep, double& argpp,
                  double& mp);

// The integrator's state and rates at 0, 720, 1440... minutes from the epoch, or backwards, until past `until_min`.
std::vector<lanes::ResonanceNode> resonance_nodes(const DeepSpaceTerms& terms, const MeanElements& elements, double no,
                                                  double argpdot, double until_min);

} // namespace llamaspace::deep_space
