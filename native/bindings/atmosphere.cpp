// Atmospheres over arrays of places, one row of numbers per place.
#include "llamaspace/atmosphere.hpp"

#include "arrays.hpp"

#include <algorithm>
#include <vector>

namespace llamaspace::bindings {
namespace {

constexpr py::ssize_t air_columns = 11;

void write(const Air& air, double* row) {
    row[0] = air.density_kg_m3;
    row[1] = air.temperature_k;
    row[2] = air.exospheric_temperature_k;
    std::ranges::copy(air.number_density_m3, row + 3);
}

std::shared_ptr<const SpaceWeather> weather_of(long first_mjd_utc, const DoubleArray& rows) {
    if (rows.ndim() != 2 || rows.shape(1) != static_cast<py::ssize_t>(SpaceWeather::columns)) {
        throw Error(ErrorCode::bad_shape, "rows must have shape (days, 10)");
    }
    return std::make_shared<const SpaceWeather>(first_mjd_utc,
                                                std::vector<double>(rows.data(), rows.data() + rows.size()));
}

DoubleArray in_time(const std::shared_ptr<SpaceWeather>& weather, const DoubleArray& t_utc_s,
                    const DoubleArray& latitude_rad, const DoubleArray& longitude_rad, const DoubleArray& height_m) {
    const auto t = vector_of(t_utc_s, "t_utc_s");
    const auto n = static_cast<py::ssize_t>(t.size());
    const auto latitude = vector_of(latitude_rad, "latitude_rad", n);
    const auto longitude = vector_of(longitude_rad, "longitude_rad", n);
    const auto height = vector_of(height_m, "height_m", n);
    DoubleArray out({n, air_columns});
    double* row = out.mutable_data();
    py::gil_scoped_release release;
    Nrlmsise00InTime model(weather, 0.0);
    for (std::size_t i = 0; i < t.size(); ++i, row += air_columns) {
        write(model.at(t[i], latitude[i], longitude[i], height[i]), row);
    }
    return out;
}

DoubleArray under_conditions(int day_of_year, double f107, double f107a, const DoubleArray& ap, const DoubleArray& ut_s,
                             const DoubleArray& latitude_rad, const DoubleArray& longitude_rad,
                             const DoubleArray& height_m, const DoubleArray& local_solar_time_h) {
    const auto indices = vector_of(ap, "ap");
    if (indices.size() != 1 && indices.size() != 7) {
        throw Error(ErrorCode::bad_shape, "ap must have shape (1,) or (7,)");
    }
    SolarActivity activity = SolarActivity::of_day(f107, f107a, indices[0]);
    if (indices.size() == 7) {
        std::ranges::copy(indices, activity.ap.begin());
        activity.three_hourly = true;
    }
    const auto ut = vector_of(ut_s, "ut_s");
    const auto n = static_cast<py::ssize_t>(ut.size());
    const auto latitude = vector_of(latitude_rad, "latitude_rad", n);
    const auto longitude = vector_of(longitude_rad, "longitude_rad", n);
    const auto height = vector_of(height_m, "height_m", n);
    const auto local = vector_of(local_solar_time_h, "local_solar_time_h", n);
    DoubleArray out({n, air_columns});
    double* row = out.mutable_data();
    py::gil_scoped_release release;
    const Nrlmsise00 model(day_of_year, activity);
    for (std::size_t i = 0; i < ut.size(); ++i, row += air_columns) {
        write(model.at(ut[i], latitude[i], longitude[i], height[i], local[i]), row);
    }
    return out;
}

DoubleArray exponential(const DoubleArray& height_m) {
    const auto height = vector_of(height_m, "height_m");
    DoubleArray out(static_cast<py::ssize_t>(height.size()));
    auto values = writable(out);
    py::gil_scoped_release release;
    std::ranges::transform(height, values.begin(), exponential_density_kg_m3);
    return out;
}

DoubleArray harris_priester(const DoubleArray& height_m, const DoubleArray& r_m, const DoubleArray& r_sun_m,
                            double exponent) {
    const auto height = vector_of(height_m, "height_m");
    const auto n = static_cast<py::ssize_t>(height.size());
    const auto r = rows_of_three(r_m, "r_m", n), sun = rows_of_three(r_sun_m, "r_sun_m", n);
    DoubleArray out(n);
    auto values = writable(out);
    py::gil_scoped_release release;
    for (std::size_t i = 0; i < height.size(); ++i) {
        const std::size_t k = 3 * i;
        values[i] = harris_priester_density_kg_m3(height[i], {r[k], r[k + 1], r[k + 2]},
                                                  {sun[k], sun[k + 1], sun[k + 2]}, exponent);
    }
    return out;
}

DoubleArray standard_1976(const DoubleArray& height_m) {
    const auto height = vector_of(height_m, "height_m");
    DoubleArray out({static_cast<py::ssize_t>(height.size()), py::ssize_t{2}});
    double* row = out.mutable_data();
    py::gil_scoped_release release;
    for (const double h : height) {
        const Air air = standard_atmosphere_1976(h);
        *row++ = air.density_kg_m3;
        *row++ = air.temperature_k;
    }
    return out;
}

} // namespace

void bind_atmosphere(py::module_& m) {
    // pybind11 holds objects without const; the class has no method that changes it.
    py::class_<SpaceWeather, std::shared_ptr<SpaceWeather>>(m, "SpaceWeather")
        .def(py::init([](long first_mjd_utc, const DoubleArray& rows) {
                 return std::make_shared<SpaceWeather>(*weather_of(first_mjd_utc, rows));
             }),
             py::arg("first_mjd_utc"), py::arg("rows"))
        .def(
            "activity",
            [](const SpaceWeather& weather, long slot) {
                const SolarActivity a = weather.at_slot(slot);
                DoubleArray out(9);
                auto values = writable(out);
                values[0] = a.f107;
                values[1] = a.f107a;
                std::ranges::copy(a.ap, values.begin() + 2);
                return out;
            },
            py::arg("slot"));
    m.def("nrlmsise00_in_time", &in_time, py::arg("weather"), py::arg("t_utc_s"), py::arg("latitude_rad"),
          py::arg("longitude_rad"), py::arg("height_m"));
    m.def("nrlmsise00", &under_conditions, py::arg("day_of_year"), py::arg("f107"), py::arg("f107a"), py::arg("ap"),
          py::arg("ut_s"), py::arg("latitude_rad"), py::arg("longitude_rad"), py::arg("height_m"),
          py::arg("local_solar_time_h"));
    m.def("exponential_density", &exponential, py::arg("height_m"));
    m.def("harris_priester_density", &harris_priester, py::arg("height_m"), py::arg("r_m"), py::arg("r_sun_m"),
          py::arg("exponent"));
    m.def("standard_atmosphere_1976", &standard_1976, py::arg("height_m"));
}

} // namespace llamaspace::bindings
