// Small matrices of fixed size, row by row: products, transposes, solutions.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

namespace llamaspace {

template <std::size_t R, std::size_t C> struct Matrix {
    std::array<double, R * C> m{};

    double& operator()(std::size_t i, std::size_t j) { return m[i * C + j]; }
    double operator()(std::size_t i, std::size_t j) const { return m[i * C + j]; }
};
template <std::size_t N> using Column = std::array<double, N>;

template <std::size_t R, std::size_t K, std::size_t C>
Matrix<R, C> operator*(const Matrix<R, K>& a, const Matrix<K, C>& b) {
    Matrix<R, C> out;
    for (std::size_t i = 0; i < R; ++i) {
        for (std::size_t k = 0; k < K; ++k) {
            for (std::size_t j = 0; j < C; ++j) {
                out(i, j) += a(i, k) * b(k, j);
            }
        }
    }
    return out;
}

template <std::size_t R, std::size_t C> Column<R> operator*(const Matrix<R, C>& a, const Column<C>& x) {
    Column<R> out{};
    for (std::size_t i = 0; i < R; ++i) {
        for (std::size_t j = 0; j < C; ++j) {
            out[i] += a(i, j) * x[j];
        }
    }
    return out;
}

template <std::size_t R, std::size_t C> Matrix<R, C> operator+(const Matrix<R, C>& a, const Matrix<R, C>& b) {
    Matrix<R, C> out;
    for (std::size_t i = 0; i < R * C; ++i) {
        out.m[i] = a.m[i] + b.m[i];
    }
    return out;
}

template <std::size_t R, std::size_t C> Matrix<C, R> transposed(const Matrix<R, C>& a) {
    Matrix<C, R> out;
    for (std::size_t i = 0; i < R; ++i) {
        for (std::size_t j = 0; j < C; ++j) {
            out(j, i) = a(i, j);
        }
    }
    return out;
}

// Part of a matrix, from a row and a column on.
template <std::size_t R, std::size_t C, std::size_t P, std::size_t Q>
Matrix<R, C> block(const Matrix<P, Q>& a, std::size_t row, std::size_t column) {
    Matrix<R, C> out;
    for (std::size_t i = 0; i < R; ++i) {
        for (std::size_t j = 0; j < C; ++j) {
            out(i, j) = a(row + i, column + j);
        }
    }
    return out;
}

// Inverse by elimination with row exchange; false where a pivot vanishes. Rows of very unequal size are scaled first.
template <std::size_t N> bool invert(Matrix<N, N> a, Matrix<N, N>& out) {
    std::array<double, N> scale{};
    for (std::size_t i = 0; i < N; ++i) {
        for (std::size_t j = 0; j < N; ++j) {
            scale[i] = std::fmax(scale[i], std::abs(a(i, j)));
        }
        if (!(scale[i] > 0.0 && std::isfinite(scale[i]))) {
            return false;
        }
        for (std::size_t j = 0; j < N; ++j) {
            a(i, j) /= scale[i];
            out(i, j) = i == j ? 1.0 / scale[i] : 0.0;
        }
    }
    for (std::size_t k = 0; k < N; ++k) {
        std::size_t best = k;
        for (std::size_t i = k + 1; i < N; ++i) {
            best = std::abs(a(i, k)) > std::abs(a(best, k)) ? i : best;
        }
        if (!(std::abs(a(best, k)) > 1.0e-300)) {
            return false;
        }
        for (std::size_t j = 0; j < N; ++j) {
            std::swap(a(k, j), a(best, j));
            std::swap(out(k, j), out(best, j));
        }
        const double pivot = 1.0 / a(k, k);
        for (std::size_t j = 0; j < N; ++j) {
            a(k, j) *= pivot;
            out(k, j) *= pivot;
        }
        for (std::size_t i = 0; i < N; ++i) {
            const double factor = a(i, k);
            for (std::size_t j = 0; i != k && j < N; ++j) {
                a(i, j) -= factor * a(k, j);
                out(i, j) -= factor * out(k, j);
            }
        }
    }
    return true;
}

} // namespace llamaspace
