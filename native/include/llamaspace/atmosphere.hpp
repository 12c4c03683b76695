// Density and temperature of the air: NRLMSISE-00, Harris-Priester, exponential, and the US Standard Atmosphere 1976.
#pragma once

#include "llamaspace/vec3.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace llamaspace {

// What heats the upper atmosphere. Fluxes are observed ones (not scaled to 1 au), in 1e-22 W/m2/Hz.
struct SolarActivity {
    double f107;  // 10.7 cm flux of the day before
    double f107a; // its mean over 81 days, centred on the day
    // Ap of the day; of the 3 hours now, and of those 3, 6 and 9 hours before; means of the eight 3-hour values from
    // 12 to 33 hours and from 36 to 57 hours before.
    std::array<double, 7> ap;
    bool three_hourly{true}; // false: only the day's Ap counts

    [[nodiscard]] static SolarActivity of_day(double f107, double f107a, double ap) {
        return {f107, f107a, {ap, ap, ap, ap, ap, ap, ap}, false};
    }
};

struct Air {
    double density_kg_m3; // of all species, anomalous oxygen included: the density that drag feels
    double temperature_k;
    double exospheric_temperature_k;
    std::array<double, 8> number_density_m3; // He, O, N2, O2, Ar, H, N, anomalous O
};

namespace nrlmsise00 {
class Coefficients;
}

// NRLMSISE-00 under given conditions (Picone, Hedin, Drob and Aikin, J. Geophys. Res. 107, 2002, 1468). All that
// depends on them alone is computed once, by the constructor; an object never changes and may be shared by threads.
class Nrlmsise00 {
  public:
    // The day of the year runs from 1 to 366, UTC.
    Nrlmsise00(int day_of_year, const SolarActivity& activity);

    // Geodetic place; seconds of the UTC day; apparent local solar time in hours. Heights from -1 km to 3,000 km.
    // Throws Error(bad_value) outside them and where the model has no answer: below 123 km over the poles, after days
    // of extreme storm, its temperature crosses zero.
    [[nodiscard]] Air at(double ut_s, double latitude_rad, double longitude_rad, double height_m,
                         double local_solar_time_h) const;
    // The same, with the local time that follows from Universal Time and longitude.
    [[nodiscard]] Air at(double ut_s, double latitude_rad, double longitude_rad, double height_m) const;

  private:
    std::shared_ptr<const nrlmsise00::Coefficients> coefficients_;
};

// Space weather by the day: F10.7, its 81-day mean, and the eight 3-hour Ap values of each UTC day in succession.
class SpaceWeather {
  public:
    static constexpr std::size_t columns = 10;

    // Rows of ten numbers, the first for the UTC day that begins at first_mjd_utc.
    SpaceWeather(long first_mjd_utc, std::vector<double> rows);

    // Conditions in a 3-hour slot, counted from modified Julian date 0 (UTC); before the first and after the last day
    // those of the nearest day are held.
    [[nodiscard]] SolarActivity at_slot(long slot) const;

  private:
    [[nodiscard]] std::span<const double, columns> day(long mjd) const;
    [[nodiscard]] double mean_ap(long first_slot, long last_slot) const;

    long first_mjd_;
    std::vector<double> rows_;
    long days_;
};

// NRLMSISE-00 along a time line. It keeps the coefficients of the 3 hours it was last asked for, so each thread needs
// its own. TAI minus UTC is taken as constant: a leap second inside a propagation moves the air by one second.
class Nrlmsise00InTime {
  public:
    Nrlmsise00InTime(std::shared_ptr<const SpaceWeather> weather, double tai_minus_utc_s);

    [[nodiscard]] Air at(double t_tai_s, double latitude_rad, double longitude_rad, double height_m);
    [[nodiscard]] double density_kg_m3(double t_tai_s, double latitude_rad, double longitude_rad, double height_m) {
        return at(t_tai_s, latitude_rad, longitude_rad, height_m).density_kg_m3;
    }
    // The same, but passing from one 3-hour slot's conditions to the next smoothly over blend_s around their border:
    // for integrators with a fixed step, which a jump throws off.
    [[nodiscard]] double blended_density_kg_m3(double t_tai_s, double latitude_rad, double longitude_rad, double height_m,
                                               double blend_s);

  private:
    std::shared_ptr<const SpaceWeather> weather_;
    double tai_minus_utc_s_;
    long slot_{-1};
    std::optional<Nrlmsise00> model_;
    long neighbour_slot_{-1};
    std::optional<Nrlmsise00> neighbour_;
};

// Layered exponential atmosphere (Vallado, Fundamentals of Astrodynamics and Applications, 4th ed., table 8-4).
[[nodiscard]] double exponential_density_kg_m3(double height_m);

// Harris-Priester with the diurnal bulge 30 degrees behind the Sun, for mean solar activity (Montenbruck and Gill,
// Satellite Orbits, section 3.5.2, table 3.8). The exponent of the cosine is 2 for low, 6 for polar orbits. Below
// 100 km the exponential atmosphere continues it; above 1,000 km the density is zero.
[[nodiscard]] double harris_priester_density_kg_m3(double height_m, const Vec3& r_m, const Vec3& r_sun_m,
                                                   double exponent);

// US Standard Atmosphere 1976 up to 86 km of geometric height (NOAA-S/T 76-1562, section 1.2). Species are left at 0.
[[nodiscard]] Air standard_atmosphere_1976(double height_m);

} // namespace llamaspace
