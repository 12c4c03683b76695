// Work on several numbers side by side in one vector register, chosen when it runs.
#pragma once

#include <cstdint>

namespace llamaspace {

// Which instructions to work with; `automatic` takes the widest that the processor has, `scalar` one number at a time.
enum class Lanes : std::uint8_t { automatic, scalar, portable, avx2, avx512 };
[[nodiscard]] bool has_lanes(Lanes lanes);

// What `automatic` means on this processor; others are themselves.
[[nodiscard]] Lanes lanes_here(Lanes lanes);

} // namespace llamaspace
