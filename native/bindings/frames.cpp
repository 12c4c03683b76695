// Rotation matrices and illumination, one row per instant.
#include "llamaspace/frames.hpp"

#include "llamaspace/ephemeris.hpp"

#include "arrays.hpp"

#include <algorithm>

namespace llamaspace::bindings {
namespace {

DoubleArray matrices(const DoubleArray& t_tai_s, const DoubleArray& ut1_minus_tai_s, Mat3 (*of)(const Instant&)) {
    const auto t = vector_of(t_tai_s, "t_tai_s");
    const auto ut1 = vector_of(ut1_minus_tai_s, "ut1_minus_tai_s", t_tai_s.shape(0));
    DoubleArray out({t_tai_s.shape(0), py::ssize_t{3}, py::ssize_t{3}});
    const auto rows = writable(out);
    {
        py::gil_scoped_release release;
        for (std::size_t k = 0; k < t.size(); ++k) {
            const Mat3 dcm = of({t[k], ut1[k]});
            std::ranges::copy(dcm.m, rows.subspan(9 * k, 9).begin());
        }
    }
    return out;
}

Mat3 gcrf_from_teme(const Instant& at) { return dcm_gcrf_from_teme(earth_angles(at)); }
Mat3 itrf_from_gcrf(const Instant& at) { return dcm_itrf_from_gcrf(earth_angles(at)); }

DoubleArray illumination(const DoubleArray& r_gcrf_m, const DoubleArray& t_tai_s, const SunMoonEphemeris& sky) {
    const auto t = vector_of(t_tai_s, "t_tai_s");
    const auto r = rows_of_three(r_gcrf_m, "r_gcrf_m", t_tai_s.shape(0));
    DoubleArray out(t_tai_s.shape(0));
    const auto fraction = writable(out);
    {
        py::gil_scoped_release release;
        for (std::size_t k = 0; k < t.size(); ++k) {
            fraction[k] = 
                sunlit_fraction({r[3 * k], r[3 * k + 1], r[3 * k + 2]}, sky.apparent_sun_gcrf_m(tdb_s_from_tai_s(t[k])));
        }
    }
    return out;
}

} // namespace

void bind_frames(py::module_& m) {
    m.def("dcm_gcrf_from_teme",
          [](const DoubleArray& t, const DoubleArray& ut1) { return matrices(t, ut1, gcrf_from_teme); },
          py::arg("t_tai_s"), py::arg("ut1_minus_tai_s"));
    m.def("dcm_itrf_from_gcrf",
          [](const DoubleArray& t, const DoubleArray& ut1) { return matrices(t, ut1, itrf_from_gcrf); },
          py::arg("t_tai_s"), py::arg("ut1_minus_tai_s"));
    m.def("dcm_itrf_from_teme",
          [](const DoubleArray& t, const DoubleArray& ut1) { return matrices(t, ut1, dcm_itrf_from_teme); },
          py::arg("t_tai_s"), py::arg("ut1_minus_tai_s"));
    m.def("illumination", &illumination, py::arg("r_gcrf_m"), py::arg("t_tai_s"), py::arg("sky"));
}

} // namespace llamaspace::bindings
