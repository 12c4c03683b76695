// SGP4 over satellites and epochs.
#include "llamaspace/sgp4.hpp"

#include "llamaspace/events.hpp"
#include "llamaspace/screening.hpp"

#include "arrays.hpp"
#include "lanes.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace llamaspace::bindings {
namespace {

// The columns of `elements`, in the order of MeanElements.
constexpr py::ssize_t element_columns = 8;

using OutArray = py::array_t<double, py::array::c_style>; // written in place: never a converted copy
using CodeArray = py::array_t<std::uint8_t, py::array::c_style>;

class Sgp4Batch {
  public:
    explicit Sgp4Batch(const DoubleArray& elements) {
        if (elements.ndim() != 2 || elements.shape(1) != element_columns || elements.shape(0) == 0) {
            throw Error(ErrorCode::bad_shape, "elements must have shape (satellites, 8)");
        }
        const auto* x = elements.data();
        satellites_.reserve(static_cast<std::size_t>(elements.shape(0)));
        for (py::ssize_t row = 0; row < elements.shape(0); ++row, x += element_columns) {
            satellites_.emplace_back(MeanElements{x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]});
        }
    }

    [[nodiscard]] std::size_t size() const { return satellites_.size(); }
    [[nodiscard]] const Sgp4Satellite& front() const { return satellites_.front(); }

    [[nodiscard]] DoubleArray nodedot() const {
        DoubleArray out(static_cast<py::ssize_t>(size()));
        for (std::size_t k = 0; k < size(); ++k) {
            out.mutable_at(static_cast<py::ssize_t>(k)) = satellites_[k].nodedot_rad_min();
        }
        return out;
    }

    [[nodiscard]] py::tuple propagate(const DoubleArray& minutes) const {
        const auto rows = static_cast<py::ssize_t>(size());
        if (minutes.ndim() != 2 || minutes.shape(0) != rows) {
            throw Error(ErrorCode::bad_shape, "minutes must have shape (" + std::to_string(rows) + ", epochs)");
        }
        const py::ssize_t epochs = minutes.shape(1);
        DoubleArray r({rows, epochs, py::ssize_t{3}}), v({rows, epochs, py::ssize_t{3}});
        py::array_t<std::uint8_t> codes({rows, epochs});
        const std::span<const double> t{minutes.data(), static_cast<std::size_t>(minutes.size())};
        const auto r_out = writable(r), v_out = writable(v);
        const std::span<std::uint8_t> code_out{codes.mutable_data(), static_cast<std::size_t>(codes.size())};
        {
            py::gil_scoped_release release;
            propagate_rows(satellites_, static_cast<std::size_t>(epochs), t, r_out, v_out, code_out);
        }
        return py::make_tuple(r, v, codes);
    }

    void propagate_grid(const DoubleArray& offsets_min, const DoubleArray& minutes, OutArray& r_teme_m,
                        OutArray& v_teme_m_s, CodeArray& codes, const std::string& lanes, unsigned threads) const {
        const auto offsets = vector_of(offsets_min, "offsets_min", static_cast<py::ssize_t>(size()));
        const auto grid = vector_of(minutes, "minutes");
        const std::array<py::ssize_t, 3> shape{static_cast<py::ssize_t>(size()), minutes.shape(0), 3};
        const auto fits = [&](const py::array& a, py::ssize_t dimensions) {
            return a.ndim() == dimensions && std::equal(shape.begin(), shape.begin() + dimensions, a.shape());
        };
        if (!fits(r_teme_m, 3) || !fits(v_teme_m_s, 3) || !fits(codes, 2)) {
            throw Error(ErrorCode::bad_shape, "outputs must have shapes (satellites, epochs, 3) twice and (satellites, epochs)");
        }
        const std::span<double> r{r_teme_m.mutable_data(), static_cast<std::size_t>(r_teme_m.size())};
        const std::span<double> v{v_teme_m_s.mutable_data(), static_cast<std::size_t>(v_teme_m_s.size())};
        const std::span<std::uint8_t> c{codes.mutable_data(), static_cast<std::size_t>(codes.size())};
        const Lanes which = lanes_of(lanes);
        py::gil_scoped_release release;
        llamaspace::propagate_grid(satellites_, offsets, grid, r, v, c, which, threads);
    }

