// The Earth's magnetic field over arrays of places and times.
#include "llamaspace/geomagnetic.hpp"

#include "arrays.hpp"

#include <memory>
#include <vector>

namespace llamaspace::bindings {
namespace {

std::shared_ptr<GeomagneticModel> model_of(const DoubleArray& epochs_year, const DoubleArray& terms, const DoubleArray& g_nt,
                                           const DoubleArray& h_nt) {
    const auto epochs = vector_of(epochs_year, "epochs_year");
    const py::ssize_t count = terms.ndim() == 2 ? terms.shape(0) : 0, width = epochs_year.size();
    for (const DoubleArray* table : {&g_nt, &h_nt}) {
        if (table->ndim() != 2 || table->shape(0) != count || table->shape(1) != width || terms.shape(1) != 2) {
            throw Error(ErrorCode::bad_shape, "terms must have shape (n, 2), g_nt and h_nt (n, epochs)");
        }
    }
    std::vector<GeomagneticTerm> list;
    for (py::ssize_t k = 0; k < count; ++k) {
        const double *g = g_nt.data(k, 0), *h = h_nt.data(k, 0);
        list.push_back({static_cast<int>(*terms.data(k, 0)), static_cast<int>(*terms.data(k, 1)), {g, g + width}, {h, h + width}});
    }
    return std::make_shared<GeomagneticModel>(epochs, list);
}

DoubleArray field(const GeomagneticModel& model, const DoubleArray& r_itrf_m, const DoubleArray& years) {
    const auto r = rows_of_three(r_itrf_m, "r_itrf_m");
    const auto year = vector_of(years, "years", r_itrf_m.shape(0));
    DoubleArray out({r_itrf_m.shape(0), py::ssize_t{3}});
    const auto rows = writable(out);
    py::gil_scoped_release release;
    for (std::size_t k = 0; k < year.size(); ++k) {
        const Vec3 b = model.field_itrf_t({r[3 * k], r[3 * k + 1], r[3 * k + 2]}, year[k]);
        rows[3 * k] = b.x;
        rows[3 * k + 1] = b.y;
        rows[3 * k + 2] = b.z;
    }
    return out;
}

} // namespace

void bind_geomagnetic(py::module_& m) {
    py::class_<GeomagneticModel, std::shared_ptr<GeomagneticModel>>(m, "GeomagneticModel")
        .def(py::init(&model_of), py::arg("epochs_year"), py::arg("terms"), py::arg("g_nt"), py::arg("h_nt"))
        .def("field_itrf_t", &field, py::arg("r_itrf_m"), py::arg("years"))
        .def_property_readonly("first_year", &GeomagneticModel::first_year)
        .def_property_readonly("last_year", &GeomagneticModel::last_year);
}

} // namespace llamaspace::bindings
