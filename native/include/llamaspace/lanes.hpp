// Work on several numbers side by side in one vector register, chosen when it runs.
#pragma once

#include <cstdint>

namespace llamaspace {

// Which instructions to work with; `automatic` takes the widest that the processor has, `scalar` one number at a time.
enum class Lanes : std::uint8_t { automatic, scalar, portable, avx2, avx512 };
[[nodiscard]] bool has_lanes(Lanes lanes);

// What `automatic` means on this processor; others are themselves.
[[nodiscard]] Lanes lanes_here(Lanes lanes);

// One piece of work compiled for each kind of register; where a kind is not built, the portable one stands for it.
template <class Kernel> struct Kernels {
    Kernel portable, avx2, avx512;

    // Null for scalar work.
    [[nodiscard]] Kernel at(Lanes which) const {
        switch (lanes_here(which)) {
        case Lanes::scalar:
            return nullptr;
        case Lanes::avx2:
            return avx2;
        case Lanes::avx512:
            return avx512;
        case Lanes::automatic:
        case Lanes::portable:
            break;
        }
        return portable;
    }
};

} // namespace llamaspace
