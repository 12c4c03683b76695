// Attitude flights of whole timelines for many members, and the attitude filter.
#include "llamaspace/attitude_flight.hpp"
#include "llamaspace/attitude_filter.hpp"
#include "llamaspace/error.hpp"

#include "attitude_arrays.hpp"

#include <pybind11/stl.h>

namespace llamaspace::bindings {
namespace {

using ByteArray = py::array_t<std::uint8_t, py::array::c_style>;

// One row of each array belongs to one member and one time.
template <class Array> std::span<typename Array::value_type> rows_of(Array& a, py::ssize_t member, py::ssize_t members) {
    const auto size = static_cast<std::size_t>(a.size() / members);
    return {a.mutable_data() + static_cast<std::size_t>(member) * size, size};
}

DoubleArray cube(py::ssize_t members, py::ssize_t times, py::ssize_t columns) { return DoubleArray({members, times, columns}); }

// Start rows: quaternion (4), rate (3), wheel momenta. Factor rows: inertia, friction, density, light, dipole, seed.
std::vector<FlightMember> members_of(const AttitudeCraft& craft, const DoubleArray& starts, const DoubleArray& factors,
                                     const std::vector<std::uint64_t>& seeds) {
    const auto n = craft.wheel_count();
    const auto s = table_of(starts, "starts", static_cast<py::ssize_t>(7 + n));
    const auto f = table_of(factors, "factors", 5, starts.shape(0));
    if (seeds.size() != static_cast<std::size_t>(starts.shape(0)) || seeds.empty()) {
        throw Error(ErrorCode::bad_shape, "one seed is needed for each member");
    }
    std::vector<FlightMember> out;
    for (std::size_t k = 0; k < seeds.size(); ++k) {
        FlightMember member;
        const std::size_t at = k * (7 + n);
        member.start.q_body_gcrf = quaternion_at(s, at);
        member.start.omega_rad_s = vec_at(s, at + 4);
        std::copy_n(s.begin() + static_cast<std::ptrdiff_t>(at + 7), n, member.start.wheel_n_m_s.begin());
        member.inertia = f[5 * k];
        member.friction = f[5 * k + 1];
        member.torques = {f[5 * k + 2], f[5 * k + 3], f[5 * k + 4]};
        member.seed = seeds[k];
        out.push_back(member);
    }
    return out;
}

py::dict fly(const AttitudeCraft& craft, const SurroundingsTable& around, const DoubleArray& segments, const DoubleArray& outages,
             int mode, const DoubleArray& starts, const DoubleArray& factors, const std::vector<std::uint64_t>& seeds) {
    const auto list = segments_of(segments);
    const auto members = members_of(craft, starts, factors, seeds);
    std::vector<TrackerOutage> out_of_use;
    const auto o = table_of(outages, "outages", 3);
    for (std::size_t k = 0; k < o.size(); k += 3) {
        out_of_use.push_back({static_cast<std::size_t>(o[k]), o[k + 1], o[k + 2]});
    }
    const auto m = static_cast<py::ssize_t>(members.size()), n = static_cast<py::ssize_t>(around.times_s().size());
    const auto w = static_cast<py::ssize_t>(craft.wheel_count()), z = static_cast<py::ssize_t>(craft.keep_outs.size());
    DoubleArray q = cube(m, n, 4), omega = cube(m, n, 3), wheels = cube(m, n, w), dipole = cube(m, n, 3), torque = cube(m, n, w);
    DoubleArray error = table(m, n), power = table(m, n), estimate = table(m, n), margin = cube(m, n, z);
    DoubleArray jets = table(m, static_cast<py::ssize_t>(craft.jets.size()));
    std::fill_n(jets.mutable_data(), jets.size(), 0.0);
    ByteArray settled({m, n}), blinded({m, n});
    std::vector<int> blocked(members.size());
    std::vector<FlightRows> rows;
    for (py::ssize_t k = 0; k < m; ++k) {
        rows.push_back({rows_of(q, k, m), rows_of(omega, k, m), rows_of(wheels, k, m), rows_of(error, k, m), rows_of(dipole, k, m),
                        rows_of(torque, k, m), rows_of(power, k, m), rows_of(margin, k, m), rows_of(estimate, k, m),
                        rows_of(settled, k, m), rows_of(blinded, k, m), rows_of(jets, k, m)});
    }
    {
        py::gil_scoped_release release;
        const SurroundingsTable mine = around; // its memory of the last interval is not shared between threads
        for (std::size_t k = 0; k < members.size(); ++k) {
            blocked[k] = fly_attitude(craft, mine, list, out_of_use, static_cast<FlightMode>(mode), members[k], rows[k]);
        }
    }
    py::dict out;
    out["q_body_gcrf"] = q;
    out["omega_rad_s"] = omega;
    out["wheel_n_m_s"] = wheels;
    out["error_rad"] = error;
    out["dipole_a_m2"] = dipole;
    out["wheel_torque_n_m"] = torque;
    out["wheel_power_w"] = power;
    out["keep_out_margin_rad"] = margin;
    out["estimate_error_rad"] = estimate;
    out["settled"] = settled;
    out["blinded"] = blinded;
    out["jet_on_s"] = jets;
    out["blocked_slews"] = py::array_t<int>(static_cast<py::ssize_t>(blocked.size()), blocked.data());
    return out;
}

} // namespace

void bind_attitude_flight(py::module_& m) {
    m.def("fly_attitude", &fly, py::arg("craft"), py::arg("around"), py::arg("segments"), py::arg("outages"), py::arg("mode"),
          py::arg("starts"), py::arg("factors"), py::arg("seeds"));
    py::class_<AttitudeFilter>(m, "AttitudeFilter")
        .def(py::init([](const DoubleArray& gyro, const DoubleArray& q, double attitude_rad, double bias_rad_s) {
                 const auto g = vector_of(gyro, "gyro", 2);
                 return AttitudeFilter({g[0], g[1], 0.0}, quaternion_at(vector_of(q, "q_body_gcrf", 4), 0), attitude_rad, bias_rad_s);
             }),
             py::arg("gyro"), py::arg("q_body_gcrf"), py::arg("attitude_rad"), py::arg("bias_rad_s"))
        .def("propagate", [](AttitudeFilter& filter, const DoubleArray& rate, double step_s) {
            filter.propagate(one_vec(rate, "measured_rad_s"), step_s);
        }, py::arg("measured_rad_s"), py::arg("step_s"))
        .def("update", [](AttitudeFilter& filter, const DoubleArray& q, const DoubleArray& axis, double about, double across) {
            filter.update(quaternion_at(vector_of(q, "measured", 4), 0), one_vec(axis, "axis"), about, across);
        }, py::arg("measured"), py::arg("axis"), py::arg("noise_rad"), py::arg("noise_rad_across"))
        .def("update_direction", [](AttitudeFilter& filter, const DoubleArray& body, const DoubleArray& known, double noise_rad) {
            filter.update_direction(one_vec(body, "measured_body"), one_vec(known, "known_gcrf"), noise_rad);
        }, py::arg("measured_body"), py::arg("known_gcrf"), py::arg("noise_rad"))
        .def_property_readonly("q_body_gcrf", [](const AttitudeFilter& filter) {
            DoubleArray out(4);
            put(writable(out), 0, filter.q_body_gcrf());
            return out;
        })
        .def_property_readonly("bias_rad_s", [](const AttitudeFilter& filter) {
            DoubleArray out(3);
            put(writable(out), 0, filter.bias_rad_s());
            return out;
        })
        .def_property_readonly("covariance", [](const AttitudeFilter& filter) {
            DoubleArray out = table(6, 6);
            std::ranges::copy(filter.covariance(), out.mutable_data());
            return out;
        });
}

} // namespace llamaspace::bindings
