// Atmospheres by table: exponential layers, Harris-Priester, and the US Standard Atmosphere 1976.
#include "llamaspace/atmosphere.hpp"
#include "llamaspace/error.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace llamaspace {
namespace {

struct ExponentialLayer {
    double base_km, density_kg_m3, scale_height_km;
};
// Vallado, Fundamentals of Astrodynamics and Applications, 4th ed., table 8-4.
constexpr std::array<ExponentialLayer, 28> exponential_layers{{
    {0, 1.225, 7.249},         {25, 3.899e-2, 6.349},     {30, 1.774e-2, 6.682},     {40, 3.972e-3, 7.554},
    {50, 1.057e-3, 8.382},     {60, 3.206e-4, 7.714},     {70, 8.770e-5, 6.549},     {80, 1.905e-5, 5.799},
    {90, 3.396e-6, 5.382},     {100, 5.297e-7, 5.877},    {110, 9.661e-8, 7.263},    {120, 2.438e-8, 9.473},
    {130, 8.484e-9, 12.636},   {140, 3.845e-9, 16.149},   {150, 2.070e-9, 22.523},   {180, 5.464e-10, 29.740},
    {200, 2.789e-10, 37.105},  {250, 7.248e-11, 45.546},  {300, 2.418e-11, 53.628},  {350, 9.518e-12, 53.298},
    {400, 3.725e-12, 58.515},  {450, 1.585e-12, 60.828},  {500, 6.967e-13, 63.822},  {600, 1.454e-13, 71.835},
    {700, 3.614e-14, 88.667},  {800, 1.170e-14, 124.64},  {900, 5.245e-15, 181.05},  {1000, 3.019e-15, 268.00},
}};

struct HarrisPriesterRow {
    double height_km, least_g_km3, greatest_g_km3;
};
// Montenbruck and Gill, Satellite Orbits, table 3.8.
constexpr std::array<HarrisPriesterRow, 50> harris_priester_rows{{
    {100, 497400, 497400},    {120, 24900, 24900},      {130, 8377, 8710},        {140, 3899, 4059},
    {150, 2122, 2215},        {160, 1263, 1344},        {170, 800.8, 875.8},      {180, 528.3, 601.0},
    {190, 361.7, 429.7},      {200, 255.7, 316.2},      {210, 183.9, 239.6},      {220, 134.1, 185.3},
    {230, 99.49, 145.5},      {240, 74.88, 115.7},      {250, 57.09, 93.08},      {260, 44.03, 75.55},
    {270, 34.30, 61.82},      {280, 26.97, 50.95},      {290, 21.39, 42.26},      {300, 17.08, 35.26},
    {320, 10.99, 25.11},      {340, 7.214, 18.19},      {360, 4.824, 13.37},      {380, 3.274, 9.955},
    {400, 2.249, 7.492},      {420, 1.558, 5.684},      {440, 1.091, 4.355},      {460, 0.7701, 3.362},
    {480, 0.5474, 2.612},     {500, 0.3916, 2.042},     {520, 0.2819, 1.605},     {540, 0.2042, 1.267},
    {560, 0.1488, 1.005},     {580, 0.1092, 0.7997},    {600, 0.08070, 0.6390},   {620, 0.06012, 0.5123},
    {640, 0.04519, 0.4121},   {660, 0.03430, 0.3325},   {680, 0.02632, 0.2691},   {700, 0.02043, 0.2185},
    {720, 0.01607, 0.1779},   {740, 0.01281, 0.1452},   {760, 0.01036, 0.1190},   {780, 0.008496, 0.09776},
    {800, 0.007069, 0.08059}, {840, 0.004680, 0.05741}, {880, 0.003200, 0.04210}, {920, 0.002210, 0.03130},
    {960, 0.001560, 0.02360}, {1000, 0.001150, 0.01810},
}};
constexpr double kg_m3_per_g_km3 = 1.0e-12;
constexpr double bulge_lag_rad = 30.0 * std::numbers::pi / 180.0;

struct StandardLayer {
    double base_km, temperature_k, gradient_k_km; // geopotential height, molecular-scale temperature
};
// US Standard Atmosphere 1976, table 4.
constexpr std::array<StandardLayer, 7> standard_layers{{
    {0, 288.15, -6.5}, {11, 216.65, 0}, {20, 216.65, 1}, {32, 228.65, 2.8}, {47, 270.65, 0}, {51, 270.65, -2.8},
    {71, 214.65, -2},
}};
constexpr double standard_radius_km = 6356.766;   // ibid., section 1.2.4
constexpr double gas_constant_j_kg_k = 8314.32 / 28.9644; // ibid., table 2 and equation 20
constexpr double hydrostatic_k_km = 9.80665 / gas_constant_j_kg_k * 1000.0;
constexpr double sea_level_pa = 101325.0;

double pressure_ratio(const StandardLayer& layer, double above_km) {
    if (layer.gradient_k_km == 0.0) {
        return std::exp(-hydrostatic_k_km * above_km / layer.temperature_k);
    }
    const double hotter = 1.0 + layer.gradient_k_km * above_km / layer.temperature_k;
    return std::pow(hotter, -hydrostatic_k_km / layer.gradient_k_km);
}

void require_height(double height_m, double least_m, double greatest_m, const char* model) {
    if (!(height_m >= least_m && height_m <= greatest_m)) {
        throw Error(ErrorCode::bad_value, "height " + std::to_string(height_m) + " m is outside " + model);
    }
}

} // namespace

