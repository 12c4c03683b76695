// The gravity sums for each kind of processor, and the choice between them.
#include "gravity_kernel.hpp"

namespace llamaspace::gravity {
namespace {

void first_portable(const Task& task, Sums& sums) { sum_degrees<2, false>(task, sums, nullptr); }
void second_portable(const Task& task, Sums& sums, SecondSums& second) { sum_degrees<2, true>(task, sums, &second); }

#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("avx2,fma"))) void first_avx2(const Task& task, Sums& sums) {
    sum_degrees<4, false>(task, sums, nullptr);
}
__attribute__((target("avx2,fma"))) void second_avx2(const Task& task, Sums& sums, SecondSums& second) {
    sum_degrees<4, true>(task, sums, &second);
}
__attribute__((target("avx512f,avx2,fma"))) void first_avx512(const Task& task, Sums& sums) {
    sum_degrees<8, false>(task, sums, nullptr);
}
__attribute__((target("avx512f,avx2,fma"))) void second_avx512(const Task& task, Sums& sums, SecondSums& second) {
    sum_degrees<8, true>(task, sums, &second);
}
#endif

std::vector<Kernels> find_kernels() {
    std::vector<Kernels> found{{first_portable, second_portable}};
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        found.push_back({first_avx2, second_avx2});
        if (__builtin_cpu_supports("avx512f")) {
            found.push_back({first_avx512, second_avx512});
        }
    }
#endif
    return found;
}

} // namespace

const std::vector<Kernels>& available_kernels() {
    static const std::vector<Kernels> found = find_kernels();
    return found;
}

const Kernels& kernels() {
    static const Kernels& widest = available_kernels().back();
    return widest;
}

} // namespace llamaspace::gravity
