// Gauss-Jackson: the summed multistep method for r'' = a(t, r, v) with a fixed step.
//
// Berry and Healy, Implementation of Gauss-Jackson integration for orbit propagation, J. Astronaut. Sci. 52 (2004). The
// coefficients follow from the operator series 1 / ln(1 - x) and its square, evaluated at any offset from the newest
// point. Each step predicts, evaluates the full force once, and corrects; the correction re-evaluates the dominant force
// alone, which keeps the stability of a second evaluation at a small part of its price.
#pragma once

#include "llamaspace/vec3.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace llamaspace {

// Weights of the accelerations a(n), a(n-1), ... for velocity and position at an offset in steps from point n.
template <int Order> struct SummedWeights {
    std::array<double, Order + 1> velocity{}, position{};
    double position_of_first_sum{};
};

template <int Order> [[nodiscard]] inline SummedWeights<Order> summed_weights(int offset) {
    constexpr int terms = Order + 3;
    // 1 = (-ln(1 - x) / x) (c0 + c1 x + ...)
    std::array<long double, terms> c{}, d{}, shift{};
    for (int i = 0; i < terms; ++i) {
        long double sum = i == 0 ? 1.0L : 0.0L;
        for (int j = 0; j < i; ++j) {
            sum -= c[static_cast<std::size_t>(j)] / static_cast<long double>(i - j + 1);
        }
        c[static_cast<std::size_t>(i)] = sum;
    }
    const auto product = [](const auto& a, const auto& b, int i) {
        long double sum = 0.0L;
        for (int j = 0; j <= i; ++j) {
            sum += a[static_cast<std::size_t>(j)] * b[static_cast<std::size_t>(i - j)];
        }
        return sum;
    };
    // (1 - x)^-offset
    shift[0] = 1.0L;
    for (int i = 1; i < terms; ++i) {
        shift[static_cast<std::size_t>(i)] = shift[static_cast<std::size_t>(i - 1)] * static_cast<long double>(offset + i - 1) / static_cast<long double>(i);
    }
    for (int i = 0; i < terms; ++i) {
        d[static_cast<std::size_t>(i)] = product(c, c, i);
    }
    SummedWeights<Order> out;
    out.position_of_first_sum = static_cast<double>(product(d, shift, 1));
    std::array<long double, Order + 1> velocity{}, position{};
    for (int i = 0; i <= Order; ++i) {
        const long double g = product(c, shift, i + 1), e = product(d, shift, i + 2);
        long double binomial = 1.0L; // of the i-th backward difference, with sign
        for (int k = 0; k <= i; ++k) {
            velocity[static_cast<std::size_t>(k)] += g * binomial;
            position[static_cast<std::size_t>(k)] += e * binomial;
            binomial *= -static_cast<long double>(i - k) / static_cast<long double>(k + 1);
        }
    }
    for (std::size_t k = 0; k <= Order; ++k) {
        out.velocity[k] = static_cast<double>(velocity[k]);
        out.position[k] = static_cast<double>(position[k]);
    }
    return out;
}

struct MotionPoint {
    double t;
    Vec3 r, v, a;
};

// Quintic through position, velocity and acceleration at both ends of a step.
[[nodiscard]] inline MotionPoint hermite(const MotionPoint& p, const MotionPoint& q, double t) {
    const double h = q.t - p.t, x = (t - p.t) / h;
    const Vec3 dr = q.r - p.r - h * p.v - (0.5 * h * h) * p.a;
    const Vec3 dv = h * (q.v - p.v) - (h * h) * p.a, da = (h * h) * (q.a - p.a);
    const Vec3 c3 = 10.0 * dr - 4.0 * dv + 0.5 * da, c4 = -15.0 * dr + 7.0 * dv - da, c5 = 6.0 * dr - 3.0 * dv + 0.5 * da;
    const double x2 = x * x, x3 = x2 * x;
    return {t, p.r + (x * h) * p.v + (0.5 * x2 * h * h) * p.a + x3 * (c3 + x * c4 + x2 * c5),
            p.v + (x * h) * p.a + (x2 / h) * (3.0 * c3 + (4.0 * x) * c4 + (5.0 * x2) * c5),
            p.a + (x / (h * h)) * (6.0 * c3 + (12.0 * x) * c4 + (20.0 * x2) * c5)};
}

