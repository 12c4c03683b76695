// Refuses impossible designs, timelines and start states of resources, by the names of their fields.
#include "resource_checks.hpp"

#include "llamaspace/error.hpp"

#include <array>
#include <cmath>
#include <string>

namespace llamaspace {
namespace {

void require(bool good, ErrorCode code, const std::string& message) {
    if (!good) {
        throw Error(code, message);
    }
}

void check_number(double value, double low, double high, const char* field, std::size_t member) {
    require(std::isfinite(value) && value >= low && value <= high, ErrorCode::bad_value,
            std::string(field) + " of member " + std::to_string(member) + " is " + std::to_string(value) +
                "; allowed is " + std::to_string(low) + " to " + std::to_string(high));
}

void check_start(const ResourceDesign& design, const ResourceStart& start) {
    const std::size_t nodes = design.thermal.nodes();
    for (std::size_t m = 0; m < start.soc.size(); ++m) {
        check_number(start.soc[m], 0.0, 1.0, "soc", m);
        check_number(start.propellant_kg[m], 0.0, design.propellant_capacity_kg, "propellant_kg", m);
        check_number(start.stored_bytes[m], 0.0, design.store_bytes, "stored_bytes", m);
        for (std::size_t i = 0; i < nodes; ++i) {
            check_number(start.temp_k[m * nodes + i], 3.0, 1000.0, "temp_k", m);
        }
        const double tank_k = start.temp_k[m * nodes + design.propulsion.tank_node];
        static_cast<void>(design.propulsion.pressure_at_pa(start.propellant_kg[m], tank_k));
    }
}

void check_timeline(const ResourceTimeline& line) {
    for (std::size_t i = 1; i < line.t_s.size(); ++i) {
        require(std::isfinite(line.t_s[i]) && line.t_s[i] > line.t_s[i - 1], ErrorCode::bad_interval,
                "t_s must increase; instant " + std::to_string(i));
    }
    for (std::size_t i = 0; i < line.around.size(); i += ResourceTimeline::around_columns) {
        const double* row = line.around.data() + i;
        const std::string where = "; row " + std::to_string(i / ResourceTimeline::around_columns);
        const auto is_unit = [](const double* v) { return std::abs(norm({v[0], v[1], v[2]}) - 1.0) < 1e-6; };
        require(is_unit(row), ErrorCode::bad_value, "sun_body must be a unit vector" + where);
        require(is_unit(row + 5), ErrorCode::bad_value, "earth_body must be a unit vector" + where);
        require(std::isfinite(row[3]) && row[3] >= 0.0, ErrorCode::bad_value, "sunlight_w_m2 must not be negative" + where);
        require(row[4] >= 0.0 && row[4] <= 1.0, ErrorCode::bad_value, "illumination must be within 0 to 1" + where);
        require(std::isfinite(row[8]) && row[8] > earth_radius_m, ErrorCode::bad_value,
                "earth_distance_m must be above the Earth's radius" + where);
        require(row[9] >= 0.0 && row[9] <= 1.0, ErrorCode::bad_value, "albedo must be within 0 to 1" + where);
        require(std::isfinite(row[10]) && row[10] >= 0.0, ErrorCode::bad_value, "infrared_w_m2 must not be negative" + where);
    }
    for (std::size_t i = 0; i < line.activity.size(); ++i) {
        static constexpr std::array<const char*, 3> names{"recorded_byte_s", "sent_byte_s", "thrusters_open"};
        require(std::isfinite(line.activity[i]) && line.activity[i] >= 0.0, ErrorCode::bad_value,
                std::string(names[i % 3]) + " must not be negative; row " + std::to_string(i / 3));
    }
}

} // namespace

void ResourceDesign::validate() const {
    power.validate(thermal.nodes());
    propulsion.validate(thermal.nodes());
    require(std::isfinite(propellant_capacity_kg) && propellant_capacity_kg > 0.0, ErrorCode::bad_value,
            "propellant_capacity_kg must be above 0");
    require(std::isfinite(store_bytes) && store_bytes > 0.0, ErrorCode::bad_value, "store_bytes must be above 0");
    const int consumers = static_cast<int>(power.consumers.size());
    require(recording_consumer < consumers && sending_consumer < consumers, ErrorCode::bad_value,
            "recording_consumer and sending_consumer must be consumers or -1");
}

void check_resources(const ResourceDesign& design, const ResourceTimeline& timeline, const ResourceStart& start,
                     std::span<const double> factors) {
    check_timeline(timeline);
    check_start(design, start);
    for (std::size_t i = 0; i < factors.size(); ++i) {
        check_number(factors[i], 1.0e-6, 1.0e6, "factors", i / MemberFactors::columns);
    }
}

} // namespace llamaspace
