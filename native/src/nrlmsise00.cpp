// NRLMSISE-00: the profiles of the nine species above 72.5 km, and of the mixed air below.
#include "llamaspace/atmosphere.hpp"
#include "llamaspace/error.hpp"
#include "nrlmsise00_column.hpp"
#include "nrlmsise00_expansion.hpp"
#include "nrlmsise00_tables.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace llamaspace {
namespace nrlmsise00 {
namespace {

constexpr double atomic_mass_kg = 1.66e-27; // the model's rounding
constexpr double degrees_per_radian = 180.0 / std::numbers::pi;
constexpr double model_radians_per_degree = 1.74533e-2;
constexpr double per_m3 = 1.0e6; // from per cm3

constexpr std::array<double, 5> thermosphere_km{turbopause[1][15], 110.0, 100.0, 90.0, 72.5};
constexpr std::array<double, 4> mesosphere_km{72.5, 55.0, 45.0, 32.5};
constexpr std::array<double, 5> stratosphere_km{32.5, 20.0, 15.0, 10.0, 0.0};
constexpr double mesosphere_top_km = 72.5;
constexpr double full_mixing_km = 62.5;
constexpr double node_variations_below_km = 300.0;

// The parameters of the thermosphere, in the order of their expansion.
enum Upper : std::size_t {
    helium,
    oxygen,
    nitrogen,
    boundary_temperature_set,
    dioxygen,
    argon,
    hydrogen,
    atomic_nitrogen,
    anomalous_oxygen,
    exosphere,
    gradient,
    upper_sets
};
constexpr std::size_t padded_upper_sets = 12; // a whole number of vector registers
constexpr std::size_t lower_sets = 6;         // four nodes, one gradient, one unused
constexpr std::size_t middle_sets = 10;       // PMA 0 to 9; 8 belongs to the lower thermosphere and stays 0

const std::array<double, 150>& upper_table(std::size_t set) {
    return set == exosphere ? exospheric_temperature : set == gradient ? temperature_gradient : density[set];
}

// Transition of full strength r far below the middle height to none far above: logarithm of the correction.
double transition(double height_km, double r, double length_km, double middle_km) {
    return r / (1.0 + std::exp(std::clamp((height_km - middle_km) / length_km, -700.0, 700.0)));
}
double transition(double height_km, double r, double length_km, double middle_km, double second_length_km) {
    const double first = std::exp(std::clamp((height_km - middle_km) / length_km, -700.0, 700.0));
    const double second = std::exp(std::clamp((height_km - middle_km) / second_length_km, -700.0, 700.0));
    return r / (1.0 + 0.5 * (first + second));
}

// Logarithm of the density between diffusive and mixed profiles, both as logarithms, about the turbopause.
double join(double diffusive, double mixed, double length, double mixed_mass, double mass) {
    const double a = length / (mixed_mass - mass), difference = a * (mixed - diffusive);
    if (difference < -10.0) {
        return diffusive;
    }
    return difference > 10.0 ? mixed : diffusive + std::log1p(std::exp(difference)) / a;
}

constexpr double mixed_mass = boundary_density[2][4];
constexpr double mixing_length = boundary_density[2][3] * turbopause[1][5];

// How a species leaves diffusive equilibrium.
struct Species {
    Upper set;
    std::size_t boundary; // row of the boundary densities
    double mass, thermal_diffusion, mixed_below_km;
};
constexpr std::array<Species, 7> species_table{{{nitrogen, 2, 28.0, 0.0, 160.0},
                                                {helium, 0, 4.0, -0.38, 200.0},
                                                {oxygen, 1, 16.0, 0.0, 300.0},
                                                {dioxygen, 3, 32.0, 0.0, 250.0},
                                                {argon, 4, 40.0, 0.17, 240.0},
                                                {hydrogen, 5, 1.0, -0.38, 320.0},
                                                {atomic_nitrogen, 6, 14.0, 0.0, 450.0}}};

// Chemistry and dissociation of one species, as logarithms, at a height where it is mixed.
double mixed_correction(const Species& s, double z, double to_ground_ratio, double flux) {
    const auto& d = boundary_density[s.boundary];
    const auto& lower = turbopause[0];
    const auto& upper = turbopause[1];
    switch (s.set) {
    case helium: return transition(z, to_ground_ratio, d[5] * upper[1], d[4] * upper[0]);
    case oxygen:
        return transition(z, d[1] * upper[16] * flux, d[5] * upper[3], d[4] * upper[2], d[5] * upper[4]) +
               transition(z, d[3] * upper[14], d[7] * upper[13], d[6] * upper[12]);
    case dioxygen: return transition(z, to_ground_ratio, d[5] * upper[7], d[4] * upper[6]);
    case argon: return transition(z, to_ground_ratio, d[5] * upper[9], d[4] * upper[8]);
    case hydrogen:
        return transition(z, to_ground_ratio, d[5] * upper[11], d[4] * upper[10]) +
               transition(z, d[3] * upper[20], d[7] * upper[19], d[6] * upper[18]);
    case atomic_nitrogen:
        return transition(z, to_ground_ratio, d[5] * lower[1], d[4] * lower[0]) +
               transition(z, d[3] * lower[5], d[7] * lower[4], d[6] * lower[3]);
    default: return 0.0;
    }
}

// Share of the mixing ratio at the ground that is written to the table with a sign of its own.
double ground_share(const Species& s) {
    const double ratio = boundary_density[s.boundary][1];
    return s.set == hydrogen          ? ratio * std::abs(turbopause[1][17])
           : s.set == atomic_nitrogen ? ratio * std::abs(turbopause[0][2])
                                      : ratio;
}

} // namespace

// Everything that the conditions determine, and the profiles over a place.
class Coefficients {
  public:
    Coefficients(int day_of_year, const SolarActivity& activity);
    [[nodiscard]] Air at(double ut_s, double latitude_deg, double longitude_deg, double z, double local_time_h) const;

