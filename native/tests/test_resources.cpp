// Resources: closed forms of the parts, and a flight that keeps its books.
#include "llamaspace/resources.hpp"

#include "check.hpp"
#include "llamaspace/error.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

using namespace llamaspace;

namespace {

constexpr std::size_t node_count = 3; // array, battery, tank
constexpr std::size_t intervals = 40;

ThermalNetwork network() {
    const std::vector<double> joins{0, 0.1, 0, 0.1, 0, 0.5, 0, 0.5, 0};
    return {{9000.0, 9000.0, 30000.0},
            joins,
            std::vector<double>(9, 0.0),
            {{0, FaceAxes::array_front, {}, 2.0, 0.9, 0.8},
             {0, FaceAxes::array_back, {}, 2.0, 0.5, 0.8},
             {1, FaceAxes::body, {0, 1, 0}, 0.2, 0.1, 0.8}},
            {{1, 20.0, 280.0, 283.0}}};
}

ResourceDesign design() {
    PowerModel power{};
    power.array = {2.0, 0.3, -0.002, 0.98, 1, {0, 1, 0}, {0, 0, -1}};
    power.battery = {108000.0, 1.0, 15.0, 30.0, 33.6, 24.0, {0.0, 1.0}, {25.0, 33.6}, {290.0}, {0.5}, {0.05}};
    power.battery_node = 1;
    power.array_converter_efficiency = 0.95;
    power.distribution_efficiency = 0.95;
    power.converter_node = 1;
    power.consumers = {{150.0, 1.0, 1}, {100.0, 1.0, 1}};
    power.shedding = {{2, 0.4, 0.5}};
    PropulsionModel propulsion{2,    0.0238, 5.0, 1003.6, -0.87, 1918.0, 386.7, {5.0e5, 2.2e6}, {0.3, 1.0}, {200.0, 220.0},
                               293.15, 0.0,  0.0};
    return {power, network(), propulsion, 18.0, 1.0e9, -1, -1};
}

struct Setting {
    std::vector<double> t_s, around, activity, soc{0.6}, temp_k{290.0, 290.0, 290.0}, propellant_kg{10.0},
        stored_bytes{0.0}, factors = std::vector<double>(MemberFactors::columns, 1.0);
    std::vector<std::uint64_t> consumers = std::vector<std::uint64_t>(intervals, 3);
    std::vector<std::uint32_t> heaters = std::vector<std::uint32_t>(intervals, 1), heaters_on{0}, shed{0};

