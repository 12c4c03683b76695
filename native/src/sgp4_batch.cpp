// Batches of SGP4: which instructions, which lanes the scalar code has to do again, and threads.
#include "llamaspace/sgp4.hpp"

#include "deep_space.hpp"
#include "llamaspace/error.hpp"
#include "sgp4_lanes.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <thread>
#include <vector>

namespace llamaspace {
namespace {

#if defined(__x86_64__)
constexpr Kernels<lanes::Kernel> kernels{lanes::propagate_portable, lanes::propagate_avx2, lanes::propagate_avx512};
#else
constexpr Kernels<lanes::Kernel> kernels{lanes::propagate_portable, lanes::propagate_portable, lanes::propagate_portable};
#endif

struct Batch {
    std::span<const Sgp4Satellite> satellites;
    std::span<const double> offsets_min, minutes;
    double first_min, last_min; // of the grid
    double *r_teme_m, *v_teme_m_s;
    std::uint8_t* codes;
    lanes::Kernel kernel;
};

void fly_again(const Batch& b, std::size_t row, std::size_t first, bool everything) {
    ResonanceState resonance{};
    for (std::size_t column = 0; column < b.minutes.size(); ++column) {
        const std::size_t k = first + column;
        if (!everything && b.codes[k] != lanes::ask_scalar) {
            continue;
        }
        const Sgp4State s = b.satellites[row].propagate(b.offsets_min[row] + b.minutes[column], resonance);
        const double r[3]{s.r_teme_m.x, s.r_teme_m.y, s.r_teme_m.z}, v[3]{s.v_teme_m_s.x, s.v_teme_m_s.y, s.v_teme_m_s.z};
        std::copy(r, r + 3, b.r_teme_m + 3 * k);
        std::copy(v, v + 3, b.v_teme_m_s + 3 * k);
        b.codes[k] = static_cast<std::uint8_t>(s.code);
    }
}

void fly(const Batch& b, std::size_t row) {
    const std::size_t epochs = b.minutes.size(), first = row * epochs;
    const Sgp4Satellite& satellite = b.satellites[row];
    const lanes::Terms terms = satellite.lane_terms();
    const double from = b.offsets_min[row] + b.first_min, to = b.offsets_min[row] + b.last_min;
    const double longest = std::max(std::abs(from), std::abs(to));
    // Few epochs do not fill a register; far ones lose their angles' digits.
    if (b.kernel == nullptr || epochs < 3 || !(std::abs(terms.mdot) * longest < lanes::largest_angle_rad)) {
        fly_again(b, row, first, true);
        return;
    }
    std::vector<lanes::ResonanceNode> forwards, backwards;
    if (terms.deep && terms.deep_terms.irez != 0) {
        forwards = deep_space::resonance_nodes(terms.deep_terms, satellite.elements(), terms.no, terms.argpdot,
                                               std::max(to, 0.0));
        backwards = deep_space::resonance_nodes(terms.deep_terms, satellite.elements(), terms.no, terms.argpdot,
                                                std::min(from, -0.0));
    }
    b.kernel({&terms, b.minutes.data(), b.offsets_min[row], epochs, forwards.data(), backwards.data(),
              b.r_teme_m + 3 * first, b.v_teme_m_s + 3 * first, b.codes + first});
    fly_again(b, row, first, false);
}

void fly_in_threads(const Batch& b, unsigned threads) {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t row = next++; row < b.satellites.size(); row = next++) {
            fly(b, row);
        }
    };
    std::vector<std::jthread> others;
    for (unsigned k = 1; k < threads; ++k) {
        others.emplace_back(work);
    }
    work();
}

} // namespace

void propagate_grid(std::span<const Sgp4Satellite> satellites, std::span<const double> offsets_min,
                    std::span<const double> minutes, std::span<double> r_teme_m, std::span<double> v_teme_m_s,
                    std::span<std::uint8_t> codes, Lanes which, unsigned threads) {
    const std::size_t states = satellites.size() * minutes.size();
    if (offsets_min.size() != satellites.size() || r_teme_m.size() != 3 * states || v_teme_m_s.size() != 3 * states ||
        codes.size() != states) {
        throw Error(ErrorCode::bad_shape, "propagate_grid needs an offset per satellite, and a code and two vectors per state");
    }
    if (!has_lanes(which)) {
        throw Error(ErrorCode::bad_value, "this processor lacks the instructions that were asked for");
    }
    if (states == 0) {
        return;
    }
    const auto within = [](double minute) { return std::abs(minute) <= 0.5 * longest_minutes; }; // false for NaN
    if (!std::ranges::all_of(minutes, within) || !std::ranges::all_of(offsets_min, within)) {
        throw Error(ErrorCode::bad_value, "a time since the epoch is not within 1e9 minutes");
    }
    const auto [first, last] = std::ranges::minmax(minutes);
    const Batch batch{satellites,      offsets_min,       minutes,      first, last, r_teme_m.data(),
                      v_teme_m_s.data(), codes.data(), kernels.at(which)};
    fly_in_threads(batch, std::clamp(threads, 1U, 256U));
}

} // namespace llamaspace
