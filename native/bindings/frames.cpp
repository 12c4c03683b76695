// Rotation matrices, Earth orientation and illumination, one row per instant.
#include "llamaspace/frames.hpp"

#include "llamaspace/earth_rotation.hpp"
#include "llamaspace/ephemeris.hpp"

#include "arrays.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace llamaspace::bindings {
namespace {

constexpr py::ssize_t orientation_columns = 6;

EarthOrientationTable table_of(double first_mjd_utc, const DoubleArray& days) {
    if (days.ndim() != 2 || days.shape(1) != orientation_columns) {
        throw Error(ErrorCode::bad_shape, "days must have shape (days, 6)");
    }
    std::vector<EarthOrientation> rows;
    rows.reserve(static_cast<std::size_t>(days.shape(0)));
    const double* d = days.data();
    for (py::ssize_t row = 0; row < days.shape(0); ++row, d += orientation_columns) {
        rows.push_back({d[0], d[1], d[2], d[3], d[4], d[5]});
    }
    return {first_mjd_utc, rows};
}

DoubleArray orientations(const EarthOrientationTable& table, const DoubleArray& t_tai_s) {
    const auto t = vector_of(t_tai_s, "t_tai_s");
    DoubleArray out({t_tai_s.shape(0), orientation_columns});
    double* row = out.mutable_data();
    for (const double instant : t) {
        const EarthOrientation e = table.at(instant);
        const std::array values{e.ut1_minus_tai_s, e.pole_x_rad, e.pole_y_rad, e.dx_rad, e.dy_rad, e.lod_s};
        row = std::ranges::copy(values, row).out;
    }
    return out;
}

// The series itself for few instants, interpolated where that is less work.
EarthRotation rotation_for(const EarthOrientationTable& table, std::span<const double> t) {
    if (t.empty()) {
        return EarthRotation(table);
    }
    if (!std::ranges::all_of(t, [](double instant) { return std::isfinite(instant); })) {
        throw Error(ErrorCode::bad_value, "an instant of t_tai_s is not finite");
    }
    const auto [first, last] = std::ranges::minmax(t);
    const double evaluations = static_cast<double>(pole_terms) * std::ceil((last - first) / pole_span_s + 1.0);
    return static_cast<double>(t.size()) > evaluations ? EarthRotation(table, first, last) : EarthRotation(table);
}

template <class Of> DoubleArray matrices(std::span<const double> t, Of of) {
    DoubleArray out({static_cast<py::ssize_t>(t.size()), py::ssize_t{3}, py::ssize_t{3}});
    const auto rows = writable(out);
    {
        py::gil_scoped_release release;
        for (std::size_t k = 0; k < t.size(); ++k) {
            std::ranges::copy(of(t[k]).m, rows.subspan(9 * k, 9).begin());
        }
    }
    return out;
}

template <Mat3 (EarthRotation::*Of)(double) const>
DoubleArray rotations(const DoubleArray& t_tai_s, const EarthOrientationTable& table) {
    const auto t = vector_of(t_tai_s, "t_tai_s");
    const EarthRotation earth = rotation_for(table, t);
    return matrices(t, [&earth](double instant) { return (earth.*Of)(instant); });
}

template <Mat3 (EarthRotation::*Of)(double) const> void define(py::module_& m, const char* name) {
    m.def(name, &rotations<Of>, py::arg("t_tai_s"), py::arg("earth"));
}

DoubleArray celestial_poles(const DoubleArray& t_tt_s) {
    const auto t = vector_of(t_tt_s, "t_tt_s");
    DoubleArray out({t_tt_s.shape(0), py::ssize_t{4}});
    double* row = out.mutable_data();
    for (const double instant : t) {
        const CelestialPole p = celestial_pole_06a(instant);
        row = std::ranges::copy(std::array{p.x_rad, p.y_rad, p.s_rad, p.eo_rad}, row).out;
    }
    return out;
}

DoubleArray mean_of_date(const DoubleArray& t_tt_s) {
    return matrices(vector_of(t_tt_s, "t_tt_s"), [](double instant) { return dcm_mod_from_gcrf(instant); });
}

DoubleArray frame_bias() {
    DoubleArray out({py::ssize_t{3}, py::ssize_t{3}});
    std::ranges::copy(dcm_eme2000_from_gcrf().m, out.mutable_data());
    return out;
}

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
    py::class_<EarthOrientationTable>(m, "EarthOrientationTable")
        .def(py::init(&table_of), py::arg("first_mjd_utc"), py::arg("days"))
        .def("at", &orientations, py::arg("t_tai_s"))
        .def_property_readonly("first_tai_s", &EarthOrientationTable::first_tai_s)
        .def_property_readonly("last_tai_s", &EarthOrientationTable::last_tai_s);
    define<&EarthRotation::dcm_cirs_from_gcrf>(m, "dcm_cirs_from_gcrf");
    define<&EarthRotation::dcm_tod_from_gcrf>(m, "dcm_tod_from_gcrf");
    define<&EarthRotation::dcm_pef_from_gcrf>(m, "dcm_pef_from_gcrf");
    define<&EarthRotation::dcm_itrf_from_gcrf>(m, "dcm_itrf_from_gcrf");
    define<&EarthRotation::dcm_gcrf_from_teme>(m, "dcm_gcrf_from_teme");
    define<&EarthRotation::dcm_pef_from_teme>(m, "dcm_pef_from_teme");
    define<&EarthRotation::dcm_itrf_from_teme>(m, "dcm_itrf_from_teme");
    m.def("dcm_mod_from_gcrf", &mean_of_date, py::arg("t_tt_s"));
    m.def("dcm_eme2000_from_gcrf", &frame_bias);
    m.def("celestial_pole_06a", &celestial_poles, py::arg("t_tt_s"));
    m.def("illumination", &illumination, py::arg("r_gcrf_m"), py::arg("t_tai_s"), py::arg("sky"));
}

} // namespace llamaspace::bindings
