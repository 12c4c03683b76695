// Flights end to end with every part switched on: what the sanitizers walk through, and what must hold anyway.
#include "check.hpp"
#include "llamaspace/error.hpp"
#include "llamaspace/flights.hpp"
#include "llamaspace/propagator.hpp"

#include <cmath>
#include <memory>
#include <vector>

using namespace llamaspace;

namespace {

constexpr double mu = 3.986004415e14, start_s = 7.6e8, au_m = 1.496e11;

// The Sun and the Moon stand still; the pole is that of GCRF.
std::shared_ptr<const SkyTrack> still_sky() {
    std::vector<double> rows;
    for (int k = 0; k < 30; ++k) {
        rows.insert(rows.end(), {0.0, 0.0, 0.0, 1.0e-6, 1.0e-6, -37.0, au_m, 0.0, 0.0, 0.0, 3.8e8, 0.0});
    }
    return std::make_shared<const SkyTrack>(start_s - 100000.0, 10800.0, std::move(rows));
}

ForceSettings all_forces() {
    const std::vector<Harmonic> oblate{{2, 0, -4.84165e-4, 0.0}, {2, 2, 2.4e-6, -1.4e-6}, {3, 1, 2.0e-6, 2.5e-7}};
    std::vector<double> days;
    for (int day = 0; day < 60; ++day) {
        days.insert(days.end(), {150.0, 150.0, 4.0, 7.0, 15.0, 7.0, 4.0, 4.0, 22.0, 9.0});
    }
    ForceSettings forces;
    forces.gravity = std::make_shared<const GravityModel>(mu, 6378136.3, 3, 3, oblate);
    forces.sky = still_sky();
    forces.drag = DragModel::nrlmsise00;
    forces.weather = std::make_shared<const SpaceWeather>(60320, days);
    forces.tai_minus_utc_s = 37.0;
    return forces;
}

Flight low_flight(Method method) {
    const double r = 6.9e6, v = std::sqrt(mu / r);
    Flight flight{start_s, {r, 0.0, 0.0}, {0.0, 0.1 * v, std::sqrt(0.99) * v}, 100.0};
    flight.method = method;
    flight.lowest_height_m = 100000.0;
    return flight;
}

const SpacecraftShape ball{1.0, 2.2, 1.0, 1.3, {}};
const std::vector<double> epochs{start_s, start_s + 500.0, start_s + 500.0, start_s + 40000.0};

void methods_agree_and_see_the_same() {
    std::vector<std::vector<double>> ends;
    std::vector<std::size_t> seen;
    for (const Method method : {Method::gauss_jackson8, Method::dop853, Method::verner98}) {
        Forces forces(all_forces(), ball);
        Flight flight = low_flight(method);
        flight.tolerance_m = 1.0e-7;
        flight.stops = {{StopKind::ascending_node, 0.0, false}, {StopKind::shadow_entry, 0.0, false}, {StopKind::apoapsis, 0.0, false}};
        std::vector<double> states(epochs.size() * state_columns);
        const FlightRecord record = fly(forces, flight, epochs, states, {});
        CHECK(record.epochs_reached == epochs.size() && !record.stopped && !record.reentered);
        CHECK_NEAR(states[state_columns + 1], states[2 * state_columns + 1], 0.0);
        ends.emplace_back(states.end() - state_columns, states.end());
        seen.push_back(record.sightings.size());
    }
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK_NEAR(ends[0][i], ends[2][i], 0.02);
        CHECK_NEAR(ends[1][i], ends[2][i], 0.02);
    }
    CHECK(seen[0] == seen[2] && seen[1] == seen[2] && seen[0] > 12);
}

void maneuvers_and_variations_fly() {
    Forces forces(all_forces(), ball);
    Flight flight = low_flight(Method::verner98);
    flight.impulses = {{start_s, {0.0, 0.5, 0.0}, Axes::rtn, 2157.0}, {start_s + 30000.0, {0.1, 0.0, 0.0}, Axes::velocity, 0.0}};
    flight.burns = {{start_s + 1000.0, start_s + 1600.0, 1.0, 1.0 / 2157.0, {0.0, 1.0, 0.0}, Axes::rtn}};
    std::vector<double> states(epochs.size() * state_columns), matrices(epochs.size() * variational_columns);
    const FlightRecord record = fly(forces, flight, epochs, states, matrices);
    CHECK(record.epochs_reached == epochs.size());
    CHECK_NEAR(states.back(), 100.0 * std::exp(-0.5 / 2157.0) - 600.0 / 2157.0, 1.0e-9);
    CHECK_NEAR(matrices[0], 1.0, 0.0);
    CHECK_NEAR(matrices[1], 0.0, 0.0);
}

