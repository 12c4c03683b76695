// Array and battery: closed forms for one instant.
#include "llamaspace/power.hpp"

#include "llamaspace/error.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace llamaspace {
namespace {

struct Place {
    std::size_t index;
    double share;
};

Place place_in(const std::vector<double>& knots, double at) {
    if (knots.size() == 1 || at <= knots.front()) {
        return {0, 0.0};
    }
    std::size_t i = 0;
    while (i + 2 < knots.size() && at > knots[i + 1]) {
        ++i;
    }
    return {i, std::min(1.0, (at - knots[i]) / (knots[i + 1] - knots[i]))};
}

void require(bool good, const std::string& message) {
    if (!good) {
        throw Error(ErrorCode::bad_value, message);
    }
}

bool increases(const std::vector<double>& values) {
    return std::ranges::all_of(values, [](double v) { return std::isfinite(v); }) &&
           std::ranges::adjacent_find(values, [](double a, double b) { return !(a < b); }) == values.end();
}

} // namespace

Vec3 array_normal(const ArrayModel& array, const Vec3& sun) {
    if (array.articulated_axes == 2) {
        return sun;
    }
    if (array.articulated_axes == 1) {
        const Vec3 across = sun - dot(sun, array.axis) * array.axis;
        const double length = norm(across);
        if (length > 1e-9) {
            return (1.0 / length) * across;
        }
    }
    return array.normal;
}

double array_power_w(const ArrayModel& array, double normal_sunlight_w_m2, double temp_k) {
    const double warm = 1.0 + array.temperature_coefficient_per_k * (temp_k - cell_reference_k);
    return std::max(0.0, normal_sunlight_w_m2 * array.area_m2 * array.efficiency * array.tracking_efficiency * warm);
}

void BatteryModel::validate() const {
    require(std::isfinite(capacity_c) && capacity_c > 0.0, "capacity_c must be above 0");
    require(coulombic_efficiency > 0.0 && coulombic_efficiency <= 1.0, "coulombic_efficiency must be within 0 to 1");
    require(maximum_charge_a > 0.0 && maximum_discharge_a > 0.0, "maximum currents must be above 0");
    require(std::isfinite(minimum_voltage_v) && minimum_voltage_v < end_of_charge_v,
            "minimum_voltage_v must be below end_of_charge_v");
    require(soc.size() >= 2 && soc.front() == 0.0 && soc.back() == 1.0 && increases(soc),
            "soc must increase from 0 to 1");
    require(open_circuit_v.size() == soc.size() && increases(open_circuit_v), "open_circuit_v must increase with soc");
    require(!resistance_temp_k.empty() && !resistance_soc.empty() && increases(resistance_temp_k) &&
                increases(resistance_soc),
            "resistance_temp_k and resistance_soc must increase");
    require(resistance_ohm.size() == resistance_temp_k.size() * resistance_soc.size() &&
                std::ranges::all_of(resistance_ohm, [](double r) { return std::isfinite(r) && r > 0.0; }),
            "resistance_ohm must have shape (temperatures, charges) and be above 0");
}

double BatteryModel::open_circuit_at(double soc_now) const {
    const Place at = place_in(soc, soc_now);
    return open_circuit_v[at.index] + at.share * (open_circuit_v[at.index + 1] - open_circuit_v[at.index]);
}

double BatteryModel::resistance_at(double soc_now, double temp_k) const {
    const Place row = place_in(resistance_temp_k, temp_k), column = place_in(resistance_soc, soc_now);
    const std::size_t columns = resistance_soc.size();
    const auto along = [&](std::size_t r) {
        const double* values = resistance_ohm.data() + r * columns + column.index;
        return column.share > 0.0 ? values[0] + column.share * (values[1] - values[0]) : values[0];
    };
    const double low = along(row.index);
    return row.share > 0.0 ? low + row.share * (along(row.index + 1) - low) : low;
}

BatteryFlow battery_flow(const BatteryModel& battery, double soc, double temp_k, double net_power_w,
                         double capacity_factor, double resistance_factor) {
    const double open_v = battery.open_circuit_at(soc);
    const double r = battery.resistance_at(soc, temp_k) * resistance_factor;
    // Terminal power P = (OCV + R I) I, solved for the root that starts at I = 0.
    const double root = open_v * open_v + 4.0 * r * net_power_w;
    double current = 0.0;
    bool limited = false;
    if (net_power_w >= 0.0) {
        const double taper = std::max(0.0, (battery.end_of_charge_v - open_v) / r);
        const double limit = soc >= 1.0 ? 0.0 : std::min(battery.maximum_charge_a, taper);
        const double offered = 2.0 * net_power_w / (open_v + std::sqrt(root));
        limited = offered > limit;
        current = std::min(limit, offered);
    } else {
        const double floor = std::max(0.0, (open_v - battery.minimum_voltage_v) / r);
        const double limit = soc <= 0.0 ? 0.0 : std::min({battery.maximum_discharge_a, floor, 0.5 * open_v / r});
        const double wanted = root > 0.0 ? -2.0 * net_power_w / (open_v + std::sqrt(root)) : limit;
        limited = root <= 0.0 || wanted > limit;
        current = -std::min(limit, wanted);
    }
    const double voltage = open_v + r * current, power = voltage * current;
    const double stored_a = current > 0.0 ? battery.coulombic_efficiency * current : current;
    return {current,
            voltage,
            power,
            power - open_v * stored_a,
            stored_a / (battery.capacity_c * capacity_factor),
            limited && net_power_w < 0.0 ? std::max(0.0, power - net_power_w) : 0.0,
            limited && net_power_w > 0.0 ? std::max(0.0, net_power_w - power) : 0.0};
}

void PowerModel::validate(std::size_t nodes) const {
    battery.validate();
    require(array_node < nodes && battery_node < nodes && converter_node < nodes,
            "array_node, battery_node and converter_node must be in the thermal network");
    require(array_converter_efficiency > 0.0 && array_converter_efficiency <= 1.0 && distribution_efficiency > 0.0 &&
                distribution_efficiency <= 1.0,
            "converter efficiencies must be within 0 to 1");
    require(std::isfinite(quiescent_w) && quiescent_w >= 0.0, "quiescent_w must not be negative");
    require(consumers.size() <= 64 && shedding.size() <= 16, "at most 64 consumers and 16 shedding steps");
    for (const ConsumerModel& one : consumers) {
        require(one.node < nodes && std::isfinite(one.power_w) && one.power_w >= 0.0 && one.heat_share >= 0.0 &&
                    one.heat_share <= 1.0,
                "consumers: node must be in the thermal network, power_w not negative, heat_share within 0 to 1");
    }
    for (const ShedModel& one : shedding) {
        require(one.below_soc < one.restore_soc, "shedding: restore_soc must be above below_soc");
    }
}

} // namespace llamaspace
