// The coupled resources of a spacecraft along a timeline: charge, temperatures, propellant and stored data.
//
// Everything that couples is stepped together: array power falls with the array's temperature, loads heat nodes, heaters
// draw power, the battery's resistance follows its temperature, thrust follows the tank's. Steps adapt to an error
// tolerance and end where a thermostat or the load shedding switches. Members of a Monte Carlo run differ by factors.
#pragma once

#include "llamaspace/power.hpp"
#include "llamaspace/propulsion.hpp"
#include "llamaspace/thermal.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace llamaspace {

struct ResourceDesign {
    PowerModel power;
    ThermalNetwork thermal;
    PropulsionModel propulsion;
    double propellant_capacity_kg, store_bytes;
    int recording_consumer, sending_consumer; // data flow only while these are not shed; -1 for none

    void validate() const; // throws Error(bad_value) naming the field
};

// One row per interval. Spans of all members one after another, or of one row set that all share (`members` = 1).
struct ResourceTimeline {
    // Columns of surroundings: Sun direction (3), sunlight W/m2, illumination, Earth direction (3), Earth distance m,
    // albedo, infrared W/m2.
    static constexpr std::size_t around_columns = 11;
    // Columns of activity: recorded byte/s, sent byte/s, thrusters open (sum of duties).
    static constexpr std::size_t activity_columns = 3;
    std::span<const double> t_s;
    std::size_t around_members, activity_members;
    std::span<const double> around, activity;
    std::span<const std::uint64_t> consumers; // bits, activity_members by intervals
    std::span<const std::uint32_t> heaters;   // bits of the enabled ones, likewise
};

struct ResourceStart {
    std::span<const double> soc, temp_k, propellant_kg, stored_bytes; // one row per member
    std::span<const std::uint32_t> heaters_on, shed;
};

// Order of the factors of a member, each 1 for the design itself.
struct MemberFactors {
    static constexpr std::size_t columns = 9;
    double array_power, battery_capacity, battery_resistance, load, absorptivity, emissivity, conductance, thrust,
        specific_impulse;
};

// Flows are means since the instant recorded before; states are those at the instant.
enum class ResourceColumn : std::size_t {
    soc, bus_voltage_v, battery_current_a, battery_power_w, array_power_w, array_available_w, load_power_w, unmet_w,
    propellant_kg, tank_pressure_pa, thrust_n, specific_impulse_s, impulse_n_s, stored_bytes, sent_bytes, lost_bytes,
    count
};
inline constexpr std::size_t resource_columns = static_cast<std::size_t>(ResourceColumn::count);

inline constexpr std::uint32_t brown_out = 1U << 31; // in the shed flags: nothing is left to shed and power is short

struct ResourceExtremes {
    double soc_min, bus_voltage_min_v, battery_current_min_a, battery_current_max_a, stored_bytes_max;
};
inline constexpr std::size_t extreme_columns = 5;

// Where results go; rows are the instants 0, every, 2 every, ... and the last.
struct ResourceRecord {
    std::size_t every;
    std::span<double> values;             // members, rows, resource_columns
    std::span<double> temp_k;             // members, rows, nodes
    std::span<double> heater_duty;        // members, rows, heaters
    std::span<std::uint32_t> shed;        // members, rows: what was shed at any time since the row before
    std::span<std::uint32_t> heaters_end; // members: on at the end
    std::span<std::uint32_t> shed_end;    // members
    std::span<double> extremes;           // members, extreme_columns
    std::span<double> temp_min_k, temp_max_k; // members, nodes
};

[[nodiscard]] std::size_t recorded_rows(std::size_t instants, std::size_t every);

// Tolerances of one step: 1 is temp_k K of temperature, soc of charge.
struct ResourceTolerance {
    double temp_k = 0.1, soc = 1.0e-4;
};

void fly_resources(const ResourceDesign& design, const ResourceTimeline& timeline, const ResourceStart& start,
                   std::span<const double> factors, const ResourceTolerance& tolerance, const ResourceRecord& record);

} // namespace llamaspace
