// Event searches for one satellite; each returns one row of numbers per event.
#include "llamaspace/events.hpp"

#include "arrays.hpp"

#include <algorithm>
#include <array>
#include <numbers>
#include <vector>

namespace llamaspace::bindings {
namespace {

OrbitInTime orbit_of(const DoubleArray& elements, double epoch_tai_s) {
    const auto x = vector_of(elements, "elements", 8);
    return {Sgp4Satellite(MeanElements{x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]}), epoch_tai_s};
}

Site site_of(const DoubleArray& geodetic) {
    const auto g = vector_of(geodetic, "geodetic", 3);
    return site_at(g[0], g[1], g[2]);
}

template <std::size_t Columns> DoubleArray table(const std::vector<std::array<double, Columns>>& rows) {
    DoubleArray out({static_cast<py::ssize_t>(rows.size()), static_cast<py::ssize_t>(Columns)});
    double* next = out.mutable_data();
    for (const auto& row : rows) {
        next = std::ranges::copy(row, next).out;
    }
    return out;
}

DoubleArray passes(const DoubleArray& elements, double epoch_tai_s, const DoubleArray& geodetic, double start_tai_s,
                   double end_tai_s, double min_elevation_rad, const EarthOrientationTable& earth) {
    const OrbitInTime orbit = orbit_of(elements, epoch_tai_s);
    const Site site = site_of(geodetic);
    std::vector<std::array<double, 9>> rows;
    {
        py::gil_scoped_release release;
        for (const auto& p : find_passes(orbit, site, {start_tai_s, end_tai_s}, min_elevation_rad, earth)) {
            rows.push_back({p.aos_tai_s, p.los_tai_s, p.culmination_tai_s, p.max_elevation_rad, p.aos_azimuth_rad,
                            p.los_azimuth_rad, p.min_range_m, p.truncated_start ? 1.0 : 0.0,
                            p.truncated_end ? 1.0 : 0.0});
        }
    }
    return table(rows);
}

DoubleArray eclipses(const DoubleArray& elements, double epoch_tai_s, double start_tai_s, double end_tai_s,
                     const EarthOrientationTable& earth, const SunMoonEphemeris& sky) {
    const OrbitInTime orbit = orbit_of(elements, epoch_tai_s);
    std::vector<std::array<double, 4>> rows;
    {
        py::gil_scoped_release release;
        for (const auto& e : find_eclipses(orbit, {start_tai_s, end_tai_s}, {earth, sky})) {
            rows.push_back({e.start_tai_s, e.end_tai_s, e.umbra_start_tai_s, e.umbra_end_tai_s});
        }
    }
    return table(rows);
}

DoubleArray accesses(const DoubleArray& elements, double epoch_tai_s, const DoubleArray& geodetic, double start_tai_s,
                     double end_tai_s, double max_off_nadir_rad, double min_sun_elevation_rad, const EarthOrientationTable& earth,
                     const SunMoonEphemeris& sky, double max_roll_rad, double max_pitch_rad) {
    const OrbitInTime orbit = orbit_of(elements, epoch_tai_s);
    const Site site = site_of(geodetic);
    std::vector<std::array<double, 5>> rows;
    {
        py::gil_scoped_release release;
        for (const auto& a : find_target_access(orbit, site, {start_tai_s, end_tai_s},
                                                {max_off_nadir_rad, min_sun_elevation_rad, max_roll_rad, max_pitch_rad},
                                                {earth, sky})) {
            rows.push_back({a.start_tai_s, a.end_tai_s, a.best_tai_s, a.min_off_nadir_rad, a.sun_elevation_rad});
        }
    }
    return table(rows);
}

} // namespace

void bind_events(py::module_& m) {
    m.def("find_passes", &passes, py::arg("elements"), py::arg("epoch_tai_s"),
          py::arg("geodetic"), py::arg("start_tai_s"), py::arg("end_tai_s"), py::arg("min_elevation_rad"), py::arg("earth"));
    m.def("find_eclipses", &eclipses, py::arg("elements"), py::arg("epoch_tai_s"),
          py::arg("start_tai_s"), py::arg("end_tai_s"), py::arg("earth"), py::arg("sky"));
    m.def("find_target_access", &accesses, py::arg("elements"), py::arg("epoch_tai_s"),
          py::arg("geodetic"), py::arg("start_tai_s"), py::arg("end_tai_s"), py::arg("max_off_nadir_rad"),
          py::arg("min_sun_elevation_rad"), py::arg("earth"), py::arg("sky"),
          py::arg("max_roll_rad") = std::numbers::pi, py::arg("max_pitch_rad") = 0.5 * std::numbers::pi);
}

} // namespace llamaspace::bindings
