// Which vector instructions this processor has.
#include "llamaspace/lanes.hpp"

namespace llamaspace {

bool has_lanes(Lanes lanes) {
#if defined(__x86_64__)
    if (lanes == Lanes::avx512) {
        return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0;
    }
    if (lanes == Lanes::avx2) {
        return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
    }
    return true;
#else
    return lanes != Lanes::avx512 && lanes != Lanes::avx2;
#endif
}

Lanes lanes_here(Lanes lanes) {
    if (lanes != Lanes::automatic) {
        return lanes;
    }
    return has_lanes(Lanes::avx512) ? Lanes::avx512 : has_lanes(Lanes::avx2) ? Lanes::avx2 : Lanes::portable;
}

} // namespace llamaspace
