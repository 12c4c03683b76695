// Nodes, apsides and keep-out in bulk: samples of each satellite side by side, then roots on SGP4 itself.
#include "intervals.hpp"
#include "llamaspace/error.hpp"
#include "llamaspace/events.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <thread>

namespace llamaspace {
namespace {

struct Motion {
    Vec3 r_teme_m, v_teme_m_s;
};

// Even times of the span, no further apart than a satellite's own search step.
struct Times {
    double step_s;
    std::vector<double> minutes; // since the start of the span
};

Times times_of(Span span, double longest_step_s) {
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
        const Sgp4State s = satellite_->propagate(offset_min_ + since_start_s / 60.0, resonance_);
        return {s.r_teme_m, s.v_teme_m_s};
    }

  private:
    const Sgp4Satellite* satellite_{};
    double offset_min_{};
    ResonanceState resonance_{};
    std::vector<double> r_, v_;
    std::vector<std::uint8_t> codes_;
};

void require_task(const CrossingsTask& task) {
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

// Where a quantity of the motion changes its sign, and what `describe` says of the place.
template <class Quantity, class Describe>
AllCrossings find_all(const CrossingsTask& task, Quantity quantity, Describe describe) {
    require_task(task);
    AllCrossings out;
    const auto times_for = [&](std::size_t k) { return times_of(task.span, search_step_s(task.satellites[k])); };
    out.crossings = for_all<CrossingOf>(
        task, out.unsearched, times_for, [&](Path& path, std::size_t k, const Times& times, std::vector<CrossingOf>& rows) {
            double before = quantity(path.sample(0));
            for (std::size_t i = 1; i < times.minutes.size(); ++i) {
                const double after = quantity(path.sample(i));
                if ((before < 0.0) != (after < 0.0)) {
                    const double s = intervals::root([&](double at_s) { return quantity(path.at(at_s)); },
                                                     60.0 * times.minutes[i - 1], before, 60.0 * times.minutes[i], after);
                    const double t = task.span.start_tai_s + s;
                    rows.push_back({static_cast<std::uint32_t>(k), after >= 0.0, t, describe(t, path.at(s))});
                }
                before = after;
            }
        });
    return out;
}

// Steps of 15 s times a power of two: few grids of the sky serve all satellites.
double shared_step_s(double longest_s) { return 15.0 * std::exp2(std::floor(std::log2(longest_s / 15.0))); }

// The Sun or the Moon in TEME at the samples.
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

Sky sky_of(Span span, double step_s, bool moon, const EarthRotation& rotation, const SunMoonEphemeris& ephemeris) {
    Sky sky{times_of(span, step_s), {}};
    for (const double minute : sky.times.minutes) {
        const double t = span.start_tai_s + 60.0 * minute, tdb = tdb_s_from_tai_s(t);
        const Vec3 body_gcrf_m = moon ? ephemeris.at(tdb).r_moon_gcrf_m : ephemeris.apparent_sun_gcrf_m(tdb);
        sky.body_teme_m.push_back(transpose(rotation.dcm_gcrf_from_teme(t)) * body_gcrf_m);
    }
    return sky;
}

double angle_from_body_rad(const Motion& m, const Vec3& body_teme_m, const Vec3& boresight_rtn) {
    const Vec3 radial = (1.0 / norm(m.r_teme_m)) * m.r_teme_m, momentum = cross(m.r_teme_m, m.v_teme_m_s);
    const Vec3 normal = (1.0 / norm(momentum)) * momentum;
    const Vec3 direction = boresight_rtn.x * radial + boresight_rtn.y * cross(normal, radial) + boresight_rtn.z * normal;
    return angle_between_rad(direction, body_teme_m - m.r_teme_m);
}

} // namespace

AllCrossings find_all_nodes(const CrossingsTask& task, const EarthOrientationTable& table) {
    const EarthRotation earth(table); // the longitude needs no nutation
    return find_all(
        task, [](const Motion& m) { return m.r_teme_m.z; },
        [&](double t, const Motion& m) {
            const Vec3 r = earth.dcm_itrf_from_teme(t) * m.r_teme_m;
            return std::atan2(r.y, r.x);
        });
}

AllCrossings find_all_apsides(const CrossingsTask& task) {
    return find_all(
        task, [](const Motion& m) { return dot(m.r_teme_m, m.v_teme_m_s); },
        [](double, const Motion& m) { return norm(m.r_teme_m); });
}

AllKeepOut find_all_keep_out(const CrossingsTask& task, const KeepOutLimits& limits, const Surroundings& around) {
    require_task(task);
    const double length = norm(limits.boresight_rtn);
    if (!(length > 0.0 && std::isfinite(length))) {
        throw Error(ErrorCode::bad_value, "a boresight without length has no direction");
    }
    if (!(limits.least_angle_rad > 0.0 && limits.least_angle_rad < std::numbers::pi)) {
        throw Error(ErrorCode::bad_value, "the angle to keep must lie between 0 and pi");
    }
    const EarthRotation rotation(around.earth, task.span.start_tai_s, task.span.end_tai_s);
    std::map<double, Sky> skies;
    std::vector<const Sky*> sky_for;
    for (const Sgp4Satellite& satellite : task.satellites) {
        const double step_s = shared_step_s(search_step_s(satellite));
        auto found = skies.find(step_s);
        if (found == skies.end()) {
            found = skies.emplace(step_s, sky_of(task.span, step_s, limits.moon, rotation, around.sky)).first;
        }
        sky_for.push_back(&found->second);
    }
    const Vec3 boresight = (1.0 / length) * limits.boresight_rtn;
    AllKeepOut out;
    const auto times_for = [&](std::size_t k) -> const Times& { return sky_for[k]->times; };
    out.spans = for_all<KeepOutOf>(
        task, out.unsearched, times_for, [&](Path& path, std::size_t k, const Times& times, std::vector<KeepOutOf>& rows) {
            const Sky& sky = *sky_for[k];
            const auto too_near = [&](double s) {
                return limits.least_angle_rad - angle_from_body_rad(path.at(s), sky.at(s), boresight);
            };
            std::vector<intervals::Peak> samples;
            for (std::size_t i = 0; i < times.minutes.size(); ++i) {
                samples.push_back({60.0 * times.minutes[i], limits.least_angle_rad - angle_from_body_rad(path.sample(i), sky.body_teme_m[i], boresight)});
            }
            const double length_s = task.span.end_tai_s - task.span.start_tai_s;
            for (const auto& one : intervals::positive(too_near, {0.0, length_s}, samples)) {
                const auto deepest = intervals::highest(too_near, one.start, one.end, times.step_s);
                rows.push_back({static_cast<std::uint32_t>(k), task.span.start_tai_s + one.start,
                                task.span.start_tai_s + one.end, limits.least_angle_rad - deepest.value});
            }
        });
    return out;
}

} // namespace llamaspace
