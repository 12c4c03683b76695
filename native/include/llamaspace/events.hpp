// When a satellite is above a station, in the Earth's shadow, or able to see a place: sweep, then root-find the edges.
#pragma once

#include "llamaspace/earth_rotation.hpp"
#include "llamaspace/ephemeris.hpp"
#include "llamaspace/frames.hpp"
#include "llamaspace/sgp4.hpp"

#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <vector>

namespace llamaspace {

// A satellite and the TAI seconds since J2000 of its elements' epoch; searches run in that scale.
struct OrbitInTime {
    Sgp4Satellite satellite;
    double epoch_tai_s;
};

struct Span {
    double start_tai_s, end_tai_s;
};

struct PassEvent {
    double aos_tai_s, los_tai_s, culmination_tai_s;
    double max_elevation_rad, aos_azimuth_rad, los_azimuth_rad, min_range_m;
    bool truncated_start, truncated_end;
};

struct EclipseEvent {
    double start_tai_s, end_tai_s;
    double umbra_start_tai_s{std::numeric_limits<double>::quiet_NaN()}; // not a number where there is no umbra
    double umbra_end_tai_s{std::numeric_limits<double>::quiet_NaN()};
};

struct AccessEvent {
    double start_tai_s, end_tai_s, best_tai_s;
    double min_off_nadir_rad, sun_elevation_rad;
};

struct AccessLimits {
    double max_off_nadir_rad;
    double min_sun_elevation_rad; // -pi/2 or less: night is allowed too
    // Of a spacecraft that rolls about its velocity and then pitches: the angle across the track, and that along it which
    // is left. pi and pi/2 allow all.
    double max_roll_rad{std::numbers::pi}, max_pitch_rad{0.5 * std::numbers::pi};
};

// What a search needs to know of the Earth's rotation and of the sky.
struct Surroundings {
    const EarthOrientationTable& earth;
    const SunMoonEphemeris& sky;
};

// Edges are located to 0.1 ms of the model; a search that meets an SGP4 failure throws Error(propagation),
// and one that needs the Sun outside its ephemeris Error(no_data).
[[nodiscard]] std::vector<PassEvent> find_passes(const OrbitInTime& orbit, const Site& site, Span span,
                                                 double min_elevation_rad, const EarthOrientationTable& earth);
[[nodiscard]] std::vector<EclipseEvent> find_eclipses(const OrbitInTime& orbit, Span span,
                                                      const Surroundings& around);
[[nodiscard]] std::vector<AccessEvent> find_target_access(const OrbitInTime& orbit, const Site& site, Span span,
                                                          const AccessLimits& limits, const Surroundings& around);

// Passes of many satellites over many sites: one ephemeris of each satellite serves every site.
struct AllPassesTask {
    std::span<const Sgp4Satellite> satellites;
    std::span<const double> offsets_min; // from each one's epoch to the start of the span
    std::span<const Site> sites;
    std::span<const double> min_elevations_rad; // per site
    Span span;
    unsigned threads;
};

struct PassOf {
    std::uint32_t satellite, site;
    PassEvent pass;
};

struct AllPasses {
    std::vector<PassOf> passes;          // by satellite, then site, then time
    std::vector<std::uint32_t> unsearched; // satellites for which SGP4 fails inside the span: nothing is said of them
};

// As find_passes to 10 ms: positions between the states of the ephemeris are cubics, within a few metres.
[[nodiscard]] AllPasses find_all_passes(const AllPassesTask& task, const EarthOrientationTable& earth);

// Crossings of many satellites, in one call.
struct CrossingsTask {
    std::span<const Sgp4Satellite> satellites;
    std::span<const double> offsets_min; // from each one's epoch to the start of the span
    Span span;
    unsigned threads;
};

struct CrossingOf {
    std::uint32_t satellite;
    bool rising;
    double t_tai_s;
    double value; // of a node: longitude of the point below, rad; of an apsis: distance from the Earth's centre, m
};

struct AllCrossings {
    std::vector<CrossingOf> crossings;     // by satellite, then time
    std::vector<std::uint32_t> unsearched; // satellites for which SGP4 fails inside the span
};

// Crossings of the equator of the date (rising: northwards), and extremes of the distance (rising: pericentres), to 0.1 ms.
[[nodiscard]] AllCrossings find_all_nodes(const CrossingsTask& task, const EarthOrientationTable& earth);
[[nodiscard]] AllCrossings find_all_apsides(const CrossingsTask& task);

struct KeepOutLimits {
    Vec3 boresight_rtn; // its length does not matter
    double least_angle_rad;
    bool moon; // keep out of the Moon instead of the Sun
};

struct KeepOutOf {
    std::uint32_t satellite;
    double start_tai_s, end_tai_s, least_angle_rad;
};

struct AllKeepOut {
    std::vector<KeepOutOf> spans;
    std::vector<std::uint32_t> unsearched;
};

[[nodiscard]] AllKeepOut find_all_keep_out(const CrossingsTask& task, const KeepOutLimits& limits,
                                           const Surroundings& around);

struct EclipseOf {
    std::uint32_t satellite;
    EclipseEvent eclipse;
};

struct AllEclipses {
    std::vector<EclipseOf> eclipses; // by satellite, then time
    std::vector<std::uint32_t> unsearched;
};

// As find_eclipses; the Sun moves along straight lines between minutes, which moves an edge by less than 1 ms.
[[nodiscard]] AllEclipses find_all_eclipses(const CrossingsTask& task, const Surroundings& around);

struct AccessOf {
    std::uint32_t satellite, target;
    AccessEvent access;
};

struct AllAccesses {
    std::vector<AccessOf> accesses; // by satellite, then target, then time
    std::vector<std::uint32_t> unsearched;
};

// As find_target_access of every satellite and place: one ephemeris of each satellite serves every place.
[[nodiscard]] AllAccesses find_all_target_access(const CrossingsTask& task, std::span<const Site> targets,
                                                 const AccessLimits& limits, const Surroundings& around);

// What an access asks of a state and a place at an instant, rad: positive where both are within the limits.
class AccessMargin {
  public:
    // Throws Error(bad_value) where a limit is out of range.
    AccessMargin(const AccessLimits& limits, const EarthRotation& rotation, const SunMoonEphemeris& sky);

