// Spacecraft for the attitude simulation; environment torques, free rotation, pointing and slews over arrays.
#include "llamaspace/attitude_dynamics.hpp"
#include "llamaspace/attitude_slew.hpp"
#include "llamaspace/attitude_control.hpp"
#include "llamaspace/error.hpp"

#include "attitude_arrays.hpp"

#include <limits>

namespace llamaspace::bindings {
namespace {

std::shared_ptr<AttitudeCraft> craft_of(const py::dict& parts) {
    const auto array = [&](const char* name) { return parts[name].cast<DoubleArray>(); };
    const auto numbers = [&](const char* name, py::ssize_t length) {
        const DoubleArray a = array(name);
        const auto view = vector_of(a, name, length);
        return std::vector<double>(view.begin(), view.end());
    };
    auto craft = std::make_shared<AttitudeCraft>();
    const DoubleArray inertia = array("inertia_kg_m2");
    std::ranges::copy(table_of(inertia, "inertia_kg_m2", 3, 3), craft->inertia_kg_m2.m.begin());
    craft->centre_of_mass_m = one_vec(array("centre_of_mass_m"), "centre_of_mass_m");
    craft->residual_dipole_a_m2 = one_vec(array("residual_dipole_a_m2"), "residual_dipole_a_m2");
    craft->torquer_a_m2 = one_vec(array("torquer_a_m2"), "torquer_a_m2");
    craft->drag_coefficient = parts["drag_coefficient"].cast<double>();
    const DoubleArray plates = array("plates"), axes = array("wheel_axes"), jets = array("jet_torques_n_m");
    const auto p = table_of(plates, "plates", 10);
    for (std::size_t k = 0; k < p.size(); k += 10) {
        craft->plates.push_back({p[k], vec_at(p, k + 1), vec_at(p, k + 4), p[k + 7], p[k + 8], p[k + 9] != 0.0});
    }
    const auto w = table_of(axes, "wheel_axes", 3);
    const auto wheel = numbers("wheel", 5);
    craft->wheels = {{}, wheel[0], wheel[1], wheel[2], wheel[3], wheel[4]};
    for (std::size_t k = 0; k < w.size(); k += 3) {
        craft->wheels.axes.push_back(vec_at(w, k));
    }
    const auto j = table_of(jets, "jet_torques_n_m", 3);
    for (std::size_t k = 0; k < j.size(); k += 3) {
        craft->jets.push_back({vec_at(j, k)});
    }
    const DoubleArray trackers = array("trackers"), zones = array("keep_outs"), body_axes = array("axes");
    const auto s = table_of(trackers, "trackers", 9);
    for (std::size_t k = 0; k < s.size(); k += 9) {
        craft->trackers.push_back({vec_at(s, k), s[k + 3], s[k + 4], s[k + 5], s[k + 6], s[k + 7], s[k + 8]});
    }
    const auto z = table_of(zones, "keep_outs", 5);
    for (std::size_t k = 0; k < z.size(); k += 5) {
        craft->keep_outs.push_back({vec_at(z, k), static_cast<BrightBody>(static_cast<int>(z[k + 3])), z[k + 4]});
    }
    const auto a = table_of(body_axes, "axes", 3, 5);
    craft->axes = {vec_at(a, 0), vec_at(a, 3), vec_at(a, 6), vec_at(a, 9), vec_at(a, 12)};
    const auto gyro = numbers("gyro", 3), coarse = numbers("coarse_sensors", 2), slew = numbers("slew", 4);
    const auto control = numbers("control", 10), bending = numbers("bending", 7);
    craft->gyro = {gyro[0], gyro[1], gyro[2]};
    craft->sun_sensor_noise_rad = coarse[0];
    craft->magnetometer_noise_t = coarse[1];
    craft->slew = {slew[0], slew[1], slew[2], slew[3]};
    craft->control = {static_cast<ControlLaw>(static_cast<int>(control[0])), control[1], control[2], control[3], control[4],
                      control[5], control[6], control[7], control[8], control[9]};
    craft->bending = {bending[0] > 0.0, vec_at(bending, 0), vec_at(bending, 3), bending[6]};
    craft->complete();
    return craft;
}

std::shared_ptr<SurroundingsTable> table_from(const DoubleArray& t_s, const DoubleArray& r_gcrf_m, const DoubleArray& v_gcrf_m_s,
                                              const DoubleArray& sun_gcrf_m, const DoubleArray& moon_gcrf_m,
                                              const DoubleArray& field_gcrf_t, const DoubleArray& density_kg_m3,
                                              const DoubleArray& light, const DoubleArray& applied_n_m) {
    const py::ssize_t n = t_s.size();
    return std::make_shared<SurroundingsTable>(SurroundingsColumns{
        vector_of(t_s, "t_s"), rows_of_three(r_gcrf_m, "r_gcrf_m", n), rows_of_three(v_gcrf_m_s, "v_gcrf_m_s", n),
        rows_of_three(sun_gcrf_m, "sun_gcrf_m", n), rows_of_three(moon_gcrf_m, "moon_gcrf_m", n),
        rows_of_three(field_gcrf_t, "field_gcrf_t", n), vector_of(density_kg_m3, "density_kg_m3", n),
        vector_of(light, "light", n), rows_of_three(applied_n_m, "applied_n_m", n)});
}

// Gravity gradient, aerodynamic, solar and magnetic torque: twelve columns.
DoubleArray torques(const AttitudeCraft& craft, const SurroundingsTable& around, const DoubleArray& t_s,
                    const DoubleArray& q_body_gcrf) {
    const auto t = vector_of(t_s, "t_s");
    const auto q = table_of(q_body_gcrf, "q_body_gcrf", 4, t_s.size());
    DoubleArray out = table(t_s.size(), 12);
    const auto rows = writable(out);
    py::gil_scoped_release release;
    const SurroundingsTable mine = around; // its memory of the last interval is not shared between threads
    for (std::size_t k = 0; k < t.size(); ++k) {
        const EnvironmentTorques e = environment_torques(craft, mine.at(t[k]), quaternion_at(q, 4 * k), {});
        put(rows, 12 * k, e.gravity_gradient);
        put(rows, 12 * k + 3, e.aerodynamic);
        put(rows, 12 * k + 6, e.solar);
        put(rows, 12 * k + 9, e.magnetic);
    }
    return out;
}

// Rows: quaternion, rate, wheel momenta, bending and its rate, momentum in GCRF, kinetic energy.
DoubleArray rotation(const AttitudeCraft& craft, const DoubleArray& q_body_gcrf, const DoubleArray& omega_rad_s,
                     const DoubleArray& wheel_n_m_s, const DoubleArray& bending, const DoubleArray& t_s,
                     const DoubleArray& torque_n_m, const DoubleArray& motor_n_m, double step_s) {
    const auto n = static_cast<std::size_t>(craft.wheel_count());
    const auto t = vector_of(t_s, "t_s");
    const auto torque = rows_of_three(torque_n_m, "torque_n_m", t_s.size());
    const auto motor = table_of(motor_n_m, "motor_n_m", static_cast<py::ssize_t>(n), t_s.size());
    AttitudeState state{quaternion_at(vector_of(q_body_gcrf, "q_body_gcrf", 4), 0), one_vec(omega_rad_s, "omega_rad_s"), {},
                        vec_at(vector_of(bending, "bending", 6), 0), vec_at(vector_of(bending, "bending", 6), 3)};
    std::ranges::copy(vector_of(wheel_n_m_s, "wheel_n_m_s", static_cast<py::ssize_t>(n)), state.wheel_n_m_s.begin());
    if (!(step_s > 0.0)) {
        throw Error(ErrorCode::bad_value, "the step must be positive");
    }
    const std::size_t width = 17 + n;
    DoubleArray out = table(t_s.size(), static_cast<py::ssize_t>(width));
    const auto rows = writable(out);
    py::gil_scoped_release release;
    for (std::size_t k = 0; k < t.size(); ++k) {
        const std::size_t at = width * k;
        put(rows, at, state.q_body_gcrf);
        put(rows, at + 4, state.omega_rad_s);
        std::copy_n(state.wheel_n_m_s.begin(), n, rows.begin() + static_cast<std::ptrdiff_t>(at + 7));
        put(rows, at + 7 + n, state.bending);
        put(rows, at + 10 + n, state.bending_rate);
        put(rows, at + 13 + n, momentum_gcrf_n_m_s(craft, state));
        rows[at + 16 + n] = kinetic_energy_j(craft, state);
        if (k + 1 < t.size()) {
            Actuation acting{vec_at(torque, 3 * k), {}};
            std::copy_n(motor.begin() + static_cast<std::ptrdiff_t>(n * k), n, acting.motor_n_m.begin());
            const int steps = std::max(1, static_cast<int>(std::ceil((t[k + 1] - t[k]) / step_s - 1.0e-9)));
            for (int i = 0; i < steps; ++i) {
                advance(craft, state, acting, (t[k + 1] - t[k]) / steps);
            }
        }
    }
    return out;
}

// Rows: quaternion, rate, 1 while slewing, segment; and the number of slews without a way round the cones.
py::tuple pointing(const AttitudeCraft& craft, const SurroundingsTable& around, const DoubleArray& segments,
                   const DoubleArray& q_start, const DoubleArray& omega_start, const DoubleArray& t_s) {
    const auto t = vector_of(t_s, "t_s");
    DoubleArray out = table(t_s.size(), 9);
    const auto rows = writable(out);
    const auto list = segments_of(segments);
    const Quaternion q = quaternion_at(vector_of(q_start, "q_start", 4), 0);
    const Vec3 omega = one_vec(omega_start, "omega_start");
    int blocked = 0;
    {
        py::gil_scoped_release release;
        const SurroundingsTable mine = around;
        const PointingProfile profile(craft, mine, list, q, omega);
        for (std::size_t k = 0; k < t.size(); ++k) {
            const Command command = profile.at(t[k]);
            put(rows, 9 * k, command.q_body_gcrf);
            put(rows, 9 * k + 4, command.omega_rad_s);
            rows[9 * k + 7] = command.slewing ? 1.0 : 0.0;
            rows[9 * k + 8] = static_cast<double>(command.segment);
        }
        blocked = profile.blocked_slews();
    }
    return py::make_tuple(out, blocked);
}

// Attitude and rate that a mode asks for, seven columns, by central differences for the rate.
DoubleArray law(const AttitudeCraft& craft, const SurroundingsTable& around, const DoubleArray& segment, const DoubleArray& t_s) {
    const auto t = vector_of(t_s, "t_s");
    const auto list = segments_of(segment);
    if (list.size() != 1) {
        throw Error(ErrorCode::bad_shape, "one segment is needed");
    }
    DoubleArray out = table(t_s.size(), 7);
    const auto rows = writable(out);
    py::gil_scoped_release release;
    const SurroundingsTable mine = around;
    constexpr double difference_s = 0.25;
    for (std::size_t k = 0; k < t.size(); ++k) {
        const Quaternion before = wanted_attitude(craft, mine, list[0], t[k] - difference_s);
        const Quaternion after = wanted_attitude(craft, mine, list[0], t[k] + difference_s);
        put(rows, 7 * k, wanted_attitude(craft, mine, list[0], t[k]));
        put(rows, 7 * k + 4, (0.5 / difference_s) * rotation_vector(after * conjugate(before)));
    }
    return out;
}

// Least margin of all zones with the bodies' directions held; `bodies` are Sun, Moon and Earth directions, rows of GCRF,
// and `limb_rad` is the angle of the Earth's limb.
MarginAt margin_of(const AttitudeCraft& craft, const Quaternion& to, const std::array<Vec3, 3>& bodies, double limb_rad) {
    return [&craft, to, bodies, limb_rad](const Quaternion& offset, double) {
        double least = std::numeric_limits<double>::infinity();
        for (const KeepOutZone& zone : craft.keep_outs) {
            const Vec3& body = bodies[static_cast<std::size_t>(zone.body)];
            const double limb = zone.body == BrightBody::earth ? limb_rad : 0.0;
            if (norm(body) > 0.0) {
                least = std::min(least, angle_between_rad(out_of(offset * to, zone.boresight), body) - limb - zone.angle_rad);
            }
        }
        return least;
    };
}

// Rows of legs: axis (3), angle, acceleration, rate, duration, 1 where it brakes, attitude at its end (4).
DoubleArray slew(const AttitudeCraft& craft, const DoubleArray& q_from, const DoubleArray& q_to, const DoubleArray& rate_rad_s,
                 const DoubleArray& bodies, double limb_rad) {
    const auto b = table_of(bodies, "bodies_gcrf", 3, 3);
    const Quaternion from = quaternion_at(vector_of(q_from, "q_from", 4), 0), to = quaternion_at(vector_of(q_to, "q_to", 4), 0);
    const Slew plan = plan_slew(craft, from * conjugate(to), one_vec(rate_rad_s, "rate_rad_s"),
                                margin_of(craft, to, {vec_at(b, 0), vec_at(b, 3), vec_at(b, 6)}, limb_rad));
    DoubleArray out = table(static_cast<py::ssize_t>(plan.legs.size()), 12);
    const auto rows = writable(out);
    for (std::size_t k = 0; k < plan.legs.size(); ++k) {
        const SlewLeg& leg = plan.legs[k];
        put(rows, 12 * k, leg.axis);
        std::ranges::copy(std::array{leg.angle_rad, leg.acceleration_rad_s2, leg.rate_rad_s, leg.duration_s, leg.brakes ? 1.0 : 0.0},
                          rows.begin() + static_cast<std::ptrdiff_t>(12 * k + 3));
        put(rows, 12 * k + 8, leg.end * to);
    }
    return out;
}

// Torque on the body that the feedback wants, and the wheels' motor torques for it.
py::tuple control(const AttitudeCraft& craft, const DoubleArray& q, const DoubleArray& omega, const DoubleArray& wheel,
                  const DoubleArray& q_wanted, const DoubleArray& omega_wanted, const DoubleArray& acceleration_wanted) {
    Known known{quaternion_at(vector_of(q, "q_body_gcrf", 4), 0), one_vec(omega, "omega_rad_s"), {}, {}};
    const auto n = static_cast<py::ssize_t>(craft.wheel_count());
    std::ranges::copy(vector_of(wheel, "wheel_n_m_s", n), known.wheel_n_m_s.begin());
    const Command command{quaternion_at(vector_of(q_wanted, "q_wanted", 4), 0), one_vec(omega_wanted, "omega_wanted"),
                          one_vec(acceleration_wanted, "acceleration_wanted"), false, 0, 0.0};
    const Vec3 torque = feedback_torque_n_m(craft, known, command);
    const PerWheel motors = wheel_motors_n_m(craft, torque, known);
    DoubleArray first(3), second(n);
    put(writable(first), 0, torque);
    std::copy_n(motors.begin(), craft.wheel_count(), second.mutable_data());
    return py::make_tuple(first, second);
}

DoubleArray dipole(const AttitudeCraft& craft, const DoubleArray& momentum, const DoubleArray& field) {
    DoubleArray out(3);
    put(writable(out), 0, unloading_dipole_a_m2(craft, one_vec(momentum, "momentum_n_m_s"), one_vec(field, "field_body_t")));
    return out;
}

DoubleArray duties(const AttitudeCraft& craft, const DoubleArray& momentum) {
    const PerJet all = unloading_duties(craft, one_vec(momentum, "momentum_n_m_s"));
    DoubleArray out(static_cast<py::ssize_t>(craft.jets.size()));
    std::copy_n(all.begin(), craft.jets.size(), out.mutable_data());
    return out;
}

} // namespace

void bind_attitude(py::module_& m) {
    py::class_<AttitudeCraft, std::shared_ptr<AttitudeCraft>>(m, "AttitudeCraft")
        .def(py::init(&craft_of), py::arg("parts"))
        .def_property_readonly("wheel_count", &AttitudeCraft::wheel_count)
        .def("capability_about", [](const AttitudeCraft& craft, const DoubleArray& axis) {
            const SlewCapability can = capability_about(craft, one_vec(axis, "axis"));
            return py::make_tuple(can.acceleration_rad_s2, can.rate_rad_s);
        }, py::arg("axis"))
        .def("plan_slew", &slew, py::arg("q_from"), py::arg("q_to"), py::arg("rate_rad_s"), py::arg("bodies_gcrf"), py::arg("limb_rad"))
        .def("control", &control, py::arg("q_body_gcrf"), py::arg("omega_rad_s"), py::arg("wheel_n_m_s"), py::arg("q_wanted"),
             py::arg("omega_wanted"), py::arg("acceleration_wanted"))
        .def("unloading_dipole", &dipole, py::arg("momentum_n_m_s"), py::arg("field_body_t"))
        .def("unloading_duties", &duties, py::arg("momentum_n_m_s"));
    py::class_<SurroundingsTable, std::shared_ptr<SurroundingsTable>>(m, "SurroundingsTable")
        .def(py::init(&table_from), py::arg("t_s"), py::arg("r_gcrf_m"), py::arg("v_gcrf_m_s"), py::arg("sun_gcrf_m"),
             py::arg("moon_gcrf_m"), py::arg("field_gcrf_t"), py::arg("density_kg_m3"), py::arg("light"),
             py::arg("applied_n_m"));
    m.def("environment_torques", &torques, py::arg("craft"), py::arg("around"), py::arg("t_s"), py::arg("q_body_gcrf"));
    m.def("rigid_body_rotation", &rotation, py::arg("craft"), py::arg("q_body_gcrf"), py::arg("omega_rad_s"), py::arg("wheel_n_m_s"),
          py::arg("bending"), py::arg("t_s"), py::arg("torque_n_m"), py::arg("motor_n_m"), py::arg("step_s"));
    m.def("pointing_law", &law, py::arg("craft"), py::arg("around"), py::arg("segment"), py::arg("t_s"));
    m.def("pointing_profile", &pointing, py::arg("craft"), py::arg("around"), py::arg("segments"), py::arg("q_start"),
          py::arg("omega_start"), py::arg("t_s"));
}

} // namespace llamaspace::bindings
