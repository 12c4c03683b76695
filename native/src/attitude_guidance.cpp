// Pointing modes as one axis on a direction and a second as near as it can be to another.
#include "llamaspace/attitude_guidance.hpp"

#include "llamaspace/error.hpp"
#include "llamaspace/frames.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace llamaspace {
namespace {

constexpr double earth_mu_m3_s2 = 3.986004418e14;        // IERS Conventions 2010, table 1.1
constexpr double earth_rotation_rad_s = 7.292115146706979e-5; // IERS Conventions 2010, eq. 5.15
constexpr double moon_radius_m = 1737400.0;              // IAU WGCCRE 2015

Vec3 row_of(std::span<const double> a, std::size_t k) { return {a[3 * k], a[3 * k + 1], a[3 * k + 2]}; }
Vec3 mixed(const Vec3& a, const Vec3& b, double share) { return a + share * (b - a); }

// Cubic through two values and two rates.
Vec3 hermite(const Vec3& a, const Vec3& da, const Vec3& b, const Vec3& db, double x, double h) {
    const double x2 = x * x, x3 = x2 * x;
    return (2.0 * x3 - 3.0 * x2 + 1.0) * a + (h * (x3 - 2.0 * x2 + x)) * da + (3.0 * x2 - 2.0 * x3) * b + (h * (x3 - x2)) * db;
}

Vec3 turned_about(const Vec3& axis, double angle_rad, const Vec3& v) {
    const double c = std::cos(angle_rad), s = std::sin(angle_rad);
    return c * v + s * cross(axis, v) + ((1.0 - c) * dot(axis, v)) * axis;
}

// A second direction for modes that fix one: against the orbit normal, or zenith where the first lies along that.
Quaternion pointed_in_orbit(const AttitudeCraft& craft, const Vec3& body_axis, const Vec3& direction, const Vicinity& s) {
    const Vec3 normal = cross(s.r_m, s.v_m_s);
    const bool along_normal = std::abs(dot(unit(direction), unit(normal))) > 0.95;
    return pointed(body_axis, craft.axes.array_axis, direction, along_normal ? s.r_m : -1.0 * normal);
}

// The array to the Sun, its axis as near to the celestial pole as it can be: the Sun is never within 66 degrees of it.
Quaternion sun_attitude(const AttitudeCraft& craft, const Vicinity& s) {
    return pointed(craft.axes.array_zero_normal, craft.axes.array_axis, s.sun_m - s.r_m, {0.0, 0.0, 1.0});
}

} // namespace

SurroundingsTable::SurroundingsTable(const SurroundingsColumns& c) : t_s_(c.t_s.begin(), c.t_s.end()) {
    const std::size_t n = t_s_.size();
    if (n < 2 || !std::ranges::is_sorted(t_s_, std::ranges::less_equal{})) {
        throw Error(ErrorCode::bad_value, "an environment needs two or more increasing times");
    }
    for (const auto& [column, width] : {std::pair{c.r_m, 3U}, {c.v_m_s, 3U}, {c.sun_m, 3U}, {c.moon_m, 3U}, {c.field_t, 3U},
                                        {c.density_kg_m3, 1U}, {c.light, 1U}, {c.applied_n_m, 3U}}) {
        if (column.size() != width * n) {
            throw Error(ErrorCode::bad_shape, "the columns of an environment need one row for each time");
        }
        if (!std::ranges::all_of(column, [](double value) { return std::isfinite(value); })) {
            throw Error(ErrorCode::bad_value, "an environment holds a value that is not finite");
        }
    }
    for (std::size_t k = 0; k < n; ++k) {
        samples_.push_back({row_of(c.r_m, k), row_of(c.v_m_s, k), row_of(c.sun_m, k), row_of(c.moon_m, k),
                            row_of(c.field_t, k), c.density_kg_m3[k], c.light[k], row_of(c.applied_n_m, k)});
        const double radius = norm(samples_.back().r_m);
        if (!(radius > 1.0e6)) {
            throw Error(ErrorCode::bad_value, "a position of the environment lies inside the Earth");
        }
        acceleration_m_s2_.push_back((-earth_mu_m3_s2 / (radius * radius * radius)) * samples_.back().r_m);
    }
}

std::size_t SurroundingsTable::interval(double t_s) const {
    const std::size_t last = t_s_.size() - 2;
    for (std::size_t k = last_; k <= std::min(last, last_ + 1); ++k) {
        if (t_s >= t_s_[k] && t_s < t_s_[k + 1]) {
            return last_ = k;
        }
    }
    const auto after = std::ranges::upper_bound(t_s_, t_s) - t_s_.begin();
    return last_ = std::min(last, static_cast<std::size_t>(std::max<std::ptrdiff_t>(after - 1, 0)));
}