void a_falling_flight_ends() {
    Forces forces(all_forces(), ball);
    Flight flight = low_flight(Method::gauss_jackson8);
    flight.v_gcrf_m_s = 0.95 * flight.v_gcrf_m_s;
    std::vector<double> states(epochs.size() * state_columns);
    const FlightRecord record = fly(forces, flight, epochs, states, {});
    CHECK(record.reentered && record.epochs_reached == 3);
    CHECK(record.end_tai_s < start_s + 4000.0);
}

void many_flights_share_the_work() {
    const Flight flight = low_flight(Method::gauss_jackson8);
    std::vector<FlightCase> cases(7, {flight.r_gcrf_m, flight.v_gcrf_m_s, 100.0, 2.2, 1.3});
    cases[3].r_gcrf_m = {};
    cases[5].v_gcrf_m_s = {};
    std::vector<double> states(cases.size() * epochs.size() * state_columns);
    const auto ends = fly_all(all_forces(), ball, flight, cases, epochs, states, 3);
    CHECK(ends[0] == FlightEnd::complete && ends[6] == FlightEnd::complete);
    CHECK(ends[3] == FlightEnd::failed && ends[5] == FlightEnd::failed);
    CHECK(std::isnan(states[3 * epochs.size() * state_columns]));
    CHECK_NEAR(states[0], states[6 * epochs.size() * state_columns], 0.0);
}

void what_does_not_fit_is_refused() {
    const auto code_of = [](const auto& work) {
        try {
            work();
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode{};
    };
    std::vector<double> states(2 * state_columns);
    CHECK(code_of([&] {
              Forces forces(all_forces(), ball);
              static_cast<void>(fly(forces, low_flight(Method::dop853), std::vector{start_s + 1.0, start_s - 1.0}, states, {}));
          }) == ErrorCode::bad_interval);
    CHECK(code_of([&] {
              Forces forces(all_forces(), ball);
              static_cast<void>(fly(forces, low_flight(Method::dop853), epochs, states, {}));
          }) == ErrorCode::bad_shape);
    CHECK(code_of([&] {
              Forces forces(all_forces(), ball);
              const std::vector late{start_s + 1.0e6, start_s + 2.0e6};
              static_cast<void>(fly(forces, low_flight(Method::dop853), late, states, {}));
          }) == ErrorCode::bad_interval);
    CHECK(code_of([] { static_cast<void>(Forces({}, ball)); }) == ErrorCode::bad_value);
}

// The Earth's heat alone, as from a globe of one temperature, pushes as its closed form says (radius of the globe 6371 km).
void light_from_the_earth_pushes_outward_and_empirical_accelerations_add() {
    ForceSettings settings = all_forces();
    Forces plain(settings, ball);
    settings.earth_radiation = true;
    settings.empirical = EmpiricalAcceleration{{1.0e-6, 0.0, 0.0}, {0.0, 2.0e-6, 0.0}, {0.0, 0.0, 3.0e-6}};
    Forces more(settings, ball);
    const Vec3 r{-6.9e6, 0.0, 0.0}, v{0.0, -1.0e3, 7.5e3}; // over midnight: the Sun is on the other side
    ForcePartials partials;
    const Vec3 added = more.acceleration_m_s2(start_s, r, v, 100.0, partials) - plain.acceleration_m_s2(start_s, r, v, 100.0);
    // Heat of 0.68 + 0.09 at the equator, less half of the poles' share at the rim: 240 W/m2 or so.
    const double heat = 1.3 / 100.0 * 0.25 * 1361.0 / 299792458.0 * (6371008.8 / 6.9e6) * (6371008.8 / 6.9e6);
    CHECK(-added.x - 1.0e-6 > 0.60 * heat && -added.x - 1.0e-6 < 0.85 * heat);
    // At the node the argument of latitude is 0 or half a turn: the cosine's part alone acts, across the normal's.
    CHECK_NEAR(norm(added), std::hypot(-added.x, 2.0e-6), 2.0e-8);
    CHECK(partials.by_radiation_coefficient.x < 0.0);
}

} // namespace

int main() {
    methods_agree_and_see_the_same();
    maneuvers_and_variations_fly();
    a_falling_flight_ends();
    many_flights_share_the_work();
    what_does_not_fit_is_refused();
    light_from_the_earth_pushes_outward_and_empirical_accelerations_add();
    return check::result();
}
