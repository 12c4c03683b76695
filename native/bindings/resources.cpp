// Power, thermal and propulsion designs, and the flight of their coupled resources.
#include "llamaspace/resources.hpp"

#include "../src/occultation.hpp"
#include "arrays.hpp"

#include <algorithm>
#include <memory>
#include <pybind11/stl.h>

namespace llamaspace::bindings {
namespace {

using MaskArray = py::array_t<std::uint64_t, py::array::c_style | py::array::forcecast>;
using FlagArray = py::array_t<std::uint32_t, py::array::c_style | py::array::forcecast>;

std::vector<double> copied(const DoubleArray& a) { return {a.data(), a.data() + a.size()}; }

Vec3 vec3_of(const DoubleArray& a, const char* name) {
    const auto v = vector_of(a, name, 3);
    return {v[0], v[1], v[2]};
}

void require_rows(const DoubleArray& a, const char* name, py::ssize_t columns) {
    if (a.ndim() != 2 || a.shape(1) != columns) {
        throw Error(ErrorCode::bad_shape, std::string(name) + " must have shape (n, " + std::to_string(columns) + ")");
    }
}

ThermalNetwork network_of(const DoubleArray& capacity, const DoubleArray& conductance, const DoubleArray& exchange,
                          const DoubleArray& faces, const DoubleArray& heaters) {
    require_rows(faces, "faces", 8);
    require_rows(heaters, "heaters", 4);
    std::vector<ThermalFace> face_list;
    for (const double* row = faces.data(); row != faces.data() + faces.size(); row += 8) {
        face_list.push_back({static_cast<std::size_t>(row[0]), static_cast<FaceAxes>(static_cast<int>(row[1])),
                             {row[2], row[3], row[4]}, row[5], row[6], row[7]});
    }
    std::vector<ThermalHeater> heater_list;
    for (const double* row = heaters.data(); row != heaters.data() + heaters.size(); row += 4) {
        heater_list.push_back({static_cast<std::size_t>(row[0]), row[1], row[2], row[3]});
    }
    return {copied(capacity), copied(conductance), copied(exchange), std::move(face_list), std::move(heater_list)};
}

void bind_thermal(py::module_& m) {
    py::class_<ThermalNetwork, std::shared_ptr<ThermalNetwork>>(m, "ThermalNetwork")
        .def(py::init(&network_of), py::arg("capacity_j_k"), py::arg("conductance_w_k"), py::arg("exchange_m2"),
             py::arg("faces"), py::arg("heaters"))
        .def("__len__", &ThermalNetwork::nodes)
        .def(
            "steady_state",
            [](const ThermalNetwork& network, const DoubleArray& heat_w, const DoubleArray& guess_k) {
                const auto n = static_cast<py::ssize_t>(network.nodes());
                const auto heat = vector_of(heat_w, "heat_w", n), guess = vector_of(guess_k, "guess_k", n);
                std::vector<double> found;
                {
                    py::gil_scoped_release release;
                    found = ThermalSolver(network, {}).steady_state_k(heat, guess);
                }
                return DoubleArray(n, found.data());
            },
            py::arg("heat_w"), py::arg("guess_k"))
        .def(
            "gains",
            [](const ThermalNetwork& network, const DoubleArray& heat_w, const DoubleArray& temp_k) {
                const auto n = static_cast<py::ssize_t>(network.nodes());
                const auto heat = vector_of(heat_w, "heat_w", n), temp = vector_of(temp_k, "temp_k", n);
                const ThermalSolver solver(network, {});
                std::vector<double> h(solver.stride(), 0.0), t(solver.stride(), 0.0), out(solver.stride(), 0.0);
                std::ranges::copy(heat, h.begin());
                std::ranges::copy(temp, t.begin());
                solver.gains_w(t.data(), h.data(), out.data());
                return DoubleArray(n, out.data());
            },
            py::arg("heat_w"), py::arg("temp_k"))
        .def(
            "fly",
            [](const ThermalNetwork& network, const DoubleArray& t_s, const DoubleArray& heat_w,
               const DoubleArray& start_k, double tolerance_k) {
                const auto n = static_cast<py::ssize_t>(network.nodes());
                const auto heaters = static_cast<py::ssize_t>(network.heaters().size());
                const auto t = vector_of(t_s, "t_s");
                const auto start = vector_of(start_k, "start_k", n);
                const auto instants = static_cast<py::ssize_t>(t.size());
                if (instants < 2 || heat_w.ndim() != 2 || heat_w.shape(0) != instants - 1 || heat_w.shape(1) != n) {
                    throw Error(ErrorCode::bad_shape, "heat_w must have shape (instants - 1, nodes), instants at least 2");
                }
                if (!(tolerance_k > 0.0)) {
                    throw Error(ErrorCode::bad_value, "tolerance_k must be above 0");
                }
                ThermalFlight flown;
                {
                    py::gil_scoped_release release;
                    flown = fly_thermal(network, t, {heat_w.data(), static_cast<std::size_t>(heat_w.size())}, start,
                                        tolerance_k);
                }
                return py::make_tuple(DoubleArray({instants, n}, flown.temp_k.data()),
                                      DoubleArray({instants - 1, heaters}, flown.heater_duty.data()));
            },
            py::arg("t_s"), py::arg("heat_w"), py::arg("start_k"), py::arg("tolerance_k"))
        .def(
            "absorbed",
            [](const ThermalNetwork& network, const DoubleArray& around, const DoubleArray& array_normal_body) {
                require_rows(around, "around", static_cast<py::ssize_t>(ResourceTimeline::around_columns));
                const auto rows = around.shape(0);
                const auto normal = rows_of_three(array_normal_body, "array_normal_body", rows);
                const auto n = static_cast<py::ssize_t>(network.nodes());
                DoubleArray sunlight({rows, n}), infrared({rows, n});
                const auto s = writable(sunlight), i = writable(infrared);
                std::ranges::fill(s, 0.0);
                std::ranges::fill(i, 0.0);
                for (py::ssize_t k = 0; k < rows; ++k) {
                    const double* r = around.data() + k * static_cast<py::ssize_t>(ResourceTimeline::around_columns);
                    const auto j = static_cast<std::size_t>(3 * k);
                    add_absorbed_w(network,
                                   {{r[0], r[1], r[2]}, r[3], r[4], {r[5], r[6], r[7]}, r[8], r[9], r[10],
                                    {normal[j], normal[j + 1], normal[j + 2]}},
                                   s.data() + k * n, i.data() + k * n);
                }
                return py::make_tuple(sunlight, infrared);
            },
            py::arg("around"), py::arg("array_normal_body"));
    m.def(
        "plate_to_sphere_view",
        [](const DoubleArray& cosine, double distance_ratio) {
            const auto c = vector_of(cosine, "cosine");
            if (!(distance_ratio >= 1.0)) {
                throw Error(ErrorCode::bad_value, "distance_ratio must be at least 1");
            }
            DoubleArray out(cosine.size());
            std::ranges::transform(c, writable(out).begin(),
                                   [=](double one) { return plate_to_sphere_view(one, distance_ratio); });
            return out;
        },
        py::arg("cosine"), py::arg("distance_ratio"));
    m.def(
        "albedo_shares",
        [](const DoubleArray& r_itrf_m, const DoubleArray& sun_itrf, const DoubleArray& table) {
            const auto r = rows_of_three(r_itrf_m, "r_itrf_m");
            const auto sun = rows_of_three(sun_itrf, "sun_itrf", r_itrf_m.shape(0));
            if (table.ndim() != 2 || table.size() == 0) {
                throw Error(ErrorCode::bad_shape, "table must have shape (latitudes, longitudes)");
            }
            for (std::size_t i = 0; i < r.size(); i += 3) {
                if (!(norm({r[i], r[i + 1], r[i + 2]}) > earth_radius_m)) {
                    throw Error(ErrorCode::bad_value, "r_itrf_m must lie above the Earth's radius");
                }
            }
            DoubleArray out(r_itrf_m.shape(0));
            const auto to = writable(out);
            py::gil_scoped_release release;
            albedo_shares(r, sun, {table.data(), static_cast<std::size_t>(table.size())},
                          static_cast<std::size_t>(table.shape(0)), static_cast<std::size_t>(table.shape(1)), to);
            return out;
        },
        py::arg("r_itrf_m"), py::arg("sun_itrf"), py::arg("table"));
}

std::shared_ptr<PowerModel> power_of(const DoubleArray& array, const DoubleArray& axis, const DoubleArray& normal,
                                     const DoubleArray& battery, const DoubleArray& soc, const DoubleArray& open_v,
                                     const DoubleArray& r_temp_k, const DoubleArray& r_soc, const DoubleArray& r_ohm,
                                     const DoubleArray& converters, const DoubleArray& consumers,
                                     const MaskArray& shed_consumers, const DoubleArray& shed_soc) {
    const auto a = vector_of(array, "array", 6), b = vector_of(battery, "battery", 7);
    const auto c = vector_of(converters, "converters", 4);
    require_rows(consumers, "consumers", 3);
    require_rows(shed_soc, "shed_soc", 2);
    if (shed_consumers.ndim() != 1 || shed_consumers.size() != shed_soc.shape(0)) {
        throw Error(ErrorCode::bad_shape, "shed_consumers must have one mask per row of shed_soc");
    }
    PowerModel p{};
    p.array = {a[0], a[1], a[2], a[3], static_cast<int>(a[4]), vec3_of(axis, "axis_body"), vec3_of(normal, "normal_body")};
    p.array_node = static_cast<std::size_t>(a[5]);
    p.battery = {b[0], b[1], b[2], b[3], b[4], b[5], copied(soc), copied(open_v), copied(r_temp_k), copied(r_soc), copied(r_ohm)};
    p.battery_node = static_cast<std::size_t>(b[6]);
    p.array_converter_efficiency = c[0];
    p.distribution_efficiency = c[1];
    p.quiescent_w = c[2];
    p.converter_node = static_cast<std::size_t>(c[3]);
    for (const double* row = consumers.data(); row != consumers.data() + consumers.size(); row += 3) {
        p.consumers.push_back({row[0], row[1], static_cast<std::size_t>(row[2])});
    }
    for (py::ssize_t s = 0; s < shed_consumers.size(); ++s) {
        p.shedding.push_back({shed_consumers.data()[s], shed_soc.at(s, 0), shed_soc.at(s, 1)});
    }
    p.validate(ThermalNetwork::node_limit);
    return std::make_shared<PowerModel>(std::move(p));
}

void bind_power(py::module_& m) {
    py::class_<PowerModel, std::shared_ptr<PowerModel>>(m, "PowerModel")
        .def(py::init(&power_of), py::arg("array"), py::arg("axis_body"), py::arg("normal_body"), py::arg("battery"),
             py::arg("soc"), py::arg("open_circuit_v"), py::arg("resistance_temp_k"), py::arg("resistance_soc"),
             py::arg("resistance_ohm"), py::arg("converters"), py::arg("consumers"), py::arg("shed_consumers"),
             py::arg("shed_soc"))
        .def(
            "array_power",
            [](const PowerModel& p, const DoubleArray& sunlight_w_m2, const DoubleArray& temp_k) {
                const auto s = vector_of(sunlight_w_m2, "normal_sunlight_w_m2"), t = vector_of(temp_k, "temp_k", sunlight_w_m2.size());
                DoubleArray out(sunlight_w_m2.size());
                std::ranges::transform(s, t, writable(out).begin(),
                                       [&](double w, double k) { return array_power_w(p.array, w, k); });
                return out;
            },
            py::arg("normal_sunlight_w_m2"), py::arg("temp_k"))
        .def(
            "array_normal",
            [](const PowerModel& p, const DoubleArray& sun_body) {
                const auto sun = rows_of_three(sun_body, "sun_body");
                DoubleArray out({sun_body.shape(0), py::ssize_t{3}});
                const auto to = writable(out);
                for (std::size_t i = 0; i < sun.size(); i += 3) {
                    const Vec3 n = array_normal(p.array, {sun[i], sun[i + 1], sun[i + 2]});
                    to[i] = n.x;
                    to[i + 1] = n.y;
                    to[i + 2] = n.z;
                }
                return out;
            },
            py::arg("sun_body"))
        .def(
            "battery_flow",
            [](const PowerModel& p, const DoubleArray& soc, const DoubleArray& temp_k, const DoubleArray& net_power_w) {
                const auto s = vector_of(soc, "soc"), t = vector_of(temp_k, "temp_k", soc.size());
                const auto w = vector_of(net_power_w, "net_power_w", soc.size());
                DoubleArray out({soc.size(), py::ssize_t{7}});
                double* row = out.mutable_data();
                for (std::size_t i = 0; i < s.size(); ++i, row += 7) {
                    const BatteryFlow f = battery_flow(p.battery, s[i], t[i], w[i]);
                    std::ranges::copy(std::array{f.current_a, f.voltage_v, f.power_w, f.heat_w, f.soc_rate_s, f.unmet_w,
                                                 f.refused_w},
                                      row);
                }
                return out;
            },
            py::arg("soc"), py::arg("temp_k"), py::arg("net_power_w"));
}

void bind_propulsion(py::module_& m) {
    py::class_<PropulsionModel, std::shared_ptr<PropulsionModel>>(m, "PropulsionModel")
        .def(py::init([](const DoubleArray& tank, const DoubleArray& pressure, const DoubleArray& thrust,
                         const DoubleArray& impulse, const DoubleArray& temperature) {
                 const auto t = vector_of(tank, "tank", 7), k = vector_of(temperature, "temperature", 3);
                 auto model = std::make_shared<PropulsionModel>(
                     PropulsionModel{static_cast<std::size_t>(t[0]), t[1], t[2], t[3], t[4], t[5], t[6], copied(pressure),
                                     copied(thrust), copied(impulse), k[0], k[1], k[2]});
                 model->validate(ThermalNetwork::node_limit);
                 return model;
             }),
             py::arg("tank"), py::arg("pressure_pa"), py::arg("thrust_n"), py::arg("specific_impulse_s"),
             py::arg("temperature"))
        .def("pressure", &PropulsionModel::pressure_at_pa, py::arg("propellant_kg"), py::arg("temp_k"))
        .def("density", &PropulsionModel::density_kg_m3, py::arg("temp_k"))
        .def("vapour_pressure", &PropulsionModel::vapour_pressure_pa, py::arg("temp_k"))
        .def(
            "thruster",
            [](const PropulsionModel& model, double inlet_pa, double temp_k) {
                const ThrusterFlow f = thruster_flow(model, inlet_pa, temp_k);
                return py::make_tuple(f.thrust_n, f.specific_impulse_s, f.flow_kg_s);
            },
            py::arg("inlet_pa"), py::arg("temp_k"));
    m.def(
        "nonnegative_least_squares",
        [](const DoubleArray& a, const DoubleArray& b) {
            const auto right = vector_of(b, "b");
            if (a.ndim() != 2 || a.shape(0) != b.size() || a.shape(1) < 1) {
                throw Error(ErrorCode::bad_shape, "a must have shape (len(b), n)");
            }
            const std::span<const double> matrix{a.data(), static_cast<std::size_t>(a.size())};
            const auto finite = [](double v) { return std::isfinite(v); };
            if (!std::ranges::all_of(matrix, finite) || !std::ranges::all_of(right, finite)) {
                throw Error(ErrorCode::bad_value, "a and b must be finite");
            }
            DoubleArray x(a.shape(1));
            const double residual = nonnegative_least_squares(matrix, right, writable(x));
            return py::make_tuple(x, residual);
        },
        py::arg("a"), py::arg("b"));
}

template <class T> std::span<const T> flat(const py::array_t<T, py::array::c_style | py::array::forcecast>& a) {
    return {a.data(), static_cast<std::size_t>(a.size())};
}

void require_shape(const py::array& a, const char* name, std::initializer_list<py::ssize_t> shape) {
    const bool fits = a.ndim() == static_cast<py::ssize_t>(shape.size()) &&
                      std::equal(shape.begin(), shape.end(), a.shape());
    if (!fits) {
        std::string text;
        for (const py::ssize_t one : shape) {
            text.append(text.empty() ? "" : ", ").append(std::to_string(one));
        }
        throw Error(ErrorCode::bad_shape, std::string(name) + " must have shape (" + text + ")");
    }
}

py::dict fly(const ResourceDesign& design, const DoubleArray& t_s, const DoubleArray& around, const DoubleArray& activity,
             const MaskArray& consumers, const FlagArray& heaters, const DoubleArray& soc, const DoubleArray& temp_k,
             const DoubleArray& propellant_kg, const DoubleArray& stored_bytes, const FlagArray& heaters_on,
             const FlagArray& shed, const DoubleArray& factors, py::ssize_t every, double tolerance_k,
             double tolerance_soc) {
    const auto t = vector_of(t_s, "t_s");
    const py::ssize_t members = soc.size(), intervals = t_s.size() - 1;
    const auto nodes = static_cast<py::ssize_t>(design.thermal.nodes());
    const auto heater_count = static_cast<py::ssize_t>(design.thermal.heaters().size());
    if (intervals < 1 || members < 1 || every < 1 || !(tolerance_k > 0.0) || !(tolerance_soc > 0.0)) {
        throw Error(ErrorCode::bad_value, "t_s needs 2 instants, soc a member; every and the tolerances must be above 0");
    }
    const py::ssize_t around_members = around.ndim() == 3 ? around.shape(0) : 0;
    const py::ssize_t activity_members = activity.ndim() == 3 ? activity.shape(0) : 0;
    require_shape(around, "around", {around_members == members ? members : 1, intervals,
                                     static_cast<py::ssize_t>(ResourceTimeline::around_columns)});
    require_shape(activity, "activity", {activity_members == members ? members : 1, intervals,
                                         static_cast<py::ssize_t>(ResourceTimeline::activity_columns)});
    require_shape(consumers, "consumers", {activity_members, intervals});
    require_shape(heaters, "heaters", {activity_members, intervals});
    require_shape(soc, "soc", {members});
    require_shape(temp_k, "temp_k", {members, nodes});
    require_shape(propellant_kg, "propellant_kg", {members});
    require_shape(stored_bytes, "stored_bytes", {members});
    require_shape(heaters_on, "heaters_on", {members});
    require_shape(shed, "shed", {members});
    require_shape(factors, "factors", {members, static_cast<py::ssize_t>(MemberFactors::columns)});
    const auto rows = static_cast<py::ssize_t>(recorded_rows(t.size(), static_cast<std::size_t>(every)));
    DoubleArray values({members, rows, static_cast<py::ssize_t>(resource_columns)}), temperatures({members, rows, nodes});
    DoubleArray duty({members, rows, heater_count}), extremes({members, static_cast<py::ssize_t>(extreme_columns)});
    DoubleArray lowest({members, nodes}), highest({members, nodes});
    FlagArray shed_rows({members, rows}), heaters_end(members), shed_end(members);
    const auto flags = [](FlagArray& a) { return std::span<std::uint32_t>(a.mutable_data(), static_cast<std::size_t>(a.size())); };
    const ResourceTimeline timeline{t,
                                    static_cast<std::size_t>(around_members),
                                    static_cast<std::size_t>(activity_members),
                                    flat<double>(around),
                                    flat<double>(activity),
                                    flat<std::uint64_t>(consumers),
                                    flat<std::uint32_t>(heaters)};
    const ResourceStart start{flat<double>(soc),          flat<double>(temp_k),          flat<double>(propellant_kg),
                              flat<double>(stored_bytes), flat<std::uint32_t>(heaters_on), flat<std::uint32_t>(shed)};
    const ResourceRecord record{static_cast<std::size_t>(every), writable(values),      writable(temperatures),
                                writable(duty),                  flags(shed_rows),      flags(heaters_end),
                                flags(shed_end),                 writable(extremes),    writable(lowest),
                                writable(highest)};
    {
        py::gil_scoped_release release;
        fly_resources(design, timeline, start, flat<double>(factors), {tolerance_k, tolerance_soc}, record);
    }
    py::dict out;
    out["values"] = values;
    out["temp_k"] = temperatures;
    out["heater_duty"] = duty;
    out["shed"] = shed_rows;
    out["heaters_end"] = heaters_end;
    out["shed_end"] = shed_end;
    out["extremes"] = extremes;
    out["temp_min_k"] = lowest;
    out["temp_max_k"] = highest;
    return out;
}

DoubleArray uncovered(const DoubleArray& to_sun_m, double sun_radius_m, const DoubleArray& to_body_m, double body_radius_m) {
    const auto sun = rows_of_three(to_sun_m, "to_sun_m"), body = rows_of_three(to_body_m, "to_body_m", to_sun_m.shape(0));
    DoubleArray out(to_sun_m.shape(0));
    const auto to = writable(out);
    py::gil_scoped_release release;
    for (std::size_t i = 0; i < to.size(); ++i) {
        const std::size_t k = 3 * i;
        to[i] = uncovered_share({sun[k], sun[k + 1], sun[k + 2]}, sun_radius_m, {body[k], body[k + 1], body[k + 2]},
                                body_radius_m);
    }
    return out;
}

} // namespace

void bind_resources(py::module_& m) {
    bind_thermal(m);
    bind_power(m);
    bind_propulsion(m);
    py::class_<ResourceDesign, std::shared_ptr<ResourceDesign>>(m, "ResourceDesign")
        .def(py::init([](const PowerModel& power, const ThermalNetwork& thermal, const PropulsionModel& propulsion,
                         double propellant_capacity_kg, double store_bytes, int recording, int sending) {
                 auto design = std::make_shared<ResourceDesign>(ResourceDesign{
                     power, thermal, propulsion, propellant_capacity_kg, store_bytes, recording, sending});
                 design->validate();
                 return design;
             }),
             py::arg("power"), py::arg("thermal"), py::arg("propulsion"), py::arg("propellant_capacity_kg"),
             py::arg("store_bytes"), py::arg("recording_consumer"), py::arg("sending_consumer"));
    m.def("uncovered_share", &uncovered, py::arg("to_sun_m"), py::arg("sun_radius_m"), py::arg("to_body_m"),
          py::arg("body_radius_m"));
    m.def("fly_resources", &fly, py::arg("design"), py::arg("t_s"), py::arg("around"), py::arg("activity"),
          py::arg("consumers"), py::arg("heaters"), py::arg("soc"), py::arg("temp_k"), py::arg("propellant_kg"),
          py::arg("stored_bytes"), py::arg("heaters_on"), py::arg("shed"), py::arg("factors"), py::arg("every"),
          py::arg("tolerance_k"), py::arg("tolerance_soc"));
}

} // namespace llamaspace::bindings
