// Passes, eclipses and access to places on the ground, on SGP4 itself.
#include "llamaspace/events.hpp"

#include "intervals.hpp"
#include "llamaspace/error.hpp"

#include <cmath>
#include <numbers>
#include <string>

namespace llamaspace {
namespace {

constexpr double pi = std::numbers::pi;
constexpr double longest_span_s = 400.0 * 86400.0;

// The orbit as a function of time; keeps the resonance integrator's last step.
class Track {
  public:
    Track(const OrbitInTime& orbit, const EarthRotation& earth) : orbit_(orbit), earth_(earth) {}

    Vec3 r_teme_m(double t_tai_s) { return state(t_tai_s).r_teme_m; }
    Sgp4State state(double t_tai_s) {
        const double minutes = (t_tai_s - orbit_.epoch_tai_s) / 60.0;
        const Sgp4State state = orbit_.satellite.propagate(minutes, resonance_);
        if (state.code != Sgp4Code::ok) {
            throw Error(ErrorCode::propagation, "SGP4 error " + std::to_string(static_cast<int>(state.code)) + " at " +
                                                    std::to_string(minutes) + " minutes from the elements' epoch");
        }
        return state;
    }

    Vec3 r_itrf_m(double t_tai_s) { return earth_.dcm_itrf_from_teme(t_tai_s) * r_teme_m(t_tai_s); }
    Vec3 r_gcrf_m(double t_tai_s) { return earth_.dcm_gcrf_from_teme(t_tai_s) * r_teme_m(t_tai_s); }

    [[nodiscard]] double step_s() const { return search_step_s(orbit_.satellite); }

