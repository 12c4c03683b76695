// SGP4 side by side for processors with AVX-512: eight lanes.
#if defined(__AVX512F__)
#include <cstddef>

namespace {
constexpr std::size_t lane_width = 8;
}

#include "sgp4_kernel.hpp"

namespace llamaspace::lanes {
void propagate_avx512(const Job& job) { propagate(job); }
} // namespace llamaspace::lanes
#endif
