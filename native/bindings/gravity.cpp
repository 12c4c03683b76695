// Spherical harmonic fields over arrays of positions.
#include "llamaspace/gravity.hpp"

#include "arrays.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace llamaspace::bindings {
namespace {

std::shared_ptr<GravityModel> model_of(double mu_m3_s2, double radius_m, int degree, int order,
                                       const DoubleArray& harmonics) {
    if (harmonics.ndim() != 2 || harmonics.shape(1) != 4) {
        throw Error(ErrorCode::bad_shape, "harmonics must have shape (n, 4): degree, order, C, S");
    }
    std::vector<Harmonic> list(static_cast<std::size_t>(harmonics.shape(0)));
    const double* row = harmonics.data();
    for (Harmonic& harmonic : list) {
        harmonic = {static_cast<int>(row[0]), static_cast<int>(row[1]), row[2], row[3]};
        row += 4;
    }
    return std::make_shared<GravityModel>(mu_m3_s2, radius_m, degree, order, list);
}

Vec3 row_of(std::span<const double> r, std::size_t k) { return {r[3 * k], r[3 * k + 1], r[3 * k + 2]}; }

DoubleArray acceleration(const GravityModel& model, const DoubleArray& r_itrf_m) {
    const auto r = rows_of_three(r_itrf_m, "r_itrf_m");
    DoubleArray out({r_itrf_m.shape(0), py::ssize_t{3}});
    const auto rows = writable(out);
    py::gil_scoped_release release;
    for (std::size_t k = 0; k < r.size() / 3; ++k) {
        const Vec3 a = model.acceleration_m_s2(row_of(r, k));
        rows[3 * k] = a.x;
        rows[3 * k + 1] = a.y;
        rows[3 * k + 2] = a.z;
    }
    return out;
}

DoubleArray gradient(const GravityModel& model, const DoubleArray& r_itrf_m) {
    const auto r = rows_of_three(r_itrf_m, "r_itrf_m");
    DoubleArray out({r_itrf_m.shape(0), py::ssize_t{3}, py::ssize_t{3}});
    const auto rows = writable(out);
    py::gil_scoped_release release;
    for (std::size_t k = 0; k < r.size() / 3; ++k) {
        const Gradient g = model.derivatives(row_of(r, k)).gradient_s2;
        const std::array matrix{g.xx, g.xy, g.xz, g.xy, g.yy, g.yz, g.xz, g.yz, g.zz};
        std::ranges::copy(matrix, rows.subspan(9 * k, 9).begin());
    }
    return out;
}

DoubleArray potential(const GravityModel& model, const DoubleArray& r_itrf_m) {
    const auto r = rows_of_three(r_itrf_m, "r_itrf_m");
    DoubleArray out(r_itrf_m.shape(0));
    const auto values = writable(out);
    py::gil_scoped_release release;
    for (std::size_t k = 0; k < values.size(); ++k) {
        values[k] = model.potential_m2_s2(row_of(r, k));
    }
    return out;
}

} // namespace

void bind_gravity(py::module_& m) {
    py::class_<GravityModel, std::shared_ptr<GravityModel>>(m, "GravityModel")
        .def(py::init(&model_of), py::arg("mu_m3_s2"), py::arg("radius_m"), py::arg("degree"), py::arg("order"),
             py::arg("harmonics"))
        .def("acceleration_m_s2", &acceleration, py::arg("r_itrf_m"))
        .def("gradient_s2", &gradient, py::arg("r_itrf_m"))
        .def("potential_m2_s2", &potential, py::arg("r_itrf_m"));
}

} // namespace llamaspace::bindings
