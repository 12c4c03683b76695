// Eclipses in bulk: one Sun over all satellites, then the edges of each one's shadow on SGP4 itself.
#include "intervals.hpp"
#include "llamaspace/events.hpp"
#include "satellite_paths.hpp"

namespace llamaspace {

AllEclipses find_all_eclipses(const CrossingsTask& task, const Surroundings& around) {
    paths::require_task(task);
    const EarthRotation rotation(around.earth, task.span.start_tai_s, task.span.end_tai_s);
    const paths::Sky sun = paths::sky_of(task.span, 60.0, false, rotation, around.sky);
    const double length_s = task.span.end_tai_s - task.span.start_tai_s;
    AllEclipses out;
    const auto times_for = [&](std::size_t k) { return paths::times_of(task.span, search_step_s(task.satellites[k])); };
    const auto work = [&](paths::Path& path, std::size_t k, const paths::Times& times, std::vector<EclipseOf>& rows) {
        const auto depth = [&](double s, bool umbra) { return shadow_depth_rad(path.at(s).r_teme_m, sun.at(s), umbra); };
        std::vector<intervals::Peak> samples;
        samples.reserve(times.minutes.size());
        for (std::size_t i = 0; i < times.minutes.size(); ++i) {
            const double s = std::min(length_s, 60.0 * times.minutes[i]);
            samples.push_back({s, shadow_depth_rad(path.sample(i).r_teme_m, sun.at(s), false)});
        }
        const auto penumbra = [&](double s) { return depth(s, false); };
        const auto umbra = [&](double s) { return depth(s, true); };
        for (const auto& one : intervals::positive(penumbra, {0.0, length_s}, samples)) {
            EclipseEvent event{.start_tai_s = task.span.start_tai_s + one.start, .end_tai_s = task.span.start_tai_s + one.end};
            const auto dark = intervals::positive(umbra, {one.start, one.end}, times.step_s);
            if (!dark.empty()) {
                event.umbra_start_tai_s = task.span.start_tai_s + dark.front().start;
                event.umbra_end_tai_s = task.span.start_tai_s + dark.back().end;
            }
            rows.push_back({static_cast<std::uint32_t>(k), event});
        }
    };
    out.eclipses = paths::for_all<EclipseOf>(task, out.unsearched, times_for, work);
    return out;
}

} // namespace llamaspace