Vicinity SurroundingsTable::orbit(double t_s) const {
    const std::size_t k = interval(t_s);
    const Vicinity &a = samples_[k], &b = samples_[k + 1];
    const double h = t_s_[k + 1] - t_s_[k], x = (t_s - t_s_[k]) / h;
    Vicinity out;
    out.r_m = hermite(a.r_m, a.v_m_s, b.r_m, b.v_m_s, x, h);
    out.v_m_s = hermite(a.v_m_s, acceleration_m_s2_[k], b.v_m_s, acceleration_m_s2_[k + 1], x, h);
    out.sun_m = mixed(a.sun_m, b.sun_m, x);
    out.moon_m = mixed(a.moon_m, b.moon_m, x);
    out.light = std::clamp(a.light + x * (b.light - a.light), 0.0, 1.0);
    return out;
}

Vicinity SurroundingsTable::at(double t_s) const {
    Vicinity out = orbit(t_s);
    const std::size_t k = last_;
    const Vicinity &a = samples_[k], &b = samples_[k + 1];
    const double x = (t_s - t_s_[k]) / (t_s_[k + 1] - t_s_[k]);
    out.field_t = mixed(a.field_t, b.field_t, x);
    out.applied_n_m = mixed(a.applied_n_m, b.applied_n_m, x);
    out.density_kg_m3 = std::max(0.0, a.density_kg_m3 + x * (b.density_kg_m3 - a.density_kg_m3));
    return out;
}

Quaternion wanted_attitude(const AttitudeCraft& craft, const SurroundingsTable& table, const PointingSegment& segment,
                           double t_s) {
    if (segment.mode == PointingMode::inertial) {
        return segment.attitude;
    }
    const Vicinity s = table.orbit(t_s);
    const double since_s = t_s - segment.start_s;
    switch (segment.mode) {
    case PointingMode::sun:
        return sun_attitude(craft, s);
    case PointingMode::safe_spin:
        return turned_by((craft.control.safe_spin_rad_s * since_s) * craft.axes.array_zero_normal) * sun_attitude(craft, s);
    case PointingMode::velocity:
        return pointed_in_orbit(craft, craft.axes.thrust, s.v_m_s, s);
    case PointingMode::thrust: {
        const Vec3 radial = unit(s.r_m), normal = unit(cross(s.r_m, s.v_m_s)), transverse = cross(normal, radial);
        const Vec3& rtn = segment.place_m;
        const Quaternion q =
            pointed_in_orbit(craft, craft.axes.thrust, rtn.x * radial + rtn.y * transverse + rtn.z * normal, s);
        // Half a turn about the thrust axis gives the same thrust: the way round in which the payload does not look up.
        const bool looks_up = dot(out_of(q, craft.axes.payload), radial) > 1e-9;
        return looks_up ? turned_by(std::numbers::pi * unit(craft.axes.thrust)) * q : q;
    }
    case PointingMode::target:
    case PointingMode::station: {
        const Vec3 place = turned_about(segment.earth_pole, earth_rotation_rad_s * since_s, segment.place_m);
        const Vec3& axis = segment.mode == PointingMode::target ? craft.axes.payload : craft.axes.antenna;
        return pointed_in_orbit(craft, axis, place - s.r_m, s);
    }
    default:
        return pointed_in_orbit(craft, craft.axes.payload, -1.0 * s.r_m, s);
    }
}

double keep_out_margin_rad(const KeepOutZone& zone, const Quaternion& q, const Vicinity& around) {
    const Vec3 boresight = out_of(q, zone.boresight);
    switch (zone.body) {
    case BrightBody::sun:
        if (around.light <= 0.0) {
            return std::numbers::pi; // behind the Earth
        }
        return angle_between_rad(boresight, around.sun_m - around.r_m) - zone.angle_rad;
    case BrightBody::moon:
        return angle_between_rad(boresight, around.moon_m - around.r_m) - zone.angle_rad;
    default:
        return angle_between_rad(boresight, -1.0 * around.r_m) - std::asin(std::min(1.0, wgs84_radius_m / norm(around.r_m))) -
               zone.angle_rad;
    }
}

bool is_blinded(const Tracker& tracker, const Quaternion& q, const Vec3& omega_rad_s, const Vicinity& around) {
    if (norm(omega_rad_s) > tracker.maximum_rate_rad_s) {
        return true;
    }
    const Vec3 boresight = out_of(q, tracker.boresight);
    const auto within = [&](const Vec3& to_body, double radius_m, double exclusion_rad) {
        const double disc_rad = std::asin(std::min(1.0, radius_m / norm(to_body)));
        return angle_between_rad(boresight, to_body) < disc_rad + exclusion_rad;
    };
    return (around.light > 0.0 && within(around.sun_m - around.r_m, sun_radius_m, tracker.sun_exclusion_rad)) ||
           within(-1.0 * around.r_m, wgs84_radius_m, tracker.earth_exclusion_rad) ||
           (tracker.moon_exclusion_rad > 0.0 && within(around.moon_m - around.r_m, moon_radius_m, tracker.moon_exclusion_rad));
}

} // namespace llamaspace
