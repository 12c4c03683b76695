// Electrical power: what an array gives, and what a battery does when it is offered or asked for power.
#pragma once

#include "llamaspace/vec3.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace llamaspace {

inline constexpr double cell_reference_k = 301.15; // 28 degC, at which the efficiency of solar cells is stated

struct ArrayModel {
    double area_m2, efficiency; // what degradation has left
    double temperature_coefficient_per_k, tracking_efficiency;
    int articulated_axes;
    Vec3 axis, normal; // body axes: that one axis turns about, and the normal of a fixed array
};

// Where the array's normal can point: at the Sun as far as its joints allow.
[[nodiscard]] Vec3 array_normal(const ArrayModel& array, const Vec3& sun);
// Power at the maximum power point, W, for the sunlight that falls in along the normal.
[[nodiscard]] double array_power_w(const ArrayModel& array, double normal_sunlight_w_m2, double temp_k);

// Open-circuit voltage and resistance of the pack. soc runs from 0 to 1; resistances are rows per temperature.
struct BatteryModel {
    double capacity_c;
    double coulombic_efficiency;
    double maximum_charge_a, maximum_discharge_a, end_of_charge_v, minimum_voltage_v;
    std::vector<double> soc, open_circuit_v;
    std::vector<double> resistance_temp_k, resistance_soc, resistance_ohm;

    void validate() const; // throws Error(bad_value) naming the field
    [[nodiscard]] double open_circuit_at(double soc_now) const;
    [[nodiscard]] double resistance_at(double soc_now, double temp_k) const;
};

// Charging is positive. heat = power - what is stored; unmet and refused are not negative.
struct BatteryFlow {
    double current_a, voltage_v, power_w, heat_w, soc_rate_s;
    double unmet_w;   // asked for, and not given: a limit of current, voltage or charge
    double refused_w; // offered, and not taken
};

// The factors scale capacity and resistance.
[[nodiscard]] BatteryFlow battery_flow(const BatteryModel& battery, double soc, double temp_k, double net_power_w,
                                       double capacity_factor = 1.0, double resistance_factor = 1.0);

struct ConsumerModel {
    double power_w, heat_share;
    std::size_t node;
};

struct ShedModel {
    std::uint64_t consumers; // bits
    double below_soc, restore_soc;
};

struct PowerModel {
    ArrayModel array;
    std::size_t array_node;
    BatteryModel battery;
    std::size_t battery_node;
    double array_converter_efficiency, distribution_efficiency, quiescent_w;
    std::size_t converter_node;
    std::vector<ConsumerModel> consumers;
    std::vector<ShedModel> shedding;

    void validate(std::size_t nodes) const; // throws Error(bad_value) naming the field
};

} // namespace llamaspace
