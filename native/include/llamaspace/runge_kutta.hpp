// Explicit Runge-Kutta pairs with step control and dense output, for orbits and what is integrated along with them.
//
// The state begins with position and velocity; they alone govern the step. Every size is known at compile time, so the
// stages unroll and the zeros of a table cost nothing.
#pragma once

#include "llamaspace/dop853_table.hpp"
#include "llamaspace/error.hpp"
#include "llamaspace/verner98_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

namespace llamaspace {

template <std::size_t N> using StateOf = std::array<double, N>;

namespace rk_detail {

template <std::size_t N> inline double length(const StateOf<N>& y, std::size_t first) {
    return std::sqrt(y[first] * y[first] + y[first + 1] * y[first + 1] + y[first + 2] * y[first + 2]);
}

// Sum of weight times stage over the weights that are not zero.
template <auto Weights, std::size_t N, class Stages, std::size_t... J>
inline void weigh(const Stages& k, StateOf<N>& out, std::index_sequence<J...>) {
    out.fill(0.0);
    const auto add = [&](const StateOf<N>& stage, double weight) {
        for (std::size_t i = 0; i < N; ++i) {
            out[i] += weight * stage[i];
        }
    };
    ((Weights[J] != 0.0 ? add(k[J], Weights[J]) : void()), ...);
}

} // namespace rk_detail

// One integration: `Rates` is called as rates(t, y, dydt).
template <class Table, std::size_t N, class Rates> class RungeKutta {
  public:
    using State = StateOf<N>;

    // `tolerance_m` bounds the local error of a step in position, and in velocity times |r| / |v|.
    RungeKutta(Rates& rates, double t, const State& y, double tolerance_m, double step_s)
        : rates_(rates), t_(t), t_before_(t), y_(y), y_before_(y), tolerance_m_(tolerance_m), wanted_s_(std::abs(step_s)) {}

    [[nodiscard]] double t() const { return t_; }
    [[nodiscard]] double t_before() const { return t_before_; }
    [[nodiscard]] const State& y() const { return y_; }
    [[nodiscard]] const State& y_before() const { return y_before_; }
    [[nodiscard]] double wanted_step_s() const { return wanted_s_; }

    // One accepted step towards `t_end`, never past it. Throws Error(no_convergence) when the step vanishes.
    void advance(double t_end) {
        if (!first_known_) {
            rates_(t_, y_, first_);
            first_known_ = true;
        }
        k_[0] = first_;
        const double direction = t_end >= t_ ? 1.0 : -1.0, left_s = std::abs(t_end - t_);
        const bool last = wanted_s_ >= 0.95 * left_s; // no sliver before the end
        double size_s = last ? left_s : wanted_s_;
        for (bool rejected = false;; rejected = true) {
            State end;
            const double error = attempt(direction * size_s, end);
            const double factor = error > 0.0 ? safety * std::pow(error, -exponent) : largest_growth;
            if (error <= 1.0) {
                const double next_s = size_s * std::clamp(factor, 0.2, rejected ? 1.0 : largest_growth);
                wanted_s_ = last && !rejected ? std::max(next_s, wanted_s_) : next_s;
                finish(last && !rejected ? t_end : t_ + direction * size_s, end);
                return;
            }
            size_s *= std::isfinite(error) ? std::max(0.2, factor) : 0.2;
            if (!(size_s > 1.0e-6)) {
                throw Error(ErrorCode::no_convergence, "the step vanishes at t = " + std::to_string(t_) + " s");
            }
        }
    }

    // State inside the last step, to the order of the interpolant; its extra stages are computed on first use.
    [[nodiscard]] State interpolate(double t) {
        const double h = t_ - t_before_;
        if (!dense_) {
            if constexpr (is_dop853) {
                dense_dop853(h);
            } else {
                stages<Table::stages>(t_before_, y_before_, h,
                                      std::make_index_sequence<Table::dense_stages - Table::stages>{});
            }
            dense_ = true;
        }
        return dense_at((t - t_before_) / h, h);
    }

    // Take the last step again so that it ends at `t`, inside it: where the forces have an edge.
    void retake(double t) {
        const double h = t - t_before_;
        State end;
        t_ = t_before_;
        y_ = y_before_;
        static_cast<void>(attempt(h, end));
        finish(t, end);
        first_known_ = false;
    }

    // Continue from a changed state: the derivative is evaluated anew.
    void restart(const State& y) {
        y_ = y;
        first_known_ = false;
    }

  private:
    static constexpr double safety = 0.9, exponent = 1.0 / Table::order, largest_growth = 5.0;
    static constexpr bool is_dop853 = requires { Table::e3; };

    Rates& rates_;
    double t_, t_before_;
    State y_, y_before_;
    double tolerance_m_, wanted_s_;
    State first_{}; // derivative at t_, once known
    bool first_known_{false}, dense_{false};
    std::array<State, Table::dense_stages> k_{}; // of the step from t_before_
    std::array<State, 7> polynomial_{};          // of the DOP853 interpolant

    template <std::size_t I> void stage(double t, const State& y, double h) {
        State sum;
        rk_detail::weigh<Table::a[I], N>(k_, sum, std::make_index_sequence<I>{});
        for (std::size_t i = 0; i < N; ++i) {
            sum[i] = y[i] + h * sum[i];
        }
        rates_(t + Table::c[I] * h, sum, k_[I]);
    }

    template <std::size_t First, std::size_t... I>
    void stages(double t, const State& y, double h, std::index_sequence<I...>) {
        (stage<First + I>(t, y, h), ...);
    }

    // Computes the end of a step from k_[0] and its error in units of the tolerance.
    double attempt(double h, State& end) {
        stages<1>(t_, y_, h, std::make_index_sequence<Table::stages - 1>{});
        rk_detail::weigh<Table::b, N>(k_, end, std::make_index_sequence<Table::stages>{});
        for (std::size_t i = 0; i < N; ++i) {
            end[i] = y_[i] + h * end[i];
        }
        const double metres_per_m_s = rk_detail::length(end, 0) / rk_detail::length(end, 3);
        const auto size_of = [&](const State& e) {
            return std::abs(h) * std::hypot(rk_detail::length(e, 0), rk_detail::length(e, 3) * metres_per_m_s) / tolerance_m_;
        };
        if constexpr (is_dop853) {
            rates_(t_ + h, end, k_[Table::stages]);
            State e3, e5;
            rk_detail::weigh<Table::e3, N>(k_, e3, std::make_index_sequence<Table::stages + 1>{});
            rk_detail::weigh<Table::e5, N>(k_, e5, std::make_index_sequence<Table::stages + 1>{});
            const double fifth = size_of(e5), third = size_of(e3);
            return fifth == 0.0 ? 0.0 : fifth * fifth / std::hypot(fifth, 0.1 * third);
        } else {
            State e;
            rk_detail::weigh<Table::e, N>(k_, e, std::make_index_sequence<Table::stages>{});
            return size_of(e);
        }
    }

    void finish(double t_end, const State& end) {
        t_before_ = t_;
        y_before_ = y_;
        t_ = t_end;
        y_ = end;
        dense_ = false;
        if constexpr (is_dop853) {
            first_ = k_[Table::stages];
        } else {
            first_known_ = false;
        }
    }

    // Hairer, Norsett and Wanner, section II.6: seven terms, alternately in x and 1 - x.
    void dense_dop853(double h) {
        stages<Table::stages + 1>(t_before_, y_before_, h,
                                  std::make_index_sequence<Table::dense_stages - Table::stages - 1>{});
        const State &first = k_[0], &last = k_[Table::stages];
        for (std::size_t i = 0; i < N; ++i) {
            const double dy = y_[i] - y_before_[i];
            polynomial_[0][i] = dy;
            polynomial_[1][i] = h * first[i] - dy;
            polynomial_[2][i] = 2.0 * dy - h * (first[i] + last[i]);
        }
        dense_rows(h, std::make_index_sequence<4>{});
    }

    template <std::size_t... I> void dense_rows(double h, std::index_sequence<I...>) {
        (rk_detail::weigh<Table::d[I], N>(k_, polynomial_[3 + I], std::make_index_sequence<Table::dense_stages>{}), ...);
        for (std::size_t term = 3; term < 7; ++term) {
            for (double& value : polynomial_[term]) {
                value *= h;
            }
        }
    }

    [[nodiscard]] State dense_at(double x, double h) const {
        State out{};
        if constexpr (is_dop853) {
            static_cast<void>(h);
            for (std::size_t term = 7; term-- > 0;) {
                const double factor = term % 2 == 0 ? x : 1.0 - x;
                for (std::size_t i = 0; i < N; ++i) {
                    out[i] = (out[i] + polynomial_[term][i]) * factor;
                }
            }
        } else {
            for (std::size_t stage_at = 0; stage_at < Table::dense_stages; ++stage_at) {
                const auto& row = Table::interpolant[stage_at];
                double weight = 0.0;
                for (std::size_t power = row.size(); power-- > 0;) {
                    weight = (weight + row[power]) * x;
                }
                for (std::size_t i = 0; i < N; ++i) {
                    out[i] += h * weight * k_[stage_at][i];
                }
            }
        }
        for (std::size_t i = 0; i < N; ++i) {
            out[i] += y_before_[i];
        }
        return out;
    }
};

} // namespace llamaspace