// `full(t, r, v)` is the whole acceleration, `dominant(t, r)` the part that carries the correction.
template <int Order, class Full, class Dominant> class GaussJackson {
  public:
    // Order + 1 points at equal steps, oldest first.
    using Start = std::array<MotionPoint, Order + 1>;

    GaussJackson(Full& full, Dominant& dominant, const Start& start)
        : full_(full), dominant_(dominant), h_(start[1].t - start[0].t), before_(start[Order - 1]), now_(start[Order]),
          steps_t0_(start[Order].t) {
        for (std::size_t k = 0; k <= Order; ++k) {
            a_[k] = start[Order - k].a;
        }
        // The sums at the newest point that reproduce the state in the middle, where the formula is most exact.
        constexpr int middle = Order / 2;
        static const auto weights = summed_weights<Order>(-middle);
        const MotionPoint& centre = start[Order - middle];
        sum_ = (1.0 / h_) * centre.v - weighted(weights.velocity);
        double_sum_ = (1.0 / (h_ * h_)) * centre.r - weights.position_of_first_sum * sum_ - weighted(weights.position);
    }

    [[nodiscard]] const MotionPoint& now() const { return now_; }
    [[nodiscard]] const MotionPoint& before() const { return before_; }
    [[nodiscard]] double step_s() const { return h_; }
    // How far the last step's predicted and corrected positions are apart: how hard the step is for the orbit.
    [[nodiscard]] double correction_m() const { return correction_m_; }

    void advance() {
        static const auto predictor = summed_weights<Order>(1), corrector = summed_weights<Order>(0);
        before_ = now_;
        ++steps_;
        const double t = steps_t0_ + static_cast<double>(steps_) * h_;
        const Vec3 r_predicted = position(predictor), v_predicted = velocity(predictor);
        const Vec3 a_predicted = full_(t, r_predicted, v_predicted);
        std::copy_backward(a_.begin(), a_.end() - 1, a_.end());
        a_[0] = a_predicted;
        sum_ = sum_ + a_predicted;
        double_sum_ = double_sum_ + sum_;
        const Vec3 r_corrected = position(corrector);
        const Vec3 change = dominant_(t, r_corrected) - dominant_(t, r_predicted);
        a_[0] = a_[0] + change;
        sum_ = sum_ + change;
        double_sum_ = double_sum_ + change;
        now_ = {t, position(corrector), velocity(corrector), a_[0]};
        correction_m_ = norm(now_.r - r_predicted);
    }

  private:
    Full& full_;
    Dominant& dominant_;
    double h_;
    MotionPoint before_, now_;
    double steps_t0_;
    long steps_{0};
    double correction_m_{0.0};
    std::array<Vec3, Order + 1> a_{}; // newest first
    Vec3 sum_, double_sum_;           // first and second sum of the accelerations through the newest point

    [[nodiscard]] Vec3 weighted(const std::array<double, Order + 1>& weights) const {
        Vec3 out{};
        for (std::size_t k = 0; k <= Order; ++k) {
            out = out + weights[k] * a_[k];
        }
        return out;
    }
    [[nodiscard]] Vec3 velocity(const SummedWeights<Order>& w) const { return h_ * (sum_ + weighted(w.velocity)); }
    [[nodiscard]] Vec3 position(const SummedWeights<Order>& w) const {
        return (h_ * h_) * (double_sum_ + w.position_of_first_sum * sum_ + weighted(w.position));
    }
};

} // namespace llamaspace
