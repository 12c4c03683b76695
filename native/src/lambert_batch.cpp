// Batches of Lambert's problem: which instructions, and which problems the scalar code has to do.
#include "lambert_lanes.hpp"
#include "llamaspace/error.hpp"
#include "llamaspace/two_body.hpp"

namespace llamaspace {
namespace {

#if defined(__x86_64__)
constexpr Kernels<lanes::LambertKernel> kernels{lanes::lambert_portable, lanes::lambert_avx2, lanes::lambert_avx512};
#else
constexpr Kernels<lanes::LambertKernel> kernels{lanes::lambert_portable, lanes::lambert_portable, lanes::lambert_portable};
#endif

Vec3 row(const double* values, std::size_t i) { return {values[3 * i], values[3 * i + 1], values[3 * i + 2]}; }

void put(double* values, std::size_t i, const Vec3& v) {
    values[3 * i] = v.x;
    values[3 * i + 1] = v.y;
    values[3 * i + 2] = v.z;
}

} // namespace

void solve_lambert(const LambertBatch& batch, const LambertWay& way, double mu, Lanes which) {
    const std::size_t n = batch.time_of_flight_s.size();
    if (batch.r1_m.size() != 3 * n || batch.r2_m.size() != 3 * n || batch.v1_m_s.size() != 3 * n ||
        batch.v2_m_s.size() != 3 * n || batch.codes.size() != n) {
        throw Error(ErrorCode::bad_shape, "solve_lambert needs two positions, two velocities and a code per time of flight");
    }
    if (!has_lanes(which)) {
        throw Error(ErrorCode::bad_value, "this processor lacks the instructions that were asked for");
    }
    const lanes::LambertJob job{batch.r1_m.data(),   batch.r2_m.data(),   batch.time_of_flight_s.data(), n, mu, way.retrograde,
                                batch.v1_m_s.data(), batch.v2_m_s.data(), batch.codes.data()};
    const lanes::LambertKernel kernel = way.revolutions == 0 ? kernels.at(which) : nullptr;
    if (kernel != nullptr) {
        kernel(job);
    }
    for (std::size_t i = 0; i < n; ++i) {
        if (kernel != nullptr && job.codes[i] != lanes::lambert_ask_scalar) {
            continue;
        }
        const LambertTransfer found = solve_lambert({row(job.r1_m, i), row(job.r2_m, i), job.time_of_flight_s[i]}, way, mu);
        put(job.v1_m_s, i, found.v1_m_s);
        put(job.v2_m_s, i, found.v2_m_s);
        job.codes[i] = static_cast<std::uint8_t>(found.code);
    }
}

} // namespace llamaspace
