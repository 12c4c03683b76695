// The harmonic expansions of NRLMSISE-00 (Picone et al. 2002; Hedin, J. Geophys. Res. 92, 1987, 4649, equation A22).
//
// Every parameter of the model is an expansion in the same 75 functions of place and time of day. What depends on the
// day, the solar flux and Ap alone is folded into their coefficients once; then all parameters at one place are one
// product of a matrix and a vector.
#pragma once

#include "llamaspace/atmosphere.hpp"

#include <array>
#include <cstddef>
#include <span>

namespace llamaspace::nrlmsise00 {

inline constexpr std::size_t functions = 75;
using Basis = std::array<double, functions>;

// The functions at one place; angles in the degrees and hours of the model.
[[nodiscard]] Basis basis_at(double sin_latitude, double cos_latitude, double longitude_deg, double local_time_h,
                             double ut_s);

// Coefficients of several parameters, those of one function side by side.
template <std::size_t Sets> class Expansion {
  public:
    void set(std::size_t index, const Basis& coefficients) {
        for (std::size_t j = 0; j < functions; ++j) {
            rows_[j][index] = coefficients[j];
        }
    }
    [[nodiscard]] std::array<double, Sets> operator()(const Basis& basis) const {
        std::array<double, Sets> sums{};
        for (std::size_t j = 0; j < functions; ++j) {
            for (std::size_t k = 0; k < Sets; ++k) {
                sums[k] += basis[j] * rows_[j][k];
            }
        }
        return sums;
    }

  private:
    std::array<std::array<double, Sets>, functions> rows_{};
};

// How one parameter responds to Ap over the last days.
struct MagneticMemory {
    std::array<double, 6> response; // to each 3-hour value, eq. A24d
    double decay;                   // of the exponent per second
    double latitude_slope;          // of the decay, 1/degree
    // Sum over the history, eq. A24a.
    [[nodiscard]] double at(double absolute_latitude_deg) const;
};
[[nodiscard]] MagneticMemory magnetic_memory(std::span<const double, 150> p, const SolarActivity& activity);
// The same for the day's Ap alone, eq. A23.
[[nodiscard]] double daily_magnetic_effect(std::span<const double, 150> p, double ap);

struct UpperCoefficients {
    Basis quiet;    // without Ap
    Basis magnetic; // to be multiplied by the magnetic effect
};
// Of a parameter of the thermosphere.
[[nodiscard]] UpperCoefficients upper_coefficients(std::span<const double, 150> p, int day_of_year,
                                                   const SolarActivity& activity);
// Of a node of the temperature below 120 km, given the magnetic effect.
[[nodiscard]] Basis lower_coefficients(std::span<const double, 100> p, int day_of_year, const SolarActivity& activity,
                                       double magnetic_effect);

} // namespace llamaspace::nrlmsise00
