// Eigenaxis turns within the limits of rate, torque and momentum (Sidi 1997, section 7.2; Wie 2008, section 7.3).
#include "llamaspace/attitude_slew.hpp"

#include "llamaspace/error.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace llamaspace {
namespace {

constexpr double momentum_share = 0.5;         // of the wheels' capacity, for a turn
constexpr double difference_s = 0.25;          // of commanded attitudes, for rates
constexpr double least_angle_rad = 1.0e-7;     // below it there is nothing to turn
constexpr double least_rate_rad_s = 1.0e-6;    // and nothing to brake: what differences of attitudes leave
constexpr double path_step_s = 4.0;            // between checks of the cones
constexpr double path_reserve_rad = 0.02;      // by which a detour stays outside
constexpr int ring_places = 16;

SlewLeg leg_between(const AttitudeCraft& craft, const Quaternion& from, const Quaternion& to) {
    const Vec3 phi = rotation_vector(to * conjugate(from));
    const double angle = norm(phi);
    if (angle < least_angle_rad) {
        return {{1.0, 0.0, 0.0}, 0.0, 1.0, 1.0, 0.0, false, to};
    }
    const Vec3 axis = (1.0 / angle) * phi;
    const SlewCapability can = capability_about(craft, axis);
    const double rate = std::min(can.rate_rad_s, std::sqrt(can.acceleration_rad_s2 * angle));
    return {axis, angle, can.acceleration_rad_s2, rate, angle / rate + rate / can.acceleration_rad_s2, false, to};
}

// Brings a rate relative to the goal to rest.
SlewLeg braking_leg(const AttitudeCraft& craft, const Quaternion& from, const Vec3& rate_rad_s) {
    const double rate = norm(rate_rad_s);
    const Vec3 axis = (1.0 / rate) * rate_rad_s;
    const double acceleration = capability_about(craft, axis).acceleration_rad_s2;
    const double angle = 0.5 * rate * rate / acceleration;
    return {axis, angle, acceleration, rate, rate / acceleration, true, turned_by(angle * axis) * from};
}

double least_margin(const Slew& slew, const MarginAt& margin_rad) {
    double least = std::numeric_limits<double>::infinity();
    const double whole = slew.duration_s();
    const int steps = 1 + static_cast<int>(std::ceil(whole / path_step_s));
    for (int k = 0; k <= steps; ++k) {
        const double since = whole * k / steps;
        least = std::min(least, margin_rad(slew.offset(since), since));
    }
    return least;
}

Slew with_legs(const AttitudeCraft& craft, Slew slew, const Quaternion& from, std::span<const Quaternion> stops) {
    Quaternion here = from;
    for (const Quaternion& stop : stops) {
        slew.legs.push_back(leg_between(craft, here, stop));
        here = stop;
    }
    return slew;
}

// Attitudes to go round by: those between start and goal, turned aside about axes across and along the way.
std::vector<Quaternion> detours(const Quaternion& from) {
    std::vector<Quaternion> stops;
    const Quaternion middle = turned_by(0.5 * rotation_vector(from));
    const Vec3 along = unit(rotation_vector(from));
    const Vec3 aside = unit(cross(along, std::abs(along.x) < 0.8 ? Vec3{1.0, 0.0, 0.0} : Vec3{0.0, 1.0, 0.0}));
    const Vec3 third = cross(along, aside);
    for (const double angle : {0.35, 0.7, 1.05, 1.4, 1.75}) {
        for (int k = 0; k < ring_places; ++k) {
            const double around = 2.0 * std::numbers::pi * k / ring_places;
            const Vec3 axis = std::cos(around) * aside + std::sin(around) * third;
            stops.push_back(turned_by(angle * axis) * middle);
        }
    }
    return stops;
}

} // namespace

double SlewLeg::turned_rad(double since_s) const {
    const double t = std::clamp(since_s, 0.0, duration_s);
    if (brakes) {
        return rate_rad_s * t - 0.5 * acceleration_rad_s2 * t * t;
    }
    const double ramp = rate_rad_s / acceleration_rad_s2;
    if (t < ramp) {
        return 0.5 * acceleration_rad_s2 * t * t;
    }
    if (t > duration_s - ramp) {
        const double left = duration_s - t;
        return angle_rad - 0.5 * acceleration_rad_s2 * left * left;
    }
    return rate_rad_s * (t - 0.5 * ramp);
}

SlewCapability capability_about(const AttitudeCraft& craft, const Vec3& axis) {
    const double share = craft.largest_share(craft.inertia_kg_m2 * axis); // kg m2 borne by one wheel
    return {std::min(craft.slew.acceleration_rad_s2, craft.slew.torque_share * craft.wheels.torque_n_m / share),
            std::min(craft.slew.rate_rad_s, momentum_share * craft.wheels.capacity_n_m_s / share)};
}

double Slew::duration_s() const {
    double total = 0.0;
    for (const SlewLeg& leg : legs) {
        total += leg.duration_s;
    }
    return total;
}

Quaternion Slew::offset(double since_s) const {
    for (const SlewLeg& leg : legs) {
        if (since_s < leg.duration_s) {
            return turned_by((leg.turned_rad(since_s) - leg.angle_rad) * leg.axis) * leg.end;
        }
        since_s -= leg.duration_s;
    }
    return {};
}

