// Four functions of time side by side, as Chebyshev series over equal spans: one vector register holds a coefficient.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>
#include <vector>

namespace llamaspace {

class ChebyshevSeries {
  public:
    using Four = std::array<double, 4>;

    ChebyshevSeries(double start_s, double step_s, std::size_t terms, std::vector<Four> coefficients)
        : start_s_(start_s), step_s_(step_s), terms_(terms), spans_(coefficients.size() / terms),
          coefficients_(std::move(coefficients)) {}

    // The interpolant of f at the Chebyshev nodes of spans that cover start to end.
    template <class F> static ChebyshevSeries fit(F&& f, double start_s, double end_s, double step_s, std::size_t terms) {
        const auto spans = static_cast<std::size_t>(std::max(1.0, std::ceil((end_s - start_s) / step_s)));
        const auto n = static_cast<double>(terms);
        std::vector<Four> values(terms), coefficients;
        coefficients.reserve(spans * terms);
        for (std::size_t span = 0; span < spans; ++span) {
            const double first_s = start_s + step_s * static_cast<double>(span);
            for (std::size_t node = 0; node < terms; ++node) {
                const double x = std::cos(std::numbers::pi * (static_cast<double>(node) + 0.5) / n);
                values[node] = f(first_s + 0.5 * (x + 1.0) * step_s);
            }
            for (std::size_t term = 0; term < terms; ++term) {
                coefficients.push_back(coefficient(values, term));
            }
        }
        return {start_s, step_s, terms, std::move(coefficients)};
    }

    // Clenshaw's sum; outside the spans the nearest one is extrapolated.
    [[nodiscard]] Four at(double t_s) const {
        const double spans = std::max(0.0, (t_s - start_s_) / step_s_);
        const auto span = std::min(static_cast<std::size_t>(spans), spans_ - 1);
        const double x = 2.0 * ((t_s - start_s_) / step_s_ - static_cast<double>(span)) - 1.0, twice_x = 2.0 * x;
        const Four* c = coefficients_.data() + span * terms_;
        Four b1{}, b2{}, sum{};
        for (std::size_t term = terms_ - 1; term > 0; --term) {
            for (std::size_t k = 0; k < 4; ++k) {
                const double b = c[term][k] + twice_x * b1[k] - b2[k];
                b2[k] = b1[k];
                b1[k] = b;
            }
        }
        for (std::size_t k = 0; k < 4; ++k) {
            sum[k] = c[0][k] + x * b1[k] - b2[k];
        }
        return sum;
    }

  private:
    static Four coefficient(const std::vector<Four>& values, std::size_t term) {
        const auto n = static_cast<double>(values.size());
        Four sum{};
        for (std::size_t node = 0; node < values.size(); ++node) {
            const double angle = std::numbers::pi * static_cast<double>(term) * (static_cast<double>(node) + 0.5) / n;
            const double weight = (term == 0 ? 1.0 : 2.0) / n * std::cos(angle);
            for (std::size_t k = 0; k < 4; ++k) {
                sum[k] += weight * values[node][k];
            }
        }
        return sum;
    }

    double start_s_, step_s_;
    std::size_t terms_, spans_;
    std::vector<Four> coefficients_;
};

} // namespace llamaspace
