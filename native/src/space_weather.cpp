// Solar flux and geomagnetic activity by date, and NRLMSISE-00 driven by them.
#include "llamaspace/atmosphere.hpp"
#include "llamaspace/error.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace llamaspace {
namespace {

constexpr long slots_per_day = 8;
constexpr double day_s = 86400.0, slot_s = 10800.0;
constexpr long mjd_of_j2000_midnight = 51544;

// Day of the year from a modified Julian date, by the Gregorian calendar counted from 1 March of a leap cycle.
int day_of_year(long mjd) {
    const long days = mjd + 678881; // since 1 March of the year 0
    const long era = (days >= 0 ? days : days - 146096) / 146097, day = days - era * 146097;
    const long year_of_era = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    const long since_march = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    if (since_march >= 306) { // January and February belong to the next calendar year
        return static_cast<int>(since_march - 305);
    }
    const long year = year_of_era + era * 400;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return static_cast<int>(since_march) + (leap ? 61 : 60);
}

long floor_division(long a, long b) { return a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0); }

} // namespace

SpaceWeather::SpaceWeather(long first_mjd_utc, std::vector<double> rows)
    : first_mjd_(first_mjd_utc), rows_(std::move(rows)), days_(static_cast<long>(rows_.size() / columns)) {
    if (rows_.empty() || rows_.size() % columns != 0) {
        throw Error(ErrorCode::bad_shape, "space weather must have rows of 10 numbers, at least one");
    }
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const bool flux = i % columns < 2;
        if (!(std::isfinite(rows_[i]) && (flux ? rows_[i] > 0.0 : rows_[i] >= 0.0))) {
            throw Error(ErrorCode::bad_value, "space weather has a flux not above 0 or an Ap below 0 in row " +
                                                  std::to_string(i / columns));
        }
    }
}

std::span<const double, SpaceWeather::columns> SpaceWeather::day(long mjd) const {
    const long index = std::clamp(mjd - first_mjd_, 0L, days_ - 1);
    return std::span<const double, columns>(rows_.data() + static_cast<std::size_t>(index) * columns, columns);
}

double SpaceWeather::mean_ap(long first_slot, long last_slot) const {
    double sum = 0.0;
    for (long slot = first_slot; slot <= last_slot; ++slot) {
        const long mjd = floor_division(slot, slots_per_day);
        sum += day(mjd)[2 + static_cast<std::size_t>(slot - mjd * slots_per_day)];
    }
    return sum / static_cast<double>(last_slot - first_slot + 1);
}

SolarActivity SpaceWeather::at_slot(long slot) const {
    const long mjd = floor_division(slot, slots_per_day), midnight = mjd * slots_per_day;
    return {day(mjd - 1)[0],
            day(mjd)[1],
            {mean_ap(midnight, midnight + 7), mean_ap(slot, slot), mean_ap(slot - 1, slot - 1),
             mean_ap(slot - 2, slot - 2), mean_ap(slot - 3, slot - 3), mean_ap(slot - 11, slot - 4),
             mean_ap(slot - 19, slot - 12)},
            true};
}

Nrlmsise00InTime::Nrlmsise00InTime(std::shared_ptr<const SpaceWeather> weather, double tai_minus_utc_s)
    : weather_(std::move(weather)), tai_minus_utc_s_(tai_minus_utc_s) {}

Air Nrlmsise00InTime::at(double t_tai_s, double latitude_rad, double longitude_rad, double height_m) {
    const double since_midnight_s = t_tai_s - tai_minus_utc_s_ + 0.5 * day_s; // of 2000-01-01, UTC
    if (!(std::abs(since_midnight_s) < 1.0e11)) {
        throw Error(ErrorCode::bad_value, "the epoch of the air is not a date within 3,000 years of J2000");
    }
    const long days = static_cast<long>(std::floor(since_midnight_s / day_s));
    const double ut_s = since_midnight_s - static_cast<double>(days) * day_s;
    const long mjd = mjd_of_j2000_midnight + days;
    const long slot = mjd * slots_per_day + std::min(static_cast<long>(ut_s / slot_s), slots_per_day - 1);
    if (!model_ || slot != slot_) {
        model_.emplace(day_of_year(mjd), weather_->at_slot(slot));
        slot_ = slot;
    }
    return model_->at(ut_s, latitude_rad, longitude_rad, height_m);
}

double Nrlmsise00InTime::blended_density_kg_m3(double t_tai_s, double latitude_rad, double longitude_rad, double height_m,
                                               double blend_s) {
    const double here = density_kg_m3(t_tai_s, latitude_rad, longitude_rad, height_m);
    const double since_midnight_s = t_tai_s - tai_minus_utc_s_ + 0.5 * day_s;
    const double in_slot_s = since_midnight_s - std::floor(since_midnight_s / slot_s) * slot_s;
    const bool early = in_slot_s < 0.5 * slot_s;
    const double x = (early ? in_slot_s : slot_s - in_slot_s) / (0.5 * blend_s); // from the border, 1 at the blend's end
    if (x >= 1.0) {
        return here;
    }
    const long slot = early ? slot_ - 1 : slot_ + 1, mjd = slot / slots_per_day;
    if (!neighbour_ || slot != neighbour_slot_) {
        neighbour_.emplace(day_of_year(mjd), weather_->at_slot(slot));
        neighbour_slot_ = slot;
    }
    const double ut_s = since_midnight_s - static_cast<double>(mjd - mjd_of_j2000_midnight) * day_s;
    const double there = neighbour_->at(ut_s, latitude_rad, longitude_rad, height_m).density_kg_m3;
    const double share = 0.5 * (1.0 + x + std::sin(std::numbers::pi * x) / std::numbers::pi); // even about the border
    return share * here + (1.0 - share) * there;
}

} // namespace llamaspace
