// Two-body propagation and Lambert's problem over arrays.
#include "llamaspace/two_body.hpp"

#include "arrays.hpp"
#include "lanes.hpp"

namespace llamaspace::bindings {
namespace {

Vec3 row(std::span<const double> values, std::size_t i) {
    return {values[3 * i], values[3 * i + 1], values[3 * i + 2]};
}

void put(std::span<double> values, std::size_t i, const Vec3& v) {
    values[3 * i] = v.x;
    values[3 * i + 1] = v.y;
    values[3 * i + 2] = v.z;
}

void require_mu(double mu) {
    if (!(mu > 0.0 && std::isfinite(mu))) {
        throw Error(ErrorCode::bad_value, "mu_m3_s2 must be above 0");
    }
}

py::tuple kepler(const DoubleArray& r_m, const DoubleArray& v_m_s, const DoubleArray& t_s, double mu) {
    const auto r = rows_of_three(r_m, "r_m");
    const auto n = static_cast<py::ssize_t>(r.size() / 3);
    const auto v = rows_of_three(v_m_s, "v_m_s", n);
    const auto t = vector_of(t_s, "t_s", n);
    require_mu(mu);
    DoubleArray r_out({n, py::ssize_t{3}}), v_out({n, py::ssize_t{3}});
    const auto r_to = writable(r_out), v_to = writable(v_out);
    {
        py::gil_scoped_release release;
        for (std::size_t i = 0; i < t.size(); ++i) {
            const StateVector end = propagate_kepler({row(r, i), row(v, i)}, t[i], mu);
            put(r_to, i, end.r_m);
            put(v_to, i, end.v_m_s);
        }
    }
    return py::make_tuple(r_out, v_out);
}

struct LambertArrays {
    std::span<const double> r1, r2, t;
    py::ssize_t n;
};
LambertArrays lambert_arrays(const DoubleArray& r1_m, const DoubleArray& r2_m, const DoubleArray& t_s, double mu) {
    const auto r1 = rows_of_three(r1_m, "r1_m");
    const auto n = static_cast<py::ssize_t>(r1.size() / 3);
    require_mu(mu);
    return {r1, rows_of_three(r2_m, "r2_m", n), vector_of(t_s, "time_of_flight_s", n), n};
}

py::tuple lambert(const DoubleArray& r1_m, const DoubleArray& r2_m, const DoubleArray& time_of_flight_s,
                  int revolutions, bool right_branch, bool retrograde, double mu, const std::string& lanes) {
    const LambertArrays in = lambert_arrays(r1_m, r2_m, time_of_flight_s, mu);
    if (revolutions < 0) {
        throw Error(ErrorCode::bad_value, "revolutions must not be below 0");
    }
    const LambertWay way{revolutions, right_branch ? LambertBranch::right : LambertBranch::left, retrograde};
    DoubleArray v1_out({in.n, py::ssize_t{3}}), v2_out({in.n, py::ssize_t{3}});
    py::array_t<std::uint8_t> codes(in.n);
    const LambertBatch batch{in.r1, in.r2, in.t, writable(v1_out), writable(v2_out),
                             {codes.mutable_data(), in.t.size()}};
    const Lanes which = lanes_of(lanes);
    {
        py::gil_scoped_release release;
        solve_lambert(batch, way, mu, which);
    }
    return py::make_tuple(v1_out, v2_out, codes);
}

py::array_t<int> revolutions_allowed(const DoubleArray& r1_m, const DoubleArray& r2_m,
                                     const DoubleArray& time_of_flight_s, bool retrograde, double mu) {
    const LambertArrays in = lambert_arrays(r1_m, r2_m, time_of_flight_s, mu);
    py::array_t<int> out(in.n);
    int* to = out.mutable_data();
    py::gil_scoped_release release;
    for (std::size_t i = 0; i < in.t.size(); ++i) {
        to[i] = most_revolutions({row(in.r1, i), row(in.r2, i), in.t[i]}, retrograde, mu);
    }
    return out;
}

} // namespace

void bind_two_body(py::module_& m) {
    m.def("kepler", &kepler, py::arg("r_m"), py::arg("v_m_s"), py::arg("t_s"), py::arg("mu_m3_s2"));
    m.def("lambert", &lambert, py::arg("r1_m"), py::arg("r2_m"), py::arg("time_of_flight_s"), py::arg("revolutions"),
          py::arg("right_branch"), py::arg("retrograde"), py::arg("mu_m3_s2"), py::arg("lanes") = "automatic");
    m.def("lambert_most_revolutions", &revolutions_allowed, py::arg("r1_m"), py::arg("r2_m"),
          py::arg("time_of_flight_s"), py::arg("retrograde"), py::arg("mu_m3_s2"));
}

} // namespace llamaspace::bindings
