// Nodes, apsides and keep-out in bulk: samples of each satellite side by side, then roots on SGP4 itself.
#include "intervals.hpp"
#include "llamaspace/error.hpp"
#include "llamaspace/events.hpp"
#include "satellite_paths.hpp"

#include <cmath>
#include <map>

namespace llamaspace {
namespace {

using paths::for_all;
using paths::Motion;
using paths::Path;
using paths::require_task;
using paths::shared_step_s;
using paths::Sky;
using paths::sky_of;
using paths::Times;
using paths::times_of;

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
