// Collision probabilities of pairs of objects.
#include "llamaspace/collision.hpp"

#include "arrays.hpp"

#include <algorithm>

namespace llamaspace::bindings {
namespace {

UncertainState state_of(const DoubleArray& r_m, const DoubleArray& v_m_s, const DoubleArray& covariance) {
    const auto r = vector_of(r_m, "r_m", 3), v = vector_of(v_m_s, "v_m_s", 3);
    if (covariance.ndim() != 2 || covariance.shape(0) != 6 || covariance.shape(1) != 6) {
        throw Error(ErrorCode::bad_shape, "covariance must have shape (6, 6)");
    }
    UncertainState out{{r[0], r[1], r[2]}, {v[0], v[1], v[2]}, {}};
    std::copy_n(covariance.data(), 36, out.covariance.begin());
    return out;
}

py::tuple collisions(const DoubleArray& own_r_m, const DoubleArray& own_v_m_s, const DoubleArray& own_covariance,
                     const DoubleArray& other_r_m, const DoubleArray& other_v_m_s, const DoubleArray& other_covariance,
                     double radius_m, double mu) {
    const UncertainState own = state_of(own_r_m, own_v_m_s, own_covariance);
    const UncertainState other = state_of(other_r_m, other_v_m_s, other_covariance);
    CollisionRate found{};
    {
        py::gil_scoped_release release;
        found = expected_collisions(own, other, radius_m, mu);
    }
    return py::make_tuple(found.expected, found.t_s, found.duration_s);
}

py::tuple simulated(const DoubleArray& own_r_m, const DoubleArray& own_v_m_s, const DoubleArray& own_covariance,
                    const DoubleArray& other_r_m, const DoubleArray& other_v_m_s, const DoubleArray& other_covariance,
                    double radius_m, double mu, double from_s, double to_s, std::size_t samples, std::uint64_t seed,
                    unsigned threads) {
    const UncertainState own = state_of(own_r_m, own_v_m_s, own_covariance);
    const UncertainState other = state_of(other_r_m, other_v_m_s, other_covariance);
    CollisionCount found{};
    {
        py::gil_scoped_release release;
        found = count_collisions(own, other, radius_m, mu, {from_s, to_s, samples, seed, threads});
    }
    return py::make_tuple(found.hits, found.unbound);
}

DoubleArray plane(const DoubleArray& miss_m, const DoubleArray& covariance_m2, const DoubleArray& radius_m,
                  int method) {
    const auto radius = vector_of(radius_m, "radius_m");
    const auto n = static_cast<py::ssize_t>(radius.size());
    if (miss_m.ndim() != 2 || miss_m.shape(0) != n || miss_m.shape(1) != 2 || covariance_m2.ndim() != 3 ||
        covariance_m2.shape(0) != n || covariance_m2.shape(1) != 2 || covariance_m2.shape(2) != 2) {
        throw Error(ErrorCode::bad_shape, "miss_m must have shape (n, 2), covariance_m2 (n, 2, 2), radius_m (n,)");
    }
    if (method < 0 || method > static_cast<int>(PlaneMethod::series)) {
        throw Error(ErrorCode::bad_value, "method must be within 0 to 4");
    }
    const double* miss = miss_m.data();
    const double* c = covariance_m2.data();
    DoubleArray out(n);
    const auto to = writable(out);
    py::gil_scoped_release release;
    for (std::size_t i = 0; i < radius.size(); ++i, miss += 2, c += 4) {
        to[i] = plane_probability({miss[0], miss[1], c[0], 0.5 * (c[1] + c[2]), c[3], radius[i]},
                                  static_cast<PlaneMethod>(method));
    }
    return out;
}

} // namespace

void bind_collision(py::module_& m) {
    m.def("expected_collisions", &collisions, py::arg("own_r_m"), py::arg("own_v_m_s"), py::arg("own_covariance"),
          py::arg("other_r_m"), py::arg("other_v_m_s"), py::arg("other_covariance"), py::arg("radius_m"),
          py::arg("mu_m3_s2"));
    m.def("count_collisions", &simulated, py::arg("own_r_m"), py::arg("own_v_m_s"), py::arg("own_covariance"),
          py::arg("other_r_m"), py::arg("other_v_m_s"), py::arg("other_covariance"), py::arg("radius_m"),
          py::arg("mu_m3_s2"), py::kw_only(), py::arg("from_s"), py::arg("to_s"), py::arg("samples"), py::arg("seed"),
          py::arg("threads"));
    m.def("plane_probability", &plane, py::arg("miss_m"), py::arg("covariance_m2"), py::arg("radius_m"),
          py::arg("method"));
}

} // namespace llamaspace::bindings