double exponential_density_kg_m3(double height_m) {
    require_height(height_m, -1.0e4, 1.0e9, "the exponential atmosphere: -10,000 m to 1e9 m");
    const double height_km = 1.0e-3 * height_m;
    const auto above = std::ranges::upper_bound(exponential_layers, height_km, {}, &ExponentialLayer::base_km);
    const ExponentialLayer& layer = above == exponential_layers.begin() ? exponential_layers.front() : *(above - 1);
    return layer.density_kg_m3 * std::exp(-(height_km - layer.base_km) / layer.scale_height_km);
}

double harris_priester_density_kg_m3(double height_m, const Vec3& r_m, const Vec3& r_sun_m, double exponent) {
    const auto& rows = harris_priester_rows;
    const double height_km = 1.0e-3 * height_m;
    if (height_km < rows.front().height_km) {
        return exponential_density_kg_m3(height_m);
    }
    if (!(height_km < rows.back().height_km)) {
        return 0.0;
    }
    const auto above = std::ranges::upper_bound(rows, height_km, {}, &HarrisPriesterRow::height_km);
    const HarrisPriesterRow &low = *(above - 1), &high = *above;
    const double share = (height_km - low.height_km) / (high.height_km - low.height_km);
    const double least = low.least_g_km3 * std::pow(high.least_g_km3 / low.least_g_km3, share);
    const double greatest = low.greatest_g_km3 * std::pow(high.greatest_g_km3 / low.greatest_g_km3, share);
    const double c = std::cos(bulge_lag_rad), s = std::sin(bulge_lag_rad);
    const Vec3 apex{c * r_sun_m.x - s * r_sun_m.y, s * r_sun_m.x + c * r_sun_m.y, r_sun_m.z};
    const double half_cosine_squared = std::max(0.5 + 0.5 * dot(r_m, apex) / (norm(r_m) * norm(apex)), 0.0);
    return kg_m3_per_g_km3 * (least + (greatest - least) * std::pow(half_cosine_squared, 0.5 * exponent));
}

Air standard_atmosphere_1976(double height_m) {
    require_height(height_m, -5.0e3, 8.6e4, "the US Standard Atmosphere 1976 as built here: -5,000 m to 86,000 m");
    const double geometric_km = 1.0e-3 * height_m;
    const double height_km = geometric_km * standard_radius_km / (standard_radius_km + geometric_km);
    double pressure_pa = sea_level_pa;
    std::size_t i = 0;
    for (; i + 1 < standard_layers.size() && height_km > standard_layers[i + 1].base_km; ++i) {
        pressure_pa *= pressure_ratio(standard_layers[i], standard_layers[i + 1].base_km - standard_layers[i].base_km);
    }
    const StandardLayer& layer = standard_layers[i];
    const double above_km = height_km - layer.base_km;
    pressure_pa *= pressure_ratio(layer, above_km);
    const double temperature_k = layer.temperature_k + layer.gradient_k_km * above_km;
    return {pressure_pa / (gas_constant_j_kg_k * temperature_k), temperature_k, 0.0, {}};
}

} // namespace llamaspace
