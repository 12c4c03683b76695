// SGP4 side by side for any processor: two lanes, which x86-64 and arm64 both have.
#include <cstddef>

namespace {
constexpr std::size_t lane_width = 2;
}

#include "sgp4_kernel.hpp"

namespace llamaspace::lanes {
void propagate_portable(const Job& job) { propagate(job); }
} // namespace llamaspace::lanes
