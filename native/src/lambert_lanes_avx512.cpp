// Lambert's problem side by side for processors with AVX-512: eight lanes.
#if defined(__AVX512F__)
#include <cstddef>

namespace {
constexpr std::size_t lane_width = 8;
}

#include "lambert_kernel.hpp"

namespace llamaspace::lanes {
void lambert_avx512(const LambertJob& job) { solve_lambert_lanes(job); }
} // namespace llamaspace::lanes
#endif