Slew plan_slew(const AttitudeCraft& craft, const Quaternion& offset, const Vec3& rate_rad_s, const MarginAt& margin_rad) {
    Slew start;
    Quaternion from = offset;
    if (norm(rate_rad_s) > least_rate_rad_s) {
        start.legs.push_back(braking_leg(craft, offset, rate_rad_s));
        from = start.legs.back().end;
    }
    const std::array direct_stops{Quaternion{}};
    const Slew direct = with_legs(craft, start, from, direct_stops);
    // A cone that an end lies in cannot be avoided; the way there must not go deeper than the ends are.
    const double begins = std::min({0.0, margin_rad(offset, 0.0), margin_rad(from, start.duration_s())}) - 1.0e-9;
    const auto wanted = [&](const Slew& slew) { return std::min(begins, margin_rad({}, slew.duration_s()) - 1.0e-9); };
    if (direct.legs.back().angle_rad <= 1.0e-3 || least_margin(direct, margin_rad) >= wanted(direct)) {
        return direct;
    }
    Slew best;
    for (const Quaternion& stop : detours(from)) {
        const std::array stops{stop, Quaternion{}};
        const Slew candidate = with_legs(craft, start, from, stops);
        const bool shorter = best.legs.empty() || candidate.duration_s() < best.duration_s();
        if (shorter && margin_rad(stop, 0.5 * candidate.duration_s()) >= path_reserve_rad &&
            least_margin(candidate, margin_rad) >= wanted(candidate)) {
            best = candidate;
        }
    }
    if (best.legs.empty()) {
        throw Error(ErrorCode::no_path, "no turn of one or two legs keeps every boresight out of its forbidden cone");
    }
    return best;
}

PointingProfile::PointingProfile(const AttitudeCraft& craft, const SurroundingsTable& table,
                                 std::vector<PointingSegment> segments, const Quaternion& q_start,
                                 const Vec3& omega_start_rad_s)
    : craft_(&craft), table_(&table), segments_(std::move(segments)) {
    if (segments_.empty() || segments_.front().start_s > table.times_s().front() ||
        !std::ranges::is_sorted(segments_, std::ranges::less_equal{}, &PointingSegment::start_s)) {
        throw Error(ErrorCode::bad_interval, "segments must follow each other from the start of the environment on");
    }
    const double start = table.times_s().front();
    for (std::size_t k = 0; k < segments_.size(); ++k) {
        const double begins = k == 0 ? start : segments_[k].start_s;
        Quaternion q = q_start;
        Vec3 omega = omega_start_rad_s;
        if (k > 0) {
            q = attitude(k - 1, begins);
            const Quaternion before = attitude(k - 1, begins - difference_s);
            omega = (1.0 / difference_s) * rotation_vector(q * conjugate(before));
        }
        if (segments_[k].keeps_attitude) {
            segments_[k].attitude = q;
        }
        segments_[k].start_s = k == 0 && segments_[k].mode != PointingMode::target && segments_[k].mode != PointingMode::station
                                   ? begins
                                   : segments_[k].start_s;
        slews_.push_back(slew_into(k, q, omega));
    }
}

Slew PointingProfile::slew_into(std::size_t k, const Quaternion& q, const Vec3& omega_rad_s) {
    const PointingSegment& segment = segments_[k];
    const double begins = std::max(segment.start_s, table_->times_s().front());
    const Quaternion goal = wanted_attitude(*craft_, *table_, segment, begins);
    const Quaternion before = wanted_attitude(*craft_, *table_, segment, begins - difference_s);
    const Quaternion next = wanted_attitude(*craft_, *table_, segment, begins + difference_s);
    const Quaternion offset = q * conjugate(goal);
    const Vec3 goal_rate = (0.5 / difference_s) * rotation_vector(next * conjugate(before));
    const Vec3 relative = omega_rad_s - into(offset, goal_rate);
    const MarginAt margin = [&](const Quaternion& away, double since_s) {
        const double t = begins + since_s;
        const Quaternion turned = away * wanted_attitude(*craft_, *table_, segment, t);
        const Vicinity around = table_->orbit(t);
        double least = std::numeric_limits<double>::infinity();
        for (const KeepOutZone& zone : craft_->keep_outs) {
            least = std::min(least, keep_out_margin_rad(zone, turned, around));
        }
        return least;
    };
    try {
        return plan_slew(*craft_, offset, relative, margin);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::no_path) {
            throw;
        }
        ++blocked_;
        return plan_slew(*craft_, offset, relative, [](const Quaternion&, double) { return 0.0; });
    }
}

std::size_t PointingProfile::segment_at(double t_s) const {
    const auto after = std::ranges::upper_bound(segments_, t_s, {}, &PointingSegment::start_s);
    return static_cast<std::size_t>(std::max<std::ptrdiff_t>(after - segments_.begin() - 1, 0));
}

Quaternion PointingProfile::attitude(std::size_t k, double t_s) const {
    const double begins = std::max(segments_[k].start_s, table_->times_s().front());
    const Quaternion wanted = wanted_attitude(*craft_, *table_, segments_[k], t_s);
    const double since = t_s - begins;
    return since < slews_[k].duration_s() ? slews_[k].offset(since) * wanted : wanted;
}

Quaternion PointingProfile::wanted(double t_s) const {
    return wanted_attitude(*craft_, *table_, segments_[segment_at(t_s)], t_s);
}

Command PointingProfile::at(double t_s) const {
    const std::size_t k = segment_at(t_s);
    const double begins = std::max(segments_[k].start_s, table_->times_s().front());
    const Quaternion here = attitude(k, t_s);
    const Vec3 ahead = rotation_vector(attitude(k, t_s + difference_s) * conjugate(here));
    const Vec3 behind = rotation_vector(here * conjugate(attitude(k, t_s - difference_s)));
    const double since = t_s - begins - slews_[k].duration_s();
    return {here, (0.5 / difference_s) * (ahead + behind), (1.0 / (difference_s * difference_s)) * (ahead - behind),
            since < 0.0, k, since};
}

} // namespace llamaspace
