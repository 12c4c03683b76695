// Numerical propagation of one satellite: arcs between maneuvers, exact stops, dense output, variational equations.
#pragma once

#include "llamaspace/forces.hpp"

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace llamaspace {

enum class Method : int {
    gauss_jackson8 = 0, // fixed step; light is smoothed over the shadow's edges
    dop853 = 1,         // adaptive, order 8; stops at the shadow's edges
    verner98 = 2,       // adaptive, order 9; stops at the shadow's edges
};

enum class StopKind : int {
    height_below = 0, // over the ellipsoid, m
    ascending_node = 1,
    descending_node = 2, // of the equator of the ITRF
    periapsis = 3,
    apoapsis = 4,
    shadow_entry = 5, // first loss of light: the penumbra of the Earth
    shadow_exit = 6,
};

struct StopCondition {
    StopKind kind;
    double value;  // where the kind has one
    bool terminal; // false: noted, and the flight goes on
};

struct Impulse {
    double t_tai_s;
    Vec3 delta_v_m_s;
    Axes axes;
    double exhaust_speed_m_s; // 0: the mass stays
};

struct Flight {
    double t_tai_s;
    Vec3 r_gcrf_m, v_gcrf_m_s;
    double mass_kg;
    Method method{Method::gauss_jackson8};
    double step_s{30.0};       // of the fixed step
    double tolerance_m{1.0e-4}; // local, of the adaptive ones
    double lowest_height_m{0.0}; // below it the models do not hold: re-entry
    std::vector<Impulse> impulses{};
    std::vector<Burn> burns{};
    std::vector<StopCondition> stops{};
};

inline constexpr std::size_t state_columns = 7;        // r, v, mass
inline constexpr std::size_t variational_columns = 48; // 6 x 8: by r and v at the start, by drag and radiation coefficient

struct Sighting {
    std::size_t stop; // index in Flight::stops
    double t_tai_s;
    std::array<double, state_columns> state;
};

struct FlightRecord {
    std::size_t epochs_reached{}; // the rest of the output is untouched
    bool stopped{}, reentered{};
    double end_tai_s{};
    std::array<double, state_columns> end_state{};
    std::vector<Sighting> sightings;
    std::size_t steps{}, evaluations{};
    double largest_correction_m{}; // between predictor and corrector of the fixed step
    // Where a fixed step proved too long and verner98 took over; not-a-number where none did.
    double adaptive_from_tai_s{std::numeric_limits<double>::quiet_NaN()};
};

// States at `epochs_tai_s`, ascending from the start or descending from it, one row of seven each. `variational` holds 48
// numbers per epoch, or none: then no variational equations are integrated. With them a fixed-step method gives way to
// dop853. An epoch at an impulse gives the state on the side of the start.
// Throws Error(bad_value, bad_interval, bad_shape, no_convergence).
[[nodiscard]] FlightRecord fly(Forces& forces, const Flight& flight, std::span<const double> epochs_tai_s,
                               std::span<double> states, std::span<double> variational);

} // namespace llamaspace
