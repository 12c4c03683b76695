// The column of air over one place: temperature by height and the diffusive and mixed profiles that follow from it.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace llamaspace::nrlmsise00 {

inline constexpr double gas_constant = 831.4; // the model's unit: 1e-2 J/(K mol), with km and cm/s2
inline constexpr double lower_boundary_km = 120.0;

// Gravity at sea level, cm/s2, and the effective radius of the Earth, km, by latitude.
struct Gravity {
    double surface, radius_km;
    explicit Gravity(double cos_twice_latitude)
        : surface(980.616 * (1.0 - 0.0026373 * cos_twice_latitude)),
          radius_km(2.0 * surface / (3.085462e-6 + 2.27e-9 * cos_twice_latitude) * 1.0e-5) {}

    [[nodiscard]] double at(double height_km) const {
        const double k = 1.0 + height_km / radius_km;
        return surface / (k * k);
    }
    // Geopotential height above a base.
    [[nodiscard]] double above(double height_km, double base_km) const {
        return (height_km - base_km) * (radius_km + base_km) / (radius_km + height_km);
    }
};

// Inverse temperature as a cubic spline over geopotential height, from the highest node down; the argument runs from 0
// at the first node to 1 at the last.
template <std::size_t N> class InverseTemperature {
  public:
    InverseTemperature(const Gravity& gravity, const std::array<double, N>& heights_km,
                       const std::array<double, N>& temperatures_k, double top_gradient, double bottom_gradient)
        : gravity_(gravity), top_km_(heights_km[0]), extent_(gravity.above(heights_km[N - 1], heights_km[0])) {
        for (std::size_t i = 0; i < N; ++i) {
            x_[i] = gravity.above(heights_km[i], top_km_) / extent_;
            y_[i] = 1.0 / temperatures_k[i];
        }
        const double k = (gravity.radius_km + heights_km[N - 1]) / (gravity.radius_km + top_km_);
        solve(-top_gradient * y_[0] * y_[0] * extent_, -bottom_gradient * y_[N - 1] * y_[N - 1] * extent_ * k * k);
    }

    struct Value {
        double temperature_k;
        double weight; // of a column of unit molecular mass above: exponent of the barometric law
    };
    [[nodiscard]] Value at(double height_km) const {
        const double x = gravity_.above(height_km, top_km_) / extent_;
        double integral = 0.0;
        std::size_t i = 0;
        for (; i + 2 < N && x > x_[i + 1]; ++i) {
            const double h = x_[i + 1] - x_[i];
            integral += h * (0.5 * (y_[i] + y_[i + 1]) - h * h / 24.0 * (second_[i] + second_[i + 1]));
        }
        const double h = x_[i + 1] - x_[i], a = (x_[i + 1] - x) / h, b = (x - x_[i]) / h, a2 = a * a, b2 = b * b;
        const double inverse =
            a * y_[i] + b * y_[i + 1] + ((a2 - 1.0) * a * second_[i] + (b2 - 1.0) * b * second_[i + 1]) * h * h / 6.0;
        integral += h * (0.5 * ((1.0 - a2) * y_[i] + b2 * y_[i + 1]) +
                         h * h / 24.0 *
                             ((2.0 * a2 - 1.0 - a2 * a2) * second_[i] + (b2 * b2 - 2.0 * b2) * second_[i + 1]));
        return {1.0 / inverse, gravity_.at(top_km_) * extent_ / gas_constant * integral};
    }

  private:
    // Second derivatives for given slopes at both ends: a tridiagonal system, by elimination.
    void solve(double first_slope, double last_slope) {
        std::array<double, N> upper{}, right{};
        const auto secant = [this](std::size_t i) { return (y_[i + 1] - y_[i]) / (x_[i + 1] - x_[i]); };
        upper[0] = -0.5;
        right[0] = 3.0 / (x_[1] - x_[0]) * (secant(0) - first_slope);
        for (std::size_t i = 1; i + 1 < N; ++i) {
            const double span = x_[i + 1] - x_[i - 1], share = (x_[i] - x_[i - 1]) / span;
            const double pivot = share * upper[i - 1] + 2.0;
            upper[i] = (share - 1.0) / pivot;
            right[i] = (6.0 * (secant(i) - secant(i - 1)) / span - share * right[i - 1]) / pivot;
        }
        const double end = 3.0 / (x_[N - 1] - x_[N - 2]) * (last_slope - secant(N - 2));
        second_[N - 1] = (end - 0.5 * right[N - 2]) / (0.5 * upper[N - 2] + 1.0);
        for (std::size_t i = N - 1; i-- > 0;) {
            second_[i] = upper[i] * second_[i + 1] + right[i];
        }
    }

    Gravity gravity_;
    double top_km_, extent_;
    std::array<double, N> x_{}, y_{}, second_{};
};

// Logarithms of how density falls from 120 km to a height, for a species of molecular mass m and thermal diffusion a:
// ln n = ln n(120 km) + (1 + a) thermal + m weight.
struct Fall {
    double thermal, weight;
};

// Temperature above 72.5 km: Bates' profile above the joining height, a spline of five nodes below it.
class Thermosphere {
  public:
    static constexpr std::size_t nodes = 5;
    struct Nodes {
        std::array<double, nodes> heights_km;
        std::array<double, nodes> temperatures_k; // the first follows from Bates' profile
        double bottom_gradient;                   // K per km of geopotential height
    };

    Thermosphere(const Gravity& gravity, double exospheric_k, double boundary_k, double shape, const Nodes& nodes)
        : gravity_(gravity), exospheric_k_(exospheric_k), boundary_k_(boundary_k), shape_(shape),
          joint_km_(nodes.heights_km[0]), lower_(below(nodes)) {
        joint_ = bates(joint_km_);
    }

    [[nodiscard]] double temperature_k(double height_km) const {
        return height_km >= joint_km_ ? bates_k(height_km) : lower_.at(height_km).temperature_k;
    }
    [[nodiscard]] Fall fall(double height_km) const {
        if (height_km >= joint_km_) {
            return bates(height_km);
        }
        const auto low = lower_.at(height_km);
        return {std::log(boundary_k_ / low.temperature_k), joint_.weight - low.weight};
    }

  private:
    [[nodiscard]] double bates_k(double height_km) const {
        const double above = gravity_.above(height_km, lower_boundary_km);
        return exospheric_k_ - (exospheric_k_ - boundary_k_) * std::exp(-shape_ * above);
    }
    [[nodiscard]] Fall bates(double height_km) const {
        const double ratio = std::log(boundary_k_ / bates_k(height_km));
        const double gamma = gravity_.at(lower_boundary_km) / (shape_ * gas_constant * exospheric_k_);
        return {ratio, gamma * (ratio - shape_ * gravity_.above(height_km, lower_boundary_km))};
    }
    [[nodiscard]] InverseTemperature<nodes> below(const Nodes& given) const {
        auto temperatures_k = given.temperatures_k;
        temperatures_k[0] = bates_k(joint_km_);
        const double k = (gravity_.radius_km + lower_boundary_km) / (gravity_.radius_km + joint_km_);
        const double gradient = (exospheric_k_ - temperatures_k[0]) * shape_ * k * k;
        return {gravity_, given.heights_km, temperatures_k, gradient, given.bottom_gradient};
    }

    Gravity gravity_;
    double exospheric_k_, boundary_k_, shape_, joint_km_;
    InverseTemperature<nodes> lower_;
    Fall joint_{};
};

} // namespace llamaspace::nrlmsise00
