// Atmospheres: one published case of NRLMSISE-00, the clock of its space weather, and refusals.
#include "check.hpp"
#include "llamaspace/atmosphere.hpp"
#include "llamaspace/error.hpp"

#include <numbers>

using namespace llamaspace;

namespace {

constexpr double degree = std::numbers::pi / 180.0;

// First test case of the model's distribution (US Naval Research Laboratory, NRLMSISE-00.DIST17).
void the_first_published_case_is_met() {
    const Nrlmsise00 model(172, SolarActivity::of_day(150.0, 150.0, 4.0));
    const Air air = model.at(29000.0, 60.0 * degree, -70.0 * degree, 400.0e3, 16.0);
    CHECK_NEAR(air.temperature_k, 1241.4161300191206, 1.0e-9);
    CHECK_NEAR(air.exospheric_temperature_k, 1250.5399435607994, 1.0e-9);
    CHECK_NEAR(air.number_density_m3[1] / 1.1388055597522168e14, 1.0, 1.0e-12);
    const double anomalous = 1.66e-27 * 16.0 * air.number_density_m3[7];
    CHECK_NEAR((air.density_kg_m3 - anomalous) / 4.0747135327572224e-12, 1.0, 1.0e-12);
}

std::vector<double> days_of(int count) {
    std::vector<double> rows;
    for (int day = 0; day < count; ++day) {
        rows.push_back(100.0 + day);
        rows.push_back(200.0 + day);
        for (int slot = 0; slot < 8; ++slot) {
            rows.push_back(8.0 * day + slot);
        }
    }
    return rows;
}

void conditions_count_back_from_their_slot() {
    const SpaceWeather weather(60000, days_of(5));
    const SolarActivity now = weather.at_slot(8 * 60003 + 2);
    CHECK_NEAR(now.f107, 102.0, 0.0);
    CHECK_NEAR(now.f107a, 203.0, 0.0);
    const std::array<double, 7> expected{27.5, 26.0, 25.0, 24.0, 23.0, 18.5, 10.5};
    for (std::size_t i = 0; i < 7; ++i) {
        CHECK_NEAR(now.ap[i], expected[i], 1.0e-12);
    }
    const SolarActivity before = weather.at_slot(8 * 59000), after = weather.at_slot(8 * 70000 + 3);
    CHECK_NEAR(before.f107, 100.0, 0.0);
    CHECK_NEAR(after.f107, 104.0, 0.0);
    CHECK_NEAR(after.ap[1], 35.0, 0.0);
}

void the_model_in_time_turns_its_days_at_midnight_utc() {
    const auto weather = std::make_shared<const SpaceWeather>(51544, days_of(400));
    Nrlmsise00InTime in_time(weather, 32.0);
    // 2000-03-01 is day 61; its first 3 hours begin 59.5 days after J2000, in UTC.
    const double midnight_tai_s = 59.5 * 86400.0 + 32.0;
    const Nrlmsise00 eve(60, weather->at_slot(8 * (51544 + 59) + 7)), day(61, weather->at_slot(8 * (51544 + 60)));
    CHECK_NEAR(in_time.density_kg_m3(midnight_tai_s - 1.0, 0.3, 1.0, 5.0e5),
               eve.at(86399.0, 0.3, 1.0, 5.0e5).density_kg_m3, 1.0e-20);
    CHECK_NEAR(in_time.density_kg_m3(midnight_tai_s + 1.0, 0.3, 1.0, 5.0e5), day.at(1.0, 0.3, 1.0, 5.0e5).density_kg_m3,
               1.0e-20);
    const Nrlmsise00 last(366, weather->at_slot(8 * (51544 + 365)));
    CHECK_NEAR(in_time.density_kg_m3(365.0 * 86400.0 - 43200.0 + 32.0 + 5.0, 0.3, 1.0, 5.0e5),
               last.at(5.0, 0.3, 1.0, 5.0e5).density_kg_m3, 1.0e-20);
}

template <typename Work> bool refused(Work work) {
    try {
        work();
    } catch (const Error& error) {
        return error.code() == ErrorCode::bad_value || error.code() == ErrorCode::bad_shape;
    }
    return false;
}

void nonsense_is_refused() {
    const Nrlmsise00 model(1, SolarActivity::of_day(150.0, 150.0, 4.0));
    CHECK(refused([&] { static_cast<void>(model.at(0.0, 0.0, 0.0, std::nan(""))); }));
    CHECK(refused([] { const Nrlmsise00 none(0, SolarActivity::of_day(150.0, 150.0, 4.0)); }));
    CHECK(refused([] { const Nrlmsise00 none(1, SolarActivity::of_day(-1.0, 150.0, 4.0)); }));
    CHECK(refused([] { const SpaceWeather none(1, std::vector<double>(9, 1.0)); }));
    CHECK(refused([] { static_cast<void>(exponential_density_kg_m3(-2.0e4)); }));
}

} // namespace

int main() {
    the_first_published_case_is_met();
    conditions_count_back_from_their_slot();
    the_model_in_time_turns_its_days_at_midnight_utc();
    nonsense_is_refused();
    return check::result();
}
