// Where a spacecraft should point: the orbit and sky around it, and the attitude of each pointing mode.
#pragma once

#include "llamaspace/attitude_craft.hpp"
#include "llamaspace/attitude_torques.hpp"

#include <span>
#include <vector>

namespace llamaspace {

// Columns of an environment on a grid of times, GCRF (the applied torque in body axes); rows of three where it is a vector.
struct SurroundingsColumns {
    std::span<const double> t_s, r_m, v_m_s, sun_m, moon_m, field_t, density_kg_m3, light, applied_n_m;
};

// An environment between its samples: the orbit by cubic Hermite polynomials, the rest linearly; its ends are extended.
class SurroundingsTable {
  public:
    // Throws Error(bad_shape, bad_value) for fewer than two samples, times that do not increase, or values not finite.
    explicit SurroundingsTable(const SurroundingsColumns& columns);

    [[nodiscard]] const std::vector<double>& times_s() const { return t_s_; }
    [[nodiscard]] Vicinity at(double t_s) const;    // everything
    [[nodiscard]] Vicinity orbit(double t_s) const; // position, velocity and light, the Sun and the Moon

  private:
    std::vector<double> t_s_;
    std::vector<Vicinity> samples_;
    std::vector<Vec3> acceleration_m_s2_; // two-body, to interpolate the velocity with
    mutable std::size_t last_{0};

    [[nodiscard]] std::size_t interval(double t_s) const;
};

enum class PointingMode : int { sun = 0, nadir, target, inertial, velocity, station, safe_spin, thrust };
inline constexpr int pointing_modes = 8;

// What the spacecraft should do from a time on.
struct PointingSegment {
    double start_s;
    PointingMode mode;
    Vec3 place_m;            // target and station: GCRF at the segment's start, fixed to the turning Earth; thrust: RTN
    Vec3 earth_pole;         // GCRF, what the place turns about
    bool keeps_attitude;     // inertial: hold what was commanded at the start instead of `attitude`
    Quaternion attitude;     // inertial
};

// The attitude that a segment asks for at a time.
[[nodiscard]] Quaternion wanted_attitude(const AttitudeCraft& craft, const SurroundingsTable& table,
                                         const PointingSegment& segment, double t_s);

// Angle by which a boresight stays outside its forbidden cone, rad; negative inside. A Sun in eclipse leaves pi.
[[nodiscard]] double keep_out_margin_rad(const KeepOutZone& zone, const Quaternion& q_body_gcrf, const Vicinity& around);

// Whether a star tracker sees no stars: the Sun, Earth or Moon within its exclusion, or a turn that smears them.
[[nodiscard]] bool is_blinded(const Tracker& tracker, const Quaternion& q_body_gcrf, const Vec3& omega_rad_s,
                              const Vicinity& around);

} // namespace llamaspace
