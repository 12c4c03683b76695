// Access in bulk: one ephemeris of a satellite over all places; only where a place may be in reach is it looked at closely.
#include "intervals.hpp"
#include "llamaspace/events.hpp"
#include "satellite_paths.hpp"

#include <map>

namespace llamaspace {
namespace {

constexpr double earth_rate_rad_s = 7.2921151467e-5; // WGS 84

// The Earth's turn, and the Sun where it matters, at even times.
struct Ground {
    paths::Times times;
    std::vector<Mat3> itrf_from_teme;
    std::vector<Vec3> sun_itrf_m;
};

Ground ground_of(Span span, double step_s, const EarthRotation& rotation, const AccessMargin& limit) {
    Ground ground{paths::times_of(span, step_s), {}, {}};
    for (const double minute : ground.times.minutes) {
        const double t = std::min(span.end_tai_s, span.start_tai_s + 60.0 * minute);
        ground.itrf_from_teme.push_back(rotation.dcm_itrf_from_teme(t));
        ground.sun_itrf_m.push_back(limit.sun_itrf_m(t));
    }
    return ground;
}

// One satellite in ITRF at the samples, and how far it may move between two.
class Sweep {
  public:
    Sweep(const paths::Path& path, const Ground& ground) : step_s_(ground.times.step_s) {
        double speed_m_s = 0.0, radius_m = 0.0;
        for (std::size_t i = 0; i < ground.times.minutes.size(); ++i) {
            const paths::Motion here = path.sample(i);
            r_itrf_m_.push_back(ground.itrf_from_teme[i] * here.r_teme_m);
            speed_m_s = std::max(speed_m_s, norm(here.v_teme_m_s));
            radius_m = std::max(radius_m, norm(here.r_teme_m));
        }
        // Between samples a satellite can be a little faster than at any.
        move_m_ = 1.05 * (speed_m_s + earth_rate_rad_s * radius_m) * step_s_;
    }

    // Stretches of samples, each with one more at both ends, outside of which the place is out of reach for certain.
    [[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> near(const Site& site, const AccessLimits& limits,
                                                                        const Ground& ground) const {
        const std::size_t last = r_itrf_m_.size() - 1;
        std::vector<std::pair<std::size_t, std::size_t>> out;
        for (std::size_t i = 0; i <= last; ++i) {
            if (!may_reach(i, site, limits, ground)) {
                continue;
            }
            const std::size_t from = i > 0 ? i - 1 : 0, to = std::min(i + 1, last);
            if (!out.empty() && from <= out.back().second) {
                out.back().second = to;
            } else {
                out.emplace_back(from, to);
            }
        }
        return out;
    }

  private:
    // Whether within a step of a sample the horizon, the off-nadir angle and the Sun may all allow it.
    [[nodiscard]] bool may_reach(std::size_t i, const Site& site, const AccessLimits& limits, const Ground& ground) const {
        const Vec3& r = r_itrf_m_[i];
        const Vec3 sight = site.r_itrf_m - r;
        if (-dot(sight, site.up) < -move_m_) {
            return false;
        }
        const double range_m = norm(sight);
        if (range_m > 2.0 * move_m_) {
            // The line of sight and the nadir both turn by no more than the satellite's way seen from their ends.
            const double turn_rad = move_m_ / (range_m - move_m_) + move_m_ / norm(r);
            if (angle_between_rad(sight, -1.0 * r) - turn_rad > limits.max_off_nadir_rad) {
                return false;
            }
        }
        const double sun_rad = look_angles(ground.sun_itrf_m[i], site).elevation_rad;
        return sun_rad + 1.05 * earth_rate_rad_s * step_s_ > limits.min_sun_elevation_rad;
    }

    double step_s_, move_m_{};
    std::vector<Vec3> r_itrf_m_;
};

} // namespace

AllAccesses find_all_target_access(const CrossingsTask& task, std::span<const Site> targets, const AccessLimits& limits,
                                   const Surroundings& around) {
    paths::require_task(task);
    const EarthRotation rotation(around.earth, task.span.start_tai_s, task.span.end_tai_s);
    const AccessMargin limit(limits, rotation, around.sky);
    std::map<double, Ground> grounds;
    std::vector<const Ground*> ground_for;
    for (const Sgp4Satellite& satellite : task.satellites) {
        const double step_s = paths::shared_step_s(search_step_s(satellite));
        auto found = grounds.find(step_s);
        if (found == grounds.end()) {
            found = grounds.emplace(step_s, ground_of(task.span, step_s, rotation, limit)).first;
        }
        ground_for.push_back(&found->second);
    }
    const double length_s = task.span.end_tai_s - task.span.start_tai_s;
    AllAccesses out;
    const auto times_for = [&](std::size_t k) -> const paths::Times& { return ground_for[k]->times; };
    const auto work = [&](paths::Path& path, std::size_t k, const paths::Times& times, std::vector<AccessOf>& rows) {
        const Ground& ground = *ground_for[k];
        const Sweep sweep(path, ground);
        const auto time = [&](std::size_t i) { return std::min(length_s, 60.0 * times.minutes[i]); };
        for (std::size_t target = 0; target < targets.size(); ++target) {
            const Site& site = targets[target];
            const auto margin = [&](double s) { return limit(task.span.start_tai_s + s, path.state(s), site); };
            const auto nearness = [&](double s) {
                const Vec3 r = rotation.dcm_itrf_from_teme(task.span.start_tai_s + s) * path.at(s).r_teme_m;
                return -angle_between_rad(site.r_itrf_m - r, -1.0 * r);
            };
            for (const auto& [first, last] : sweep.near(site, limits, ground)) {
                std::vector<intervals::Peak> samples;
                for (std::size_t i = first; i <= last; ++i) {
                    const auto [r_teme_m, v_teme_m_s] = path.sample(i);
                    const Sgp4State here{r_teme_m, v_teme_m_s, Sgp4Code::ok};
                    samples.push_back({time(i), limit.at(ground.itrf_from_teme[i], ground.sun_itrf_m[i], here, site)});
                }
                for (const auto& one : intervals::positive(margin, {time(first), time(last)}, samples)) {
                    const auto best = intervals::highest(nearness, one.start, one.end, search_step_s(task.satellites[k]));
                    const double best_tai_s = task.span.start_tai_s + best.t;
                    rows.push_back({static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(target),
                                    {.start_tai_s = task.span.start_tai_s + one.start,
                                     .end_tai_s = task.span.start_tai_s + one.end,
                                     .best_tai_s = best_tai_s,
                                     .min_off_nadir_rad = -best.value,
                                     .sun_elevation_rad = limit.sun_elevation_rad(best_tai_s, site)}});
                }
            }
        }
    };
    out.accesses = paths::for_all<AccessOf>(task, out.unsearched, times_for, work);
    return out;
}

} // namespace llamaspace