  private:
    struct Place {
        Basis basis;
        double sin_latitude, absolute_latitude_deg;
        Gravity gravity;
    };
    struct Thermal {
        double exospheric_k;
        Thermosphere column;
        Thermosphere::Nodes nodes;
    };
    struct Mixture {
        std::array<double, 8> logarithms; // of number densities, 1/cm3: He, O, N2, O2, Ar, H, N, anomalous O
        double mixed_nitrogen;            // logarithm; used below 160 km only
    };

    [[nodiscard]] std::array<double, padded_upper_sets> upper(const Place& place) const;
    [[nodiscard]] Thermal thermal(const Place& place, const std::array<double, padded_upper_sets>& g, double z) const;
    [[nodiscard]] Mixture mixture(const Place& place, const std::array<double, padded_upper_sets>& g,
                                  const Thermal& thermal, double z) const;
    [[nodiscard]] double hot_oxygen(const Place& place, double g, const Thermal& thermal, double z) const;
    [[nodiscard]] Air below_72_km(const Place& place, const Thermal& thermal, const Mixture& top, double z) const;

    Expansion<padded_upper_sets> upper_;
    Expansion<lower_sets> lower_;
    Expansion<middle_sets> middle_;
    // Exospheric temperature and helium: their memory of Ap depends on latitude, so they keep a part of their own.
    Expansion<2> remembered_;
    std::array<MagneticMemory, 2> memory_{};
    bool three_hourly_;
    double flux_factor_;       // 1 + c (F10.7a - 150)
    double turbopause_annual_; // times the sine of latitude: variation of the turbopause
    std::array<double, species_table.size()> boundary_logarithm_{}, ground_share_logarithm_{};
};

Coefficients::Coefficients(int day_of_year, const SolarActivity& activity)
    : three_hourly_(activity.three_hourly), flux_factor_(1.0 + turbopause[0][23] * (activity.f107a - 150.0)),
      turbopause_annual_(turbopause[0][24] *
                         std::cos(1.72142e-2 * (static_cast<double>(day_of_year) - exospheric_temperature[13]))) {
    for (std::size_t i = 0; i < species_table.size(); ++i) {
        const Species& s = species_table[i];
        boundary_logarithm_[i] = std::log(boundary_density[s.boundary][0] * density[s.set][0]);
        ground_share_logarithm_[i] = s.set == nitrogen ? 0.0 : std::log(ground_share(s));
    }
    // In the 3-hourly mode the nodes below take the memory of the last parameter before them that has one, as in the
    // model's distribution: the temperature at 120 km, and atomic nitrogen for those below 72.5 km.
    std::array<double, upper_sets> effect{};
    for (std::size_t set = 0; set < upper_sets; ++set) {
        const std::span<const double, 150> p(upper_table(set));
        auto [coefficients, magnetic] = upper_coefficients(p, day_of_year, activity);
        if (!three_hourly_) {
            effect[set] = daily_magnetic_effect(p, activity.ap[0]);
        } else if (p[138] != 0.0) {
            const std::size_t k = set == exosphere ? 0 : 1;
            memory_[k] = magnetic_memory(p, activity);
            remembered_.set(k, magnetic);
        } else if (p[51] != 0.0) {
            effect[set] = magnetic_memory(p, activity).at(45.0);
        }
        for (std::size_t j = 0; j < functions; ++j) {
            coefficients[j] += effect[set] * magnetic[j];
        }
        upper_.set(set, coefficients);
    }
    const double near_boundary = effect[boundary_temperature_set];
    const double below = effect[three_hourly_ ? atomic_nitrogen : anomalous_oxygen];
    for (std::size_t i = 0; i < 4; ++i) {
        lower_.set(i, lower_coefficients(std::span<const double, 100>(lower_thermosphere[i]), day_of_year, activity,
                                         near_boundary));
    }
    for (std::size_t i = 0; i < middle_sets; ++i) {
        const std::span<const double, 100> p(middle_atmosphere[i]);
        if (i == 8) {
            lower_.set(4, lower_coefficients(p, day_of_year, activity, near_boundary));
        } else {
            middle_.set(i, lower_coefficients(p, day_of_year, activity, below));
        }
    }
}

std::array<double, padded_upper_sets> Coefficients::upper(const Place& place) const {
    auto g = upper_(place.basis);
    if (three_hourly_) {
        const auto magnetic = remembered_(place.basis);
        g[exosphere] += memory_[0].at(place.absolute_latitude_deg) * magnetic[0];
        g[helium] += memory_[1].at(place.absolute_latitude_deg) * magnetic[1];
    }
    return g;
}

Coefficients::Thermal Coefficients::thermal(const Place& place, const std::array<double, padded_upper_sets>& g,
                                            double z) const {
    const auto& mean = boundary_temperature;
    const double exosphere_factor = z > thermosphere_km[0] ? 1.0 + g[exosphere] : 1.0;
    const double gradient_factor = z > thermosphere_km[4] ? 1.0 + g[gradient] : 1.0;
    const double exospheric_k = mean[0] * exospheric_temperature[0] * exosphere_factor;
    const double slope = mean[3] * temperature_gradient[0] * gradient_factor;
    const double boundary_k = mean[1] * (1.0 + g[boundary_temperature_set]) * density[boundary_temperature_set][0];

    std::array<double, lower_sets> v{};
    if (z < node_variations_below_km) {
        v = lower_(place.basis);
    }
    const double coldest_k = mean[4] * lower_thermosphere[3][0] / (1.0 - v[3]);
    const double gradient_scale = coldest_k / (mean[4] * lower_thermosphere[3][0]);
    const Thermosphere::Nodes nodes{
        thermosphere_km,
        {0.0, mean[6] * lower_thermosphere[0][0] / (1.0 - v[0]), mean[2] * lower_thermosphere[1][0] / (1.0 - v[1]),
         mean[7] * lower_thermosphere[2][0] / (1.0 - v[2]), coldest_k},
        mean[8] * middle_atmosphere[8][0] * (1.0 + v[4]) * gradient_scale * gradient_scale};
    return {exospheric_k, {place.gravity, exospheric_k, boundary_k, slope / (exospheric_k - boundary_k), nodes}, nodes};
}

Coefficients::Mixture Coefficients::mixture(const Place& place, const std::array<double, padded_upper_sets>& g,
                                            const Thermal& thermal, double z) const {
    static constexpr std::array<std::size_t, 7> output{2, 0, 1, 3, 4, 5, 6}; // places of the species of the table
    const Fall here = thermal.column.fall(z);
    const bool any_mixed = z <= 450.0;
    const auto fall_at = [&](double height_km) { return any_mixed ? thermal.column.fall(height_km) : Fall{}; };
    const Fall at_100 = z < 200.0 ? fall_at(boundary_density[0][2]) : Fall{};
    const Fall at_105 = fall_at(boundary_density[1][2]);
    const Fall at_95 = z <= 320.0 ? fall_at(boundary_density[5][2]) : Fall{};
    const Fall at_nitrogen =
        fall_at(boundary_density[2][2] * turbopause[1][24] * (1.0 + turbopause_annual_ * place.sin_latitude));

    Mixture out{};
    double base_nitrogen = 0.0; // at 120 km, if mixed from there; the others' ratios at the ground refer to it
    for (std::size_t i = 0; i < species_table.size(); ++i) {
        const Species& s = species_table[i];
        const double boundary = boundary_logarithm_[i] + g[s.set];
        double value = boundary + (1.0 + s.thermal_diffusion) * here.thermal + s.mass * here.weight;
        const Fall& turbo = s.set == nitrogen   ? at_nitrogen
                            : s.set == helium   ? at_100
                            : s.set == hydrogen ? at_95
                                                : at_105;
        const double base = boundary + s.thermal_diffusion * turbo.thermal + (s.mass - mixed_mass) * turbo.weight;
        const double full = base + here.thermal + mixed_mass * here.weight;
        if (s.set == nitrogen) { // the first of the table
            base_nitrogen = base;
            out.mixed_nitrogen = full;
        }
        if (z < s.mixed_below_km || (z == s.mixed_below_km && s.set != helium)) { // as in the model
            value = join(value, full, mixing_length, mixed_mass, s.mass) +
                    mixed_correction(s, z, base_nitrogen + ground_share_logarithm_[i] - base, flux_factor_);
        }
        if (s.set == dioxygen) { // general departure from diffusive equilibrium, at all heights
            const auto& d = boundary_density[s.boundary];
            value += transition(z, d[3] * turbopause[1][23] * flux_factor_, d[7] * turbopause[1][22],
                                d[6] * turbopause[1][21], d[7] * turbopause[0][22]);
        }
        out.logarithms[output[i]] = value;
    }
    out.logarithms[7] = hot_oxygen(place, g[anomalous_oxygen], thermal, z);
    return out;
}

double Coefficients::hot_oxygen(const Place& place, double g, const Thermal& thermal, double z) const {
    const auto& d = boundary_density[7];
    const double hot_k = d[9] * turbopause[0][6];
    const double boundary = std::log(d[0] * density[anomalous_oxygen][0]) + g;
    Fall fall{0.0, -place.gravity.at(lower_boundary_km) * place.gravity.above(z, lower_boundary_km) /
                       (gas_constant * hot_k)};
    if (z < thermosphere_km[0]) {
        const double any_shape = 0.02; // without effect: the profile is isothermal above the joint
        fall = Thermosphere(place.gravity, hot_k, hot_k, any_shape, thermal.nodes).fall(z);
    }
    const double scale_height_km = gas_constant * hot_k / (place.gravity.at(d[4]) * 16.0);
    return boundary + fall.thermal + 16.0 * fall.weight - d[5] / scale_height_km * (std::exp(-(z - d[4]) / d[5]) - 1.0);
}

Air Coefficients::below_72_km(const Place& place, const Thermal& thermal, const Mixture& top, double z) const {
    const auto v = middle_(place.basis);
    const auto& mean = middle_atmosphere_mean;
    const auto node = [&](std::size_t i) { return middle_atmosphere[i][0] * mean[i] / (1.0 - v[i]); };
    const double joint_k = node(2), joint_scale = joint_k / (middle_atmosphere[2][0] * mean[2]);
    const double joint_gradient = mean[8] * middle_atmosphere[9][0] * (1.0 + v[9]) * joint_scale * joint_scale;
    const InverseTemperature<4> mesosphere(place.gravity, mesosphere_km,
                                           {thermal.nodes.temperatures_k[4], node(0), node(1), joint_k},
                                           thermal.nodes.bottom_gradient, joint_gradient);
    const auto upper = mesosphere.at(std::max(z, mesosphere_km[3]));
    double temperature_k = upper.temperature_k;
    double mixed = top.mixed_nitrogen + std::log(thermal.nodes.temperatures_k[4] / temperature_k) -
                   mixed_mass * upper.weight;
    if (z <= stratosphere_km[0]) {
        const double ground_k = node(6), ground_scale = ground_k / (middle_atmosphere[6][0] * mean[6]);
        const InverseTemperature<5> stratosphere(
            place.gravity, stratosphere_km, {joint_k, node(3), node(4), node(5), ground_k}, joint_gradient,
            middle_atmosphere[7][0] * mean[7] * (1.0 + v[7]) * ground_scale * ground_scale);
        const auto lower = stratosphere.at(z);
        temperature_k = lower.temperature_k;
        mixed += std::log(joint_k / temperature_k) - mixed_mass * lower.weight;
    }
    // Linear transition from the composition at 72.5 km to the one at the ground.
    const double share = std::max(1.0 - (mesosphere_top_km - z) / (mesosphere_top_km - full_mixing_km), 0.0);
    const auto blend = [&](double ratio) { return 1.0 + share * (ratio - 1.0); };
    const double nitrogen_at_top = std::exp(top.logarithms[2]);
    const double nitrogen_here = std::exp(mixed) * blend(nitrogen_at_top / std::exp(top.mixed_nitrogen));
    const auto other = [&](std::size_t place_of, std::size_t row) {
        const double ratio = boundary_density[row][1];
        return nitrogen_here * ratio * blend(std::exp(top.logarithms[place_of]) / (nitrogen_at_top * ratio));
    };
    Air air{};
    air.temperature_k = temperature_k;
    air.exospheric_temperature_k = thermal.exospheric_k;
    air.number_density_m3 = {other(0, 0), 0.0, nitrogen_here, other(3, 3), other(4, 4), 0.0, 0.0, 0.0};
    return air;
}

Air Coefficients::at(double ut_s, double latitude_deg, double longitude_deg, double z, double local_time_h) const {
    const double latitude = model_radians_per_degree * latitude_deg;
    const double s = std::sin(latitude), c = std::cos(latitude);
    const Place place{basis_at(s, c, longitude_deg, local_time_h, ut_s), s, std::abs(latitude_deg),
                      Gravity(c * c - s * s)};
    const double upper_z = std::max(z, mesosphere_top_km);
    const auto g = upper(place);
    const Thermal column = thermal(place, g, upper_z);
    const Mixture composition = mixture(place, g, column, upper_z);
    Air air{};
    if (z < mesosphere_top_km) {
        air = below_72_km(place, column, composition, z);
    } else {
        air.temperature_k = column.column.temperature_k(z);
        air.exospheric_temperature_k = column.exospheric_k;
        std::ranges::transform(composition.logarithms, air.number_density_m3.begin(),
                               [](double logarithm) { return std::exp(logarithm); });
    }
    static constexpr std::array<double, 8> masses{4.0, 16.0, 28.0, 32.0, 40.0, 1.0, 14.0, 16.0};
    for (std::size_t i = 0; i < masses.size(); ++i) {
        air.number_density_m3[i] *= per_m3;
        air.density_kg_m3 += atomic_mass_kg * masses[i] * air.number_density_m3[i];
    }
    return air;
}

} // namespace nrlmsise00

