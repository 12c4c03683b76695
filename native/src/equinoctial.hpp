// Equinoctial elements in a frame of their own, in which two-body motion only moves the mean longitude.
#pragma once

#include "llamaspace/vec3.hpp"
#include "matrix.hpp"

namespace llamaspace {

// Mean motion (rad/s), eccentricity along and across the first axis, tangent of half the inclination (two components),
// mean longitude at the epoch.
using Equinoctial = Column<6>;

// Elements of a bound state at its epoch, in axes whose third is the orbit's own normal: no singularity is near.
// Source: Broucke and Cefola, Celestial Mechanics 5 (1972) 303.
class EquinoctialOrbit {
  public:
    // Throws Error(bad_value) where the state is not that of a bound orbit.
    EquinoctialOrbit(const Vec3& r_m, const Vec3& v_m_s, double mu_m3_s2);

    [[nodiscard]] const Equinoctial& elements() const { return elements_; }
    // Position and velocity of elements in these axes, a time after the epoch.
    [[nodiscard]] Column<6> state(const Equinoctial& elements, double t_s) const;
    // Their partial derivatives by the elements, by central differences.
    [[nodiscard]] Matrix<6, 6> slopes(const Equinoctial& elements, double t_s) const;

  private:
    Equinoctial elements_{};
    Vec3 first_, second_, third_;
    double mu_;
};

} // namespace llamaspace
