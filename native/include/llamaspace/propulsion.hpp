// A blowdown propulsion system: tank pressure, thrust and specific impulse; and non-negative least squares, with which
// forces and torques are shared out to thrusters.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace llamaspace {

inline constexpr double standard_gravity_m_s2 = 9.80665;        // 3rd CGPM (1901)
inline constexpr double molar_gas_constant_j_mol_k = 8.314462618; // CODATA 2018

struct PropulsionModel {
    std::size_t tank_node;
    double tank_volume_m3, pressurant_mol;
    double density_25c_kg_m3, density_slope_kg_m3_k;
    double vapour_25c_pa, boiling_k; // Clausius and Clapeyron between 25 degC and boiling at 101 325 Pa
    std::vector<double> pressure_pa, thrust_n, specific_impulse_s; // of one thruster
    double reference_k, thrust_per_k, specific_impulse_per_k;

    void validate(std::size_t nodes) const; // throws Error(bad_value) naming the field
    [[nodiscard]] double density_kg_m3(double temp_k) const;
    [[nodiscard]] double vapour_pressure_pa(double temp_k) const;
    [[nodiscard]] double pressure_at_pa(double propellant_kg, double temp_k) const;
};

struct ThrusterFlow {
    double thrust_n, specific_impulse_s, flow_kg_s; // of one thruster
};

[[nodiscard]] ThrusterFlow thruster_flow(const PropulsionModel& model, double inlet_pa, double temp_k);

// x >= 0 with the least |A x - b|; A has `rows` rows of x.size() numbers. Returns the residual's norm.
// Source: Lawson and Hanson, Solving Least Squares Problems (1974), chapter 23, algorithm NNLS.
double nonnegative_least_squares(std::span<const double> a, std::span<const double> b, std::span<double> x);

} // namespace llamaspace
