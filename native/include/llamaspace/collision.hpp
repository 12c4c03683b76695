// How probable a collision of two objects is: the disk in the encounter plane by several methods, and the expected
// number of collisions along curved orbits, where straight lines do not do.
#pragma once

#include "llamaspace/vec3.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace llamaspace {

// A state with the covariance of its position and velocity, row by row, m and m/s, in one inertial frame.
struct UncertainState {
    Vec3 r_m, v_m_s;
    std::array<double, 36> covariance;
};

struct CollisionRate {
    double expected;   // number of collisions; the probability of one where they meet once
    double t_s;        // when a collision is most likely, after the epoch
    double duration_s; // the time in which all but a thousandth of the collisions fall
};

// Expected number of collisions within half a revolution of the epoch, both objects on two-body orbits. Their errors
// are normal in equinoctial elements; at each time these are linearised about the most likely collision then, and the rate
// at which one enters the sphere about the other is integrated (Hall, J. Spacecraft and Rockets 58, 2021, 1266).
// Throws Error(bad_value) where a state is not that of a bound orbit or the errors have no volume.
[[nodiscard]] CollisionRate expected_collisions(const UncertainState& own, const UncertainState& other,
                                                double radius_m, double mu_m3_s2);

struct CollisionCount {
    std::size_t samples, hits;
    std::size_t unbound; // pairs of which one orbit is none, counted as no collision
};

// Flies pairs of orbits drawn from both distributions, normal in equinoctial elements as above, and counts those that come
// within the radius between two instants after the epoch; each pair at most once. Between instants where positions are
// computed, a bound on the relative acceleration shows that no approach is missed (by more than 0.1 mm). The draws follow
// from the seed alone, whatever the number of threads. Throws as expected_collisions, and for a bad interval.
struct CollisionDraw {
    double from_s, to_s;
    std::size_t samples;
    std::uint64_t seed;
    unsigned threads;
};
[[nodiscard]] CollisionCount count_collisions(const UncertainState& own, const UncertainState& other, double radius_m,
                                              double mu_m3_s2, const CollisionDraw& draw);

// What a normal distribution puts into a disk: the probability of a collision in the encounter plane.
struct EncounterPlane {
    double x_m, y_m;                        // mean relative to the disk's centre
    double variance_x, covariance, variance_y; // m2
    double radius_m;
};

enum class PlaneMethod : int {
    alfano = 0, // one integral of error functions along the wide axis; exact for any size of disk and error
    foster = 1, // two-dimensional quadrature in polar coordinates
    chan = 2,   // Rician series for a disk of the same area in the symmetrised plane; approximate for unequal errors
    patera = 3, // contour integral round the disk
    series = 4, // Serra et al.: power series with positive terms
};

// Sources: Foster and Estes, JSC-25898 (1992); Chan, Spacecraft Collision Probability (2008), equation 4.18; Alfano,
// J. Astronautical Sciences 53 (2005) 103; Patera, J. Guidance Control Dynamics 24 (2001) 716; Serra, Arzelier, Joldes,
// Lasserre, Rondepierre and Salvy, J. Guidance Control Dynamics 39 (2016) 1009. Throws Error(bad_value) where the
// covariance is not positive definite or the radius not above 0.
[[nodiscard]] double plane_probability(const EncounterPlane& plane, PlaneMethod method);

} // namespace llamaspace
