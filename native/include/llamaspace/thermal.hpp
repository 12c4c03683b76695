// Spacecraft temperatures: a network of isothermal nodes, what it takes in from Sun and Earth, and how it is stepped.
//
// Source: Gilmore, Spacecraft Thermal Control Handbook, 2nd ed., chapters 2 (environments) and 15 (network equations).
#pragma once

#include "llamaspace/vec3.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace llamaspace {

inline constexpr double stefan_boltzmann_w_m2_k4 = 5.670374419e-8; // CODATA 2018
inline constexpr double earth_radius_m = 6.371e6;                  // IUGG mean radius: the Earth as a radiator is round

// Share of a hemisphere, weighted by cosine, that a sphere fills for a small plate: 1 where it fills all that is seen.
// `cosine` is that of the angle between the plate's normal and the sphere's centre, `distance_ratio` the distance of the
// centre over the radius.
[[nodiscard]] double plate_to_sphere_view(double cosine, double distance_ratio);

enum class FaceAxes : int { body = 0, array_front = 1, array_back = 2 };

struct ThermalFace {
    std::size_t node;
    FaceAxes axes;
    Vec3 normal; // body axes; not read for the sides of the array
    double area_m2, absorptivity, emissivity;
};

struct ThermalHeater {
    std::size_t node;
    double power_w, on_below_k, off_above_k;
};

class ThermalNetwork {
  public:
    static constexpr std::size_t node_limit = 64, heater_limit = 32;

    // Conductances (W/K) and exchange areas (m2) are symmetric, row by row, with a zero diagonal.
    // Throws Error(bad_shape) or Error(bad_value) naming the field.
    ThermalNetwork(std::vector<double> capacity_j_k, std::vector<double> conductance_w_k,
                   std::vector<double> exchange_m2, std::vector<ThermalFace> faces,
                   std::vector<ThermalHeater> heaters);

    [[nodiscard]] std::size_t nodes() const { return capacity_.size(); }
    [[nodiscard]] const std::vector<double>& capacity_j_k() const { return capacity_; }
    [[nodiscard]] const std::vector<double>& conductance_w_k() const { return conductance_; }
    [[nodiscard]] const std::vector<double>& exchange_m2() const { return exchange_; }
    [[nodiscard]] const std::vector<double>& space_m2() const { return space_; } // emissivity times area of each node
    [[nodiscard]] const std::vector<ThermalFace>& faces() const { return faces_; }
    [[nodiscard]] const std::vector<ThermalHeater>& heaters() const { return heaters_; }

  private:
    std::vector<double> capacity_, conductance_, exchange_, space_;
    std::vector<ThermalFace> faces_;
    std::vector<ThermalHeater> heaters_;
};

// What a spacecraft sees at an instant; directions are unit vectors in body axes.
struct ThermalSurroundings {
    Vec3 sun;
    double sun_w_m2;     // sunlight at this distance, outside any shadow
    double illumination; // share of the Sun's disc seen
    Vec3 earth;
    double earth_distance_m; // of the Earth's centre
    double albedo;           // share of the sunlight that the Earth in view sends back, its phase included
    double infrared_w_m2;    // that the Earth emits
    Vec3 array_normal;
};

// Adds to each node the sunlight (direct and from the Earth) and the infrared that its faces absorb.
void add_absorbed_w(const ThermalNetwork& network, const ThermalSurroundings& around, double* sunlight_w, double* infrared_w);

// Spread of the network between members of a Monte Carlo run.
struct ThermalFactors {
    double conductance = 1.0, emissivity = 1.0;
};

// One network in the form that steps need: rates of change and the inverse of the implicit matrix, kept while it serves.
class ThermalSolver {
  public:
    ThermalSolver(const ThermalNetwork& network, const ThermalFactors& factors);

    [[nodiscard]] std::size_t nodes() const { return nodes_; }
    [[nodiscard]] std::size_t stride() const { return stride_; } // length of every vector below; the tail stays zero

    // Heat in W to K/s. The two arrays may not overlap.
    void rates_k_s(const double* temp_k, const double* heat_w, double* out) const;
    // The same without division by capacities: W that each node gains.
    void gains_w(const double* temp_k, const double* heat_w, double* out) const;

    // Makes the inverse of (1 - shift d rates / d temp), unless the one at hand was made near enough.
    void prepare(const double* temp_k, double shift_s);
    void solve(const double* in, double* out) const;

