// Event functions of a flight.
#include "flight_watch.hpp"

#include <algorithm>

namespace llamaspace {

FlightWatch::FlightWatch(Forces& forces, const Flight& flight, double direction)
    : forces_(forces), start_tai_s_(flight.t_tai_s), direction_(direction) {
    for (std::size_t k = 0; k < flight.stops.size(); ++k) {
        const StopCondition& stop = flight.stops[k];
        items_.push_back({stop.kind, stop.value, stop.terminal, false, false, false, k, false});
    }
    items_.push_back({StopKind::height_below, flight.lowest_height_m, true, false, false, true, 0, false});
    if (forces.has_shadow()) {
        for (const bool umbra : {false, true}) {
            items_.push_back({StopKind::shadow_entry, 0.0, false, true, umbra, false, 0, false});
        }
    }
}

void FlightWatch::begin(double t, const double* state) {
    for (Item& item : items_) {
        item.positive = value(item, t, state) > 0.0;
    }
}

double FlightWatch::value(const Item& item, double t, const double* state) {
    const Vec3 r{state[0], state[1], state[2]}, v{state[3], state[4], state[5]};
    const double t_tai_s = start_tai_s_ + t;
    switch (item.kind) {
    case StopKind::height_below: {
        // Far above, the distance alone tells; the ellipsoid is within 22 km of the sphere.
        const double over_sphere = norm(r) - 6378137.0 - item.value;
        return over_sphere > 1.0e5 ? over_sphere
                                   : geodetic_place(forces_.sky(t_tai_s).dcm_itrf_from_gcrf * r).height_m - item.value;
    }
    case StopKind::ascending_node:
    case StopKind::descending_node: {
        const auto& m = forces_.sky(t_tai_s).dcm_itrf_from_gcrf.m;
        return m[6] * r.x + m[7] * r.y + m[8] * r.z;
    }
    case StopKind::periapsis:
    case StopKind::apoapsis:
        return dot(r, v);
    case StopKind::shadow_entry:
    case StopKind::shadow_exit:
        return forces_.shadow_depth(t_tai_s, r, item.umbra);
    }
    return 0.0;
}

bool FlightWatch::counts(const Item& item, double now) const {
    if (item.shadow_edge) {
        return true;
    }
    const bool rises = (now > 0.0) == (direction_ > 0.0);
    switch (item.kind) {
    case StopKind::height_below:
        return item.reentry ? now <= 0.0 : !rises;
    case StopKind::descending_node:
    case StopKind::apoapsis:
    case StopKind::shadow_exit:
        return !rises;
    case StopKind::ascending_node:
    case StopKind::periapsis:
    case StopKind::shadow_entry:
        return rises;
    }
    return false;
}

void FlightWatch::settle(Seen& seen, std::vector<std::pair<double, std::size_t>>& crossings) {
    std::sort(crossings.begin(), crossings.end(),
              [&](const auto& a, const auto& b) { return a.first * direction_ < b.first * direction_; });
    for (const auto& [t, k] : crossings) {
        Item& item = items_[k];
        item.positive = !item.positive;
        if (item.shadow_edge) {
            seen.edge = true;
            seen.t = t;
            return;
        }
        if (!item.reentry) {
            seen.stops.emplace_back(item.index, t);
        }
        if (item.terminal) {
            seen.terminal = !item.reentry;
            seen.reentry = item.reentry;
            seen.t = t;
            return;
        }
    }
}

} // namespace llamaspace
