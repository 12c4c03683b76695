// Gauss-Legendre rules on -1 to 1, computed once for each order that is asked for.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <mutex>
#include <numbers>
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

} // namespace llamaspace
