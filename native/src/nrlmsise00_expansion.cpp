// Basis functions and coefficients of the expansions of NRLMSISE-00.
#include "nrlmsise00_expansion.hpp"

#include <algorithm>
#include <cmath>

namespace llamaspace::nrlmsise00 {
namespace {

// The model's own roundings of pi/180, 2 pi/365, 2 pi/24 and 2 pi/86400: its coefficients were fitted with them.
constexpr double radians_per_degree = 1.74533e-2;
constexpr double radians_per_day = 1.72142e-2;
constexpr double radians_per_hour = 0.2618;
constexpr double radians_per_second = 7.2722e-5;

// Where each group of functions begins. Within a group the cosines come first, then the sines.
constexpr std::size_t zonal = 0;         // 1, P1 to P6
constexpr std::size_t diurnal = 7;       // P11, P21, P31, P51 with the local time
constexpr std::size_t semidiurnal = 15;  // P22, P32, P42, P52 with twice the local time
constexpr std::size_t terdiurnal = 23;   // P33, P43, P63 with three times the local time
constexpr std::size_t longitudinal = 29; // P11 to P61 with the longitude
constexpr std::size_t tilted = 41;       // the same times P1
constexpr std::size_t universal = 53;    // P1, P3, P5, each times 1, P1 and P1 squared, with Universal Time
constexpr std::size_t mixed = 71;        // P32, P52 with Universal Time plus twice the longitude

struct Wave {
    double cosine, sine;
};
Wave wave(double phase) { return {std::cos(phase), std::sin(phase)}; }
Wave sum(const Wave& a, const Wave& b) {
    return {a.cosine * b.cosine - a.sine * b.sine, a.sine * b.cosine + a.cosine * b.sine};
}

template <std::size_t N> void fill(Basis& b, std::size_t start, const std::array<double, N>& factors, const Wave& w) {
    for (std::size_t i = 0; i < N; ++i) {
        b[start + i] = factors[i] * w.cosine;
        b[start + N + i] = factors[i] * w.sine;
    }
}

// Adds factor * cos(angle - phase), where start is a cosine's place and start + apart that of its sine.
void add_phased(Basis& b, std::size_t start, std::size_t apart, double factor, const Wave& phase) {
    b[start] += factor * phase.cosine;
    b[start + apart] += factor * phase.sine;
}

struct Seasons {
    double annual, semiannual, tilted_annual, tilted_semiannual; // p[31], p[17], p[13], p[38]
};
template <std::size_t N> Seasons seasons(std::span<const double, N> p, int day_of_year) {
    const double day = day_of_year;
    return {std::cos(radians_per_day * (day - p[31])), std::cos(2.0 * radians_per_day * (day - p[17])),
            std::cos(radians_per_day * (day - p[13])), std::cos(2.0 * radians_per_day * (day - p[38]))};
}

// Which parameters describe the response to Ap: those of the day's value and those of the 3-hour history.
struct MagneticIndices {
    std::size_t mean, second, fourth, annual, diurnal, diurnal_phase, tilt, longitude_2, longitude_4, longitude_6,
        longitude_phase, longitude_annual, longitude_annual_phase, universal, universal_phase;
};
constexpr MagneticIndices of_daily_ap{32, 45, 34, 100, 121, 124, 120, 60, 61, 62, 63, 115, 118, 83, 75};
constexpr MagneticIndices of_ap_history{50, 96, 54, 125, 128, 131, 132, 52, 98, 67, 97, 133, 136, 55, 58};

Basis magnetic_coefficients(std::span<const double, 150> p, const MagneticIndices& k, double annual) {
    Basis b{};
    b[zonal] = p[k.mean];
    b[zonal + 2] = p[k.second];
    b[zonal + 4] = p[k.fourth];
    const Wave local = wave(radians_per_hour * p[k.diurnal_phase]);
    const Wave longitude = wave(radians_per_degree * p[k.longitude_phase]);
    const Wave longitude_annual = wave(radians_per_degree * p[k.longitude_annual_phase]);
    const Wave ut = wave(radians_per_second * p[k.universal_phase]);
    constexpr std::array<std::size_t, 3> diurnal_place{0, 2, 3};
    const std::array<double, 3> even{p[k.longitude_2], p[k.longitude_4], p[k.longitude_6]};
    for (std::size_t i = 0; i < 3; ++i) {
        b[zonal + 1 + 2 * i] += p[k.annual + i] * annual;
        add_phased(b, diurnal + diurnal_place[i], 4, p[k.diurnal + i], local);
        add_phased(b, longitudinal + 1 + 2 * i, 6, even[i], longitude);
        add_phased(b, tilted + 1 + 2 * i, 6, even[i] * p[k.tilt], longitude);
        add_phased(b, longitudinal + 2 * i, 6, p[k.longitude_annual + i] * annual, longitude_annual);
        add_phased(b, universal + 3 * i, 9, p[k.universal + i], ut);
    }
    return b;
}

} // namespace

Basis basis_at(double s, double c, double longitude_deg, double local_time_h, double ut_s) {
    const double s2 = s * s, s4 = s2 * s2, c2 = c * c;
    const double p10 = s, p20 = 0.5 * (3.0 * s2 - 1.0), p30 = 0.5 * (5.0 * s * s2 - 3.0 * s);
    const double p40 = (35.0 * s4 - 30.0 * s2 + 3.0) / 8.0, p50 = (63.0 * s4 * s - 70.0 * s2 * s + 15.0 * s) / 8.0;
    const double p60 = (11.0 * s * p50 - 5.0 * p40) / 6.0;
    const double p11 = c, p21 = 3.0 * s * c, p31 = 1.5 * (5.0 * s2 - 1.0) * c;
    const double p41 = 2.5 * (7.0 * s2 * s - 3.0 * s) * c, p51 = 1.875 * (21.0 * s4 - 14.0 * s2 + 1.0) * c;
    const double p61 = (11.0 * s * p51 - 6.0 * p41) / 5.0;
    const double p22 = 3.0 * c2, p32 = 15.0 * c2 * s, p42 = 7.5 * (7.0 * s2 - 1.0) * c2;
    const double p52 = 3.0 * s * p42 - 2.0 * p32;
    const double p33 = 15.0 * c2 * c, p43 = 105.0 * c2 * c * s;
    const double p53 = (9.0 * s * p43 - 7.0 * p33) / 2.0, p63 = (11.0 * s * p53 - 8.0 * p43) / 3.0;

    const Wave local = wave(radians_per_hour * local_time_h), longitude = wave(radians_per_degree * longitude_deg);
    const Wave ut = wave(radians_per_second * ut_s), twice = sum(local, local);
    Basis b;
    b[zonal] = 1.0;
    b[zonal + 1] = p10;
    b[zonal + 2] = p20;
    b[zonal + 3] = p30;
    b[zonal + 4] = p40;
    b[zonal + 5] = p50;
    b[zonal + 6] = p60;
    fill<4>(b, diurnal, {p11, p21, p31, p51}, local);
    fill<4>(b, semidiurnal, {p22, p32, p42, p52}, twice);
    fill<3>(b, terdiurnal, {p33, p43, p63}, sum(twice, local));
    fill<6>(b, longitudinal, {p11, p21, p31, p41, p51, p61}, longitude);
    fill<6>(b, tilted, {s * p11, s * p21, s * p31, s * p41, s * p51, s * p61}, longitude);
    fill<9>(b, universal, {p10, p10 * s, p10 * s2, p30, p30 * s, p30 * s2, p50, p50 * s, p50 * s2}, ut);
    fill<2>(b, mixed, {p32, p52}, sum(ut, sum(longitude, longitude)));
    return b;
}

double MagneticMemory::at(double absolute_latitude_deg) const {
    const double rate = decay / (1.0 + latitude_slope * (45.0 - absolute_latitude_deg));
    const double x = std::min(std::exp(-10800.0 * rate), 0.99999);
    const double x2 = x * x, x3 = x2 * x, x4 = x2 * x2, x8 = x4 * x4, x12 = x8 * x4, x19 = x12 * x4 * x3;
    const double sum = response[0] + response[1] * x + response[2] * x2 + response[3] * x3 +
                       (response[4] * x4 + response[5] * x12) * (1.0 - x8) / (1.0 - x);
    return sum / (1.0 + (1.0 - x19) / (1.0 - x) * std::sqrt(x));
}

MagneticMemory magnetic_memory(std::span<const double, 150> p, const SolarActivity& activity) {
    MagneticMemory memory{{}, std::abs(p[51]), p[138]};
    const double rate = std::max(p[24], 1.0e-4);
    for (std::size_t i = 0; i < 6; ++i) {
        const double a = activity.ap[i + 1] - 4.0;
        memory.response[i] = a + (p[25] - 1.0) * (a + (std::exp(-rate * a) - 1.0) / rate);
    }
    return memory;
}

double daily_magnetic_effect(std::span<const double, 150> p, double ap) {
    const double a = ap - 4.0, rate = p[43] < 0.0 ? 1.0e-5 : p[43];
    return a + (p[44] - 1.0) * (a + (std::exp(-rate * a) - 1.0) / rate);
}

UpperCoefficients upper_coefficients(std::span<const double, 150> p, int day_of_year, const SolarActivity& activity) {
    const Seasons season = seasons(p, day_of_year);
    const double annual = season.tilted_annual;
    const double df = activity.f107 - activity.f107a, dfa = activity.f107a - 150.0;
    const double flux = p[19] * df + p[20] * df * df;
    const double f1 = 1.0 + p[47] * dfa + flux, f2 = 1.0 + p[49] * dfa + flux;
    Basis b{};
    b[zonal] = p[30] + p[19] * df * (1.0 + p[59] * dfa) + p[20] * df * df + p[21] * dfa + p[29] * dfa * dfa +
               p[18] * season.annual + p[15] * season.semiannual;
    b[zonal + 1] = p[26] + f1 * p[9] * annual + p[37] * season.tilted_semiannual;
    b[zonal + 2] = p[1] + p[14] * dfa + p[16] * season.semiannual;
    b[zonal + 3] = f1 * p[10] * annual;
    b[zonal + 4] = p[2];
    b[zonal + 6] = p[22];
    const std::array<double, 8> day{p[3], p[11] * annual, p[4], p[27], p[6], p[12] * annual, p[7], p[28]};
    const std::array<double, 8> half_day{p[5], p[23] * annual, p[41], p[35] * annual,
                                         p[8], p[33] * annual, p[42], p[36] * annual};
    const std::array<double, 6> third_day{p[40], p[94] * annual, p[48] * annual, p[39], p[93] * annual, p[46] * annual};
    std::ranges::transform(day, b.begin() + diurnal, [f2](double x) { return f2 * x; });
    std::ranges::transform(half_day, b.begin() + semidiurnal, [f2](double x) { return f2 * x; });
    std::ranges::transform(third_day, b.begin() + terdiurnal, [f2](double x) { return f2 * x; });

    const double by_longitude = 1.0 + p[80] * dfa, by_ut = 1.0 + p[81] * dfa;
    const double tilt_1 = p[95] + p[119] * annual, tilt_2 = p[95] * p[119] * annual;
    const Wave ut = wave(radians_per_second * p[71]), ut_mixed = wave(radians_per_second * p[79]);
    for (std::size_t i = 0; i < 3; ++i) {
        b[longitudinal + 2 * i] = by_longitude * (p[103 + i] + p[109 + i] * annual);
        b[longitudinal + 2 * i + 1] = by_longitude * p[64 + i];
        b[longitudinal + 2 * i + 6] = by_longitude * (p[106 + i] + p[112 + i] * annual);
        b[longitudinal + 2 * i + 7] = by_longitude * p[90 + i];
        add_phased(b, universal + 3 * i, 9, by_ut * p[68 + i], ut);
        add_phased(b, universal + 3 * i + 1, 9, by_ut * tilt_1 * p[68 + i], ut);
        add_phased(b, universal + 3 * i + 2, 9, by_ut * tilt_2 * p[68 + i], ut);
    }
    add_phased(b, mixed, 2, p[76] * (1.0 + p[137] * dfa), ut_mixed);
    add_phased(b, mixed + 1, 2, p[77] * (1.0 + p[137] * dfa), ut_mixed);
    return {b, magnetic_coefficients(p, activity.three_hourly ? of_ap_history : of_daily_ap, annual)};
}

Basis lower_coefficients(std::span<const double, 100> p, int day_of_year, const SolarActivity& activity,
                         double magnetic_effect) {
    const Seasons season = seasons(p, day_of_year);
    const double annual = season.tilted_annual, day = day_of_year;
    Basis b{};
    b[zonal] = p[21] * (activity.f107a - 150.0) + p[18] * season.annual + p[15] * season.semiannual;
    b[zonal + 1] = p[26] + p[9] * annual + p[37] * season.tilted_semiannual;
    b[zonal + 2] = p[1] + p[47] * season.annual + p[16] * season.semiannual;
    b[zonal + 3] = p[14] + p[10] * annual;
    b[zonal + 4] = p[2] + p[29] * season.annual + p[30] * season.semiannual;
    b[zonal + 5] = p[59] + p[20] * annual;
    b[zonal + 6] = p[22];
    b[zonal] += magnetic_effect * (activity.three_hourly ? p[50] : p[32]);
    b[zonal + 2] += magnetic_effect * (activity.three_hourly ? p[96] : p[45]);
    const std::array<double, 8> by_day{p[3], p[11] * annual, p[4], 0.0, p[6], p[12] * annual, p[7], 0.0};
    const std::array<double, 8> by_half_day{p[5], p[23] * annual, p[41], p[35] * annual,
                                            p[8], p[33] * annual, p[42], p[36] * annual};
    std::ranges::copy(by_day, b.begin() + diurnal);
    std::ranges::copy(by_half_day, b.begin() + semidiurnal);
    b[terdiurnal] = p[40];
    b[terdiurnal + 3] = p[39];

    const double tilt = p[80] * std::cos(radians_per_day * (day - p[81])) +
                        p[85] * std::cos(2.0 * radians_per_day * (day - p[86]));
    const double scale = 1.0 + p[83] * std::cos(radians_per_day * (day - p[84])) +
                         p[87] * std::cos(2.0 * radians_per_day * (day - p[88]));
    const std::array<double, 12> longitude{p[74], p[64], p[75], p[65], p[76], p[66],
                                           p[77], p[90], p[78], p[91], p[79], p[92]};
    for (std::size_t i = 0; i < longitude.size(); ++i) {
        b[longitudinal + i] = scale * longitude[i];
        b[tilted + i] = tilt * longitude[i];
    }
    return b;
}

} // namespace llamaspace::nrlmsise00
