// Many satellites over one span, in turn on several threads: states at even times, and at any time between.
#pragma once

#include "llamaspace/error.hpp"
#include "llamaspace/events.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>
#include <vector>

namespace llamaspace::paths {

struct Motion {
    Vec3 r_teme_m, v_teme_m_s;
};

// Even times of the span, no further apart than a satellite's own search step.
struct Times {
    double step_s;
    std::vector<double> minutes; // since the start of the span
};

inline Times times_of(Span span, double longest_step_s) {
    const double length_s = span.end_tai_s - span.start_tai_s;
    const auto count = static_cast<std::size_t>(std::max(3.0, std::ceil(length_s / longest_step_s))) + 1;
    Times times{length_s / static_cast<double>(count - 1), std::vector<double>(count)};
    for (std::size_t k = 0; k < count; ++k) {
        times.minutes[k] = times.step_s * static_cast<double>(k) / 60.0;
    }
    return times;
}

// One satellite over the span: states at the samples, and at any time between.
class Path {
  public:
    // False where SGP4 fails at a sample.
    bool fly(const Sgp4Satellite& satellite, double offset_min, const Times& times) {
        satellite_ = &satellite;
        offset_min_ = offset_min;
        resonance_ = {};
        r_.resize(3 * times.minutes.size());
        v_.resize(3 * times.minutes.size());
        codes_.resize(times.minutes.size());
        propagate_grid({&satellite, 1}, {&offset_min, 1}, times.minutes, r_, v_, codes_);
        return std::ranges::all_of(codes_, [](std::uint8_t code) { return code == 0; });
    }

    [[nodiscard]] Motion sample(std::size_t k) const {
        return {{r_[3 * k], r_[3 * k + 1], r_[3 * k + 2]}, {v_[3 * k], v_[3 * k + 1], v_[3 * k + 2]}};
    }
    [[nodiscard]] Motion at(double since_start_s) {
        const Sgp4State s = state(since_start_s);
        return {s.r_teme_m, s.v_teme_m_s};
    }
    [[nodiscard]] Sgp4State state(double since_start_s) {
        return satellite_->propagate(offset_min_ + since_start_s / 60.0, resonance_);
    }

  private:
    const Sgp4Satellite* satellite_{};
    double offset_min_{};
    ResonanceState resonance_{};
    std::vector<double> r_, v_;
    std::vector<std::uint8_t> codes_;
};

inline void require_task(const CrossingsTask& task) {
    require_span(task.span);
    if (task.offsets_min.size() != task.satellites.size()) {
        throw Error(ErrorCode::bad_shape, "a search over satellites needs an offset for each");
    }
}

// Calls work(path, k, rows) for every satellite that flies through the span, and joins the rows by satellite.
template <class Row, class TimesOf, class Work>
std::vector<Row> for_all(const CrossingsTask& task, std::vector<std::uint32_t>& unsearched, TimesOf times_for, Work work) {
    struct Found {
        std::vector<Row> rows;
        bool failed{};
    };
    std::vector<Found> found(task.satellites.size());
    std::atomic<std::size_t> next{0};
    const auto take_turns = [&] {
        Path path;
        for (std::size_t k = next++; k < found.size(); k = next++) {
            decltype(auto) times = times_for(k);
            if (path.fly(task.satellites[k], task.offsets_min[k], times)) {
                work(path, k, times, found[k].rows);
            } else {
                found[k].failed = true;
            }
        }
    };
    {
        std::vector<std::jthread> others;
        for (unsigned k = 1; k < std::clamp(task.threads, 1U, 256U); ++k) {
            others.emplace_back(take_turns);
        }
        take_turns();
    }
    std::vector<Row> rows;
    for (std::size_t k = 0; k < found.size(); ++k) {
        rows.insert(rows.end(), found[k].rows.begin(), found[k].rows.end());
        if (found[k].failed) {
            unsearched.push_back(static_cast<std::uint32_t>(k));
        }
    }
    return rows;
}

// Steps of 15 s times a power of two: few grids of the sky and of the Earth serve all satellites.
inline double shared_step_s(double longest_s) { return 15.0 * std::exp2(std::floor(std::log2(longest_s / 15.0))); }

// The Sun or the Moon in TEME at even times.
struct Sky {
    Times times;
    std::vector<Vec3> body_teme_m;

    // In a minute neither bends by 1e-8 rad from a straight line.
    [[nodiscard]] Vec3 at(double since_start_s) const {
        const double steps = std::max(0.0, since_start_s / times.step_s);
        const std::size_t k = std::min(static_cast<std::size_t>(steps), body_teme_m.size() - 2);
        const double share = steps - static_cast<double>(k);
        return body_teme_m[k] + share * (body_teme_m[k + 1] - body_teme_m[k]);
    }
};

inline Sky sky_of(Span span, double step_s, bool moon, const EarthRotation& rotation, const SunMoonEphemeris& ephemeris) {
    Sky sky{times_of(span, step_s), {}};
    for (const double minute : sky.times.minutes) {
        const double t = span.start_tai_s + 60.0 * minute, tdb = tdb_s_from_tai_s(t);
        const Vec3 body_gcrf_m = moon ? ephemeris.at(tdb).r_moon_gcrf_m : ephemeris.apparent_sun_gcrf_m(tdb);
        sky.body_teme_m.push_back(transpose(rotation.dcm_gcrf_from_teme(t)) * body_gcrf_m);
    }
    return sky;
}

} // namespace llamaspace::paths
