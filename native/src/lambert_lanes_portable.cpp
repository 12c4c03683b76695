// Lambert's problem side by side for any processor: two lanes, which x86-64 and arm64 both have.
#include <cstddef>

namespace {
constexpr std::size_t lane_width = 2;
}

#include "lambert_kernel.hpp"

namespace llamaspace::lanes {
void lambert_portable(const LambertJob& job) { solve_lambert_lanes(job); }
} // namespace llamaspace::lanes
