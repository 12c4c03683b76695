// Areas of a spacecraft made of flat panels, as the air and the light meet them.
#pragma once

#include "llamaspace/forces.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace llamaspace::panels {

inline Vec3 normal_of(const Panel& panel, const Triad& rtn, const Vec3& to_sun) {
    return panel.tracks_sun ? to_sun : rtn * panel.normal_rtn;
}

// Area across a flow that comes along -direction; an array that tracks the Sun has two sides.
inline double across_m2(const std::vector<Panel>& shape, const Triad& rtn, const Vec3& direction, const Vec3& to_sun) {
    double area = 0.0;
    for (const Panel& panel : shape) {
        const double cosine = dot(normal_of(panel, rtn, to_sun), direction);
        area += panel.area_m2 * (panel.tracks_sun ? std::abs(cosine) : std::max(0.0, cosine));
    }
    return area;
}

// The force of light of unit pressure from a direction (Montenbruck and Gill, eq. 3.73, with diffuse reflection as in
// Milani et al. 1987). The back of an array that tracks the Sun reflects as its face does.
inline Vec3 light_m2(const std::vector<Panel>& shape, const Triad& rtn, const Vec3& to_light, const Vec3& to_sun) {
    Vec3 force{};
    for (const Panel& panel : shape) {
        Vec3 normal = normal_of(panel, rtn, to_sun);
        if (panel.tracks_sun && dot(normal, to_light) < 0.0) {
            normal = -1.0 * normal;
        }
        const double cosine = dot(normal, to_light);
        if (cosine > 0.0) {
            const double along = 1.0 - panel.specular, back = 2.0 * (panel.specular * cosine + panel.diffuse / 3.0);
            force = force - (panel.area_m2 * cosine) * (along * to_light + back * normal);
        }
    }
    return force;
}

} // namespace llamaspace::panels