    explicit Setting(double illumination) {
        for (std::size_t i = 0; i <= intervals; ++i) {
            t_s.push_back(60.0 * static_cast<double>(i));
        }
        for (std::size_t i = 0; i < intervals; ++i) {
            around.insert(around.end(), {1, 0, 0, 1361.0, illumination, 0, 0, 1, 6.9e6, 0.3, 239.0});
            activity.insert(activity.end(), {1.0e6, 5.0e5, 1.0});
        }
    }
};

struct Flown {
    std::vector<double> values, temp_k, duty, extremes, low, high;
    std::vector<std::uint32_t> shed, heaters_end, shed_end;
    [[nodiscard]] double at(std::size_t row, ResourceColumn column) const {
        return values[row * resource_columns + static_cast<std::size_t>(column)];
    }
};

Flown fly(const Setting& s, std::size_t every = 1) {
    const std::size_t rows = recorded_rows(s.t_s.size(), every);
    Flown out{std::vector<double>(rows * resource_columns),
              std::vector<double>(rows * node_count),
              std::vector<double>(rows),
              std::vector<double>(extreme_columns),
              std::vector<double>(node_count),
              std::vector<double>(node_count),
              std::vector<std::uint32_t>(rows),
              std::vector<std::uint32_t>(1),
              std::vector<std::uint32_t>(1)};
    fly_resources(design(), {s.t_s, 1, 1, s.around, s.activity, s.consumers, s.heaters},
                  {s.soc, s.temp_k, s.propellant_kg, s.stored_bytes, s.heaters_on, s.shed}, s.factors, {},
                  {every, out.values, out.temp_k, out.duty, out.shed, out.heaters_end, out.shed_end, out.extremes, out.low,
                   out.high});
    return out;
}

void a_plate_sees_what_geometry_says() {
    CHECK_NEAR(plate_to_sphere_view(1.0, 2.0), 0.25, 1e-15);
    CHECK_NEAR(plate_to_sphere_view(-1.0, 2.0), 0.0, 0.0);
    // A plate that touches the sphere edge-on sees half of its hemisphere full.
    CHECK_NEAR(plate_to_sphere_view(0.0, 1.0 + 1e-12), 0.5, 1e-5);
    // Two sides of a plate together see the disc's share of both hemispheres: a smooth function at the horizon.
    CHECK_NEAR(plate_to_sphere_view(0.5 + 1e-9, 2.0), plate_to_sphere_view(0.5 - 1e-9, 2.0), 1e-8);
}

void energy_is_kept_at_the_bus() {
    for (const double illumination : {0.0, 0.4, 1.0}) {
        const Flown flown = fly(Setting(illumination));
        for (std::size_t row = 1; row <= intervals; ++row) {
            CHECK_NEAR(0.95 * flown.at(row, ResourceColumn::array_power_w),
                       flown.at(row, ResourceColumn::load_power_w) + flown.at(row, ResourceColumn::battery_power_w), 1e-8);
        }
    }
}

void the_books_of_data_and_propellant_balance() {
    const Flown flown = fly(Setting(1.0), 7);
    const std::size_t last = recorded_rows(intervals + 1, 7) - 1;
    CHECK(last == 6);
    CHECK_NEAR(flown.at(last, ResourceColumn::stored_bytes), 1.0e9, 1.0);
    CHECK_NEAR(flown.at(last, ResourceColumn::stored_bytes) + flown.at(last, ResourceColumn::sent_bytes) +
                   flown.at(last, ResourceColumn::lost_bytes),
               1.0e6 * 2400.0, 1.0);
    const double used = 10.0 - flown.at(last, ResourceColumn::propellant_kg);
    CHECK(used > 0.5 && used < 2.0);
    CHECK(flown.at(last, ResourceColumn::tank_pressure_pa) < flown.at(0, ResourceColumn::tank_pressure_pa));
}

void shedding_follows_the_charge() {
    Setting dark(0.0);
    dark.soc = {0.42};
    const Flown flown = fly(dark);
    CHECK(flown.shed.front() == 0);
    CHECK(flown.shed_end.front() == 1);
    CHECK_NEAR(flown.at(intervals, ResourceColumn::load_power_w), 150.0 / 0.95 + flown.duty.back() * 20.0 / 0.95, 1e-6);
}

template <class Work> bool refuses(const Work& work, const char* field) {
    try {
        work();
    } catch (const Error& error) {
        return std::string(error.what()).starts_with(field);
    }
    return false;
}

void impossible_states_are_refused_by_name() {
    Setting s(1.0);
    s.soc = {-0.1};
    CHECK(refuses([&] { static_cast<void>(fly(s)); }, "soc"));
    s = Setting(1.0);
    s.temp_k[1] = std::numeric_limits<double>::quiet_NaN();
    CHECK(refuses([&] { static_cast<void>(fly(s)); }, "temp_k"));
    s = Setting(1.0);
    s.around[4] = 1.1;
    CHECK(refuses([&] { static_cast<void>(fly(s)); }, "illumination"));
    s = Setting(1.0);
    s.t_s[3] = s.t_s[2];
    CHECK(refuses([&] { static_cast<void>(fly(s)); }, "t_s"));
    s = Setting(1.0);
    s.factors[2] = 0.0;
    CHECK(refuses([&] { static_cast<void>(fly(s)); }, "factors"));
    CHECK(refuses([] { static_cast<void>(ThermalNetwork({1.0, 1.0}, {0, 1, 2, 0}, {0, 0, 0, 0}, {}, {})); }, "conductance_w_k"));
}

void least_squares_without_negatives() {
    const std::vector<double> a{1, 0, 0, 1, 1, 1}, b{2, -1, 1};
    std::vector<double> x(2);
    const double residual = nonnegative_least_squares(a, b, x);
    CHECK_NEAR(x[0], 1.5, 1e-14);
    CHECK_NEAR(x[1], 0.0, 0.0);
    CHECK_NEAR(residual, std::sqrt(0.25 + 1.0 + 0.25), 1e-14);
}

} // namespace

int main() {
    a_plate_sees_what_geometry_says();
    energy_is_kept_at_the_bus();
    the_books_of_data_and_propellant_balance();
    shedding_follows_the_charge();
    impossible_states_are_refused_by_name();
    least_squares_without_negatives();
    return check::result();
}