    // Off-nadir angle and horizon alone, of a position in ITRF.
    [[nodiscard]] double geometry(const Vec3& r_itrf_m, const Site& site) const;
    [[nodiscard]] double operator()(double t_tai_s, const Sgp4State& state, const Site& site) const;
    // As above, with the Earth's turn at the instant known, and the Sun in ITRF.
    [[nodiscard]] double at(const Mat3& itrf_from_teme, const Vec3& sun_itrf_m, const Sgp4State& state, const Site& site) const;
    [[nodiscard]] double sun_elevation_rad(double t_tai_s, const Site& site) const;
    [[nodiscard]] Vec3 sun_itrf_m(double t_tai_s) const;

  private:
    [[nodiscard]] double in_frame(const Vec3& r_itrf_m, const Mat3& itrf_from_teme, const Sgp4State& state, const Site& site) const;

    AccessLimits limits_;
    const EarthRotation& rotation_;
    const SunMoonEphemeris& sky_;
    bool steers_, by_day_;
};

// 180 samples of a revolution flown at its fastest: half a minute for a low orbit.
[[nodiscard]] double search_step_s(const Sgp4Satellite& satellite);

void require_span(Span span); // throws Error(bad_interval) where it is empty, reversed or longer than 400 days

struct LookAngles {
    double azimuth_rad, elevation_rad, range_m;
};
[[nodiscard]] LookAngles look_angles(const Vec3& r_itrf_m, const Site& site);

} // namespace llamaspace