    [[nodiscard]] py::tuple find_all_passes(const DoubleArray& offsets_min, const DoubleArray& geodetic,
                                            const DoubleArray& min_elevations_rad, double start_tai_s, double end_tai_s,
                                            const EarthOrientationTable& earth, unsigned threads) const {
        const auto offsets = vector_of(offsets_min, "offsets_min", static_cast<py::ssize_t>(size()));
        const auto places = rows_of_three(geodetic, "geodetic");
        const auto masks = vector_of(min_elevations_rad, "min_elevations_rad", geodetic.shape(0));
        std::vector<Site> sites;
        for (std::size_t k = 0; k < masks.size(); ++k) {
            sites.push_back(site_at(places[3 * k], places[3 * k + 1], places[3 * k + 2]));
        }
        AllPasses found;
        {
            py::gil_scoped_release release;
            found = llamaspace::find_all_passes({satellites_, offsets, sites, masks, {start_tai_s, end_tai_s}, threads}, earth);
        }
        DoubleArray passes({static_cast<py::ssize_t>(found.passes.size()), py::ssize_t{11}});
        double* row = passes.mutable_data();
        for (const auto& [satellite, site, p] : found.passes) {
            const std::array values{static_cast<double>(satellite), static_cast<double>(site), p.aos_tai_s, p.los_tai_s,
                                    p.culmination_tai_s, p.max_elevation_rad, p.aos_azimuth_rad, p.los_azimuth_rad,
                                    p.min_range_m, p.truncated_start ? 1.0 : 0.0, p.truncated_end ? 1.0 : 0.0};
            row = std::ranges::copy(values, row).out;
        }
        py::array_t<std::uint32_t> unsearched(static_cast<py::ssize_t>(found.unsearched.size()));
        std::ranges::copy(found.unsearched, unsearched.mutable_data());
        return py::make_tuple(passes, unsearched);
    }

    [[nodiscard]] py::tuple find_all_nodes(const DoubleArray& offsets_min, double start_tai_s, double end_tai_s,
                                           const EarthOrientationTable& earth, unsigned threads) const {
        const auto offsets = vector_of(offsets_min, "offsets_min", static_cast<py::ssize_t>(size()));
        AllCrossings found;
        {
            py::gil_scoped_release release;
            found = llamaspace::find_all_nodes({satellites_, offsets, {start_tai_s, end_tai_s}, threads}, earth);
        }
        return rows_of(found);
    }

    [[nodiscard]] py::tuple find_all_apsides(const DoubleArray& offsets_min, double start_tai_s, double end_tai_s,
                                             unsigned threads) const {
        const auto offsets = vector_of(offsets_min, "offsets_min", static_cast<py::ssize_t>(size()));
        AllCrossings found;
        {
            py::gil_scoped_release release;
            found = llamaspace::find_all_apsides({satellites_, offsets, {start_tai_s, end_tai_s}, threads});
        }
        return rows_of(found);
    }

    [[nodiscard]] py::tuple find_all_keep_out(const DoubleArray& offsets_min, double start_tai_s, double end_tai_s,
                                              const DoubleArray& boresight_rtn, double least_angle_rad, bool moon,
                                              const EarthOrientationTable& earth, const SunMoonEphemeris& sky,
                                              unsigned threads) const {
        const auto offsets = vector_of(offsets_min, "offsets_min", static_cast<py::ssize_t>(size()));
        const auto b = vector_of(boresight_rtn, "boresight_rtn", 3);
        AllKeepOut found;
        {
            py::gil_scoped_release release;
            found = llamaspace::find_all_keep_out({satellites_, offsets, {start_tai_s, end_tai_s}, threads},
                                                  {{b[0], b[1], b[2]}, least_angle_rad, moon}, {earth, sky});
        }
        DoubleArray spans({static_cast<py::ssize_t>(found.spans.size()), py::ssize_t{4}});
        double* row = spans.mutable_data();
        for (const auto& one : found.spans) {
            const std::array values{static_cast<double>(one.satellite), one.start_tai_s, one.end_tai_s, one.least_angle_rad};
            row = std::ranges::copy(values, row).out;
        }
        return py::make_tuple(spans, indices_of(found.unsearched));
    }