Nrlmsise00::Nrlmsise00(int day_of_year, const SolarActivity& activity) {
    if (day_of_year < 1 || day_of_year > 366) {
        throw Error(ErrorCode::bad_value, "day of year " + std::to_string(day_of_year) + " is not within 1 to 366");
    }
    const bool finite = std::ranges::all_of(activity.ap, [](double ap) { return std::isfinite(ap) && ap >= 0.0; });
    if (!finite || !(activity.f107 > 0.0 && activity.f107a > 0.0) || !std::isfinite(activity.f107 + activity.f107a)) {
        throw Error(ErrorCode::bad_value, "solar fluxes must be above 0 and Ap values not below 0");
    }
    coefficients_ = std::make_shared<const nrlmsise00::Coefficients>(day_of_year, activity);
}

Air Nrlmsise00::at(double ut_s, double latitude_rad, double longitude_rad, double height_m,
                   double local_solar_time_h) const {
    if (!(height_m >= -1.0e3 && height_m <= 3.0e6)) {
        throw Error(ErrorCode::bad_value,
                    "height " + std::to_string(height_m) + " m is outside NRLMSISE-00: -1,000 m to 3,000,000 m");
    }
    const Air air = coefficients_->at(ut_s, latitude_rad * nrlmsise00::degrees_per_radian,
                                      longitude_rad * nrlmsise00::degrees_per_radian, 1.0e-3 * height_m,
                                      local_solar_time_h);
    // Over the poles after days of extreme storm (Ap above 300) the model's profile below 123 km crosses absolute zero.
    if (!(std::isfinite(air.density_kg_m3) && air.density_kg_m3 > 0.0 && air.temperature_k > 0.0)) {
        throw Error(ErrorCode::bad_value, "NRLMSISE-00 has no answer at height " + std::to_string(height_m) +
                                              " m, latitude " + std::to_string(latitude_rad) +
                                              " rad under this geomagnetic activity");
    }
    return air;
}

Air Nrlmsise00::at(double ut_s, double latitude_rad, double longitude_rad, double height_m) const {
    return at(ut_s, latitude_rad, longitude_rad, height_m,
              ut_s / 3600.0 + longitude_rad * nrlmsise00::degrees_per_radian / 15.0);
}

} // namespace llamaspace
