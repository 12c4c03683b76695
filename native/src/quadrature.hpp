// Gauss-Legendre rules on -1 to 1, computed once for each order that is asked for, and an adaptive integral.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <mutex>
#include <numbers>
#include <span>
#include <vector>

namespace llamaspace {

struct QuadratureRule {
    std::vector<double> nodes, weights;
};

inline QuadratureRule make_gauss_legendre(std::size_t order) {
    QuadratureRule rule{std::vector<double>(order), std::vector<double>(order)};
    const double n = static_cast<double>(order);
    for (std::size_t i = 0; i < order; ++i) {
        double x = std::cos(std::numbers::pi * (static_cast<double>(i) + 0.75) / (n + 0.5)), slope = 1.0;
        for (int round = 0; round < 100; ++round) {
            double p = 1.0, before = 0.0;
            for (std::size_t k = 1; k <= order; ++k) {
                const double j = static_cast<double>(k), next = ((2.0 * j - 1.0) * x * p - (j - 1.0) * before) / j;
                before = p;
                p = next;
            }
            slope = n * (x * p - before) / (x * x - 1.0);
            const double step = p / slope;
            x -= step;
            if (std::abs(step) < 1.0e-15) {
                break;
            }
        }
        rule.nodes[i] = x;
        rule.weights[i] = 2.0 / ((1.0 - x * x) * slope * slope);
    }
    return rule;
}

inline const QuadratureRule& gauss_legendre(std::size_t order) {
    static std::mutex guard;
    static std::map<std::size_t, QuadratureRule> rules;
    const std::lock_guard lock(guard);
    const auto found = rules.find(order);
    return found != rules.end() ? found->second : rules.emplace(order, make_gauss_legendre(order)).first->second;
}

// Nodes and weights of Kronrod's 15 points over Gauss' 7, for the half from 1 to 0 (Piessens et al., QUADPACK, 1983).
inline constexpr std::array<double, 8> kronrod_nodes{0.991455371120812639, 0.949107912342758525, 0.864864423359769073,
                                                     0.741531185599394440, 0.586087235467691130, 0.405845151377397167,
                                                     0.207784955007898468, 0.0};
inline constexpr std::array<double, 8> kronrod_weights{0.022935322010529225, 0.063092092629978553, 0.104790010322250184,
                                                       0.140653259715525919, 0.169004726639267903, 0.190350578064785410,
                                                       0.204432940075298892, 0.209482141084727828};
inline constexpr std::array<double, 4> gauss_weights{0.129484966168869693, 0.279705391489276668, 0.381830050505118945,
                                                     0.417959183673469388};

struct IntegralPanel {
    double start, end, value, error;
};
struct AdaptiveIntegral {
    double value;
    bool settled; // within the tolerance before the panels ran out
    std::vector<IntegralPanel> panels;
};

// Integral between the first and the last of the edges, the panel of greatest error halved until the sum of errors is
// within a relative tolerance.
template <typename Function>
AdaptiveIntegral integrate_adaptively(Function f, std::span<const double> edges, double tolerance,
                                      std::size_t most_panels) {
    const auto panel = [&](double start, double end) {
        const double half = 0.5 * (end - start), middle = 0.5 * (end + start);
        double fine = 0.0, coarse = 0.0;
        for (std::size_t i = 0; i < kronrod_nodes.size(); ++i) {
            const bool central = i + 1 == kronrod_nodes.size();
            const double apart = half * kronrod_nodes[i];
            const double value = central ? f(middle) : f(middle - apart) + f(middle + apart);
            fine += kronrod_weights[i] * value;
            coarse += i % 2 == 1 ? gauss_weights[i / 2] * value : 0.0;
        }
        return IntegralPanel{start, end, half * fine, std::abs(half * (fine - coarse))};
    };
    AdaptiveIntegral out{0.0, false, {}};
    double error = 0.0;
    const auto less_error = [](const IntegralPanel& a, const IntegralPanel& b) { return a.error < b.error; };
    const auto add = [&](const IntegralPanel& one) {
        out.value += one.value;
        error += one.error;
        out.panels.push_back(one);
        std::ranges::push_heap(out.panels, less_error);
    };
    for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
        if (edges[i + 1] > edges[i]) {
            add(panel(edges[i], edges[i + 1]));
        }
    }
    while (error > tolerance * std::abs(out.value) && out.panels.size() < most_panels) {
        std::ranges::pop_heap(out.panels, less_error);
        const IntegralPanel worst = out.panels.back();
        out.panels.pop_back();
        out.value -= worst.value;
        error -= worst.error;
        const double middle = 0.5 * (worst.start + worst.end);
        add(panel(worst.start, middle));
        add(panel(middle, worst.end));
    }
    out.value = 0.0;
    error = 0.0;
    for (const IntegralPanel& one : out.panels) {
        out.value += one.value;
        error += one.error;
    }
    out.settled = error <= 30.0 * tolerance * std::abs(out.value);
    return out;
}

} // namespace llamaspace
