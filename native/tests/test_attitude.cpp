// Attitude: quaternions compose, a free body keeps its momentum, wheels share a torque, slews stay within their limits,
// the filter converges, and a flight settles on its law.
#include "check.hpp"
#include "llamaspace/attitude_control.hpp"
#include "llamaspace/attitude_dynamics.hpp"
#include "llamaspace/attitude_filter.hpp"
#include "llamaspace/attitude_flight.hpp"
#include "llamaspace/error.hpp"
#include "llamaspace/geomagnetic.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <numbers>
#include <vector>

using namespace llamaspace;

namespace {

constexpr double pi = std::numbers::pi;

AttitudeCraft small_satellite() {
    AttitudeCraft craft{};
    craft.inertia_kg_m2 = {{21.0, 0.2, -0.4, 0.2, 24.0, 0.1, -0.4, 0.1, 29.0}};
    craft.drag_coefficient = 2.2;
    craft.torquer_a_m2 = {15.0, 15.0, 15.0};
    craft.residual_dipole_a_m2 = {0.2, -0.1, 0.3};
    const double c = std::sqrt(2.0 / 3.0), s = std::sqrt(1.0 / 3.0), h = std::sqrt(0.5);
    craft.wheels = {{{c * h, c * h, s}, {-c * h, c * h, s}, {-c * h, -c * h, s}, {c * h, -c * h, s}}, 4.0, 0.1, 0.006, 6.0e-6, 0.002};
    craft.axes = {{0, 0, 1}, {0, 0, 1}, {1, 0, 0}, {0, 1, 0}, {0, 0, -1}};
    craft.control = {ControlLaw::quaternion, 2.0 * pi * 0.02, 0.9, 0.5, 3.5e-4, 600.0, 0.9, 0.15, 0.035, 0.0035};
    craft.slew = {pi / 180.0, std::numeric_limits<double>::infinity(), 0.7, 15.0};
    craft.keep_outs = {{{0, 0, 1}, BrightBody::sun, 0.5}};
    craft.trackers = {{{0, 1, 0}, 2.0e-5, 1.5e-4, 0.5, 0.0, 0.0, 0.05}};
    craft.sun_sensor_noise_rad = 0.03;
    craft.magnetometer_noise_t = 5.0e-8;
    craft.gyro = {1.5e-6, 4.0e-9, 5.0e-6};
    craft.complete();
    return craft;
}

// A circular orbit over the poles with the Sun along x.
struct Orbit {
    std::vector<double> t, r, v, sun, moon, field, density, light, applied;
    Orbit() {
        const double radius = 6.9e6, rate = std::sqrt(3.986004418e14 / (radius * radius * radius));
        for (int k = 0; k <= 240; ++k) {
            const double time = 30.0 * k, a = rate * time;
            t.push_back(time);
            append(r, {0.0, radius * std::cos(a), radius * std::sin(a)});
            append(v, {0.0, -radius * rate * std::sin(a), radius * rate * std::cos(a)});
            append(sun, {1.496e11, 0.0, 0.0});
            append(moon, {0.0, 3.8e8, 0.0});
            append(field, {0.0, 3.0e-5 * std::cos(2.0 * a), 3.0e-5 * std::sin(2.0 * a)});
            density.push_back(1.0e-13);
            light.push_back(1.0);
            append(applied, {});
        }
    }
    static void append(std::vector<double>& column, const Vec3& a) { column.insert(column.end(), {a.x, a.y, a.z}); }
    SurroundingsTable table() const { return SurroundingsTable({t, r, v, sun, moon, field, density, light, applied}); }
};

void quaternions_compose_as_their_matrices() {
    const Quaternion a = turned_by({0.3, -0.8, 1.9}), b = turned_by({-2.0, 0.4, 0.1});
    const Mat3 product = matrix_of(b) * matrix_of(a), composed = matrix_of(b * a);
    for (std::size_t i = 0; i < 9; ++i) {
        CHECK_NEAR(composed.m[i], product.m[i], 1.0e-15);
    }
    const Vec3 there = into(a, {1.0, 2.0, 3.0}), by_matrix = matrix_of(a) * Vec3{1.0, 2.0, 3.0};
    CHECK_NEAR(norm(there - by_matrix), 0.0, 1.0e-14);
    for (const Vec3& phi : {Vec3{3.1, 0.0, 0.0}, Vec3{0.0, -3.0, 0.5}, Vec3{0.1, 0.2, 3.0}, Vec3{1.0e-9, 0.0, 0.0}}) {
        CHECK_NEAR(norm(rotation_vector(quaternion_of(matrix_of(turned_by(phi)))) - phi), 0.0, 1.0e-9);
    }
}

void a_free_body_keeps_its_momentum_and_energy() {
    AttitudeCraft craft = small_satellite();
    craft.wheels.viscous_n_m_s = craft.wheels.coulomb_n_m = 0.0;
    AttitudeState state{turned_by({0.1, 0.2, 0.3}), {0.02, -0.03, 0.01}, {1.0, -0.5, 0.2, 0.8}, {}, {}};
    const Vec3 before = momentum_gcrf_n_m_s(craft, state);
    const double energy = kinetic_energy_j(craft, state);
    for (int k = 0; k < 6000; ++k) {
        advance(craft, state, {}, 0.1);
    }
    CHECK_NEAR(norm(momentum_gcrf_n_m_s(craft, state) - before), 0.0, 1.0e-8);
    CHECK_NEAR(kinetic_energy_j(craft, state) / energy, 1.0, 1.0e-9);
}

void wheels_share_a_torque_and_sum_to_it() {
    const AttitudeCraft craft = small_satellite();
    const Vec3 torque{0.03, -0.02, 0.05};
    CHECK_NEAR(norm(craft.along_axes(craft.spread(torque)) - torque), 0.0, 1.0e-15);
    AttitudeCraft flat = craft;
    flat.wheels.axes = {{1, 0, 0}, {0, 1, 0}, {1, 0, 0}};
    bool refused = false;
    try {
        flat.complete();
    } catch (const Error& error) {
        refused = error.code() == ErrorCode::bad_value;
    }
    CHECK(refused);
}

void a_slew_begins_and_ends_at_rest() {
    const AttitudeCraft craft = small_satellite();
    const Quaternion from = turned_by({0.9, 0.4, -1.2});
    const Slew slew = plan_slew(craft, from, {}, [](const Quaternion&, double) { return 1.0; });
    CHECK(slew.legs.size() == 1);
    CHECK_NEAR(angle_of(slew.offset(0.0) * conjugate(from)), 0.0, 1.0e-12);
    CHECK_NEAR(angle_of(slew.offset(slew.duration_s())), 0.0, 1.0e-12);
    CHECK(angle_of(slew.offset(0.1) * conjugate(from)) < 1.0e-4);
    const Slew braked = plan_slew(craft, from, {0.002, -0.001, 0.003}, [](const Quaternion&, double) { return 1.0; });
    CHECK(braked.legs.size() == 2);
    const Vec3 rate = 1.0e3 * rotation_vector(braked.offset(1.0e-3) * conjugate(from));
    CHECK_NEAR(norm(rate - Vec3{0.002, -0.001, 0.003}), 0.0, 1.0e-5);
}

void no_way_round_is_said() {
    const AttitudeCraft craft = small_satellite();
    bool refused = false;
    try {
        static_cast<void>(plan_slew(craft, turned_by({1.0, 0.0, 0.0}), {}, [](const Quaternion& away, double) {
            const double angle = angle_of(away);
            return angle > 0.3 && angle < 0.7 ? -0.1 : 0.1; // a wall all around the goal
        }));
    } catch (const Error& error) {
        refused = error.code() == ErrorCode::no_path;
    }
    CHECK(refused);
}

void the_filter_finds_a_gyro_bias() {
    const GyroNoise gyro{1.5e-6, 4.0e-9, 5.0e-6};
    AttitudeFilter filter(gyro, turned_by({0.01, 0.0, -0.01}), 0.01, 5.0e-5);
    const Vec3 bias{4.0e-5, -2.0e-5, 1.0e-5};
    for (int k = 0; k < 600; ++k) {
        filter.propagate(bias, 1.0);
        filter.update({}, {0.0, 0.0, 1.0}, 1.0e-4, 2.0e-5);
    }
    CHECK_NEAR(angle_of(filter.q_body_gcrf()), 0.0, 1.0e-6);
    CHECK_NEAR(norm(filter.bias_rad_s() - bias), 0.0, 1.0e-6);
}

void a_dipole_field_is_that_of_its_formula() {
    const std::vector<GeomagneticTerm> terms{{1, 0, {-30000.0, -29000.0}, {0.0, 0.0}}, {1, 1, {0.0, 0.0}, {0.0, 0.0}}};
    const std::array epochs{2020.0, 2025.0};
    const GeomagneticModel model(epochs, terms);
    const Vec3 pole = model.field_itrf_t({0.0, 0.0, 6371200.0}, 2022.5), equator = model.field_itrf_t({6371200.0, 0.0, 0.0}, 2020.0);
    CHECK_NEAR(pole.z, -2.0 * 29500.0e-9, 1.0e-15); // twice g, into the Earth at the northern pole
    CHECK_NEAR(equator.z, 30000.0e-9, 1.0e-15);     // northward at the equator
    bool refused = false;
    try {
        static_cast<void>(model.field_itrf_t({7.0e6, 0.0, 0.0}, 2026.0));
    } catch (const Error& error) {
        refused = error.code() == ErrorCode::no_data;
    }
    CHECK(refused);
}

void every_mode_of_flight_settles_on_nadir() {
    const AttitudeCraft craft = small_satellite();
    const Orbit orbit;
    const SurroundingsTable table = orbit.table();
    const std::vector<PointingSegment> segments{{0.0, PointingMode::sun, {}, {0, 0, 1}, false, {}}, {1800.0, PointingMode::nadir, {}, {0, 0, 1}, false, {}}};
    FlightMember member;
    member.start.q_body_gcrf = wanted_attitude(craft, table, segments[0], 0.0);
    const std::size_t n = orbit.t.size();
    for (const FlightMode mode : {FlightMode::screening, FlightMode::full, FlightMode::sensed}) {
        std::vector<double> q(4 * n), omega(3 * n), wheels(4 * n), error(n), dipole(3 * n), torque(4 * n), power(n), margin(n), estimate(n), jets;
        std::vector<std::uint8_t> settled(n), blinded(n);
        const int blocked = fly_attitude(craft, table, segments, {}, mode, member, {q, omega, wheels, error, dipole, torque, power, margin, estimate, settled, blinded, jets});
        CHECK(blocked == 0);
        CHECK(settled.back() == 1);
        CHECK_NEAR(error.back(), 0.0, 1.0e-3);
        CHECK(error[61] > 0.5); // at the start of the slew
        const Vec3 down = into({q[4 * (n - 1)], q[4 * (n - 1) + 1], q[4 * (n - 1) + 2], q[4 * (n - 1) + 3]}, unit({-orbit.r[3 * (n - 1)], -orbit.r[3 * (n - 1) + 1], -orbit.r[3 * (n - 1) + 2]}));
        CHECK_NEAR(down.z, 1.0, 1.0e-6);
    }
}

void a_broken_environment_is_refused() {
    Orbit orbit;
    orbit.density[7] = std::numeric_limits<double>::quiet_NaN();
    bool refused = false;
    try {
        static_cast<void>(orbit.table());
    } catch (const Error& error) {
        refused = error.code() == ErrorCode::bad_value;
    }
    CHECK(refused);
}

} // namespace

int main() {
    quaternions_compose_as_their_matrices();
    a_free_body_keeps_its_momentum_and_energy();
    wheels_share_a_torque_and_sum_to_it();
    a_slew_begins_and_ends_at_rest();
    no_way_round_is_said();
    the_filter_finds_a_gyro_bias();
    a_dipole_field_is_that_of_its_formula();
    every_mode_of_flight_settles_on_nadir();
    a_broken_environment_is_refused();
    return check::result();
}
