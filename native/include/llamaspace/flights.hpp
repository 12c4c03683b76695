// Many flights at once, on as many threads as asked for: Monte Carlo, and families of orbits.
#pragma once

#include "llamaspace/propagator.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace llamaspace {

struct FlightCase {
    Vec3 r_gcrf_m, v_gcrf_m_s;
    double mass_kg, drag_coefficient, radiation_coefficient;
};

enum class FlightEnd : std::uint8_t { complete = 0, stopped = 1, reentered = 2, failed = 3 };

// Flies every case over the same epochs with the forces and maneuvers of one; `states` holds seven numbers for each
// epoch of each case, not-a-number where a flight does not get. A case that fails does not end the others.
[[nodiscard]] std::vector<FlightEnd> fly_all(const ForceSettings& settings, const SpacecraftShape& shape,
                                             const Flight& flight, std::span<const FlightCase> cases,
                                             std::span<const double> epochs_tai_s, std::span<double> states, unsigned threads);

} // namespace llamaspace
