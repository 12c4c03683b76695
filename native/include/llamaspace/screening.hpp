// Every pair of a catalogue that comes closer than a threshold, all against all.
#pragma once

#include "llamaspace/sgp4.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace llamaspace {

struct CloseApproach {
    std::uint32_t first, second; // first < second
    double since_start_s;
    double miss_m, relative_speed_m_s;
    bool at_edge; // the span begins or ends there: the distance may be less outside
};

// An object without a state from some time on (or at all), with SGP4's reason.
struct Unscreened {
    std::uint32_t object;
    double since_start_s; // the first epoch without a state
    Sgp4Code code;
};

struct Screening {
    std::vector<CloseApproach> approaches; // in order of time
    std::vector<Unscreened> unscreened;
};

struct ScreeningTask {
    std::span<const Sgp4Satellite> satellites;
    std::span<const double> offsets_min; // from each one's epoch to the start
    double duration_s;
    double threshold_m;
    double step_s = 60.0; // between the states that the motion bound starts from; any is complete, 40 to 60 are fast
};

// Local minima of distance below the threshold, and the span's ends where the distance is below it and falls outwards.
//
// Complete by a motion bound: between two states a satellite stays within a (step / 2)^2 / 2 of its tangent, where a
// is the gravity at the lowest radius that it can reach meanwhile. Pairs whose tangents pass further apart than the
// threshold and both bounds are dropped; the others are solved on SGP4 itself. Throws Error(bad_value) on a task that
// makes no sense.
[[nodiscard]] Screening screen(const ScreeningTask& task);

} // namespace llamaspace
