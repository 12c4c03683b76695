// Lambert's problem side by side for processors with AVX2 and FMA: four lanes.
#if defined(__AVX2__) && defined(__FMA__)
#include <cstddef>

namespace {
constexpr std::size_t lane_width = 4;
}

#include "lambert_kernel.hpp"

namespace llamaspace::lanes {
void lambert_avx2(const LambertJob& job) { solve_lambert_lanes(job); }
} // namespace llamaspace::lanes
#endif
