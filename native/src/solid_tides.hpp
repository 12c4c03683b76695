// What the Sun and the Moon raise in the solid Earth, as changes of the harmonics of its field.
#pragma once

#include "llamaspace/gravity.hpp"
#include "llamaspace/vec3.hpp"

#include <array>

namespace llamaspace {

// IERS Conventions 2010, section 6.2.1, step 1: anelastic Love numbers that do not depend on frequency.
class SolidTides {
  public:
    // A body at r_itrf_m; its gravitational parameter over the Earth's.
    void add(const Vec3& r_itrf_m, double mass_ratio, double earth_radius_m);
    // For a field whose C20 already holds the permanent tide.
    void remove_permanent();
    // Writes all into a model of degree 4 and order 3 at least.
    void store(GravityModel& model) const;

  private:
    std::array<std::array<double, 4>, 5> c_{}, s_{}; // by degree and order
};

} // namespace llamaspace
