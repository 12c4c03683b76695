// Numerical propagation: models are built once, flights take arrays and give arrays.
#include "llamaspace/flights.hpp"
#include "llamaspace/propagator.hpp"

#include "arrays.hpp"

#include <pybind11/stl.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

namespace llamaspace::bindings {
namespace {

Vec3 vec_of(const double* p) { return {p[0], p[1], p[2]}; }

struct Satellite {
    ForceSettings settings;
    SpacecraftShape shape;
};

const double* table_of(const DoubleArray& a, const char* name, py::ssize_t columns) {
    if (a.ndim() != 2 || a.shape(1) != columns) {
        throw Error(ErrorCode::bad_shape, std::string(name) + " must have shape (n, " + std::to_string(columns) + ")");
    }
    return a.data();
}

std::vector<Panel> panels_of(const DoubleArray& rows) {
    std::vector<Panel> out(static_cast<std::size_t>(rows.shape(0)));
    const double* p = table_of(rows, "panels", 7);
    for (Panel& panel : out) {
        panel = {vec_of(p), p[3], p[4], p[5], p[6] != 0.0};
        p += 7;
    }
    return out;
}

std::optional<EmpiricalAcceleration> empirical_of(const std::optional<DoubleArray>& rows) {
    if (!rows) {
        return std::nullopt;
    }
    const double* p = rows_of_three(*rows, "empirical", 3).data();
    return EmpiricalAcceleration{vec_of(p), vec_of(p + 3), vec_of(p + 6)};
}

std::shared_ptr<OceanTideTable> ocean_table(const DoubleArray& doodson, const DoubleArray& rows) {
    auto table = std::make_shared<OceanTideTable>();
    const double* wave = table_of(doodson, "doodson", 6);
    for (py::ssize_t k = 0; k < doodson.shape(0); ++k, wave += 6) {
        table->waves.push_back({wave[0], wave[1], wave[2], wave[3], wave[4], wave[5]});
    }
    const double* p = table_of(rows, "rows", 7);
    for (py::ssize_t k = 0; k < rows.shape(0); ++k, p += 7) {
        const int which = static_cast<int>(p[0]), n = static_cast<int>(p[1]), m = static_cast<int>(p[2]);
        if (which < 0 || which >= doodson.shape(0) || n < 2 || n > ocean_degree || m < 0 || m > n) {
            throw Error(ErrorCode::bad_value, "a term of the ocean tide has no wave, or a degree outside 2 to 8");
        }
        table->terms.push_back({which, n, m, p[3], p[4], p[5], p[6]});
    }
    return table;
}

std::vector<Impulse> impulses_of(const DoubleArray& rows) {
    std::vector<Impulse> out(static_cast<std::size_t>(rows.shape(0)));
    const double* p = table_of(rows, "impulses", 6);
    for (Impulse& impulse : out) {
        impulse = {p[0], vec_of(p + 1), static_cast<Axes>(static_cast<int>(p[4])), p[5]};
        p += 6;
    }
    return out;
}

std::vector<Burn> burns_of(const DoubleArray& rows) {
    std::vector<Burn> out(static_cast<std::size_t>(rows.shape(0)));
    const double* p = table_of(rows, "burns", 8);
    for (Burn& burn : out) {
        burn = {p[0], p[1], p[2], p[3], vec_of(p + 4), static_cast<Axes>(static_cast<int>(p[7]))};
        p += 8;
    }
    return out;
}

std::vector<StopCondition> stops_of(const DoubleArray& rows) {
    std::vector<StopCondition> out(static_cast<std::size_t>(rows.shape(0)));
    const double* p = table_of(rows, "stops", 3);
    for (StopCondition& stop : out) {
        stop = {static_cast<StopKind>(static_cast<int>(p[0])), p[1], p[2] != 0.0};
        p += 3;
    }
    return out;
}

Flight flight_of(double t_tai_s, const DoubleArray& state, int method, double step_s, double tolerance_m,
                 double lowest_height_m, const DoubleArray& impulses, const DoubleArray& burns, const DoubleArray& stops) {
    const auto y = vector_of(state, "state", static_cast<py::ssize_t>(state_columns));
    Flight flight{t_tai_s, vec_of(y.data()), vec_of(y.data() + 3), y[6]};
    flight.method = static_cast<Method>(method);
    flight.step_s = step_s;
    flight.tolerance_m = tolerance_m;
    flight.lowest_height_m = lowest_height_m;
    flight.impulses = impulses_of(impulses);
    flight.burns = burns_of(burns);
    flight.stops = stops_of(stops);
    return flight;
}

DoubleArray sightings_of(const FlightRecord& record) {
    DoubleArray out({static_cast<py::ssize_t>(record.sightings.size()), static_cast<py::ssize_t>(state_columns + 2)});
    double* p = out.mutable_data();
    for (const Sighting& sighting : record.sightings) {
        *p++ = static_cast<double>(sighting.stop);
        *p++ = sighting.t_tai_s;
        p = std::ranges::copy(sighting.state, p).out;
    }
    return out;
}

struct Flown {
    DoubleArray states, variational, sightings, end_state;
    std::size_t epochs_reached, steps, evaluations;
    bool stopped, reentered;
    double end_tai_s, largest_correction_m, adaptive_from_tai_s;
};

Flown fly_satellite(const Satellite& satellite, double t_tai_s, const DoubleArray& state, const DoubleArray& epochs_tai_s,
                    int method, double step_s, double tolerance_m, double lowest_height_m, const DoubleArray& impulses,
                    const DoubleArray& burns, const DoubleArray& stops, bool variational) {
    const Flight flight = flight_of(t_tai_s, state, method, step_s, tolerance_m, lowest_height_m, impulses, burns, stops);
    const auto epochs = vector_of(epochs_tai_s, "epochs_tai_s");
    const auto rows = static_cast<py::ssize_t>(epochs.size());
    DoubleArray states({rows, static_cast<py::ssize_t>(state_columns)});
    DoubleArray matrices({variational ? rows : py::ssize_t{0}, static_cast<py::ssize_t>(variational_columns)});
    const auto states_out = writable(states), matrices_out = writable(matrices);
    FlightRecord record;
    {
        py::gil_scoped_release release;
        Forces forces(satellite.settings, satellite.shape);
        record = fly(forces, flight, epochs, states_out, matrices_out);
    }
    DoubleArray end_state(static_cast<py::ssize_t>(state_columns));
    std::ranges::copy(record.end_state, end_state.mutable_data());
    return {.states = states,
            .variational = matrices,
            .sightings = sightings_of(record),
            .end_state = end_state,
            .epochs_reached = record.epochs_reached,
            .steps = record.steps,
            .evaluations = record.evaluations,
            .stopped = record.stopped,
            .reentered = record.reentered,
            .end_tai_s = record.end_tai_s,
            .largest_correction_m = record.largest_correction_m,
            .adaptive_from_tai_s = record.adaptive_from_tai_s};
}

py::tuple fly_cases(const Satellite& satellite, double t_tai_s, const DoubleArray& cases, const DoubleArray& epochs_tai_s,
                    int method, double step_s, double tolerance_m, double lowest_height_m, const DoubleArray& impulses,
                    const DoubleArray& burns, unsigned threads) {
    const double* p = table_of(cases, "cases", 9);
    std::vector<FlightCase> list(static_cast<std::size_t>(cases.shape(0)));
    for (FlightCase& one : list) {
        one = {vec_of(p), vec_of(p + 3), p[6], p[7], p[8]};
        p += 9;
    }
    Flight flight{t_tai_s, {}, {}, 1.0};
    flight.method = static_cast<Method>(method);
    flight.step_s = step_s;
    flight.tolerance_m = tolerance_m;
    flight.lowest_height_m = lowest_height_m;
    flight.impulses = impulses_of(impulses);
    flight.burns = burns_of(burns);
    const auto epochs = vector_of(epochs_tai_s, "epochs_tai_s");
    DoubleArray states({cases.shape(0), epochs_tai_s.shape(0), static_cast<py::ssize_t>(state_columns)});
    py::array_t<std::uint8_t> ends(cases.shape(0));
    const auto states_out = writable(states);
    std::vector<FlightEnd> reached;
    {
        py::gil_scoped_release release;
        reached = fly_all(satellite.settings, satellite.shape, flight, list, epochs, states_out, threads);
    }
    std::ranges::transform(reached, ends.mutable_data(), [](FlightEnd end) { return static_cast<std::uint8_t>(end); });
    return py::make_tuple(states, ends);
}

DoubleArray accelerations(const Satellite& satellite, const DoubleArray& t_tai_s, const DoubleArray& states) {
    const auto t = vector_of(t_tai_s, "t_tai_s");
    const double* y = table_of(states, "states", static_cast<py::ssize_t>(state_columns));
    if (states.shape(0) != t_tai_s.shape(0)) {
        throw Error(ErrorCode::bad_shape, "there must be one state per instant");
    }
    DoubleArray out({t_tai_s.shape(0), py::ssize_t{3}});
    double* a = out.mutable_data();
    py::gil_scoped_release release;
    Forces forces(satellite.settings, satellite.shape);
    for (const double at : t) {
        const Vec3 sum = forces.acceleration_m_s2(at, vec_of(y), vec_of(y + 3), y[6]);
        *a++ = sum.x;
        *a++ = sum.y;
        *a++ = sum.z;
        y += state_columns;
    }
    return out;
}

DoubleArray rotations(const SkyTrack& track, const DoubleArray& t_tai_s) {
    const auto t = vector_of(t_tai_s, "t_tai_s");
    DoubleArray out({t_tai_s.shape(0), py::ssize_t{3}, py::ssize_t{3}});
    double* next = out.mutable_data();
    py::gil_scoped_release release;
    for (const double at : t) {
        next = std::ranges::copy(track.at(at).dcm_itrf_from_gcrf.m, next).out;
    }
    return out;
}

} // namespace

void bind_propagation(py::module_& m) {
    py::class_<SkyTrack, std::shared_ptr<SkyTrack>>(m, "SkyTrack")
        .def(py::init([](double first_tai_s, double step_s, const DoubleArray& rows) {
                 const double* p = table_of(rows, "rows", static_cast<py::ssize_t>(SkyTrack::columns));
                 return std::make_shared<SkyTrack>(first_tai_s, step_s, std::vector<double>(p, p + rows.size()));
             }),
             py::arg("first_tai_s"), py::arg("step_s"), py::arg("rows"))
        .def("dcm_itrf_from_gcrf", &rotations, py::arg("t_tai_s"));
    py::class_<OceanTideTable, std::shared_ptr<OceanTideTable>>(m, "OceanTideTable")
        .def(py::init(&ocean_table), py::arg("doodson"), py::arg("rows"));
    py::class_<Satellite>(m, "Satellite")
        .def(py::init([](std::shared_ptr<GravityModel> gravity, std::shared_ptr<SkyTrack> sky, bool sun, bool moon,
                         bool solid_tides, int tide_system, bool radiation, bool moon_shadow, bool relativity, int drag,
                         double harris_priester_exponent, std::shared_ptr<SpaceWeather> weather, double tai_minus_utc_s,
                         const DoubleArray& areas, const DoubleArray& panels, bool earth_radiation,
                         const std::optional<DoubleArray>& empirical, std::shared_ptr<OceanTideTable> ocean) {
                 const auto a = vector_of(areas, "areas", 4);
                 Satellite made{{.gravity = std::move(gravity),
                                 .sky = std::move(sky),
                                 .sun = sun,
                                 .moon = moon,
                                 .solid_tides = solid_tides,
                                 .tide_system = static_cast<TideSystem>(tide_system),
                                 .radiation = radiation,
                                 .moon_shadow = moon_shadow,
                                 .earth_radiation = earth_radiation,
                                 .relativity = relativity,
                                 .drag = static_cast<DragModel>(drag),
                                 .harris_priester_exponent = harris_priester_exponent,
                                 .weather = std::move(weather),
                                 .tai_minus_utc_s = tai_minus_utc_s,
                                 .empirical = empirical_of(empirical),
                                 .ocean = std::move(ocean)},
                                {a[0], a[1], a[2], a[3], panels_of(panels)}};
                 static_cast<void>(Forces(made.settings, made.shape)); // refuses what does not fit together
                 return made;
             }),
             py::kw_only(), py::arg("gravity"), py::arg("sky"), py::arg("sun"), py::arg("moon"),
             py::arg("solid_tides"), py::arg("tide_system"), py::arg("radiation"), py::arg("moon_shadow"),
             py::arg("relativity"), py::arg("drag"), py::arg("harris_priester_exponent"), py::arg("weather"),
             py::arg("tai_minus_utc_s"), py::arg("areas"), py::arg("panels"), py::arg("earth_radiation") = false,
             py::arg("empirical") = py::none(), py::arg("ocean") = nullptr)
        .def("acceleration_m_s2", &accelerations, py::arg("t_tai_s"), py::arg("states"));
    py::class_<Flown>(m, "Flown")
        .def_readonly("states", &Flown::states)
        .def_readonly("variational", &Flown::variational)
        .def_readonly("sightings", &Flown::sightings)
        .def_readonly("end_state", &Flown::end_state)
        .def_readonly("epochs_reached", &Flown::epochs_reached)
        .def_readonly("steps", &Flown::steps)
        .def_readonly("evaluations", &Flown::evaluations)
        .def_readonly("stopped", &Flown::stopped)
        .def_readonly("reentered", &Flown::reentered)
        .def_readonly("end_tai_s", &Flown::end_tai_s)
        .def_readonly("largest_correction_m", &Flown::largest_correction_m)
        .def_readonly("adaptive_from_tai_s", &Flown::adaptive_from_tai_s);
    m.def("fly", &fly_satellite, py::arg("satellite"), py::arg("t_tai_s"), py::arg("state"), py::arg("epochs_tai_s"),
          py::kw_only(), py::arg("method"), py::arg("step_s"), py::arg("tolerance_m"), py::arg("lowest_height_m"),
          py::arg("impulses"), py::arg("burns"), py::arg("stops"), py::arg("variational"));
    m.def("fly_cases", &fly_cases, py::arg("satellite"), py::arg("t_tai_s"), py::arg("cases"), py::arg("epochs_tai_s"),
          py::kw_only(), py::arg("method"), py::arg("step_s"), py::arg("tolerance_m"), py::arg("lowest_height_m"),
          py::arg("impulses"), py::arg("burns"), py::arg("threads"));
}

} // namespace llamaspace::bindings
