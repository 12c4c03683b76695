// The Python module native._core: its exception and its subjects.
#include "arrays.hpp"

namespace py = pybind11;

PYBIND11_MODULE(_core, m) {
    m.doc() = "Flight dynamics in C++: SGP4, frames and event searches. Arrays in, arrays out.";
    static py::exception<llamaspace::Error> native_error(m, "NativeError", PyExc_ValueError);
    py::register_exception_translator([](std::exception_ptr raised) {
        try {
            if (raised) {
                std::rethrow_exception(raised);
            }
        } catch (const llamaspace::Error& error) {
            py::object instance = py::handle(native_error)(error.what());
            instance.attr("code") = static_cast<int>(error.code());
            PyErr_SetObject(native_error.ptr(), instance.ptr());
        }
    });
    llamaspace::bindings::bind_sgp4(m);
    llamaspace::bindings::bind_frames(m);
    llamaspace::bindings::bind_events(m);
    llamaspace::bindings::bind_ephemeris(m);
    llamaspace::bindings::bind_atmosphere(m);
    llamaspace::bindings::bind_gravity(m);
    llamaspace::bindings::bind_propagation(m);
    llamaspace::bindings::bind_two_body(m);
    llamaspace::bindings::bind_collision(m);
    llamaspace::bindings::bind_geomagnetic(m);
    llamaspace::bindings::bind_link(m);
    llamaspace::bindings::bind_attitude(m);
    llamaspace::bindings::bind_attitude_flight(m);
    llamaspace::bindings::bind_resources(m);
    llamaspace::bindings::bind_telemetry(m);
    llamaspace::bindings::bind_frame_packets(m);
}
