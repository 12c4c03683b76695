// Shape checks and views shared by the bindings.
#pragma once

#include "llamaspace/error.hpp"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <span>
#include <string>

namespace llamaspace::bindings {

namespace py = pybind11;
using DoubleArray = py::array_t<double, py::array::c_style | py::array::forcecast>;

inline std::span<const double> vector_of(const DoubleArray& a, const char* name, py::ssize_t length = -1) {
    if (a.ndim() != 1 || (length >= 0 && a.shape(0) != length)) {
        throw Error(ErrorCode::bad_shape, std::string(name) + " must have shape (" +
                                              (length >= 0 ? std::to_string(length) : std::string("n")) + ",)");
    }
    return {a.data(), static_cast<std::size_t>(a.size())};
}

inline std::span<const double> rows_of_three(const DoubleArray& a, const char* name, py::ssize_t rows = -1) {
    if (a.ndim() != 2 || a.shape(1) != 3 || (rows >= 0 && a.shape(0) != rows)) {
        throw Error(ErrorCode::bad_shape, std::string(name) + " must have shape (" +
                                              (rows >= 0 ? std::to_string(rows) : std::string("n")) + ", 3)");
    }
    return {a.data(), static_cast<std::size_t>(a.size())};
}

inline std::span<double> writable(DoubleArray& a) { return {a.mutable_data(), static_cast<std::size_t>(a.size())}; }

void bind_sgp4(py::module_& m);
void bind_frames(py::module_& m);
void bind_events(py::module_& m);
void bind_ephemeris(py::module_& m);
void bind_atmosphere(py::module_& m);
void bind_gravity(py::module_& m);
void bind_propagation(py::module_& m);
void bind_two_body(py::module_& m);
void bind_collision(py::module_& m);
void bind_geomagnetic(py::module_& m);
void bind_link(py::module_& m);
void bind_attitude(py::module_& m);
void bind_attitude_flight(py::module_& m);
void bind_resources(py::module_& m);
void bind_telemetry(py::module_& m);
void bind_frame_packets(py::module_& m);

} // namespace llamaspace::bindings
