// SGP4 side by side for processors with AVX2 and FMA: four lanes.
#if defined(__AVX2__) && defined(__FMA__)
#include <cstddef>

namespace {
constexpr std::size_t lane_width = 4;
}

#include "sgp4_kernel.hpp"

namespace llamaspace::lanes {
void propagate_avx2(const Job& job) { propagate(job); }
} // namespace llamaspace::lanes
#endif