    [[nodiscard]] py::tuple find_all_eclipses(const DoubleArray& offsets_min, double start_tai_s, double end_tai_s,
                                              const EarthOrientationTable& earth, const SunMoonEphemeris& sky,
                                              unsigned threads) const {
        const auto offsets = vector_of(offsets_min, "offsets_min", static_cast<py::ssize_t>(size()));
        AllEclipses found;
        {
            py::gil_scoped_release release;
            found = llamaspace::find_all_eclipses({satellites_, offsets, {start_tai_s, end_tai_s}, threads}, {earth, sky});
        }
        DoubleArray eclipses({static_cast<py::ssize_t>(found.eclipses.size()), py::ssize_t{5}});
        double* row = eclipses.mutable_data();
        for (const auto& [satellite, e] : found.eclipses) {
            const std::array values{static_cast<double>(satellite), e.start_tai_s, e.end_tai_s, e.umbra_start_tai_s,
                                    e.umbra_end_tai_s};
            row = std::ranges::copy(values, row).out;
        }
        return py::make_tuple(eclipses, indices_of(found.unsearched));
    }

    [[nodiscard]] py::tuple find_all_target_access(const DoubleArray& offsets_min, const DoubleArray& geodetic,
                                                   double start_tai_s, double end_tai_s, const DoubleArray& limits_rad,
                                                   const EarthOrientationTable& earth, const SunMoonEphemeris& sky,
                                                   unsigned threads) const {
        const auto offsets = vector_of(offsets_min, "offsets_min", static_cast<py::ssize_t>(size()));
        const auto places = rows_of_three(geodetic, "geodetic");
        const auto limits = vector_of(limits_rad, "limits_rad", 4);
        std::vector<Site> targets;
        for (std::size_t k = 0; k + 2 < places.size(); k += 3) {
            targets.push_back(site_at(places[k], places[k + 1], places[k + 2]));
        }
        AllAccesses found;
        {
            py::gil_scoped_release release;
            found = llamaspace::find_all_target_access({satellites_, offsets, {start_tai_s, end_tai_s}, threads}, targets,
                                                       {limits[0], limits[1], limits[2], limits[3]}, {earth, sky});
        }
        DoubleArray accesses({static_cast<py::ssize_t>(found.accesses.size()), py::ssize_t{7}});
        double* row = accesses.mutable_data();
        for (const auto& [satellite, target, a] : found.accesses) {
            const std::array values{static_cast<double>(satellite), static_cast<double>(target), a.start_tai_s, a.end_tai_s,
                                    a.best_tai_s, a.min_off_nadir_rad, a.sun_elevation_rad};
            row = std::ranges::copy(values, row).out;
        }
        return py::make_tuple(accesses, indices_of(found.unsearched));
    }

    [[nodiscard]] py::tuple screen(const DoubleArray& offsets_min, double duration_s, double threshold_m, double step_s) const {
        const auto offsets = vector_of(offsets_min, "offsets_min", static_cast<py::ssize_t>(size()));
        Screening found;
        {
            py::gil_scoped_release release;
            found = llamaspace::screen({satellites_, offsets, duration_s, threshold_m, step_s});
        }
        DoubleArray approaches({static_cast<py::ssize_t>(found.approaches.size()), py::ssize_t{6}});
        double* row = approaches.mutable_data();
        for (const auto& a : found.approaches) {
            const std::array values{static_cast<double>(a.first), static_cast<double>(a.second), a.since_start_s, a.miss_m,
                                    a.relative_speed_m_s, a.at_edge ? 1.0 : 0.0};
            row = std::ranges::copy(values, row).out;
        }
        DoubleArray unscreened({static_cast<py::ssize_t>(found.unscreened.size()), py::ssize_t{3}});
        row = unscreened.mutable_data();
        for (const auto& u : found.unscreened) {
            const std::array values{static_cast<double>(u.object), u.since_start_s, static_cast<double>(u.code)};
            row = std::ranges::copy(values, row).out;
        }
        return py::make_tuple(approaches, unscreened);
    }