    // Temperatures at which nothing changes. Throws Error(no_convergence) where heat has no way out.
    [[nodiscard]] std::vector<double> steady_state_k(std::span<const double> heat_w,
                                                     std::span<const double> guess_k) const;

  private:
    struct Inverse {
        double shift_s = -1.0;
        std::vector<double> columns, at_k;
    };
    std::size_t nodes_, stride_;
    std::vector<double> capacity_, per_capacity_;
    std::vector<double> linear_, quartic_; // d(T)/dt = linear T + quartic T^4 + heat / capacity, by columns
    std::array<Inverse, 2> kept_;
    std::size_t in_use_ = 0;
};

// One step of ROS2 (Verwer, Spee, Blom and Hundsdorfer 1999, SIAM J. Sci. Comput. 20, 1456): second order with any
// matrix, damping stiff modes. `heat(stage, temp_k, out_w)` gives the heat at the start (0) and at the end (1).
// Writes the new temperatures, returns the estimated error over the tolerance. The estimate means something only while
// radiation, which goes with the fourth power, is close to its slope: its terms can cancel by accident in a step that
// changes a temperature by much. So no step may change one by more than a share of it, whatever the estimate says.
class Ros2 {
  public:
    explicit Ros2(std::size_t stride) : heat_(stride), f_(stride), k1_(stride), k2_(stride), end_(stride) {}

    template <class Heat>
    double step(ThermalSolver& solver, double step_s, double tolerance_k, const double* from_k, double* to_k,
                Heat&& heat) {
        const std::size_t n = solver.stride();
        solver.prepare(from_k, gamma * step_s);
        heat(0, from_k, heat_.data());
        solver.rates_k_s(from_k, heat_.data(), f_.data());
        solver.solve(f_.data(), k1_.data());
        for (std::size_t i = 0; i < n; ++i) {
            end_[i] = from_k[i] + step_s * k1_[i];
        }
        heat(1, end_.data(), heat_.data());
        solver.rates_k_s(end_.data(), heat_.data(), f_.data());
        for (std::size_t i = 0; i < n; ++i) {
            f_[i] -= 2.0 * k1_[i];
        }
        solver.solve(f_.data(), k2_.data());
        double error_k = 0.0, change = 0.0;
        for (std::size_t i = 0; i < n; ++i) {
            to_k[i] = from_k[i] + step_s * (1.5 * k1_[i] + 0.5 * k2_[i]);
            error_k = std::max(error_k, std::abs(0.5 * step_s * (k1_[i] + k2_[i])));
            change = std::max(change, std::abs(to_k[i] - from_k[i]) / (from_k[i] + coldest_k));
        }
        return std::max(error_k / tolerance_k, change / largest_change);
    }

  private:
    static constexpr double gamma = 1.0 - 0.70710678118654752; // 1 - 1/sqrt(2): L-stable
    static constexpr double largest_change = 0.1, coldest_k = 3.0;
    std::vector<double> heat_, f_, k1_, k2_, end_;
};

// Thermostats: each heater goes on at or below one temperature and off at or above another.
[[nodiscard]] std::uint32_t switched(const ThermalNetwork& network, const double* temp_k, std::uint32_t on);
// Share of the step at which the first thermostat switches, 1 if none does.
[[nodiscard]] double first_switching(const ThermalNetwork& network, const double* from_k, const double* to_k,
                                     std::uint32_t on);

// Temperatures at instants under heat that is constant between them; heaters of the network work by their thermostats.
// Returns (instants, nodes) and the share of each interval that each heater was on, (instants - 1, heaters).
struct ThermalFlight {
    std::vector<double> temp_k, heater_duty;
};
[[nodiscard]] ThermalFlight fly_thermal(const ThermalNetwork& network, std::span<const double> t_s,
                                        std::span<const double> heat_w, std::span<const double> start_k,
                                        double tolerance_k);

// Share of the sunlight that the visible Earth sends back, as seen by a plate that faces it: reflected flux over
// (sunlight times view factor). Table of reflectances in equal steps from south to north and from 180 degrees west.
// Positions and Sun directions are rows of three in ITRF.
void albedo_shares(std::span<const double> r_itrf_m, std::span<const double> sun_itrf, std::span<const double> table,
                   std::size_t rows, std::size_t columns, std::span<double> out);

} // namespace llamaspace