  private:
    const OrbitInTime& orbit_;
    const EarthRotation& earth_;
    ResonanceState resonance_{};
};

Vec3 sun_gcrf_m(const SunMoonEphemeris& sky, double t_tai_s) { return sky.apparent_sun_gcrf_m(tdb_s_from_tai_s(t_tai_s)); }

// How a spacecraft whose axes lie along its orbit turns to face a place: about its direction of flight, then across it.
struct Steering {
    double roll_rad, pitch_rad;
};
Steering steering_to(const Sgp4State& state, const Vec3& place_teme_m) {
    const Vec3 radial = (1.0 / norm(state.r_teme_m)) * state.r_teme_m, momentum = cross(state.r_teme_m, state.v_teme_m_s);
    const Vec3 normal = (1.0 / norm(momentum)) * momentum, sight = place_teme_m - state.r_teme_m;
    const double across = dot(sight, normal), down = -dot(sight, radial), along = dot(sight, cross(normal, radial));
    return {std::atan2(across, down), std::atan2(along, std::hypot(across, down))};
}

} // namespace

void require_span(Span span) {
    const double length_s = span.end_tai_s - span.start_tai_s;
    if (!(length_s > 0.0)) {
        throw Error(ErrorCode::bad_interval, "the search must end after its start");
    }
    if (!(length_s <= longest_span_s)) {
        throw Error(ErrorCode::bad_interval,
                    "the search spans " + std::to_string(length_s / 86400.0) + " days; the limit is 400");
    }
}

double search_step_s(const Sgp4Satellite& satellite) {
    const double e = satellite.elements().eccentricity;
    const double perigee_rate_rad_min =
        satellite.mean_motion_rad_min() * (1.0 + e) * (1.0 + e) / std::pow(1.0 - e * e, 1.5);
    return 60.0 * 2.0 * pi / perigee_rate_rad_min / 180.0;
}

LookAngles look_angles(const Vec3& r_itrf_m, const Site& site) {
    const Vec3 d = r_itrf_m - site.r_itrf_m;
    const double east = dot(d, site.east), north = dot(d, site.north), up = dot(d, site.up);
    const double azimuth = std::atan2(east, north);
    return {azimuth < 0.0 ? azimuth + 2.0 * pi : azimuth, std::atan2(up, std::hypot(east, north)), norm(d)};
}

std::vector<PassEvent> find_passes(const OrbitInTime& orbit, const Site& site, Span span, double min_elevation_rad,
                                   const EarthOrientationTable& table) {
    require_span(span);
    const EarthRotation earth(table); // passes need no nutation
    Track track(orbit, earth);
    const auto look = [&](double t) { return look_angles(track.r_itrf_m(t), site); };
    const auto above = [&](double t) { return look(t).elevation_rad - min_elevation_rad; };
    std::vector<PassEvent> out;
    for (const auto& window : intervals::positive(above, span, track.step_s())) {
        const double step = track.step_s();
        const auto top = intervals::highest(above, window.start, window.end, step);
        const auto nearest = intervals::highest([&](double t) { return -look(t).range_m; }, window.start, window.end, step);
        out.push_back({.aos_tai_s = window.start,
                       .los_tai_s = window.end,
                       .culmination_tai_s = top.t,
                       .max_elevation_rad = top.value + min_elevation_rad,
                       .aos_azimuth_rad = look(window.start).azimuth_rad,
                       .los_azimuth_rad = look(window.end).azimuth_rad,
                       .min_range_m = -nearest.value,
                       .truncated_start = window.open_start,
                       .truncated_end = window.open_end});
    }
    return out;
}

std::vector<EclipseEvent> find_eclipses(const OrbitInTime& orbit, Span span, const Surroundings& around) {
    require_span(span);
    const EarthRotation earth(around.earth, span.start_tai_s, span.end_tai_s);
    Track track(orbit, earth);
    const auto depth = [&](double t, bool umbra) {
        return shadow_depth_rad(track.r_gcrf_m(t), sun_gcrf_m(around.sky, t), umbra);
    };
    const auto penumbra = [&](double t) { return depth(t, false); };
    const auto umbra = [&](double t) { return depth(t, true); };
    std::vector<EclipseEvent> out;
    for (const auto& window : intervals::positive(penumbra, span, track.step_s())) {
        EclipseEvent event{.start_tai_s = window.start, .end_tai_s = window.end};
        const auto dark = intervals::positive(umbra, {window.start, window.end}, track.step_s());
        if (!dark.empty()) {
            event.umbra_start_tai_s = dark.front().start;
            event.umbra_end_tai_s = dark.back().end;
        }
        out.push_back(event);
    }
    return out;
}

AccessMargin::AccessMargin(const AccessLimits& limits, const EarthRotation& rotation, const SunMoonEphemeris& sky)
    : limits_(limits), rotation_(rotation), sky_(sky),
      steers_(limits.max_roll_rad < pi || limits.max_pitch_rad < pi / 2.0),
      by_day_(limits.min_sun_elevation_rad > -pi / 2.0) {
    if (!(limits.max_off_nadir_rad > 0.0 && limits.max_off_nadir_rad < pi / 2.0)) {
        throw Error(ErrorCode::bad_value, "max_off_nadir_rad must lie between 0 and pi/2");
    }
    if (!(limits.max_roll_rad > 0.0 && limits.max_pitch_rad > 0.0)) {
        throw Error(ErrorCode::bad_value, "max_roll_rad and max_pitch_rad must be above 0");
    }
}

// A place beyond the horizon can have a small off-nadir angle, straight through the Earth: it must also be in view.
double AccessMargin::geometry(const Vec3& r, const Site& site) const {
    const double angle = limits_.max_off_nadir_rad - angle_between_rad(site.r_itrf_m - r, -1.0 * r);
    return std::min(angle, look_angles(r, site).elevation_rad);
}

double AccessMargin::in_frame(const Vec3& r, const Mat3& itrf_from_teme, const Sgp4State& state, const Site& site) const {
    if (!steers_) {
        return geometry(r, site);
    }
    const Steering need = steering_to(state, transpose(itrf_from_teme) * site.r_itrf_m);
    return std::min({geometry(r, site), limits_.max_roll_rad - std::abs(need.roll_rad),
                     limits_.max_pitch_rad - std::abs(need.pitch_rad)});
}

double AccessMargin::operator()(double t, const Sgp4State& state, const Site& site) const {
    const Mat3 itrf_from_teme = rotation_.dcm_itrf_from_teme(t);
    const double seen = in_frame(itrf_from_teme * state.r_teme_m, itrf_from_teme, state, site);
    return by_day_ ? std::min(seen, sun_elevation_rad(t, site) - limits_.min_sun_elevation_rad) : seen;
}

double AccessMargin::at(const Mat3& itrf_from_teme, const Vec3& sun_itrf, const Sgp4State& state, const Site& site) const {
    const double seen = in_frame(itrf_from_teme * state.r_teme_m, itrf_from_teme, state, site);
    return by_day_ ? std::min(seen, look_angles(sun_itrf, site).elevation_rad - limits_.min_sun_elevation_rad) : seen;
}

double AccessMargin::sun_elevation_rad(double t, const Site& site) const {
    return look_angles(sun_itrf_m(t), site).elevation_rad;
}

Vec3 AccessMargin::sun_itrf_m(double t) const { return rotation_.dcm_itrf_from_gcrf(t) * sun_gcrf_m(sky_, t); }

std::vector<AccessEvent> find_target_access(const OrbitInTime& orbit, const Site& site, Span span,
                                            const AccessLimits& limits, const Surroundings& around) {
    require_span(span);
    const EarthRotation earth(around.earth, span.start_tai_s, span.end_tai_s);
    const AccessMargin limit(limits, earth, around.sky);
    Track track(orbit, earth);
    const auto margin = [&](double t) { return limit(t, track.state(t), site); };
    const auto nearness = [&](double t) {
        const Vec3 r = track.r_itrf_m(t);
        return -angle_between_rad(site.r_itrf_m - r, -1.0 * r);
    };
    std::vector<AccessEvent> out;
    for (const auto& window : intervals::positive(margin, span, track.step_s())) {
        const auto best = intervals::highest(nearness, window.start, window.end, track.step_s());
        out.push_back({.start_tai_s = window.start,
                       .end_tai_s = window.end,
                       .best_tai_s = best.t,
                       .min_off_nadir_rad = -best.value,
                       .sun_elevation_rad = limit.sun_elevation_rad(best.t, site)});
    }
    return out;
}

} // namespace llamaspace