  private:
    static py::array_t<std::uint32_t> indices_of(const std::vector<std::uint32_t>& indices) {
        py::array_t<std::uint32_t> out(static_cast<py::ssize_t>(indices.size()));
        std::ranges::copy(indices, out.mutable_data());
        return out;
    }

    static py::tuple rows_of(const AllCrossings& found) {
        DoubleArray crossings({static_cast<py::ssize_t>(found.crossings.size()), py::ssize_t{4}});
        double* row = crossings.mutable_data();
        for (const auto& one : found.crossings) {
            const std::array values{static_cast<double>(one.satellite), one.rising ? 1.0 : 0.0, one.t_tai_s, one.value};
            row = std::ranges::copy(values, row).out;
        }
        return py::make_tuple(crossings, indices_of(found.unsearched));
    }

    std::vector<Sgp4Satellite> satellites_;
};

} // namespace

void bind_sgp4(py::module_& m) {
    m.def("has_lanes", [](const std::string& lanes) { return has_lanes(lanes_of(lanes)); }, py::arg("lanes"));
    py::class_<Sgp4Batch>(m, "Sgp4Batch")
        .def(py::init<const DoubleArray&>(), py::arg("elements"))
        .def("__len__", &Sgp4Batch::size)
        .def("propagate", &Sgp4Batch::propagate, py::arg("minutes"))
        .def("propagate_grid", &Sgp4Batch::propagate_grid, py::arg("offsets_min"), py::arg("minutes"),
             py::arg("r_teme_m").noconvert(), py::arg("v_teme_m_s").noconvert(), py::arg("codes").noconvert(),
             py::arg("lanes") = "automatic", py::arg("threads") = 1U)
        .def("find_all_passes", &Sgp4Batch::find_all_passes, py::arg("offsets_min"), py::arg("geodetic"),
             py::arg("min_elevations_rad"), py::arg("start_tai_s"), py::arg("end_tai_s"), py::arg("earth"),
             py::arg("threads") = 1U)
        .def("find_all_nodes", &Sgp4Batch::find_all_nodes, py::arg("offsets_min"), py::arg("start_tai_s"),
             py::arg("end_tai_s"), py::arg("earth"), py::arg("threads") = 1U)
        .def("find_all_apsides", &Sgp4Batch::find_all_apsides, py::arg("offsets_min"), py::arg("start_tai_s"),
             py::arg("end_tai_s"), py::arg("threads") = 1U)
        .def("find_all_keep_out", &Sgp4Batch::find_all_keep_out, py::arg("offsets_min"), py::arg("start_tai_s"),
             py::arg("end_tai_s"), py::arg("boresight_rtn"), py::arg("least_angle_rad"), py::arg("moon"), py::arg("earth"),
             py::arg("sky"), py::arg("threads") = 1U)
        .def("find_all_eclipses", &Sgp4Batch::find_all_eclipses, py::arg("offsets_min"), py::arg("start_tai_s"),
             py::arg("end_tai_s"), py::arg("earth"), py::arg("sky"), py::arg("threads") = 1U)
        .def("find_all_target_access", &Sgp4Batch::find_all_target_access, py::arg("offsets_min"), py::arg("geodetic"),
             py::arg("start_tai_s"), py::arg("end_tai_s"), py::arg("limits_rad"), py::arg("earth"), py::arg("sky"),
             py::arg("threads") = 1U)
        .def("screen", &Sgp4Batch::screen, py::arg("offsets_min"), py::arg("duration_s"), py::arg("threshold_m"),
             py::arg("step_s"))
        .def("nodedot_rad_min", &Sgp4Batch::nodedot);
}

} // namespace llamaspace::bindings
