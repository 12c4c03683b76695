// The inner sums of GravityModel, written once for any vector width.
#pragma once

#include "llamaspace/gravity.hpp"

#include <cstddef>
#include <vector>

namespace llamaspace::gravity {

inline constexpr int lanes = 8;                                                // orders side by side
inline constexpr int row = 3 * lanes;                                          // recursion, C, S
inline constexpr std::size_t sum_size = ((gravity_degree_limit + lanes) / lanes) * lanes;

// Sums over degree, for each order: of A C and A S, of their derivatives with respect to u, and weighted by degree + 1.
struct Sums {
    alignas(64) double x[sum_size], y[sum_size];         // A
    alignas(64) double xu[sum_size], yu[sum_size];       // dA/du
    alignas(64) double xn[sum_size], yn[sum_size];       // (n + 1) A
};
struct SecondSums {
    alignas(64) double xuu[sum_size], yuu[sum_size];     // d2A/du2
    alignas(64) double xun[sum_size], yun[sum_size];     // (n + 1) dA/du
    alignas(64) double xnn[sum_size], ynn[sum_size];     // (n + 1) (n + 2) A
};

struct Task {
    const double* table;
    const double* sectoral;
    int degree, order;
    double rho, u; // reference radius over distance; sine of latitude
};

// The place of lane k at the k-th degree of its block: where the recursion of that order begins.
inline constexpr double unit_rows[lanes][lanes] = {
    {1, 0, 0, 0, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 0, 0, 0}, {0, 0, 1, 0, 0, 0, 0, 0}, {0, 0, 0, 1, 0, 0, 0, 0},
    {0, 0, 0, 0, 1, 0, 0, 0}, {0, 0, 0, 0, 0, 1, 0, 0}, {0, 0, 0, 0, 0, 0, 1, 0}, {0, 0, 0, 0, 0, 0, 0, 1}};

template <int Width> struct VectorOf {
    typedef double type __attribute__((vector_size(Width * sizeof(double)), aligned(8), may_alias));
};

#define LLAMASPACE_INLINE __attribute__((always_inline)) inline

// W = A rho^n, D = dW/du, E = d2W/du2 follow W(n) = rho u W(n-1) - b rho^2 W(n-2) and its derivatives.
template <int Width, bool Second> LLAMASPACE_INLINE void sum_degrees(const Task& task, Sums& out, SecondSums* second) {
    using V = typename VectorOf<Width>::type;
    constexpr int parts = lanes / Width;
    const auto load = [](const double* p) __attribute__((always_inline)) -> const V& { return *reinterpret_cast<const V*>(p); };
    const auto store = [](double* p, const V& v) __attribute__((always_inline)) { *reinterpret_cast<V*>(p) = v; };
    const V zero = V{} + 0.0;
    const V ru = zero + task.rho * task.u, r2 = zero + task.rho * task.rho, rho = zero + task.rho;
    const double* rows = task.table;
    alignas(64) double begin[lanes];
    double power = 1.0;
    for (int first = 0; first <= task.order; first += lanes) {
        for (int k = 0; k < lanes; ++k, power *= task.rho) {
            begin[k] = task.sectoral[first + k] * power;
        }
        V w1[parts], w2[parts], d1[parts], d2[parts], e1[parts], e2[parts];
        V x[parts], y[parts], xu[parts], yu[parts], xn[parts], yn[parts];
        V xuu[parts], yuu[parts], xun[parts], yun[parts], xnn[parts], ynn[parts];
        for (int p = 0; p < parts; ++p) {
            w1[p] = w2[p] = d1[p] = d2[p] = e1[p] = e2[p] = zero;
            x[p] = y[p] = xu[p] = yu[p] = xn[p] = yn[p] = zero;
            xuu[p] = yuu[p] = xun[p] = yun[p] = xnn[p] = ynn[p] = zero;
        }
        const auto advance = [&](int degree, int start_row) __attribute__((always_inline)) {
            const V n1 = zero + static_cast<double>(degree + 1), n12 = n1 * (n1 + 1.0);
            for (int p = 0; p < parts; ++p) {
                const V b = load(rows + p * Width), c = load(rows + lanes + p * Width);
                const V s = load(rows + 2 * lanes + p * Width), br2 = b * r2;
                V w = ru * w1[p] - br2 * w2[p];
                if (start_row >= 0) {
                    w += load(unit_rows[start_row] + p * Width) * load(begin + p * Width);
                }
                const V d = ru * d1[p] + (rho * w1[p] - br2 * d2[p]);
                const V wc = w * c, ws = w * s, dc = d * c, ds = d * s;
                x[p] += wc;
                y[p] += ws;
                xu[p] += dc;
                yu[p] += ds;
                xn[p] += n1 * wc;
                yn[p] += n1 * ws;
                if constexpr (Second) {
                    const V e = ru * e1[p] + (2.0 * rho * d1[p] - br2 * e2[p]);
                    xuu[p] += e * c;
                    yuu[p] += e * s;
                    xun[p] += n1 * dc;
                    yun[p] += n1 * ds;
                    xnn[p] += n12 * wc;
                    ynn[p] += n12 * ws;
                    e2[p] = e1[p];
                    e1[p] = e;
                }
                w2[p] = w1[p];
                w1[p] = w;
                d2[p] = d1[p];
                d1[p] = d;
            }
            rows += row;
        };
        const int diagonal_end = first + lanes - 1 < task.degree ? first + lanes - 1 : task.degree;
        int degree = first;
        for (; degree <= diagonal_end; ++degree) {
            advance(degree, degree - first);
        }
        for (; degree <= task.degree; ++degree) {
            advance(degree, -1);
        }
        for (int p = 0; p < parts; ++p) {
            const int at = first + p * Width;
            store(out.x + at, x[p]);
            store(out.y + at, y[p]);
            store(out.xu + at, xu[p]);
            store(out.yu + at, yu[p]);
            store(out.xn + at, xn[p]);
            store(out.yn + at, yn[p]);
            if constexpr (Second) {
                store(second->xuu + at, xuu[p]);
                store(second->yuu + at, yuu[p]);
                store(second->xun + at, xun[p]);
                store(second->yun + at, yun[p]);
                store(second->xnn + at, xnn[p]);
                store(second->ynn + at, ynn[p]);
            }
        }
    }
}

using FirstKernel = void (*)(const Task&, Sums&);
using SecondKernel = void (*)(const Task&, Sums&, SecondSums&);

struct Kernels {
    FirstKernel first;
    SecondKernel second;
};

// All that this processor runs, narrowest first; and the widest, which is used.
[[nodiscard]] const std::vector<Kernels>& available_kernels();
[[nodiscard]] const Kernels& kernels();

} // namespace llamaspace::gravity
