// The Sun and the Moon, one row per instant.
#include "llamaspace/ephemeris.hpp"

#include "arrays.hpp"

#include <algorithm>

namespace llamaspace::bindings {
namespace {

ChebyshevSpans spans_of(const DoubleArray& coefficients, double step_s, const char* name) {
    if (coefficients.ndim() != 3 || coefficients.shape(1) != 3) {
        throw Error(ErrorCode::bad_shape, std::string(name) + " must have shape (spans, 3, terms)");
    }
    return {step_s, static_cast<std::size_t>(coefficients.shape(2)),
            {coefficients.data(), static_cast<std::size_t>(coefficients.size())}};
}

template <class Of> DoubleArray rows_of(const DoubleArray& t_tdb_s, Of of) {
    const auto t = vector_of(t_tdb_s, "t_tdb_s");
    DoubleArray out({t_tdb_s.shape(0), py::ssize_t{3}});
    const auto rows = writable(out);
    {
        py::gil_scoped_release release;
        for (std::size_t k = 0; k < t.size(); ++k) {
            const Vec3 r = of(t[k]);
            rows[3 * k] = r.x;
            rows[3 * k + 1] = r.y;
            rows[3 * k + 2] = r.z;
        }
    }
    return out;
}

DoubleArray tdb_minus_tt(const DoubleArray& t_tt_s) {
    const auto t = vector_of(t_tt_s, "t_tt_s");
    DoubleArray out(t_tt_s.shape(0));
    std::ranges::transform(t, out.mutable_data(), tdb_minus_tt_s);
    return out;
}

} // namespace

void bind_ephemeris(py::module_& m) {
    py::class_<SunMoonEphemeris>(m, "SunMoonEphemeris")
        .def(py::init([](double start_tdb_s, double end_tdb_s, double moon_share, double moon_step_s,
                         const DoubleArray& moon_m, double sun_step_s, const DoubleArray& sun_m) {
                 return SunMoonEphemeris(start_tdb_s, end_tdb_s, moon_share, spans_of(moon_m, moon_step_s, "moon_m"),
                                         spans_of(sun_m, sun_step_s, "sun_m"));
             }),
             py::arg("start_tdb_s"), py::arg("end_tdb_s"), py::arg("moon_share"), py::arg("moon_step_s"),
             py::arg("moon_m"), py::arg("sun_step_s"), py::arg("sun_m"))
        .def("sun_gcrf_m",
             [](const SunMoonEphemeris& e, const DoubleArray& t) {
                 return rows_of(t, [&](double t_tdb_s) { return e.at(t_tdb_s).r_sun_gcrf_m; });
             },
             py::arg("t_tdb_s"))
        .def("apparent_sun_gcrf_m",
             [](const SunMoonEphemeris& e, const DoubleArray& t) {
                 return rows_of(t, [&](double t_tdb_s) { return e.apparent_sun_gcrf_m(t_tdb_s); });
             },
             py::arg("t_tdb_s"))
        .def("moon_gcrf_m",
             [](const SunMoonEphemeris& e, const DoubleArray& t) {
                 return rows_of(t, [&](double t_tdb_s) { return e.at(t_tdb_s).r_moon_gcrf_m; });
             },
             py::arg("t_tdb_s"))
        .def_property_readonly("start_tdb_s", &SunMoonEphemeris::start_tdb_s)
        .def_property_readonly("end_tdb_s", &SunMoonEphemeris::end_tdb_s);
    m.def("tdb_minus_tt_s", &tdb_minus_tt, py::arg("t_tt_s"));
}

} // namespace llamaspace::bindings
